import type { Value } from "../value/index.ts";

/** A type of OPA's type checker. `anyOf` with no members does not occur: that is `any`. */
export type RegoType =
  | { readonly kind: "any" }
  | { readonly kind: "null" }
  | { readonly kind: "boolean" }
  | { readonly kind: "number" }
  | { readonly kind: "string" }
  /** The first items have the types of `static`; further ones are allowed where `dynamic` is given. */
  | { readonly kind: "array"; readonly static: readonly RegoType[]; readonly dynamic?: RegoType }
  /** Keys known beforehand, and what other keys and values may be. */
  | {
      readonly kind: "object";
      readonly static: readonly { readonly key: Value; readonly value: RegoType }[];
      readonly dynamic?: { readonly key: RegoType; readonly value: RegoType };
    }
  | { readonly kind: "set"; readonly of: RegoType }
  | { readonly kind: "anyOf"; readonly of: readonly RegoType[] };

/** `result` is missing where a function gives nothing (`print`); `variadic` is the type of any further arguments. */
export interface FunctionType {
  readonly args: readonly RegoType[];
  readonly result?: RegoType;
  readonly variadic?: RegoType;
}

export const any: RegoType = { kind: "any" };
export const nothing: RegoType = { kind: "null" };
export const boolean: RegoType = { kind: "boolean" };
export const number: RegoType = { kind: "number" };
export const string: RegoType = { kind: "string" };

/** A list of any length. */
export function arrayOf(dynamic: RegoType): RegoType {
  return { kind: "array", static: [], dynamic };
}

/** A list of exactly these items. */
export function tuple(...items: RegoType[]): RegoType {
  return { kind: "array", static: items };
}

/** An object with keys of one type and values of another. */
export function mapOf(key: RegoType, value: RegoType): RegoType {
  return { kind: "object", static: [], dynamic: { key, value } };
}

/** An object with known keys; other keys where `dynamic` is given. */
export function record(fields: Readonly<Record<string, RegoType>>, dynamic?: [RegoType, RegoType]): RegoType {
  const known = Object.entries(fields).map(([key, value]) => ({ key, value }));
  if (dynamic === undefined) return { kind: "object", static: known };
  return { kind: "object", static: known, dynamic: { key: dynamic[0], value: dynamic[1] } };
}

export function setOf(of: RegoType): RegoType {
  return { kind: "set", of };
}

export function anyOf(...of: RegoType[]): RegoType {
  return { kind: "anyOf", of };
}
