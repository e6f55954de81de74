import { toJsonText } from "../rego/index.ts";
import type { Json } from "../types/index.ts";
import { type CompiledGroup, compileGroup } from "./compile-group.ts";
import type { CriteriaConfiguration } from "./criteria.ts";
import { PolicyError } from "./errors.ts";
import type { FetchedSource } from "./fetch-source.ts";
import type { FetchedGroup, FetchedPolicy } from "./fetch-sources.ts";
import { buildData, type DefaultSigstoreOptions } from "./policy-data.ts";
import type { PreparedGroup, PreparedPolicy } from "./prepared-policy.ts";
import type { PolicySource, PolicySpec } from "./spec.ts";

export interface PrepareOptions {
  /** When rules count as effective, nanoseconds since 1970. Components may be evaluated at another time. */
  effectiveTimeNs: bigint;
  sigstore: DefaultSigstoreOptions;
  /** `ec-policy` adds the filter by pipeline intention. */
  filterType: "include-exclude" | "ec-policy";
}

/** A text or list of texts in the rule data. */
function textsIn(value: Json | undefined): string[] {
  const list: readonly Json[] = Array.isArray(value) ? value : value === undefined ? [] : [value];
  return list.filter((item) => typeof item === "string");
}

function toCriteria(source: PolicySource, spec: PolicySpec): CriteriaConfiguration {
  return {
    ...(source.config === undefined ? {} : { config: source.config }),
    ...(source.volatileConfig === undefined ? {} : { volatileConfig: source.volatileConfig }),
    ...(spec.configuration === undefined ? {} : { global: spec.configuration }),
  };
}

/** Compiles each distinct list of policy addresses once. */
class GroupCompiler {
  readonly #compiled = new Map<string, CompiledGroup>();

  compile(sources: readonly FetchedSource[]): CompiledGroup {
    const key = JSON.stringify(sources.map(({ url }) => url));
    const known = this.#compiled.get(key);
    if (known !== undefined) {
      return known;
    }
    const compiled = compileGroup(sources);
    this.#compiled.set(key, compiled);
    return compiled;
  }
}

function prepareGroup(
  group: FetchedGroup,
  source: PolicySource,
  name: string,
  context: { spec: PolicySpec; options: PrepareOptions; compiler: GroupCompiler },
): PreparedGroup {
  const { spec, options, compiler } = context;
  if (group.policy.length === 0) {
    throw new PolicyError(`${name} lists no policy: name at least one address under its "policy"`, { code: "no-rego" });
  }
  const { compiled, index } = compiler.compile(group.policy);
  const data = buildData(group.data, {
    ruleData: source.ruleData,
    sigstore: options.sigstore,
    effectiveTimeNs: options.effectiveTimeNs,
  });
  const intentions = textsIn(source.ruleData?.pipeline_intention);
  return {
    name,
    compiled,
    dataText: toJsonText(data, { escapeHtml: false }),
    index,
    criteria: toCriteria(source, spec),
    ...(options.filterType === "ec-policy" ? { intention: { intentions } } : {}),
  };
}

/**
 * Compiles a fetched policy once, for all components and workers. `spec` is the specification with pinned sources and
 * with the rule data that options added.
 *
 * @throws {PolicyError} `no-rego`, `rule-invalid`, `rule-duplicate`, `compile-failed`, `data-invalid`, `data-conflict`
 */
export function preparePolicy(fetched: FetchedPolicy, spec: PolicySpec, options: PrepareOptions): PreparedPolicy {
  const sources = spec.sources ?? [];
  const context = { spec, options, compiler: new GroupCompiler() };
  const groups = fetched.groups.map((group, index) => {
    const source = sources[index] ?? {};
    const name = source.name === undefined ? `source ${index + 1}` : `source ${index + 1} (${source.name})`;
    return prepareGroup(group, source, name, context);
  });
  const notes = groups.length === 0 ? ["The policy has no sources: only the built-in checks are made."] : [];
  return { groups, effectiveTimeNs: options.effectiveTimeNs, notes };
}
