import type { RegoType } from "../../builtins/index.ts";
import { equalValues, isList, type Value } from "../../value/index.ts";

/** The type of a function; `result` is missing where it gives nothing. */
export interface FunctionKind {
  readonly kind: "function";
  readonly args: readonly (Type | undefined)[];
  readonly result: Type | undefined;
  readonly variadic?: RegoType;
}

/** A type of a term: undefined stands for one that is not known. */
export type Type = RegoType | FunctionKind;

/** Stands inside of a type for a part that is not known. */
export const unknownType = { kind: "unknown" } as unknown as RegoType;

export const anyType: RegoType = { kind: "any" };
export const numberType: RegoType = { kind: "number" };
export const stringType: RegoType = { kind: "string" };

const keys = new WeakMap<object, string>();

/** A text that equal types share. */
function keyOf(type: Type | undefined): string {
  if (type === undefined) return "?";
  let key = keys.get(type);
  if (key === undefined) {
    key = describe(type);
    keys.set(type, key);
  }
  return key;
}

function describe(type: Type): string {
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
    default:
      return type.kind;
  }
}

/** The type of values of either type. */
export function or(a: Type | undefined, b: Type | undefined): Type | undefined {
  if (a === undefined || a === unknownType) return b;
  if (b === undefined || b === unknownType || a === b) return a;
  if (a.kind === "function" || b.kind === "function") return joinFunctions(a, b);
  if (a.kind === "any" || b.kind === "any") return anyType;
  const members = new Map<string, RegoType>();
  for (const type of [a, b])
    for (const member of type.kind === "anyOf" ? type.of : [type]) members.set(keyOf(member), member);
  return members.size === 1 ? a : { kind: "anyOf", of: [...members.values()] };
}

function joinFunctions(a: Type, b: Type): Type | undefined {
  if (a.kind !== "function" || b.kind !== "function" || a.args.length !== b.args.length) return undefined;
  return { kind: "function", args: a.args.map((arg, index) => or(arg, b.args[index])), result: or(a.result, b.result) };
}

/** Whether the type has a part that is not known. */
export function isUnknown(type: Type | undefined): boolean {
  if (type === undefined || type === unknownType) return true;
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
    default:
      return false;
  }
}

/** The type of what a value is indexed with; undefined for what has no members. */
export function keysOf(type: Type): Type | undefined {
  switch (type.kind) {
    case "any":
      return type;
    case "array":
      return numberType;
    case "set":
      return type.of;
    case "object":
      return or(orAll(type.static.map(({ key }) => typeOfValue(key))), type.dynamic?.key);
    case "anyOf":
      return orAll(type.of.map(keysOf));
    default:
      return undefined;
  }
}

/** The type of the members of a value. */
export function valuesOf(type: Type): Type | undefined {
  switch (type.kind) {
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

function orAll(types: readonly (Type | undefined)[]): Type | undefined {
  const first = types[0];
  if (types.every((type) => type === first)) return first;
  return types.reduce<Type | undefined>(or, undefined);
}

/** The type of the member at a constant key; undefined where there is none. */
export function select(type: Type, key: Value): Type | undefined {
  switch (type.kind) {
    case "any":
      return type;
    case "array":
      return typeof key === "number" && Number.isInteger(key) && key >= 0
        ? (type.static[key] ?? type.dynamic)
        : undefined;
    case "set": {
      const of = typeOfValue(key);
      return contains(type.of, of) ? of : undefined;
    }
    case "object": {
      const member = type.static.find((candidate) => equalValues(candidate.key, key));
      if (member !== undefined) return member.value;
      return type.dynamic !== undefined && contains(type.dynamic.key, typeOfValue(key))
        ? type.dynamic.value
        : undefined;
    }
    case "anyOf":
      return orAll(type.of.map((member) => select(member, key)));
    default:
      return undefined;
  }
}

function contains(type: RegoType, other: RegoType): boolean {
  if (type.kind === "any") return true;
  if (type.kind === "anyOf") return type.of.some((member) => keyOf(member) === keyOf(other));
  return keyOf(type) === keyOf(other);
}

/** Whether some value can be of both types. */
export function unifies(a: Type | undefined, b: Type | undefined): boolean {
  if (a === undefined || b === undefined || a === unknownType || b === unknownType) return false;
  if (a === b) return !isUnknown(a);
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

type ArrayType = Extract<RegoType, { kind: "array" }>;
type ObjectType = Extract<RegoType, { kind: "object" }>;

function unifyRest(a: Type | undefined, b: Type | undefined): boolean {
  return a === undefined || b === undefined || unifies(a, b);
}

function unifyArrays(a: ArrayType, b: ArrayType): boolean {
  return a.static.every((type, index) => unifies(type, b.static[index] ?? b.dynamic));
}

function unifyObjects(a: ObjectType, b: ObjectType): boolean {
  return a.static.every(({ key, value }) => unifies(value, select(b, key)));
}

const valueTypes = new WeakMap<object, RegoType>();

/** The type of a constant. */
export function typeOfValue(value: Value): RegoType {
  switch (typeof value) {
    case "string":
      return stringType;
    case "number":
      return numberType;
    case "boolean":
      return { kind: "boolean" };
  }
  if (value === null) return { kind: "null" };
  let type = valueTypes.get(value);
  if (type === undefined) {
    type = typeOfComposite(value);
    valueTypes.set(value, type);
  }
  return type;
}

function typeOfComposite(value: Exclude<Value, null | boolean | number | string>): RegoType {
  if (isList(value)) {
    return value.length === 0
      ? { kind: "array", static: [], dynamic: anyType }
      : { kind: "array", static: value.map(typeOfValue) };
  }
  if (value.kind === "number") return numberType;
  if (value.kind === "set") {
    const of = orAll(value.unordered().map(typeOfValue)) ?? anyType;
    return { kind: "set", of: of as RegoType };
  }
  const members = value.unorderedKeys().map((key) => ({ key, value: typeOfValue(value.get(key) as Value) }));
  if (members.length > 0) return { kind: "object", static: members };
  return { kind: "object", static: [], dynamic: { key: anyType, value: anyType } };
}
