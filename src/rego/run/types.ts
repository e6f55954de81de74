import type { Json } from "../../types/index.ts";
import type { PureFunction, SourceLocation } from "../compile/index.ts";
import type { Value } from "../value/index.ts";

export interface LoadOptions {
  /** The base documents: what `data` holds besides rules. Default: none. */
  data?: Value;
  /** Must answer every function that the policies were compiled with. */
  functions?: readonly PureFunction[];
}

/** Bounds of one evaluation. Going past one throws a RegoError with the code `limit_...`. */
export interface EvaluationLimits {
  /** Wall-clock time of all passes, without the waiting between them. Default 60,000. */
  timeMs?: number;
  /** Iterations, rule evaluations and function calls of all passes. Default 10^9. */
  steps?: number;
  /** Nested evaluations of rules and functions. Default 5,000. */
  depth?: number;
  /** Members of all collections of the results, counted on the way out. Default 10^7. */
  maxOutput?: number;
  /** Passes that may end with pending calls. Default 64. */
  maxPasses?: number;
}

export interface StartOptions {
  /** The input document; without it `input` is undefined. */
  input?: Value;
  /** What `time.now_ns()` answers. */
  nowNs: bigint;
  limits?: EvaluationLimits;
  /** Receives what policies print. Default: it is dropped. */
  print?(message: string, location: SourceLocation): void;
  /** Whether an error of a built-in function ends the evaluation; by default the call is undefined, as in OPA. */
  strictBuiltinErrors?: boolean;
  /** Seed of `rand.intn` and `uuid.rfc4122`. Default: made from `nowNs`. */
  seed?: Uint8Array;
}

/** A call of an external function that has no answer yet. */
export interface PendingCall {
  /** Equal for equal calls. */
  key: string;
  name: string;
  /** The arguments as JSON; sets are lists. */
  args: readonly Json[];
}

export type StepResult<T> = { kind: "done"; results: T } | { kind: "pending"; calls: readonly PendingCall[] };

/** One solution of a query: its variables by name, and the value of each expression. */
export interface QuerySolution {
  bindings: readonly (readonly [string, Value])[];
  expressions: readonly Value[];
}

/** One evaluation: an input, a clock, and the answers that the host has given so far. */
export interface Evaluation {
  /**
   * Evaluates the documents at the given paths (default: the compiled entry points), or goes on after `answer`. Results
   * are in the order of the paths, undefined where a document is undefined. Every step of an evaluation must be asked
   * for the same paths. Throws RegoError: conflicts, errors of built-in functions where they are strict, limits.
   */
  step(entrypoints?: readonly (readonly string[])[]): StepResult<readonly (Value | undefined)[]>;
  /** Evaluates the compiled query. */
  query(): StepResult<readonly QuerySolution[]>;
  /** Answers a pending call; undefined means that the function is undefined for these arguments. */
  answer(key: string, value: Json | undefined): void;
  /** How often rules and functions were evaluated so far, memoised reads not counted. */
  readonly evaluations: number;
  /** Passes so far. */
  readonly passes: number;
  /**
   * What was evaluated since `start`, in all passes, most often first: of this evaluation alone where no other was going on. Empty where
   * the policies were not compiled with `counted`.
   */
  profile(): readonly PlaceCount[];
}

/** How often the expressions at a place were evaluated, or the rule there was true. */
export interface PlaceCount {
  location: SourceLocation;
  count: number;
}

export interface LoadedPolicy {
  start(options: StartOptions): Evaluation;
  /**
   * What all evaluations so far have evaluated; what was not is left out. Documents that depend on nothing but data are
   * evaluated once for all of them. Empty where the policies were not compiled with `counted`.
   */
  counts(): readonly PlaceCount[];
}
