import { assertDepth } from "./depth.ts";
import { spend } from "./meter.ts";
import { compareNumbers } from "./number.ts";
import type { RegoObject } from "./object.ts";
import type { RegoSet } from "./set.ts";
import type { Value } from "./value.ts";

/** OPA's names of types. */
export type TypeName = "null" | "boolean" | "number" | "string" | "array" | "object" | "set";

export function isList(value: unknown): value is readonly Value[] {
  return Array.isArray(value);
}

/** The type of a value, as `type_name` gives it. */
export function typeName(value: Value): TypeName {
  switch (typeof value) {
    case "string":
      return "string";
    case "number":
      return "number";
    case "boolean":
      return "boolean";
    default:
      if (value === null) return "null";
      return isList(value) ? "array" : value.kind;
  }
}

const ranks: Readonly<Record<TypeName, number>> = {
  null: 0,
  boolean: 1,
  number: 2,
  string: 3,
  array: 4,
  object: 5,
  set: 6,
};

/** Order by Unicode code points, which is the order of the UTF-8 bytes. */
export function compareStrings(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  if (length > 4096) spend(length >> 6);
  for (let index = 0; index < length; index += 1) {
    let left = a.charCodeAt(index);
    let right = b.charCodeAt(index);
    if (left === right) continue;
    // Surrogates stand for code points above U+FFFF, so they come after U+E000..U+FFFF.
    if (left >= 0xd800 && right >= 0xd800) {
      if (left <= 0xdfff) left += 0x10000;
      if (right <= 0xdfff) right += 0x10000;
    }
    return left < right ? -1 : 1;
  }
  return a.length < b.length ? -1 : 1;
}

/**
 * OPA's total order: null, false, true, numbers, strings, arrays, objects, sets. Zero exactly where the values are equal.
 *
 * Throws `RegoError` (limit_depth).
 */
export function compareValues(a: Value, b: Value, depth = 0): number {
  if (typeof a === "string" && typeof b === "string") return compareStrings(a, b);
  if (typeof a === "number" && typeof b === "number") return a < b ? -1 : a > b ? 1 : 0;
  if (a === b) return 0;
  const typeA = typeName(a);
  const typeB = typeName(b);
  if (typeA !== typeB) return ranks[typeA] < ranks[typeB] ? -1 : 1;
  if (typeA === "boolean") return a === false ? -1 : 1;
  if (typeA === "number") return compareNumbers(a as number, b as number);
  assertDepth(depth);
  if (typeA === "array") return compareLists(a as readonly Value[], b as readonly Value[], depth + 1);
  if (typeA === "object") return compareObjects(a as RegoObject, b as RegoObject, depth + 1);
  return compareLists((a as RegoSet).values(), (b as RegoSet).values(), depth + 1);
}

function compareLists(a: readonly Value[], b: readonly Value[], depth: number): number {
  const length = Math.min(a.length, b.length);
  let order = 0;
  let index = 0;
  for (; index < length && order === 0; index += 1) {
    order = compareValues(a[index] as Value, b[index] as Value, depth);
  }
  spend(index + 1);
  return order === 0 ? a.length - b.length : order;
}

function compareObjects(a: RegoObject, b: RegoObject, depth: number): number {
  const keysA = a.keys();
  const keysB = b.keys();
  const length = Math.min(keysA.length, keysB.length);
  for (let index = 0; index < length; index += 1) {
    spend(2);
    const keyA = keysA[index] as Value;
    const keyB = keysB[index] as Value;
    const order = compareValues(keyA, keyB, depth);
    if (order !== 0) return order;
    const valueOrder = compareValues(a.get(keyA) as Value, b.get(keyB) as Value, depth);
    if (valueOrder !== 0) return valueOrder;
  }
  return keysA.length - keysB.length;
}

/** Whether two values are equal; cheaper than `compareValues`, as nothing is sorted. Throws `RegoError` (limit_depth). */
export function equalValues(a: Value, b: Value, depth = 0): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  assertDepth(depth);
  if (isList(a)) return isList(b) && equalLists(a, b, depth + 1);
  if (isList(b) || a.kind !== b.kind) return false;
  switch (a.kind) {
    case "number":
      return b.kind === "number" && a.text === b.text;
    case "object":
      return b.kind === "object" && equalObjects(a, b, depth + 1);
    default:
      return b.kind === "set" && a.size === b.size && a.unordered().every((item) => b.has(item));
  }
}

function equalLists(a: readonly Value[], b: readonly Value[], depth: number): boolean {
  if (a.length !== b.length) return false;
  let index = 0;
  while (index < a.length && equalValues(a[index] as Value, b[index] as Value, depth)) index += 1;
  spend(index + 1);
  return index === a.length;
}

function equalObjects(a: RegoObject, b: RegoObject, depth: number): boolean {
  if (a.size !== b.size) return false;
  for (const key of a.unorderedKeys()) {
    spend(2);
    const other = b.get(key);
    if (other === undefined || !equalValues(a.get(key) as Value, other, depth)) return false;
  }
  return true;
}

/** Compares between two payments for a sort. */
const comparesPerSpend = 1024;

/** Sorts a list in place, in OPA's order. */
export function sortValues(items: Value[]): Value[] {
  if (items.length < comparesPerSpend >> 4) return items.sort((a, b) => compareValues(a, b));
  let compares = 0;
  return items.sort((a, b) => {
    compares += 1;
    if (compares % comparesPerSpend === 0) spend(comparesPerSpend);
    return compareValues(a, b);
  });
}
