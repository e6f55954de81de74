import { RegoError } from "../errors.ts";
import type { Value } from "../value/index.ts";
import type { FunctionType } from "./types.ts";

/** What a built-in may know besides its arguments. */
export interface BuiltinContext {
  /** The evaluation's time in nanoseconds since 1970: one value for a whole evaluation. */
  readonly nowNs: bigint;
  /** Lives as long as one evaluation: `uuid.rfc4122` and `rand.intn` give one answer for one argument. */
  readonly cache: Map<string, unknown>;
  /** Where random numbers are drawn from; with the same seed an evaluation gives the same result. */
  readonly seed: Uint8Array;
}

/** Computes a result from values of any type: undefined where the call has none. Throws `BuiltinError`. */
export type Evaluate = (args: readonly Value[], context: BuiltinContext) => Value | undefined;

/** Implementations by the built-in's name. */
export type BuiltinTable = Readonly<Record<string, Evaluate>>;

export interface Builtin {
  readonly name: string;
  readonly type: FunctionType;
  /** Throws `BuiltinError` with the message that OPA has, the name in front. */
  readonly evaluate: Evaluate;
  /** Set where a call has many results: `iterate` gives them. */
  readonly relation?: true;
  readonly iterate?: (args: readonly Value[], context: BuiltinContext) => Iterable<Value>;
  /** As `iterate` for `walk`, without the paths: for calls whose result is taken apart as `[_, value]`. */
  readonly iterateValues?: (args: readonly Value[], context: BuiltinContext) => Iterable<Value>;
  /** Set where equal arguments may give different results. */
  readonly nondeterministic?: true;
  /** Set where modules of Rego version 1 may not use it. */
  readonly deprecated?: true;
}

export type BuiltinErrorCode = "eval_builtin_error" | "eval_type_error";

/** A built-in cannot be computed for its arguments. Unless errors are strict, the call is undefined. */
export class BuiltinError extends RegoError {
  constructor(code: BuiltinErrorCode, message: string) {
    super(code, message);
  }
}

/** An error of the arguments' values: "divide by zero". */
export function toFailure(message: string): BuiltinError {
  return new BuiltinError("eval_builtin_error", message);
}

/** A result has at most this many code units or items. */
export const maxResultSize = 16 * 1024 * 1024;

/** Throws `RegoError` (limit_output) for results that would fill the memory. */
export function assertResultSize(size: number): void {
  if (size > maxResultSize) {
    throw new RegoError(
      "limit_output",
      `expected a result of at most ${maxResultSize} characters or items, got ${size}`,
    );
  }
}

/** The same function with the built-in's name in front of its errors' messages, as OPA words them. */
export function withName(name: string, evaluate: Evaluate): Evaluate {
  return (args, context) => {
    try {
      return evaluate(args, context);
    } catch (thrown) {
      throw toNamedError(name, thrown);
    }
  };
}

function toNamedError(name: string, thrown: unknown): unknown {
  if (!(thrown instanceof RegoError)) return thrown;
  if (thrown.code !== "eval_builtin_error" && thrown.code !== "eval_type_error") return thrown;
  return new BuiltinError(thrown.code, `${name}: ${thrown.message}`);
}
