import { type Builtin, builtins } from "../builtins/index.ts";
import type { CompiledPolicy } from "../compile/index.ts";
import { RegoError } from "../errors.ts";
import {
  canonicalKey,
  isList,
  RegoNumber,
  RegoObject,
  RegoSet,
  reserve,
  spend,
  toJson,
  type Value,
} from "../value/index.ts";
import { type Context, type Outcome, pendingMark, Replacement } from "./context.ts";
import { combinations } from "./shown.ts";
import { type State, toLocation } from "./state.ts";
import type { LoadOptions } from "./types.ts";

type Implementation = Builtin["evaluate"];
type Call = (context: Context, implementation: Implementation, at: number, args: readonly Value[]) => Outcome;

/** Shorter texts, lists and numbers cost no more than the call. */
const longText = 512;
const longNumber = 64;

/** What a list's items take, with the half as much again that it grows by and the list that it leaves. */
const bytesPerItem = 20;

/** Reading or making long texts and lists takes time and memory, whichever function does it. */
function payForSize(value: Value | undefined): void {
  if (typeof value === "string") {
    if (value.length > longText) spend(value.length >> 4);
  } else if (typeof value === "object" && value !== null) {
    if (Array.isArray(value)) {
      if (value.length > longText) spend(value.length >> 6);
    } else if (value instanceof RegoNumber) {
      const { length } = value.decimal.digits;
      if (length > longNumber) spend(length);
    }
  }
}

/** How emitted code calls functions that are no rules. */
export function createCalls(compiled: CompiledPolicy, options: LoadOptions, state: State) {
  const fail = createFailure(compiled, state);
  const call: Call = (_, implementation, at, args) => {
    state.steps += 1;
    try {
      for (let index = 0; index < args.length; index += 1) payForSize(args[index]);
      const result = implementation(args, state.run.builtins);
      payForSize(result);
      return result;
    } catch (thrown) {
      return fail(thrown, at);
    }
  };
  return {
    call,
    function: createResolver(compiled, options),
    *iterate(_: Context, name: string, at: number, args: readonly Value[]): Iterable<Value> {
      try {
        yield* builtins.get(name)?.iterate?.(args, state.run.builtins) ?? [];
      } catch (thrown) {
        fail(thrown, at);
      }
    },
    grow: (items: readonly Value[]): void => reserve(items.length * bytesPerItem),
    external: createExternal(state),
    print(_: Context, at: number, captures: readonly RegoSet[]): void {
      const { print, printed, printedInPass } = state.run;
      const place = compiled.locations[at];
      if (print === undefined || place === undefined) return;
      for (const texts of combinations(captures)) {
        const text = texts.join(" ");
        spend(1 + (text.length >> 4));
        const key = `${at} ${text}`;
        const times = (printedInPass.get(key) ?? 0) + 1;
        printedInPass.set(key, times);
        if (times <= (printed.get(key) ?? 0)) continue;
        printed.set(key, times);
        print(text, place);
      }
    },
    ...createReplacements(),
    ...createShortcuts(call),
  };
}

/** An error of a built-in function makes the call undefined, unless errors are strict; other errors end the evaluation. */
function createFailure(compiled: CompiledPolicy, state: State): (thrown: unknown, at: number) => undefined {
  return (thrown, at) => {
    if (!(thrown instanceof RegoError)) throw thrown;
    if (thrown.code !== "eval_builtin_error" && thrown.code !== "eval_type_error") throw thrown;
    if (!state.run.strict) return undefined;
    const place = compiled.locations[at];
    throw new RegoError(thrown.code, thrown.message, place === undefined ? undefined : toLocation(place));
  };
}

function createResolver(compiled: CompiledPolicy, options: LoadOptions): (name: string) => Implementation {
  const own = new Map((options.functions ?? []).map((pure) => [pure.name, pure]));
  return (name) => {
    if (compiled.functions.includes(name)) {
      const pure = own.get(name);
      if (pure !== undefined) return (args) => pure.evaluate(args);
      throw new Error(`the function ${name} must be given when the policies are loaded`);
    }
    const builtin = builtins.get(name);
    if (builtin !== undefined) return builtin.evaluate;
    return () => {
      throw new RegoError("eval_internal_error", `${name}: this function is not available here`);
    };
  };
}

/** A call of a function of the host: its answer, or a note that it is asked. */
function createExternal(state: State) {
  return (_: Context, name: string, args: readonly Value[]): Outcome => {
    const { answers, noted } = state.run;
    const key = `${name}${canonicalKey(args)}`;
    if (answers.has(key)) return answers.get(key);
    if (!noted.has(key)) noted.set(key, { key, name, args: args.map(toJson) });
    return pendingMark;
  };
}

function createReplacements() {
  return {
    replacement: (run: (context: Context, args: readonly Value[]) => Outcome) => new Replacement(run),
    mock: (context: Context, key: string) => context.mocks?.get(key),
    callMock: (context: Context, mock: Value | Replacement, args: readonly Value[]): Outcome =>
      mock instanceof Replacement ? mock.run(withoutMocks(context), args) : mock,
  };
}

/** A function that took another's place runs with the functions that it was written for. */
function withoutMocks(context: Context): Context {
  if (context.mocks === undefined || context.mocks.size === 0) return context;
  context.unmocked ??= context.withoutMocks();
  return context.unmocked;
}

/** Built-in functions whose usual cases are quick here; the others go the common way. */
function createShortcuts(call: Call) {
  return {
    plus: createArithmetic(call, (a, b) => a + b),
    minus: createArithmetic(call, (a, b) => a - b),
    mul: createArithmetic(call, (a, b) => a * b),
    count(context: Context, implementation: Implementation, at: number, value: Value): Outcome {
      if (typeof value === "object" && value !== null) {
        if (isList(value)) return value.length;
        if (value instanceof RegoObject || value instanceof RegoSet) return value.size;
      }
      return call(context, implementation, at, [value]);
    },
    member_2(context: Context, implementation: Implementation, at: number, item: Value, collection: Value): Outcome {
      if (collection instanceof RegoSet) return collection.has(item);
      return call(context, implementation, at, [item, collection]);
    },
  };
}

function createArithmetic(call: Call, compute: (a: number, b: number) => number) {
  return (context: Context, implementation: Implementation, at: number, a: Value, b: Value): Outcome => {
    if (typeof a === "number" && typeof b === "number" && Number.isSafeInteger(a) && Number.isSafeInteger(b)) {
      const result = compute(a, b);
      if (Number.isSafeInteger(result)) return result === 0 ? 0 : result;
    }
    return call(context, implementation, at, [a, b]);
  };
}
