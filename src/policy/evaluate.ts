import type { Json, RuleResult } from "../types/index.ts";
import type { PreparedPolicy } from "./prepare.ts";

/** Bounds of one component's evaluation, for each source group. */
export interface EvaluationLimits {
  maxMs: number;
  maxPasses: number;
}

export interface ComponentStart {
  /** The policy input, JSON. */
  inputText: string;
  effectiveTimeNs: bigint;
  /** What `time.now_ns` answers. */
  nowNs: bigint;
  component: { name: string /** Pinned: `repository@sha256:...`. */; imageRef: string };
  limits?: Partial<EvaluationLimits>;
  /** Receives what rules print. */
  print?: (text: string) => void;
}

/** A look-up that the policy needs before it can go on. Equal keys are equal calls. */
export interface PolicyCall {
  key: string;
  name: string;
  args: readonly Json[];
}

/** The results of all source groups, sorted, with all their metadata. */
export interface PolicyOutcome {
  violations: readonly RuleResult[];
  warnings: readonly RuleResult[];
  successes: readonly RuleResult[];
  /** Removed by an exclusion. */
  excluded: readonly RuleResult[];
  /** What was noticed and ignored: criteria or dates that do not parse. */
  notes: readonly string[];
}

export type PolicyStep = { kind: "pending"; calls: readonly PolicyCall[] } | { kind: "done"; outcome: PolicyOutcome };

/** One component's evaluation: `step`, answer every call, `step` again, until done. */
export interface ComponentEvaluation {
  step(): PolicyStep;
  answer(key: string, value: Json | undefined): void;
}

export interface LoadedPreparedPolicy {
  startComponent(start: ComponentStart): ComponentEvaluation;
}

/** Makes a prepared policy ready to evaluate in this thread. */
export function loadPreparedPolicy(prepared: PreparedPolicy): LoadedPreparedPolicy {
  throw new Error(`not yet ${prepared.groups.length}`);
}
