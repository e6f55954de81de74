import { equalValues, sortValues } from "./compare.ts";
import { assertDepth, assertTextLength } from "./depth.ts";
import { canonicalKey, isPrimitive, type Primitive } from "./key.ts";
import { reserveGrowth, spend } from "./meter.ts";
import type { Value } from "./value.ts";

type Composites = Map<string, readonly [key: Value, value: Value]>;

/**
 * An object whose keys may be any value. It does not change after it was made. Keys, values and entries come in OPA's
 * order, which is worked out at the first question for it.
 */
export class RegoObject {
  static readonly empty = new RegoObject(new Map(), undefined);

  readonly size: number;
  readonly #primitives: ReadonlyMap<Primitive, Value>;
  /** Entries whose keys are composite values, by canonical key. */
  readonly #composites: Composites | undefined;
  #keys: readonly Value[] | undefined;
  #key: string | undefined;

  /** Takes the maps as they are: use `RegoObject.from` or an `ObjectBuilder`. */
  constructor(primitives: ReadonlyMap<Primitive, Value>, composites: Composites | undefined) {
    this.#primitives = primitives;
    this.#composites = composites;
    this.size = primitives.size + (composites?.size ?? 0);
  }

  /** Of equal keys the last one wins. */
  static from(pairs: Iterable<readonly [Value, Value]>): RegoObject {
    const builder = new ObjectBuilder();
    for (const [key, value] of pairs) builder.set(key, value);
    return builder.build();
  }

  get kind(): "object" {
    return "object";
  }

  get(key: Value): Value | undefined {
    if (isPrimitive(key)) return this.#primitives.get(key);
    return this.#composites?.get(canonicalKey(key))?.[1];
  }

  has(key: Value): boolean {
    return isPrimitive(key) ? this.#primitives.has(key) : this.#composites?.has(canonicalKey(key)) === true;
  }

  /** Sorted. */
  keys(): readonly Value[] {
    this.#keys ??= sortValues(this.unorderedKeys());
    return this.#keys;
  }

  /** In the order of `keys()`. */
  values(): Value[] {
    return this.keys().map((key) => this.get(key) as Value);
  }

  /** In the order of `keys()`. */
  entries(): (readonly [Value, Value])[] {
    return this.keys().map((key) => [key, this.get(key) as Value] as const);
  }

  /** In the order of insertion, composite keys last: where the order does not show. */
  unorderedKeys(): Value[] {
    if (this.size > 64) spend(this.size >> 2);
    const keys: Value[] = [...this.#primitives.keys()];
    if (this.#composites !== undefined) for (const [key] of this.#composites.values()) keys.push(key);
    return keys;
  }

  [Symbol.iterator](): Iterator<readonly [Value, Value]> {
    return this.entries()[Symbol.iterator]();
  }

  /** See `canonicalKey`. */
  toKey(depth: number): string {
    if (this.#key !== undefined) return this.#key;
    assertDepth(depth);
    let text = "{";
    spend(this.size + 1);
    for (const key of this.keys()) {
      text += canonicalKey(key, depth + 1);
      text += canonicalKey(this.get(key) as Value, depth + 1);
      assertTextLength(text.length);
    }
    text += "}";
    this.#key = text;
    return text;
  }
}

/** Collects the entries of an object. Not to be used after `build`. */
export class ObjectBuilder {
  readonly #primitives = new Map<Primitive, Value>();
  #composites: Composites | undefined;

  get size(): number {
    return this.#primitives.size + (this.#composites?.size ?? 0);
  }

  get(key: Value): Value | undefined {
    return isPrimitive(key) ? this.#primitives.get(key) : this.#composites?.get(canonicalKey(key))?.[1];
  }

  /** Returns false, and changes nothing, where the key is there with a different value. */
  insert(key: Value, value: Value): boolean {
    const existing = this.get(key);
    if (existing !== undefined) return equalValues(existing, value);
    this.set(key, value);
    return true;
  }

  /** Replaces what the key had. */
  set(key: Value, value: Value): void {
    if (isPrimitive(key)) {
      reserveGrowth(this.#primitives.size);
      this.#primitives.set(key, value);
      return;
    }
    this.#composites ??= new Map();
    reserveGrowth(this.#composites.size);
    this.#composites.set(canonicalKey(key), [key, value]);
  }

  build(): RegoObject {
    return this.size === 0 ? RegoObject.empty : new RegoObject(this.#primitives, this.#composites);
  }
}
