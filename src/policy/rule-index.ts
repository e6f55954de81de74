import type { Annotations, Module, Rule, Term } from "../rego/index.ts";
import { resultKindOf } from "./check-rules.ts";
import { PolicyError } from "./errors.ts";

/** What a rule's annotations say of it. Texts are empty and lists are empty where they say nothing. */
export interface RuleInfo {
  /** `<package>.<short name>` */
  code: string;
  /** Without `data`. */
  package: string;
  shortName: string;
  title: string;
  description: string;
  solution: string;
  effectiveOn: string;
  collections: readonly string[];
  dependsOn: readonly string[];
  pipelineIntention: readonly string[];
}

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

/** References to other pages of AsciiDoc texts. Groups: component, page, anchor, label. */
const crossReference = /xref:(?:([^:]+):ROOT:(.+?)\.adoc(#[^[]+)?|[\w.$#/]+)\[([\w\s/.]+)\]/g;

function toLabels(text: string): string {
  return text.replace(crossReference, "$4");
}

function toLinks(text: string): string {
  return text.replace(crossReference, (match: string, component?: string, page?: string, anchor?: string) =>
    component && page && anchor ? `https://conforma.dev/docs/${component}/${page}.html${anchor}` : match,
  );
}

function customText(annotations: Annotations, key: string): string {
  const value = annotations.custom?.[key];
  if (value instanceof Date) {
    return value.toISOString().replace(/\.000Z$/, "Z");
  }
  return typeof value === "string" ? toLinks(value) : "";
}

function customTexts(annotations: Annotations, key: string): string[] {
  const value = annotations.custom?.[key];
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : [];
}

function dependenciesOf(annotations: Annotations): string[] {
  const value = annotations.custom?.depends_on;
  if (value === undefined) {
    return [];
  }
  return Array.isArray(value) ? value.map(String) : [String(value)];
}

function toInfo(annotations: Annotations, packageName: string): RuleInfo | undefined {
  const shortName = annotations.custom?.short_name;
  if (shortName === undefined || shortName === null || shortName === "") {
    return undefined;
  }
  return {
    code: `${packageName}.${String(shortName)}`,
    package: packageName,
    shortName: String(shortName),
    title: annotations.title ?? "",
    description: toLabels(annotations.description ?? ""),
    solution: toLabels(customText(annotations, "solution")),
    effectiveOn: customText(annotations, "effective_on"),
    collections: customTexts(annotations, "collections"),
    dependsOn: dependenciesOf(annotations),
    pipelineIntention: customTexts(annotations, "pipeline_intention"),
  };
}

/** A rule's name; undefined where its head has more than a name (`a.b`, `a[x]`). */
export function nameOfRule({ head }: Rule): string | undefined {
  const first = head.ref.head;
  return first.kind === "var" && head.ref.operands.length === 0 ? first.name : undefined;
}

function checkKindOf(rule: Rule): string | undefined {
  const name = nameOfRule(rule);
  return name === undefined ? undefined : resultKindOf(name);
}

const supportedValues: ReadonlySet<Term["kind"]> = new Set(["string", "object", "var", "call"]);

function at({ file, row }: { file: string; row: number }): string {
  return `${file}:${row}`;
}

/** Checks and annotated rules must give texts, objects, variables or calls (Conforma's inspection). */
function assertSupportedValue(rule: Rule): void {
  const value = rule.head.value ?? rule.head.key;
  if (value === undefined || supportedValues.has(value.kind)) {
    return;
  }
  const place = at(rule.location);
  throw new PolicyError(
    `the rule ${JSON.stringify(nameOfRule(rule) ?? "")} returns an unsupported value, at ${place}: ` +
      `expected a string, an object, a variable or a call, found ${value.kind}; checks are written "deny contains result if"`,
    { code: "rule-invalid", subject: place },
  );
}

/** `deny[msg] if { ... }` makes an object of OPA v1, and would never report anything. */
function assertNoIfWithoutContains(rule: Rule): void {
  const { head } = rule;
  const name = head.ref.head.kind === "var" ? head.ref.head.name : "";
  const isCheck = head.ref.operands.length > 0 && resultKindOf(name) !== undefined;
  if (isCheck && head.value?.kind === "boolean" && head.value.value) {
    const place = at(rule.location);
    throw new PolicyError(
      `rule is using 'if' keyword without 'contains' keyword: ${name} at ${place}; write "${name} contains ... if"`,
      { code: "rule-invalid", subject: place },
    );
  }
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
    const info = toInfo(annotations, packageName);
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
