import type { RegoType } from "../../builtins/index.ts";
import { equalValues, isList, type Value } from "../../value/index.ts";

/** A type of a term. Where a part of it is undefined, nothing is known of that part. */
export type Type = Exclude<RegoType, { kind: "array" | "object" | "set" | "anyOf" }> | Composite | FunctionKind;

type Composite = ArrayType | ObjectType | SetType | { readonly kind: "anyOf"; readonly of: readonly Type[] };

/** The first items have the types of `static`; further ones are allowed where `dynamic` is given. */
export interface ArrayType {
  readonly kind: "array";
  readonly static: readonly (Type | undefined)[];
  readonly dynamic?: Type | undefined;
}

/** Keys known beforehand, and what other keys and values may be. */
export interface ObjectType {
  readonly kind: "object";
  readonly static: readonly StaticMember[];
  readonly dynamic?: DynamicMember | undefined;
}

export interface StaticMember {
  readonly key: Value;
  readonly value: Type | undefined;
}

export interface DynamicMember {
  readonly key: Type | undefined;
  readonly value: Type | undefined;
}

export interface SetType {
  readonly kind: "set";
  readonly of: Type | undefined;
}

/** The type of a function; `result` is undefined where it gives nothing, or nothing is known of it. */
export interface FunctionKind {
  readonly kind: "function";
  readonly args: readonly (Type | undefined)[];
  readonly result: Type | undefined;
  readonly variadic?: Type;
  /** What the arguments and, as the last, the result are called; for messages only. */
  readonly names?: readonly string[];
}

export const anyType: Type = { kind: "any" };
export const numberType: Type = { kind: "number" };
export const stringType: Type = { kind: "string" };
const booleanType: Type = { kind: "boolean" };
const nullType: Type = { kind: "null" };

const keys = new WeakMap<object, string>();

/** A text that equal types share. */
function keyOf(type: Type | undefined): string {
  if (type === undefined) return "?";
  switch (type.kind) {
    case "array":
    case "object":
    case "set":
    case "anyOf":
    case "function": {
      let key = keys.get(type);
      if (key === undefined) {
        key = describe(type);
        keys.set(type, key);
      }
      return key;
    }
    default:
      return type.kind;
  }
}

function describe(type: Composite | FunctionKind): string {
  switch (type.kind) {
    case "array":
      return `[${type.static.map(keyOf).join()};${type.dynamic === undefined ? "" : keyOf(type.dynamic)}]`;
    case "object": {
      const members = type.static.map(({ key, value }) => `${JSON.stringify(key)}:${keyOf(value)}`).sort();
      const rest = type.dynamic === undefined ? "" : `${keyOf(type.dynamic.key)}:${keyOf(type.dynamic.value)}`;
      return `{${members.join()};${rest}}`;
    }
    case "set":
      return `<${keyOf(type.of)}>`;
    case "anyOf":
      return `(${type.of.map(keyOf).sort().join("|")})`;
    case "function":
      return `f(${type.args.map(keyOf).join()})${keyOf(type.result)}`;
  }
}

/** The type of values of either type. */
export function or(a: Type | undefined, b: Type | undefined): Type | undefined {
  if (a === undefined) return b;
  if (b === undefined || a === b) return a;
  if (a.kind === "function" || b.kind === "function") return joinFunctions(a, b);
  if (a.kind === "any" || b.kind === "any") return anyType;
  if (a.kind !== "anyOf" && keyOf(a) === keyOf(b)) return a;
  const members = new Map<string, Type>();
  for (const type of [a, b]) {
    for (const member of type.kind === "anyOf" ? type.of : [type]) members.set(keyOf(member), member);
  }
  return a.kind === "anyOf" && members.size === a.of.length ? a : { kind: "anyOf", of: [...members.values()] };
}

function joinFunctions(a: Type, b: Type): Type | undefined {
  if (a.kind !== "function" || b.kind !== "function" || a.args.length !== b.args.length) return undefined;
  return { kind: "function", args: a.args.map((arg, index) => or(arg, b.args[index])), result: or(a.result, b.result) };
}

const unknowns = new WeakMap<object, boolean>();

/** Whether the type has a part that is not known. */
export function isUnknown(type: Type | undefined): boolean {
  if (type === undefined) return true;
  if (type.kind !== "array" && type.kind !== "object" && type.kind !== "set" && type.kind !== "function") return false;
  let isPartial = unknowns.get(type);
  if (isPartial === undefined) {
    isPartial = hasUnknown(type);
    unknowns.set(type, isPartial);
  }
  return isPartial;
}

function hasUnknown(type: ArrayType | ObjectType | SetType | FunctionKind): boolean {
  switch (type.kind) {
    case "function":
      return type.args.some(isUnknown) || isUnknown(type.result);
    case "array":
      return type.static.some(isUnknown) || (type.dynamic !== undefined && isUnknown(type.dynamic));
    case "object": {
      const { dynamic } = type;
      if (dynamic !== undefined && (isUnknown(dynamic.key) || isUnknown(dynamic.value))) return true;
      return type.static.some(({ value }) => isUnknown(value));
    }
    case "set":
      return isUnknown(type.of);
  }
}

/** The type of what a value is indexed with; undefined for what has no members. */
export function keysOf(type: Type | undefined): Type | undefined {
  switch (type?.kind) {
    case "any":
      return type;
    case "array":
      return numberType;
    case "set":
      return type.of;
    case "object":
      return or(orAll(type.static.map(({ key }) => typeOfKey(key))), type.dynamic?.key);
    case "anyOf":
      return orAll(type.of.map(keysOf));
    default:
      return undefined;
  }
}

/** The type of the members of a value. */
export function valuesOf(type: Type | undefined): Type | undefined {
  switch (type?.kind) {
    case "any":
      return type;
    case "array":
      return or(orAll(type.static), type.dynamic);
    case "set":
      return type.of;
    case "object":
      return or(orAll(type.static.map(({ value }) => value)), type.dynamic?.value);
    case "anyOf":
      return orAll(type.of.map(valuesOf));
    default:
      return undefined;
  }
}

export function orAll(types: readonly (Type | undefined)[]): Type | undefined {
  const first = types[0];
  if (types.every((type) => type === first)) return first;
  return types.reduce(or, undefined);
}

/** The type of the member at a constant key; undefined where there is none. */
export function select(type: Type | undefined, key: Value): Type | undefined {
  switch (type?.kind) {
    case "any":
      return type;
    case "array":
      if (typeof key === "number") {
        return Number.isInteger(key) && key >= 0 ? (type.static[key] ?? type.dynamic) : undefined;
      }
      return isLargeIndex(key) ? type.dynamic : undefined;
    case "set": {
      const of = typeOfKey(key);
      return type.of !== undefined && contains(type.of, of) ? of : undefined;
    }
    case "object": {
      const member = type.static.find((candidate) => equalValues(candidate.key, key));
      if (member !== undefined) return member.value;
      const { dynamic } = type;
      return dynamic?.key !== undefined && contains(dynamic.key, typeOfKey(key)) ? dynamic.value : undefined;
    }
    case "anyOf":
      return orAll(type.of.map((member) => select(member, key)));
    default:
      return undefined;
  }
}

/** Whether a value is an integer beyond 2^53 that OPA takes for an index: it has 64 bits. */
function isLargeIndex(key: Value): boolean {
  if (typeof key !== "object" || key === null || isList(key) || key.kind !== "number") return false;
  return /^\d{1,19}$/.test(key.text) && BigInt(key.text) < 2n ** 63n;
}

function contains(type: Type, other: Type): boolean {
  if (type.kind === "any") return true;
  if (type.kind === "anyOf") return type.of.some((member) => keyOf(member) === keyOf(other));
  return keyOf(type) === keyOf(other);
}

/** Whether some value can be of both types. */
export function unifies(a: Type | undefined, b: Type | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  if (a.kind === "any") return b.kind !== "function";
  if (b.kind === "any") return a.kind !== "function";
  if (a.kind === "anyOf") return b.kind !== "function" && a.of.some((member) => unifies(member, b));
  if (b.kind === "anyOf") return a.kind !== "function" && b.of.some((member) => unifies(a, member));
  if (a.kind !== b.kind) return false;
  switch (a.kind) {
    case "array":
      return b.kind === "array" && unifyArrays(a, b) && unifyArrays(b, a) && unifyRest(a.dynamic, b.dynamic);
    case "object":
      if (b.kind !== "object") return false;
      return unifyObjects(a, b) && unifyObjects(b, a) && unifyRest(a.dynamic?.value, b.dynamic?.value);
    case "set":
      return b.kind === "set" && unifies(a.of, b.of);
    case "function":
      if (b.kind !== "function" || a.args.length !== b.args.length) return false;
      return a.args.every((arg, index) => unifies(arg, b.args[index]));
    default:
      return true;
  }
}

function unifyRest(a: Type | undefined, b: Type | undefined): boolean {
  return a === undefined || b === undefined || unifies(a, b);
}

function unifyArrays(a: ArrayType, b: ArrayType): boolean {
  return a.static.every((type, index) => unifies(type, b.static[index] ?? b.dynamic));
}

function unifyObjects(a: ObjectType, b: ObjectType): boolean {
  return a.static.every(({ key, value }) => unifies(value, select(b, key)));
}

const valueTypes = new WeakMap<object, Type>();

/** The type of a constant. */
export function typeOfValue(value: Value): Type {
  switch (typeof value) {
    case "string":
      return stringType;
    case "number":
      return numberType;
    case "boolean":
      return booleanType;
  }
  if (value === null) return nullType;
  let type = valueTypes.get(value);
  if (type === undefined) {
    type = typeOfComposite(value);
    valueTypes.set(value, type);
  }
  return type;
}

type CompositeValue = Exclude<Value, null | boolean | number | string>;

function typeOfComposite(value: CompositeValue): Type {
  if (isList(value)) {
    return value.length === 0
      ? { kind: "array", static: [], dynamic: anyType }
      : { kind: "array", static: value.map(typeOfValue) };
  }
  if (value.kind === "number") return numberType;
  if (value.kind === "set") {
    return { kind: "set", of: orAll(value.unordered().map(typeOfValue)) ?? anyType };
  }
  const members = value.unorderedKeys().map((key) => ({ key, value: typeOfValue(value.get(key) as Value) }));
  if (members.length > 0) return { kind: "object", static: members };
  return { kind: "object", static: [], dynamic: { key: anyType, value: anyType } };
}

/** The type of a constant that is a key: exactly its members, and a set is like a list. */
function typeOfKey(value: Value): Type {
  if (typeof value !== "object" || value === null) return typeOfValue(value);
  if (isList(value)) return { kind: "array", static: value.map(typeOfKey) };
  if (value.kind === "number") return numberType;
  if (value.kind === "set") return { kind: "array", static: value.unordered().map(typeOfKey) };
  const members = value.unorderedKeys().map((key) => ({ key, value: typeOfKey(value.get(key) as Value) }));
  return { kind: "object", static: members };
}
