import type { CompiledPolicy } from "../compile/index.ts";
import { RegoError } from "../errors.ts";
import {
  isList,
  numberFromText,
  ObjectBuilder,
  parseJson,
  RegoObject,
  RegoSet,
  SetBuilder,
  type Value,
} from "../value/index.ts";
import { createBranches } from "./branches.ts";
import { createCalls } from "./calls.ts";
import { createComprehensionIndices } from "./comprehension-index.ts";
import { type Context, pendingMark, undefinedMark } from "./context.ts";
import { Documents, type Place } from "./documents.ts";
import { createMemos, type EvaluateDocument } from "./memos.ts";
import { createReaders } from "./readers.ts";
import { createSame } from "./same.ts";
import { fillTemplate } from "./shown.ts";
import { State, toLocation } from "./state.ts";
import type { LoadOptions } from "./types.ts";
import { canBe, compare, DocumentTree, eq, get, getNamed, getStored, items, mode, toObject } from "./values.ts";
import { createWatch, type Watch } from "./watch.ts";
import { createWith } from "./with.ts";

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
  /** For each of the policy's locations: how often what is there was evaluated, where the code counts. */
  counts: Float64Array;
  watch: Watch;
}

/** Makes the environment of the emitted source and runs it. What policies may reach is handed in here. */
export function createEnvironment(compiled: CompiledPolicy, options: LoadOptions): Environment {
  const state = new State();
  const same = createSame(state);
  const counts = new Float64Array(compiled.watch === "rows" ? compiled.locations.length : 0);
  const watch = createWatch(compiled, createMemos(state));
  const documents = new Documents(compiled, (rule, context) => {
    const evaluate = emitted.documents[rule];
    if (evaluate === undefined) {
      throw new Error(`the document ${compiled.rules[rule]?.path.join(".")} is not among the compiled entry points`);
    }
    return evaluate(context);
  });
  const conflicts = createConflicts(compiled);
  const kit = {
    ...watch.kit,
    ...createReaders(watch.memos, compiled.watch === "failures"),
    ...createCalls(compiled, options, state),
    ...createDocumentAccess(documents),
    ...conflicts,
    ...createBranches(conflicts.conflict),
    ...createComprehensionIndices(),
    ...createValueAccess(),
    with: createWith(compiled, documents, same),
    same,
    tick: () => state.tick(),
  };
  const emitted = runSource(compiled.source, {
    K: kit,
    S: state,
    U: undefinedMark,
    P: pendingMark,
    G: getNamed,
    C: createConstants(compiled.constants),
    H: counts,
    eq,
    RegoObject,
    SetBuilder,
    ObjectBuilder,
  });
  return { state, documents, emitted, counts, watch };
}

const conflictMessages = {
  complete: "complete rules must not produce multiple outputs",
  function: "functions must not produce multiple outputs for same inputs",
  object: "object keys must be unique",
  template: "template-strings must not produce multiple outputs",
};

/** What can end in a conflict of values, with its place. */
function createConflicts(compiled: CompiledPolicy) {
  const failure = (kind: keyof typeof conflictMessages, at: number): RegoError => {
    const place = compiled.locations[at];
    return new RegoError(
      "eval_conflict_error",
      conflictMessages[kind],
      place === undefined ? undefined : toLocation(place),
    );
  };
  return {
    conflict: (kind: keyof typeof conflictMessages, at: number): never => {
      throw failure(kind, at);
    },
    template: (at: number, parts: readonly Value[]): string => {
      const text = fillTemplate(parts);
      if (text === undefined) throw failure("template", at);
      return text;
    },
    DocumentBuilder: createDocumentBuilder((at) => failure("object", at)),
  };
}

function createValueAccess() {
  return {
    get,
    stored: getStored,
    mode,
    canBeList: (value: Value) => canBe(value, 0),
    canBeObject: (value: Value) => canBe(value, 1),
    canBeSet: (value: Value) => canBe(value, 2),
    items,
    compare,
    isList,
    object: toObject,
    set: (members: readonly Value[]) => RegoSet.from(members),
    number: numberFromText,
  };
}

/**
 * Turns the source into functions: the one place where text becomes code. Throws RegoError (limit_depth) where its
 * loops are nested too deeply for the parser.
 */
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

    put(path: readonly Value[], value: Value, at: number): void {
      if (!this.#tree.put(path, value)) throw conflict(at);
    }

    add(path: readonly Value[], member: Value, at: number): void {
      if (!this.#tree.add(path, member)) throw conflict(at);
    }

    build(): RegoObject {
      return this.#tree.build();
    }
  };
}
