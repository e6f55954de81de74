import { numberFromText, RegoNumber, type Value } from "../value/index.ts";

/** A key in the paths of documents: a scalar, or an integer beyond 2^53. Equal keys are the same to `===` and to maps. */
export type DocumentKey = string | number | boolean | null | bigint;

/** Zeros at the end of a number that is a key of a path: longer ones are keys that are worked out, as collections are. */
const maxZeros = 400;

/** Undefined for what is no key of a path. */
export function toDocumentKey(value: Value): DocumentKey | undefined {
  if (typeof value !== "object" || value === null) return value;
  if (!(value instanceof RegoNumber) || !value.isInteger) return undefined;
  const { negative, digits, exponent } = value.decimal;
  return exponent > maxZeros ? undefined : BigInt(`${negative ? "-" : ""}${digits}${"0".repeat(exponent)}`);
}

export function toKeyValue(key: DocumentKey): Value {
  return typeof key === "bigint" ? numberFromText(String(key)) : key;
}
