import { type Builtin, builtins } from "../builtins/index.ts";
import type { CompiledPolicy } from "../compile/compiled.ts";
import { RegoError } from "../errors.ts";
import {
  canonicalKey,
  formatValue,
  isList,
  numberFromText,
  ObjectBuilder,
  parseJson,
  RegoObject,
  RegoSet,
  SetBuilder,
  toJson,
  type Value,
} from "../value/index.ts";
import {
  type CallMemo,
  type Context,
  type Memo,
  type Outcome,
  pendingMark,
  Replacement,
  undefinedMark,
} from "./context.ts";
import { Documents, type Place } from "./documents.ts";
import { State, toLocation } from "./state.ts";
import type { LoadOptions } from "./types.ts";
import { compare, DocumentTree, eq, get, getNamed, getStored, items, mode, toObject } from "./values.ts";
import { createWith } from "./with.ts";

type Implementation = Builtin["evaluate"];
type EvaluateDocument = (context: Context) => Outcome;
type EvaluateKey = (context: Context, key: Value) => Outcome;
type EvaluateCall = (context: Context, args: readonly Value[]) => Outcome;

/** What emitted code returns when it is run. */
export interface EmittedPolicy {
  documents: Readonly<Record<number, EvaluateDocument>>;
  query:
    | ((context: Context, out: (bindings: readonly Value[], captured: readonly Value[]) => void) => boolean)
    | undefined;
}

/** The loaded code together with what it runs in. */
export interface Environment {
  state: State;
  documents: Documents;
  emitted: EmittedPolicy;
}

const conflicts = {
  complete: "complete rules must not produce multiple outputs",
  function: "functions must not produce multiple outputs for same inputs",
  object: "object keys must be unique",
};

/** Runs the emitted source: the one place where text becomes code. What it may reach is handed in. */
export function createEnvironment(compiled: CompiledPolicy, options: LoadOptions): Environment {
  const state = new State();
  const documents = new Documents(compiled, (rule, context) => {
    const evaluate = emitted.documents[rule];
    if (evaluate === undefined) {
      throw new Error(`the document ${compiled.rules[rule]?.path.join(".")} is not among the compiled entry points`);
    }
    return evaluate(context);
  });
  const kit = {
    ...createMemos(state),
    ...createCalls(compiled, options, state),
    ...createDocumentAccess(documents),
    with: createWith(compiled, documents),
    tick: () => state.tick(),
    get,
    stored: getStored,
    mode,
    items,
    compare,
    isList,
    object: toObject,
    set: (members: readonly Value[]) => RegoSet.from(members),
    number: numberFromText,
    conflict: (kind: keyof typeof conflicts, at: number) => {
      throw failure("eval_conflict_error", conflicts[kind], at);
    },
    template: (at: number, parts: readonly Value[]) =>
      toTemplate(parts, () => failure("eval_conflict_error", "template-strings must not produce multiple outputs", at)),
    DocumentBuilder: createDocumentBuilder((at) => failure("eval_conflict_error", conflicts.object, at)),
  };
  function failure(code: "eval_conflict_error", message: string, at: number): RegoError {
    const place = compiled.locations[at];
    return new RegoError(code, message, place === undefined ? undefined : toLocation(place));
  }
  const emitted = runSource(compiled.source, {
    K: kit,
    S: state,
    U: undefinedMark,
    P: pendingMark,
    G: getNamed,
    C: createConstants(compiled.constants),
    eq,
    RegoObject,
    SetBuilder,
    ObjectBuilder,
  });
  return { state, documents, emitted };
}

/** Turns the source into functions. Throws RegoError (limit_depth) where its loops are nested too deeply for the parser. */
function runSource(source: string, environment: object): EmittedPolicy {
  try {
    const run = new Function("environment", source) as (environment: object) => EmittedPolicy;
    return run(environment);
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown;
    throw new RegoError("limit_depth", "a rule iterates in too many nested loops: split it into several rules");
  }
}

/** Reads a large constant when it is first needed. */
function createConstants(texts: readonly string[]): (index: number) => Value {
  const values: Value[] = [];
  return (index) => {
    let value = values[index];
    if (value === undefined) {
      value = parseJson(texts[index] as string);
      values[index] = value;
    }
    return value;
  };
}

function createDocumentAccess(documents: Documents) {
  return {
    document: (context: Context, index: number) => documents.at(context, index),
    documentGet: (context: Context, place: Place | Value, key: Value) => documents.get(context, place, key),
    documentKeys: (_: Context, place: Place | Value) => documents.keys(place),
    documentValue: (context: Context, place: Place | Value) => documents.value(context, place),
  };
}

function createDocumentBuilder(conflict: (at: number) => RegoError) {
  return class {
    readonly #tree = new DocumentTree();

    put(path: readonly Value[], value: Value, at: number, isDefault = false): void {
      if (!this.#tree.put(path, value, isDefault)) throw conflict(at);
    }

    add(path: readonly Value[], member: Value, at: number): void {
      if (!this.#tree.add(path, member)) throw conflict(at);
    }

    build(): RegoObject {
      return this.#tree.build();
    }
  };
}

/** Remembers what documents and functions gave, so that they are evaluated once. */
function createMemos(state: State) {
  const remember = (context: Context, rule: number, memo: Memo): void => {
    context.memo[rule] = memo;
    if (memo === pendingMark) {
      state.run.resets.push(() => {
        context.memo[rule] = undefined;
      });
    }
  };
  const evaluate = <A>(context: Context, argument: A, code: (context: Context, argument: A) => Outcome): Outcome => {
    state.descend();
    const outcome = code(context, argument);
    state.leave();
    return outcome;
  };
  /** Through the levels of `memo` for `args`; the last key is set by the caller. */
  const levelOf = (memo: CallMemo, args: readonly Value[]): CallMemo => {
    let level = memo;
    for (let index = 0; index < args.length - 1; index += 1) {
      const key = args[index] as Value;
      let next = level.get(key) as CallMemo | undefined;
      if (next === undefined) {
        next = new Map();
        level.set(key, next);
      }
      level = next;
    }
    return level;
  };
  const memoOf = (maps: Map<number, CallMemo>, rule: number): CallMemo => {
    let memo = maps.get(rule);
    if (memo === undefined) {
      memo = new Map();
      maps.set(rule, memo);
    }
    return memo;
  };
  const recall = (level: CallMemo, key: Value, compute: () => Outcome): Outcome => {
    const known = level.get(key) as Memo | undefined;
    if (known !== undefined) return known === undefinedMark ? undefined : known;
    const outcome = compute();
    level.set(key, outcome === undefined ? undefinedMark : outcome);
    if (outcome === pendingMark) {
      state.run.resets.push(() => {
        level.delete(key);
      });
    }
    return outcome;
  };
  return {
    lookup(context: Context, rule: number, code: EvaluateDocument): Outcome {
      const owner = context.ownerOf(rule);
      let memo = owner.memo[rule];
      if (memo === undefined) {
        const outcome = evaluate(owner, undefined, code);
        memo = outcome === undefined ? undefinedMark : outcome;
        remember(owner, rule, memo);
      }
      if (owner !== context) remember(context, rule, memo);
      return memo === undefinedMark ? undefined : memo;
    },
    lookupKey(context: Context, rule: number, key: Value, code: EvaluateKey): Outcome {
      const owner = context.ownerOf(rule);
      const whole = owner.memo[rule];
      if (whole !== undefined && whole !== pendingMark) return whole === undefinedMark ? undefined : whole;
      const text = canonicalKey(key);
      return recall(memoOf(owner.keyed, rule), text, () => evaluate(owner, key, code));
    },
    invoke(context: Context, rule: number, args: readonly Value[], code: EvaluateCall): Outcome {
      let owner = context.ownerOf(rule);
      // Results for arguments that came from an input must not outlive its evaluation.
      if (owner.parent === undefined) owner = state.run.root;
      const level = levelOf(memoOf(owner.calls, rule), args);
      const last = args[args.length - 1] as Value;
      return recall(level, last, () => evaluate(owner, args, code));
    },
  };
}

function createCalls(compiled: CompiledPolicy, options: LoadOptions, state: State) {
  const own = new Map((options.functions ?? []).map((pure) => [pure.name, pure]));
  const fail = (thrown: unknown, at: number): undefined => {
    if (!(thrown instanceof RegoError) || (thrown.code !== "eval_builtin_error" && thrown.code !== "eval_type_error")) {
      throw thrown;
    }
    if (!state.run.strict) return undefined;
    const place = compiled.locations[at];
    throw new RegoError(thrown.code, thrown.message, place === undefined ? undefined : toLocation(place));
  };
  const call = (_: Context, implementation: Implementation, at: number, args: readonly Value[]): Outcome => {
    state.steps += 1;
    try {
      return implementation(args, state.run.builtins);
    } catch (thrown) {
      return fail(thrown, at);
    }
  };
  return {
    call,
    function(name: string): Implementation {
      const pure = own.get(name);
      if (pure !== undefined) return (args) => pure.evaluate(args);
      const builtin = builtins.get(name);
      if (builtin !== undefined) return builtin.evaluate;
      if (compiled.functions.includes(name))
        throw new Error(`the function ${name} must be given when the policies are loaded`);
      return () => {
        throw new RegoError("eval_internal_error", `${name}: this function is not available here`);
      };
    },
    *iterate(_: Context, name: string, at: number, args: readonly Value[]): Iterable<Value> {
      try {
        yield* builtins.get(name)?.iterate?.(args, state.run.builtins) ?? [];
      } catch (thrown) {
        fail(thrown, at);
      }
    },
    external(_: Context, name: string, args: readonly Value[]): Outcome {
      const { answers, noted } = state.run;
      const key = `${name}${canonicalKey(args)}`;
      if (answers.has(key)) return answers.get(key);
      if (!noted.has(key)) noted.set(key, { key, name, args: args.map(toJson) });
      return pendingMark;
    },
    replacement: (run: (context: Context, args: readonly Value[]) => Outcome) => new Replacement(run),
    mock: (context: Context, key: string) => context.mocks?.get(key),
    callMock: (context: Context, mock: Value | Replacement, args: readonly Value[]): Outcome =>
      mock instanceof Replacement ? mock.run(withoutMocks(context), args) : mock,
    print(_: Context, at: number, captures: readonly RegoSet[]): void {
      const { print } = state.run;
      const place = compiled.locations[at];
      if (print === undefined || place === undefined) return;
      for (const texts of product(captures)) print(texts.join(" "), place);
    },
    plus: arithmetic(call, (a, b) => a + b),
    minus: arithmetic(call, (a, b) => a - b),
    mul: arithmetic(call, (a, b) => a * b),
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

function arithmetic(
  call: (context: Context, implementation: Implementation, at: number, args: readonly Value[]) => Outcome,
  compute: (a: number, b: number) => number,
) {
  return (context: Context, implementation: Implementation, at: number, a: Value, b: Value): Outcome => {
    if (typeof a === "number" && typeof b === "number" && Number.isSafeInteger(a) && Number.isSafeInteger(b)) {
      const result = compute(a, b);
      if (Number.isSafeInteger(result)) return result === 0 ? 0 : result;
    }
    return call(context, implementation, at, [a, b]);
  };
}

/** A function that took another's place runs with the functions that it was written for. */
function withoutMocks(context: Context): Context {
  if (context.mocks === undefined || context.mocks.size === 0) return context;
  context.unmocked ??= context.withoutMocks();
  return context.unmocked;
}

/** What `print` shows: each combination of the values, where an argument has several. */
function* product(captures: readonly RegoSet[], index = 0): Iterable<string[]> {
  const capture = captures[index];
  if (capture === undefined) {
    yield [];
    return;
  }
  const texts = capture.size === 0 ? ["<undefined>"] : capture.values().map(toText);
  for (const text of texts) for (const rest of product(captures, index + 1)) yield [text, ...rest];
}

function toText(value: Value): string {
  return typeof value === "string" ? value : formatValue(value);
}

function toTemplate(parts: readonly Value[], conflict: () => RegoError): string {
  let text = "";
  for (const part of parts) {
    if (!(part instanceof RegoSet)) text += toText(part);
    else if (part.size > 1) throw conflict();
    else {
      const [value] = part.values();
      text += value === undefined ? "<undefined>" : toText(value);
    }
  }
  return text;
}
