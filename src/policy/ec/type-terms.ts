import type { RegoType } from "../../rego/index.ts";

// Short forms of the types that functions are declared with.

export const any: RegoType = { kind: "any" };
export const boolean: RegoType = { kind: "boolean" };
export const number: RegoType = { kind: "number" };
export const string: RegoType = { kind: "string" };

/** A list of any length. */
export function arrayOf(dynamic: RegoType): RegoType {
  return { kind: "array", static: [], dynamic };
}

/** A list of exactly these items. */
export function tuple(...items: readonly RegoType[]): RegoType {
  return { kind: "array", static: items };
}

export function setOf(of: RegoType): RegoType {
  return { kind: "set", of };
}

/** An object with keys of one type and values of another. */
export function mapOf(key: RegoType, value: RegoType): RegoType {
  return { kind: "object", static: [], dynamic: { key, value } };
}

/** An object with known keys; other keys where `other` is given. */
export function record(fields: Readonly<Record<string, RegoType>>, other?: [RegoType, RegoType]): RegoType {
  const known = Object.entries(fields).map(([key, value]) => ({ key, value }));
  const dynamic = other === undefined ? {} : { dynamic: { key: other[0], value: other[1] } };
  return { kind: "object", static: known, ...dynamic };
}
