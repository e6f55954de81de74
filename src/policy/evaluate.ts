import { parseJson, RegoError } from "../rego/index.ts";
import type { Json, RuleResult } from "../types/index.ts";
import { PolicyError } from "./errors.ts";
import { type EvaluationLimits, type GroupEvaluation, type GroupStart, LoadedGroup } from "./evaluate-group.ts";
import type { PreparedPolicy } from "./prepared-policy.ts";
import type { GroupOutcome } from "./process-results.ts";
import { sortResults } from "./result-order.ts";

export interface ComponentStart {
  /** The policy input, JSON. */
  inputText: string;
  effectiveTimeNs: bigint;
  /** What `time.now_ns` answers. */
  nowNs: bigint;
  component: { name: string /** Pinned: `repository@sha256:...`. */; imageRef: string };
  limits?: Partial<EvaluationLimits>;
  /** Receives what rules print, with file and row. */
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
  /**
   * Goes on with all source groups; the calls of all of them come together.
   *
   * @throws {PolicyError} `evaluation-failed`, `limit-exceeded`, `result-invalid`, `no-results`
   */
  step(): PolicyStep;
  /** Answers a call; undefined where there is no answer, as `ec.oci.*` functions are undefined then. */
  answer(key: string, value: Json | undefined): void;
}

export interface LoadedPreparedPolicy {
  startComponent(start: ComponentStart): ComponentEvaluation;
}

const defaultLimits: EvaluationLimits = { maxMs: 300_000, maxPasses: 64 };

/** Distinct look-ups that one component may ask for between two passes: statements of attestations decide on them, too. */
export const maxCalls = 20_000;

function joinOutcomes(outcomes: readonly GroupOutcome[]): PolicyOutcome {
  return {
    violations: sortResults(outcomes.flatMap(({ violations }) => violations)),
    warnings: sortResults(outcomes.flatMap(({ warnings }) => warnings)),
    successes: sortResults(outcomes.flatMap(({ successes }) => successes)),
    excluded: sortResults(outcomes.flatMap(({ excluded }) => excluded)),
    notes: [...new Set(outcomes.flatMap(({ notes }) => notes))],
  };
}

class AllGroupsEvaluation implements ComponentEvaluation {
  readonly #groups: readonly GroupEvaluation[];
  readonly #outcomes = new Map<GroupEvaluation, GroupOutcome>();
  /** Who asked for what, by the call's key. */
  readonly #waiting = new Map<string, GroupEvaluation[]>();

  constructor(groups: readonly GroupEvaluation[]) {
    this.#groups = groups;
  }

  step(): PolicyStep {
    const calls = new Map<string, PolicyCall>();
    for (const group of this.#groups.filter((candidate) => !this.#outcomes.has(candidate))) {
      const step = group.step();
      if (step.kind === "done") {
        this.#outcomes.set(group, step.outcome);
        continue;
      }
      for (const { key, name, args } of step.calls) {
        calls.set(key, { key, name, args });
        this.#waiting.set(key, [...(this.#waiting.get(key) ?? []), group]);
      }
    }
    if (calls.size > maxCalls) {
      throw new PolicyError(`the policy asks for ${calls.size} look-ups at once, more than ${maxCalls}`, {
        code: "limit-exceeded",
      });
    }
    if (calls.size > 0) {
      return { kind: "pending", calls: [...calls.values()] };
    }
    const outcomes = this.#groups.flatMap((group) => this.#outcomes.get(group) ?? []);
    return { kind: "done", outcome: joinOutcomes(outcomes) };
  }

  answer(key: string, value: Json | undefined): void {
    for (const group of this.#waiting.get(key) ?? []) {
      group.answer(key, value);
    }
    this.#waiting.delete(key);
  }
}

function parseInput(text: string): GroupStart["input"] {
  try {
    return parseJson(text);
  } catch (error) {
    if (!(error instanceof RegoError)) {
      throw error;
    }
    throw new PolicyError(`the policy input cannot be read: ${error.message}`, {
      code: "evaluation-failed",
      cause: error,
    });
  }
}

/**
 * Makes a prepared policy ready to evaluate in this thread. Loading takes place when a component first needs it, once
 * for each effective time.
 */
export function loadPreparedPolicy(prepared: PreparedPolicy): LoadedPreparedPolicy {
  const groups = prepared.groups.map((group) => new LoadedGroup(group, prepared.effectiveTimeNs));
  return {
    startComponent: ({ inputText, effectiveTimeNs, nowNs, component, limits, print }) => {
      const start: GroupStart = {
        input: parseInput(inputText),
        effectiveTimeNs,
        nowNs,
        component,
        limits: { ...defaultLimits, ...limits },
        print,
      };
      return new AllGroupsEvaluation(groups.map((group) => group.start(start)));
    },
  };
}
