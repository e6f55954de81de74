import type { Value } from "../value/index.ts";

/** In a memo: the document is undefined. */
export const undefinedMark: unique symbol = Symbol("undefined");
/** Result of what depends on an external function that has no answer yet. */
export const pendingMark: unique symbol = Symbol("pending");

/** What evaluating a document or calling a function gives. */
export type Outcome = Value | undefined | typeof pendingMark;
/** What is remembered of it. */
export type Memo = Value | typeof undefinedMark | typeof pendingMark;

/** A function that `with` puts in another's place. */
export class Replacement {
  readonly run: (context: Context, args: readonly Value[]) => Outcome;

  constructor(run: (context: Context, args: readonly Value[]) => Outcome) {
    this.run = run;
  }
}

/** Nested maps, one level for each argument; the last level holds a `Memo`. */
export type CallMemo = Map<Value, CallMemo | Memo>;

/**
 * What an evaluation looks at, and what it remembers. There is one for the loaded data, below it one for each
 * evaluation, and below that one for each `with` that is entered: documents that a context does not change are taken
 * from the one above.
 */
export class Context {
  readonly parent: Context | undefined;
  /** Marks the documents and functions whose value is another one than in `parent`. */
  readonly affected: Uint8Array;
  readonly input: Value | undefined;
  readonly data: Value | undefined;
  /** By rule index. */
  readonly memo: (Memo | undefined)[];
  readonly calls = new Map<number, CallMemo>();
  readonly keyed = new Map<number, CallMemo>();
  /** Replaced functions by key. */
  mocks: ReadonlyMap<string, Value | Replacement> | undefined;
  mockEffects: Uint8Array | undefined;
  /** Values of documents that `with` replaced, by rule index. */
  presets: ReadonlyMap<number, Memo> | undefined;
  /** Nodes of the document tree that `with` replaced: there only `data` counts. */
  hidden: ReadonlySet<number> | undefined;
  /** The same context without replaced functions. */
  unmocked: Context | undefined;

  constructor(
    parent: Context | undefined,
    affected: Uint8Array,
    documents: { input: Value | undefined; data: Value | undefined; size: number },
  ) {
    this.parent = parent;
    this.affected = affected;
    this.input = documents.input;
    this.data = documents.data;
    this.memo = new Array<Memo | undefined>(documents.size);
    this.mocks = parent?.mocks;
    this.mockEffects = parent?.mockEffects;
    this.presets = parent?.presets;
    this.hidden = parent?.hidden;
  }

  /** A context like this one, where no function is replaced. */
  withoutMocks(): Context {
    const documents = { input: this.input, data: this.data, size: this.memo.length };
    const context = new Context(this, this.mockEffects ?? this.affected, documents);
    context.mocks = undefined;
    context.mockEffects = undefined;
    for (const [rule, memo] of this.presets ?? []) context.memo[rule] = memo;
    return context;
  }

  /** The context that a document's or function's value belongs to. */
  ownerOf(rule: number): Context {
    let owner: Context = this;
    while (owner.parent !== undefined && owner.affected[rule] === 0) owner = owner.parent;
    return owner;
  }
}
