import type { Json } from "../../types/index.ts";
import type { PureFunction, SourceLocation, SourceSpan } from "../compile/index.ts";
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
}

/** How often the expressions at a place were evaluated, or the rule there was true. */
export interface PlaceCount {
  location: SourceLocation;
  count: number;
}

export interface Profile {
  places: readonly PlaceProfile[];
  rules: readonly RuleProfile[];
}

/** What one expression took. Several can be at one place. */
export interface PlaceProfile {
  location: SourceLocation;
  /** Nanoseconds, without the rules that the expression asked for. */
  timeNs: number;
  evaluations: number;
  /** How often it was true, and what follows was evaluated. */
  solutions: number;
}

/** What one body of a rule took. */
export interface RuleProfile {
  /** `data.a.b` */
  path: string;
  location: SourceLocation;
  /** Nanoseconds of its expressions, without the rules that they asked for. */
  timeNs: number;
  /** How often the body was evaluated. What is remembered is not evaluated. */
  evaluations: number;
}

/** A rule, and the expressions in it that were not true. */
export interface FailedRule {
  /** `data.a.b` */
  path: string;
  /** The expression that asked for it. */
  at?: SourceSpan;
  /** Oldest first. */
  failures: readonly Failure[];
}

/** An expression that was not true. */
export interface Failure {
  span: SourceSpan;
  /** Variables that had a value. */
  locals: readonly (readonly [name: string, value: Value])[];
  /** Values of references, comprehensions and calls that were evaluated before in the same body. */
  terms: readonly (readonly [span: SourceSpan, value: Value])[];
  /** Whether it was not true because one of its terms had no value. */
  isMissing: boolean;
  /** Rules that the body had asked for so far and that had no result: undefined, false or empty. */
  inner: readonly FailedRule[];
}

export interface LoadedPolicy {
  start(options: StartOptions): Evaluation;
  /**
   * What all evaluations so far have evaluated; what was not is left out. Documents that depend on nothing but data are
   * evaluated once for all of them. Empty where the policies were not compiled to have their rows watched.
   */
  counts(): readonly PlaceCount[];
  /** What all evaluations so far took. Empty where the policies were not compiled to have their times watched. */
  profile(): Profile;
  /**
   * What was not true in the document that was evaluated last; undefined where the policies were not compiled to have their
   * failures watched.
   */
  failures(): FailedRule | undefined;
}
