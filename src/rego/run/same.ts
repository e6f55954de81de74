import { canonicalKey, isList, isPrimitive, RegoObject, RegoSet, type Value } from "../value/index.ts";
import type { State } from "./state.ts";

/** Members of a value that is looked for, at any depth, and values that an evaluation keeps. */
const maxMembers = 64;
const maxKept = 10_000;

/**
 * Gives values that are made in each pass anew the identity of an equal one that was made before: what is remembered by arguments
 * and values of `with` is found again in the next pass.
 */
export function createSame(state: State): (value: Value) => Value {
  return (value) => {
    if (isPrimitive(value) || countMembers(value, 0) > maxMembers) return value;
    const { kept } = state.run;
    const key = canonicalKey(value);
    const known = kept.get(key);
    if (known !== undefined) return known;
    if (kept.size < maxKept) kept.set(key, value);
    return value;
  };
}

/** Counts until there are too many. */
function countMembers(value: Value, before: number): number {
  let count = before + 1;
  if (isPrimitive(value) || count > maxMembers) return count;
  if (isList(value)) {
    for (const item of value) {
      count = countMembers(item, count);
      if (count > maxMembers) break;
    }
  } else if (value instanceof RegoSet) {
    for (const item of value.unordered()) {
      count = countMembers(item, count);
      if (count > maxMembers) break;
    }
  } else if (value instanceof RegoObject) {
    for (const key of value.unorderedKeys()) {
      count = countMembers(value.get(key) as Value, countMembers(key, count));
      if (count > maxMembers) break;
    }
  }
  return count;
}
