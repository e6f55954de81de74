import type { CompiledPolicy } from "../rego/index.ts";
import type { CriteriaConfiguration } from "./criteria.ts";
import type { RuleIndex } from "./rule-index.ts";
import type { IntentionFilter } from "./selection.ts";

/** One source group, ready to be evaluated. */
export interface PreparedGroup {
  /** Names the group in messages. */
  name: string;
  compiled: CompiledPolicy;
  /** The merged data documents, JSON. `config.policy.when_ns` is set anew where a component has its own time. */
  dataText: string;
  index: RuleIndex;
  criteria: CriteriaConfiguration;
  /** Given for `--filter-type ec-policy`. */
  intention?: IntentionFilter;
}

/** A compiled policy as plain data, to be handed to workers. */
export interface PreparedPolicy {
  readonly groups: readonly PreparedGroup[];
  /** Nanoseconds since 1970. */
  readonly effectiveTimeNs: bigint;
  /** What a reader of the report must know: a policy without sources, for example. */
  readonly notes: readonly string[];
}
