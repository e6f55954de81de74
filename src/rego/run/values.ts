import {
  canonicalKey,
  compareValues,
  equalValues,
  isList,
  isPrimitive,
  ObjectBuilder,
  RegoObject,
  RegoSet,
  SetBuilder,
  spend,
  type Value,
} from "../value/index.ts";

const nothing: readonly Value[] = [];

/** Equality of values. */
export function eq(a: Value, b: Value): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  return equalValues(a, b);
}

export function compare(a: Value, b: Value): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return compareValues(a, b);
}

/** The member of a collection at a key; of a set, the member itself. */
export function get(value: Value, key: Value): Value | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (value instanceof RegoObject) return value.get(key);
  if (isList(value)) return typeof key === "number" && Number.isInteger(key) ? value[key] : undefined;
  if (value instanceof RegoSet) return value.has(key) ? key : undefined;
  return undefined;
}

/** The member of an object, or of a set, by name; undefined for what has none. */
export function getNamed(value: Value | undefined, name: string): Value | undefined {
  if (value instanceof RegoObject) return value.get(name);
  return value instanceof RegoSet && value.has(name) ? name : undefined;
}

/** The member of a base document, where numbers find the names that they look like, and such names a list's items. */
export function getStored(value: Value, key: Value): Value | undefined {
  if (typeof key === "string" && isList(value)) return /^[-+]?[0-9]{1,15}$/.test(key) ? value[Number(key)] : undefined;
  const found = get(value, key);
  return found === undefined && typeof key === "number" && value instanceof RegoObject ? value.get(String(key)) : found;
}

/** 0 for a list, 1 for an object, 2 for a set, -1 for what cannot be iterated over. */
export function mode(value: Value): number {
  if (typeof value !== "object" || value === null) return -1;
  if (value instanceof RegoObject) return 1;
  if (isList(value)) return 0;
  return value instanceof RegoSet ? 2 : -1;
}

/** Whether a value is compared with what a comprehension of the kind gives: a set with that of any, as OPA does it. */
export function canBe(value: Value, kind: number): boolean {
  const own = mode(value);
  return own === kind || own === 2;
}

/** What a loop over a value goes through: a list's items, an object's keys, a set's members. */
export function items(value: Value, kind: number): readonly Value[] {
  if (kind === 0) return value as readonly Value[];
  if (kind === 1) return (value as RegoObject).keys();
  return kind === 2 ? (value as RegoSet).values() : nothing;
}

/** An object of alternating keys and values. */
export function toObject(members: readonly Value[]): RegoObject {
  const builder = new ObjectBuilder();
  for (let index = 0; index < members.length; index += 2) {
    builder.set(members[index] as Value, members[index + 1] as Value);
  }
  return builder.build();
}

/** A document in which the value at a path is another one; what is in the way becomes an object. */
export function patch(document: Value | undefined, path: readonly Value[], value: Value): Value {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  const builder = new ObjectBuilder();
  let child: Value | undefined;
  if (document instanceof RegoObject) {
    spend(document.size);
    for (const other of document.unorderedKeys()) builder.set(other, document.get(other) as Value);
    child = document.get(key);
  }
  builder.set(key, patch(child, rest, value));
  return builder.build();
}

/** The value at a path. */
export function getPath(document: Value | undefined, path: readonly Value[]): Value | undefined {
  let value = document;
  for (const key of path) {
    if (value === undefined) return undefined;
    value = get(value, key);
  }
  return value;
}

/** The members of both objects; where both have an object, merged, otherwise `first` wins. */
export function mergeObjects(first: RegoObject, second: RegoObject): RegoObject {
  if (first.size === 0) return second;
  if (second.size === 0) return first;
  spend(first.size + second.size);
  const builder = new ObjectBuilder();
  for (const key of second.unorderedKeys()) builder.set(key, second.get(key) as Value);
  for (const key of first.unorderedKeys()) {
    const ours = first.get(key) as Value;
    const theirs = second.get(key);
    const areObjects = ours instanceof RegoObject && theirs instanceof RegoObject;
    builder.set(key, areObjects ? mergeObjects(ours, theirs) : ours);
  }
  return builder.build();
}

interface Entry {
  key: Value;
  leaf?: Value;
  set?: SetBuilder;
  child?: DocumentTree;
}

/** An object in the making whose rules give values at paths below it. */
export class DocumentTree {
  readonly #primitives = new Map<Value, Entry>();
  readonly #composites = new Map<string, Entry>();

  #find(key: Value): Entry | undefined {
    return isPrimitive(key) ? this.#primitives.get(key) : this.#composites.get(canonicalKey(key));
  }

  #create(key: Value): Entry {
    const entry: Entry = { key };
    if (isPrimitive(key)) this.#primitives.set(key, entry);
    else this.#composites.set(canonicalKey(key), entry);
    return entry;
  }

  /** Gives a path a value; false where it has another one, or something above it has. */
  put(path: readonly Value[], value: Value, index = 0): boolean {
    const key = path[index] as Value;
    const known = this.#find(key);
    if (index < path.length - 1) {
      const child = this.#descend(known, key);
      return child?.put(path, value, index + 1) ?? false;
    }
    if (known === undefined) {
      this.#create(key).leaf = value;
      return true;
    }
    return known.leaf !== undefined && eq(known.leaf, value);
  }

  /** Adds a member to the set at a path. */
  add(path: readonly Value[], member: Value, index = 0): boolean {
    const key = path[index] as Value;
    let entry = this.#find(key);
    if (index < path.length - 1) return this.#descend(entry, key)?.add(path, member, index + 1) ?? false;
    if (entry === undefined) {
      entry = this.#create(key);
      entry.set = new SetBuilder();
    }
    entry.set?.add(member);
    return entry.set !== undefined;
  }

  #descend(known: Entry | undefined, key: Value): DocumentTree | undefined {
    const entry = known ?? this.#create(key);
    if (known === undefined) entry.child = new DocumentTree();
    return entry.child;
  }

  build(): RegoObject {
    const builder = new ObjectBuilder();
    const put = ({ key, leaf, set, child }: Entry): void => {
      const value = leaf === undefined ? (set?.build() ?? child?.build()) : leaf;
      if (value !== undefined) builder.set(key, value);
    };
    for (const entry of this.#primitives.values()) put(entry);
    for (const entry of this.#composites.values()) put(entry);
    return builder.build();
  }
}
