import type { Annotations, Module, Rule } from "../rego/index.ts";
import { PolicyError } from "./errors.ts";
import { type RuleInfo, toRuleInfo } from "./rule-info.ts";
import { assertNoIfWithoutContains, assertSupportedValue, at, checkKindOf, nameOfRule } from "./rule-inspection.ts";

/** A rule as far as choosing packages needs it: also of rules without annotations. */
export type SelectableRule = Pick<RuleInfo, "code" | "collections" | "pipelineIntention">;

/** The rules of one package that are asked for. */
export interface PackageIndex {
  path: readonly string[];
  /** `path` with dots. */
  name: string;
  /** Distinct names of rules whose results count. */
  checks: readonly string[];
  hasException: boolean;
  rules: readonly SelectableRule[];
}

export interface RuleIndex {
  /** Annotated rules, by code. */
  infos: readonly RuleInfo[];
  packages: readonly PackageIndex[];
}

/** The `code` of an object literal that a rule's body assigns: `result := {"code": "pkg.rule", ...}`. */
function codeInBody(rule: Rule): string | undefined {
  for (const expression of rule.body) {
    const call = expression.kind === "term" && expression.term.kind === "call" ? expression.term : undefined;
    const value = call?.name.join(".") === "assign" ? call.args[1] : undefined;
    const pairs = value?.kind === "object" ? value.pairs : [];
    const code = pairs.find(([key]) => key.kind === "string" && key.value === "code")?.[1];
    if (code?.kind === "string" && code.value !== "") {
      return code.value;
    }
  }
  return undefined;
}

class IndexBuilder {
  readonly #infos = new Map<string, RuleInfo>();
  readonly #packages = new Map<
    string,
    { path: readonly string[]; checks: Set<string>; exception: boolean; rules: SelectableRule[] }
  >();
  readonly #seen = new Set<Annotations>();

  add(module: Module): void {
    const packageName = module.package.join(".");
    const entry = this.#packages.get(packageName) ?? {
      path: module.package,
      checks: new Set<string>(),
      exception: false,
      rules: [],
    };
    this.#packages.set(packageName, entry);
    for (const rule of module.rules) {
      const name = nameOfRule(rule);
      const isCheck = checkKindOf(rule) !== undefined;
      if (isCheck || rule.annotations.length > 0) {
        assertSupportedValue(rule);
      }
      assertNoIfWithoutContains(rule);
      if (isCheck && name !== undefined) {
        entry.checks.add(name);
      }
      entry.exception ||= name === "exception";
      this.#addRule(rule, packageName, entry.rules, isCheck);
    }
    for (const annotations of module.annotations) {
      this.#addAnnotations(annotations, packageName, entry.rules);
    }
  }

  #addRule(rule: Rule, packageName: string, rules: SelectableRule[], isCheck: boolean): void {
    const own = rule.annotations.filter(({ scope }) => scope === "rule");
    for (const annotations of rule.annotations) {
      this.#addAnnotations(annotations, packageName, rules);
    }
    if (own.length === 0 && isCheck) {
      const code = codeInBody(rule) ?? `${packageName}.${nameOfRule(rule)}`;
      rules.push({ code, collections: [], pipelineIntention: [] });
    }
  }

  #addAnnotations(annotations: Annotations, packageName: string, rules: SelectableRule[]): void {
    if (this.#seen.has(annotations)) {
      return;
    }
    this.#seen.add(annotations);
    const info = toRuleInfo(annotations, packageName);
    if (info === undefined) {
      return;
    }
    if (this.#infos.has(info.code)) {
      throw new PolicyError(
        `found a second rule with the same code: \`${info.code}\`, at ${at(annotations.location)}; ` +
          "short names must be distinct within the package's rules of one source group",
        { code: "rule-duplicate", subject: info.code },
      );
    }
    this.#infos.set(info.code, info);
    rules.push(info);
  }

  build(): RuleIndex {
    const packages = [...this.#packages].map(([name, { path, checks, exception, rules }]) => ({
      path,
      name,
      checks: [...checks],
      hasException: exception,
      rules: rules.map(({ code, collections, pipelineIntention }) => ({ code, collections, pipelineIntention })),
    }));
    return { infos: [...this.#infos.values()], packages };
  }
}

/**
 * Indexes the rules of one source group.
 *
 * @throws {PolicyError} `rule-invalid` with file and line, `rule-duplicate`
 */
export function indexRules(modules: readonly Module[]): RuleIndex {
  const builder = new IndexBuilder();
  for (const module of modules) {
    builder.add(module);
  }
  return builder.build();
}
