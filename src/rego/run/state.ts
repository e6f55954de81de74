import type { BuiltinContext } from "../builtins/index.ts";
import type { SourceLocation } from "../compile/index.ts";
import { RegoError } from "../errors.ts";
import type { Location } from "../syntax/index.ts";
import { type Value, withMeter } from "../value/index.ts";
import type { Context } from "./context.ts";
import { createMemoryCheck } from "./memory.ts";
import type { EvaluationLimits, PendingCall } from "./types.ts";

/** The bounds that count where the caller gives none. */
export const defaultLimits: Required<EvaluationLimits> = {
  timeMs: 60_000,
  steps: 1_000_000_000,
  depth: 5_000,
  maxOutput: 10_000_000,
  maxPasses: 64,
};

/** Steps between two looks at the clock: fewer at first, and where steps turn out to be long. */
const stepsPerCheck = { first: 256, least: 16, most: 20_000 };

/** Milliseconds between two looks, about. */
const wantedPause = { least: 5, most: 20 };

/** Units of work inside of calls and comparisons that count as a step. */
const unitsPerStep = 16;

const hasMemory = createMemoryCheck();

/** What one evaluation has used and knows so far. */
export interface Run {
  limits: Required<EvaluationLimits>;
  root: Context;
  builtins: BuiltinContext;
  strict: boolean;
  print: ((message: string, location: SourceLocation) => void) | undefined;
  answers: Map<string, Value | undefined>;
  noted: Map<string, PendingCall>;
  /** Small values by their canonical keys, see `createSame`. */
  kept: Map<string, Value>;
  /** Forgets what was pending in the pass before. */
  resets: (() => void)[];
  /** How often each text was printed at its place, in all passes and in this one: what a later pass repeats is dropped. */
  printed: Map<string, number>;
  printedInPass: Map<string, number>;
  evaluations: number;
  steps: number;
  spentMs: number;
  depth: number;
}

/**
 * The counters that emitted code reads. Evaluation is synchronous, so one object serves all evaluations of a loaded
 * policy, one after the other.
 */
export class State {
  steps = 0;
  /** Where `steps` is next looked at. */
  maxSteps = 0;
  #run: Run | undefined;
  #startedAt = 0;
  #checkedAt = 0;
  #pause = stepsPerCheck.first;

  get run(): Run {
    if (this.#run === undefined) throw new Error("nothing is being evaluated");
    return this.#run;
  }

  /** Runs a part of an evaluation under its limits. */
  enter<T>(run: Run, part: () => T): T {
    const outer = this.#run;
    const outerSteps = { steps: this.steps, maxSteps: this.maxSteps, startedAt: this.#startedAt };
    this.#run = run;
    this.steps = run.steps;
    this.#startedAt = performance.now();
    this.#checkedAt = this.#startedAt;
    this.#pause = stepsPerCheck.first;
    this.#schedule();
    try {
      return withMeter((units, bytes) => this.#pay(units, bytes), part);
    } catch (thrown) {
      throw thrown instanceof RangeError ? toLimitError(thrown) : thrown;
    } finally {
      run.steps = this.steps;
      run.spentMs += performance.now() - this.#startedAt;
      run.depth = 0;
      this.#run = outer;
      this.steps = outerSteps.steps;
      this.maxSteps = outerSteps.maxSteps;
      this.#startedAt = outerSteps.startedAt;
    }
  }

  #schedule(): void {
    this.maxSteps = Math.min(this.steps + this.#pause, this.run.limits.steps);
  }

  /** Work that was done inside of calls counts as steps. */
  #pay(units: number, bytes: number): void {
    this.steps += Math.ceil(units / unitsPerStep);
    this.tick(bytes);
  }

  /**
   * Called where `steps` has gone past `maxSteps`, and before `bytes` of memory are taken. Throws RegoError (limit_steps,
   * limit_time; limit_output where memory would run out).
   */
  tick(bytes = 0): void {
    const { limits, spentMs } = this.run;
    if (this.steps > limits.steps) {
      throw new RegoError("limit_steps", `evaluation took more than the ${limits.steps} steps that it may`);
    }
    const now = performance.now();
    const used = spentMs + now - this.#startedAt;
    if (used > limits.timeMs) {
      throw new RegoError("limit_time", `evaluation took longer than the ${limits.timeMs} ms that it may`);
    }
    if (!hasMemory(bytes)) throw memoryError();
    const elapsed = now - this.#checkedAt;
    this.#checkedAt = now;
    if (elapsed > wantedPause.most) this.#pause = Math.max(stepsPerCheck.least, this.#pause >> 2);
    else if (elapsed < wantedPause.least) this.#pause = Math.min(stepsPerCheck.most, this.#pause << 1);
    this.#schedule();
  }

  /** Counts an evaluation of a rule or function; `leave` ends it. Throws RegoError (limit_depth). */
  descend(): void {
    const { run } = this;
    run.evaluations += 1;
    run.depth += 1;
    if (run.depth > run.limits.depth) {
      throw new RegoError(
        "limit_depth",
        `rules and functions are nested deeper than the ${run.limits.depth} that they may`,
      );
    }
    this.steps += 1;
    if (this.steps > this.maxSteps) this.tick();
  }

  leave(): void {
    this.run.depth -= 1;
  }
}

function memoryError(): RegoError {
  return new RegoError("limit_output", "evaluation needs more memory than it may take: what it collects is too large");
}

/** What V8 refuses: too deep a stack, or a text, list, map or set beyond the largest that it has. */
function toLimitError(thrown: RangeError): Error {
  if (/call stack/i.test(thrown.message)) {
    return new RegoError(
      "limit_depth",
      "evaluation is nested too deeply for the stack: simplify the policy or its data",
    );
  }
  return /invalid (?:string|array|typed array) length|maximum size exceeded|array buffer allocation/i.test(
    thrown.message,
  )
    ? memoryError()
    : thrown;
}

/** A place of a compiled policy as errors carry it. */
export function toLocation({ file, row, col }: SourceLocation): Location {
  return { file, row, col, offset: 0, end: 0 };
}
