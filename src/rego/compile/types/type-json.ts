import type { Json } from "../../../types/index.ts";
import { compareValues, isList, RegoSet, toJson, type Value } from "../../value/index.ts";
import type { RefTerm, Term } from "../ir.ts";
import type { FunctionKind, Type } from "./algebra.ts";
import { membersInOrder } from "./type-text.ts";

/** A type as OPA writes it in JSON; `name` is that of an argument. Null where nothing is known. */
export function typeToJson(type: Type | undefined, name?: string): Json {
  if (type === undefined) return null;
  // Members are in the order of their names.
  const { type: kind, ...members } = describe(type);
  const named = { ...members, ...(name === undefined ? {} : { name }), type: kind ?? null };
  return Object.fromEntries(Object.entries(named).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** What a function is given, as the error's object has it. */
export function argumentsToJson(
  { args, variadic }: Pick<FunctionKind, "args" | "variadic">,
  names: readonly string[],
): Json {
  return {
    ...(args.length === 0 ? {} : { args: args.map((arg, index) => typeToJson(arg, names[index])) }),
    ...(variadic === undefined ? {} : { variadic: typeToJson(variadic) }),
  };
}

function describe(type: Type): Record<string, Json> {
  switch (type.kind) {
    case "array": {
      const { static: items, dynamic } = type;
      return {
        type: "array",
        ...(items.length === 0 ? {} : { static: items.map((item) => typeToJson(item)) }),
        ...(dynamic === undefined ? {} : { dynamic: typeToJson(dynamic) }),
      };
    }
    case "object":
      return describeObject(type);
    case "set":
      return { type: "set", ...(type.of === undefined ? {} : { of: typeToJson(type.of) }) };
    case "anyOf":
      return { type: "any", of: membersInOrder(type).map((member) => typeToJson(member)) };
    case "function": {
      const { names = [] } = type;
      const result = type.result === undefined ? {} : { result: typeToJson(type.result, names[type.args.length]) };
      return { type: "function", ...(argumentsToJson(type, names) as Record<string, Json>), ...result };
    }
    default:
      return { type: type.kind };
  }
}

function describeObject({ static: known, dynamic }: Extract<Type, { kind: "object" }>): Record<string, Json> {
  const members = known
    .toSorted((a, b) => compareValues(a.key, b.key))
    .map(({ key, value }): Json => ({ key: toJson(key), value: typeToJson(value) }));
  return {
    type: "object",
    ...(members.length === 0 ? {} : { static: members }),
    ...(dynamic === undefined ? {} : { dynamic: { key: typeToJson(dynamic.key), value: typeToJson(dynamic.value) } }),
  };
}

/** A reference as OPA writes it in JSON: a list of terms. */
export function refToJson({ root, operands }: RefTerm): Json {
  const head: Json = { type: "var", value: typeof root === "string" ? root : root.name || "_" };
  return [head, ...operands.map(operandToJson)];
}

function operandToJson(term: Term): Json {
  if (term.kind === "constant") return termToJson(term.value);
  return { type: "var", value: term.kind === "variable" ? term.variable.name || "_" : "_" };
}

function termToJson(value: Value): Json {
  if (typeof value !== "object") return { type: typeof value, value };
  if (value === null) return { type: "null", value: {} };
  if (isList(value)) return { type: "array", value: value.map(termToJson) };
  if (value instanceof RegoSet) return { type: "set", value: value.values().map(termToJson) };
  if (value.kind === "number") return { type: "number", value: toJson(value) };
  return { type: "object", value: value.entries().map(([key, item]) => [termToJson(key), termToJson(item)]) };
}

/** A value that is a key, as the error's object lists it. */
export function keyToJson(value: Value): Json {
  const isPlain = typeof value !== "object" || value === null || (!isList(value) && value.kind === "number");
  return isPlain ? toJson(value) : ((termToJson(value) as Readonly<Record<string, Json>>).value ?? null);
}
