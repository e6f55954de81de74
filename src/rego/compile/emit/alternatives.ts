import { isList, type Value } from "../../value/index.ts";
import type { Term } from "../ir.ts";

export type Scalar = null | boolean | number | string;

/** A list of these members (undefined: any), or a text that a glob pattern with these delimiters may match. */
export type Pattern = { items: readonly (Scalar | undefined)[] } | { glob: string; delimiters: string };
export type Alternative = Scalar | Pattern;

/** Numbers that are no doubles are left to the evaluation. */
export function isScalar(value: Value): value is Scalar {
  return typeof value !== "object" || value === null;
}

/** Undefined for what no condition can be made of. */
export function toAlternative(value: Value | undefined): Alternative | undefined {
  if (value === undefined) return undefined;
  if (isScalar(value)) return value;
  return isList(value) && value.every(isScalar) ? { items: value } : undefined;
}

/** References and comprehensions in a list were evaluated before: they can be anything. */
export function toPattern(items: readonly Term[]): Pattern | undefined {
  const found: (Scalar | undefined)[] = [];
  for (const item of items) {
    if (item.kind === "variable" || item.kind === "ref" || item.kind === "comprehension") found.push(undefined);
    else if (item.kind === "constant" && isScalar(item.value)) found.push(item.value);
    else return undefined;
  }
  return { items: found };
}

export function membersOf(collection: Value | undefined): readonly Value[] | undefined {
  if (typeof collection !== "object" || collection === null) return undefined;
  if (isList(collection)) return collection;
  return collection.kind === "number" ? undefined : collection.values();
}

/** Patterns of which each part is a text, or `*`. */
export function isPlainGlob(glob: string, delimiters: string): boolean {
  if (/[^\0-\x7f]|\\/.test(glob + delimiters)) return false;
  return splitText(glob, delimiters).every((part) => part === "*" || !/[[?{*]/.test(part));
}

function splitText(text: string, delimiters: string): string[] {
  const parts = [""];
  for (const character of text) {
    if (delimiters.includes(character)) parts.push("");
    else parts[parts.length - 1] += character;
  }
  return parts;
}
