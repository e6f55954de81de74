import {
  canonicalKey,
  isPrimitive,
  ObjectBuilder,
  RegoObject,
  RegoSet,
  reserve,
  SetBuilder,
  spend,
  type Value,
} from "../value/index.ts";
import type { Context } from "./context.ts";

export type CollectionKind = "array" | "set" | "object";
type Builder = Value[] | SetBuilder | ObjectBuilder;

interface Entry {
  builder: Builder;
  /** What was built, once it was asked for: then nothing is added any more. */
  value: Value | undefined;
}

/** What a collection of its own costs, in units of the meter: as much memory as so many members of a list. */
const unitsPerEntry = { array: 4, set: 16, object: 16 } as const;

/** Lists ask for memory where they have grown by so many members, each with the half as much again that they grow by. */
const membersPerCheck = 0x8000;
const bytesPerMember = 20;
const bytesPerKey = 60;

/** The members of a comprehension for each combination of values that it is looked up by. */
export class ComprehensionIndex {
  readonly #of: CollectionKind;
  readonly #entries = new Map<Value, Entry>();

  constructor(of: CollectionKind) {
    this.#of = of;
  }

  /** Adds a member; of an object's equal keys the last one counts. */
  add(keys: readonly Value[], value: Value, key?: Value): void {
    const position = toPosition(keys);
    let entry = this.#entries.get(position);
    if (entry === undefined) {
      const { size } = this.#entries;
      // Where the table of the keys grows to twice its size.
      if ((size & (size - 1)) === 0) reserve(size * bytesPerKey);
      spend(unitsPerEntry[this.#of]);
      entry = { builder: createBuilder(this.#of), value: undefined };
      this.#entries.set(position, entry);
    }
    const { builder } = entry;
    if (builder instanceof SetBuilder) builder.add(value);
    else if (builder instanceof ObjectBuilder) builder.set(key as Value, value);
    else if (builder.push(value) % membersPerCheck === 0) reserve(builder.length * bytesPerMember);
  }

  /** The collection for these values; an empty one where one of them is undefined. */
  find(keys: readonly (Value | undefined)[]): Value {
    const entry = keys.includes(undefined) ? undefined : this.#entries.get(toPosition(keys as readonly Value[]));
    if (entry === undefined) return emptyCollections[this.#of];
    entry.value ??= isBuilder(entry.builder) ? entry.builder.build() : entry.builder;
    return entry.value;
  }
}

const emptyCollections = { array: [], set: RegoSet.empty, object: RegoObject.empty } as const;

function createBuilder(of: CollectionKind): Builder {
  if (of === "array") return [];
  return of === "set" ? new SetBuilder() : new ObjectBuilder();
}

function isBuilder(builder: Builder): builder is SetBuilder | ObjectBuilder {
  return builder instanceof SetBuilder || builder instanceof ObjectBuilder;
}

/** A single scalar that is no text stands for itself: texts are what others are written as. */
function toPosition(keys: readonly Value[]): Value {
  const [only] = keys;
  if (keys.length > 1 || only === undefined) return canonicalKey(keys);
  return isPrimitive(only) && typeof only !== "string" ? only : canonicalKey(only);
}

/** Code that evaluates a comprehension for all values, and what it looks at: rules by their indices, `input`, and what is never the same. */
interface IndexSource {
  code(context: Context): ComprehensionIndex;
  rules: readonly number[];
  input: boolean;
  isVolatile: boolean;
}

/** How emitted code gets at the indices of comprehensions: each is made once for what it looks at. */
export function createComprehensionIndices() {
  const indices = new WeakMap<Context, Map<IndexSource, ComprehensionIndex>>();
  return {
    comprehensionIndex: (of: CollectionKind) => new ComprehensionIndex(of),
    /** A comprehension for all values that it can be looked up by. */
    indexed(context: Context, source: IndexSource): ComprehensionIndex {
      const owner = ownerOf(context, source);
      let known = indices.get(owner);
      if (known === undefined) {
        known = new Map();
        indices.set(owner, known);
      }
      let index = known.get(source);
      if (index === undefined) {
        index = source.code(owner);
        known.set(source, index);
      }
      return index;
    },
  };
}

/** The outermost context in which the comprehension is the same. */
function ownerOf(context: Context, { rules, input, isVolatile }: IndexSource): Context {
  let owner = context;
  for (let { parent } = owner; parent !== undefined && !isVolatile; { parent } = owner) {
    if (owner.data !== parent.data || (input && owner.input !== parent.input)) break;
    if (rules.some((rule) => owner.affected[rule] !== 0)) break;
    owner = parent;
  }
  return owner;
}
