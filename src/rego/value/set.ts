import { sortValues } from "./compare.ts";
import { assertDepth, assertTextLength } from "./depth.ts";
import { canonicalKey, isPrimitive, type Primitive } from "./key.ts";
import { reserveGrowth, spend } from "./meter.ts";
import type { Value } from "./value.ts";

/** A set of values. It does not change after it was made. */
export class RegoSet {
  static readonly empty = new RegoSet(new Set(), undefined);

  readonly size: number;
  readonly #primitives: ReadonlySet<Primitive>;
  /** Composite members by canonical key. */
  readonly #composites: ReadonlyMap<string, Value> | undefined;
  #values: readonly Value[] | undefined;
  #key: string | undefined;

  /** Takes the collections as they are: use `RegoSet.from` or a `SetBuilder`. */
  constructor(primitives: ReadonlySet<Primitive>, composites: ReadonlyMap<string, Value> | undefined) {
    this.#primitives = primitives;
    this.#composites = composites;
    this.size = primitives.size + (composites?.size ?? 0);
  }

  static from(items: Iterable<Value>): RegoSet {
    const builder = new SetBuilder();
    for (const item of items) builder.add(item);
    return builder.build();
  }

  get kind(): "set" {
    return "set";
  }

  has(item: Value): boolean {
    return isPrimitive(item) ? this.#primitives.has(item) : this.#composites?.has(canonicalKey(item)) === true;
  }

  /** Sorted. */
  values(): readonly Value[] {
    this.#values ??= sortValues(this.unordered());
    return this.#values;
  }

  /** In the order of insertion, composite members last: where the order does not show. */
  unordered(): Value[] {
    if (this.size > 64) spend(this.size >> 2);
    const items: Value[] = [...this.#primitives];
    if (this.#composites !== undefined) for (const item of this.#composites.values()) items.push(item);
    return items;
  }

  [Symbol.iterator](): Iterator<Value> {
    return this.values()[Symbol.iterator]();
  }

  union(other: RegoSet): RegoSet {
    if (other.size === 0) return this;
    if (this.size === 0) return other;
    const builder = new SetBuilder();
    for (const item of this.unordered()) builder.add(item);
    for (const item of other.unordered()) builder.add(item);
    return builder.build();
  }

  intersection(other: RegoSet): RegoSet {
    const [small, large] = this.size <= other.size ? [this, other] : [other, this];
    return RegoSet.from(small.unordered().filter((item) => large.has(item)));
  }

  /** The members of this set that the other does not have. */
  difference(other: RegoSet): RegoSet {
    if (other.size === 0) return this;
    return RegoSet.from(this.unordered().filter((item) => !other.has(item)));
  }

  isSubsetOf(other: RegoSet): boolean {
    return this.size <= other.size && this.unordered().every((item) => other.has(item));
  }

  /** See `canonicalKey`. */
  toKey(depth: number): string {
    if (this.#key !== undefined) return this.#key;
    assertDepth(depth);
    let text = "<";
    spend(this.size + 1);
    for (const item of this.values()) {
      text += canonicalKey(item, depth + 1);
      assertTextLength(text.length);
    }
    text += ">";
    this.#key = text;
    return text;
  }
}

/** Collects the members of a set. Not to be used after `build`. */
export class SetBuilder {
  readonly #primitives = new Set<Primitive>();
  #composites: Map<string, Value> | undefined;

  get size(): number {
    return this.#primitives.size + (this.#composites?.size ?? 0);
  }

  has(item: Value): boolean {
    return isPrimitive(item) ? this.#primitives.has(item) : this.#composites?.has(canonicalKey(item)) === true;
  }

  add(item: Value): void {
    if (isPrimitive(item)) {
      reserveGrowth(this.#primitives.size);
      this.#primitives.add(item);
      return;
    }
    this.#composites ??= new Map();
    reserveGrowth(this.#composites.size);
    const key = canonicalKey(item);
    if (!this.#composites.has(key)) this.#composites.set(key, item);
  }

  build(): RegoSet {
    return this.size === 0 ? RegoSet.empty : new RegoSet(this.#primitives, this.#composites);
  }
}
