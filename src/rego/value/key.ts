import { isList } from "./compare.ts";
import { assertDepth, assertTextLength } from "./depth.ts";
import { spend } from "./meter.ts";
import type { Value } from "./value.ts";

/** What a JavaScript map can be keyed by so that equal values have equal keys. */
export type Primitive = null | boolean | number | string;

export function isPrimitive(value: Value): value is Primitive {
  return typeof value !== "object" || value === null;
}

/**
 * A text that two values share exactly where they are equal. Not meant to be read or stored.
 *
 * Throws `RegoError` (limit_depth, limit_output).
 */
export function canonicalKey(value: Value, depth = 0): string {
  switch (typeof value) {
    case "string":
      // The length keeps a string from reading like the end of what is around it.
      return `s${value.length}:${value}`;
    case "number":
      return `n${value === 0 ? 0 : value};`;
    case "boolean":
      return value ? "t" : "f";
    default:
      if (value === null) return "z";
      if (isList(value)) return toListKey(value, depth);
      return value.kind === "number" ? `n${value.text};` : value.toKey(depth);
  }
}

function toListKey(items: readonly Value[], depth: number): string {
  assertDepth(depth);
  let key = "[";
  spend(items.length + 1);
  for (const item of items) {
    key += canonicalKey(item, depth + 1);
    assertTextLength(key.length);
  }
  return `${key}]`;
}
