import {
  type Evaluation,
  type LoadedPolicy,
  loadPolicy,
  type PendingCall,
  parseJson,
  RegoError,
  toJson,
  type Value,
} from "../rego/index.ts";
import type { Json } from "../types/index.ts";
import { exceptionNameOf } from "./check-rules.ts";
import { collectExceptions, collectResults } from "./collect-results.ts";
import { resolveCriteria } from "./criteria.ts";
import { ecPureFunctions } from "./ec/functions.ts";
import { PolicyError } from "./errors.ts";
import { withEffectiveTime } from "./policy-data.ts";
import type { PreparedGroup } from "./prepared-policy.ts";
import { type GroupOutcome, type PackageResults, processResults } from "./process-results.ts";
import type { PackageIndex } from "./rule-index.ts";
import { selectPackages } from "./selection.ts";

/** Bounds of one component's evaluation, for each source group. */
export interface EvaluationLimits {
  /** Milliseconds of evaluating, without the waiting for answers. */
  maxMs: number;
  /** How often an evaluation may ask for look-ups. */
  maxPasses: number;
}

export interface GroupStart {
  input: Value;
  effectiveTimeNs: bigint;
  nowNs: bigint;
  component: { name: string; imageRef: string };
  limits: EvaluationLimits;
  print: ((text: string) => void) | undefined;
}

export type GroupStep = { kind: "pending"; calls: readonly PendingCall[] } | { kind: "done"; outcome: GroupOutcome };

/** A document that is asked for, and what for. */
interface Question {
  package: PackageIndex;
  name: string;
}

function toFault(error: unknown, groupName: string): unknown {
  if (!(error instanceof RegoError)) {
    return error;
  }
  const isLimit = error.code.startsWith("limit_");
  return new PolicyError(`${groupName} could not be evaluated: ${String(error)}`, {
    code: isLimit ? "limit-exceeded" : "evaluation-failed",
    subject: error.subject ?? groupName,
    cause: error,
  });
}

function questionsFor(packages: readonly PackageIndex[]): Question[] {
  return packages.flatMap((entry) => {
    const names = entry.hasException && entry.checks.length > 0 ? [...entry.checks, "exception"] : entry.checks;
    return names.map((name) => ({ package: entry, name }));
  });
}

/** The evaluation of one source group for one component. */
export class GroupEvaluation {
  readonly #group: PreparedGroup;
  readonly #start: GroupStart;
  readonly #criteria: ReturnType<typeof resolveCriteria>;
  readonly #selection: ReturnType<typeof selectPackages>;
  readonly #questions: readonly Question[];
  readonly #evaluation: Evaluation;

  constructor(group: PreparedGroup, loaded: LoadedPolicy, start: GroupStart) {
    const { component, effectiveTimeNs, nowNs, limits, input, print } = start;
    this.#group = group;
    this.#start = start;
    this.#criteria = resolveCriteria(group.criteria, effectiveTimeNs);
    this.#selection = selectPackages(group.index.packages, this.#criteria, component, group.intention);
    this.#questions = questionsFor(this.#selection.packages);
    this.#evaluation = loaded.start({
      input,
      nowNs,
      limits: { timeMs: limits.maxMs, maxPasses: limits.maxPasses },
      ...(print === undefined ? {} : { print: (message, { file, row }) => print(`${file}:${row}: ${message}`) }),
    });
  }

  /** Throws `evaluation-failed`, `limit-exceeded`, `result-invalid`, `no-results`. */
  step(): GroupStep {
    const step = this.#guard(() => this.#evaluation.step(this.#questions.map((q) => [...q.package.path, q.name])));
    if (step.kind === "pending") {
      return step;
    }
    const values = step.results.map((value) => (value === undefined ? undefined : this.#guard(() => toJson(value))));
    return { kind: "done", outcome: this.#finish(values) };
  }

  answer(key: string, value: Json | undefined): void {
    this.#guard(() => this.#evaluation.answer(key, value));
  }

  #guard<T>(run: () => T): T {
    try {
      return run();
    } catch (error) {
      throw toFault(error, this.#group.name);
    }
  }

  #finish(values: readonly (Json | undefined)[]): GroupOutcome {
    const notes = new Set<string>();
    const packages: PackageResults[] = this.#selection.packages.map((entry) => {
      const answers = this.#questions.flatMap((question, index) =>
        question.package === entry ? [{ name: question.name, value: values[index] }] : [],
      );
      const exceptions = collectExceptions(answers.find(({ name }) => name === "exception")?.value);
      const results = answers.flatMap(({ name, value }) => {
        const collected = collectResults(`data.${entry.name}.${name}`, name, value, notes);
        return exceptions.has(exceptionNameOf(name)) ? [] : collected;
      });
      return { package: entry.name, results };
    });
    const { component, effectiveTimeNs } = this.#start;
    const outcome = processResults(packages, {
      infos: this.#group.index.infos,
      criteria: this.#criteria,
      target: { imageRef: component.imageRef, componentName: component.name },
      timeNs: effectiveTimeNs,
      groupName: this.#group.name,
      ...(this.#group.intention === undefined ? {} : { selection: this.#selection }),
    });
    return { ...outcome, notes: [...outcome.notes, ...notes] };
  }
}

/** How many effective times besides the run's own are kept loaded. */
const keptTimes = 4;

/** A source group in this thread: loads the policy once for each effective time. */
export class LoadedGroup {
  readonly #group: PreparedGroup;
  readonly #data: Value;
  readonly #baseTimeNs: bigint;
  readonly #loaded = new Map<bigint, LoadedPolicy>();

  constructor(group: PreparedGroup, baseTimeNs: bigint) {
    this.#group = group;
    this.#baseTimeNs = baseTimeNs;
    this.#data = parseJson(group.dataText);
  }

  start(start: GroupStart): GroupEvaluation {
    return new GroupEvaluation(this.#group, this.#loadFor(start.effectiveTimeNs), start);
  }

  #loadFor(timeNs: bigint): LoadedPolicy {
    const known = this.#loaded.get(timeNs);
    if (known !== undefined) {
      return known;
    }
    const data = timeNs === this.#baseTimeNs ? this.#data : withEffectiveTime(this.#data, timeNs);
    const loaded = loadPolicy(this.#group.compiled, { data, functions: ecPureFunctions });
    const oldest = [...this.#loaded.keys()].find((time) => time !== this.#baseTimeNs);
    if (this.#loaded.size > keptTimes && oldest !== undefined) {
      this.#loaded.delete(oldest);
    }
    this.#loaded.set(timeNs, loaded);
    return loaded;
  }
}
