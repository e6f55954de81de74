import { spend } from "../../value/index.ts";
import { findNamed, findVariable } from "./lookup.ts";
import {
  type Definition,
  formatGraphqlValue,
  formatType,
  type GraphqlValue,
  type Type,
  type VariableDefinition,
} from "./tree.ts";

const builtInScalars = ["Int", "Float", "String", "Boolean", "ID"];
/** By kind of value, the built-in scalars that may have it. */
const scalarsOf: Readonly<Record<number, readonly string[]>> = {
  1: ["Int", "Float", "ID"],
  2: ["Float"],
  3: ["String", "ID"],
  4: ["String", "ID"],
  5: ["Boolean"],
};

/** Why a literal is no value of its type; nothing where it is one (GraphQL specification, 5.6.1). */
export function describeWrongValue(
  value: GraphqlValue,
  type: Type,
  definition: Definition,
  variables: readonly VariableDefinition[],
): string[] {
  const text = formatGraphqlValue(value);
  if (value.Kind === 6) {
    return type.NonNull === true ? [`Expected value of type "${formatType(type)}", found ${text}.`] : [];
  }
  if (value.Kind === 0) return [];
  if (definition.Kind === "SCALAR" && !builtInScalars.includes(definition.Name)) return [];
  if (value.Kind === 8) return type.Elem === undefined ? [unexpected(value, type, definition)] : [];
  if (value.Kind === 9) return describeWrongObject(value, type, definition, variables);
  if (value.Kind === 7) return describeWrongEnum(value, type, definition);
  const isText = value.Kind === 3 || value.Kind === 4;
  if (isText && definition.Kind === "ENUM")
    return [`Enum "${formatType(type)}" cannot represent non-enum value: ${text}.`];
  const isBig = value.Kind === 1 && !isInt64(value.Raw ?? "");
  if (!isBig && scalarsOf[value.Kind]?.includes(definition.Name)) return [];
  return [unexpected(value, type, definition)];
}

function isInt64(text: string): boolean {
  return /^-?\d{1,20}$/.test(text) && BigInt.asIntN(64, BigInt(text)) === BigInt(text);
}

function describeWrongEnum(value: GraphqlValue, type: Type, definition: Definition): string[] {
  if (definition.Kind !== "ENUM") return [unexpected(value, type, definition)];
  if (findNamed(definition.EnumValues, value.Raw ?? "") !== undefined) return [];
  return [`Value "${formatGraphqlValue(value)}" does not exist in "${formatType(type)}" enum.`];
}

function describeWrongObject(
  value: GraphqlValue,
  type: Type,
  definition: Definition,
  variables: readonly VariableDefinition[],
): string[] {
  if (definition.Kind !== "INPUT_OBJECT") return [unexpected(value, type, definition)];
  const problems: string[] = [];
  const children = value.Children ?? [];
  for (const field of definition.Fields ?? []) {
    spend(1);
    if (field.Type.NonNull !== true || field.DefaultValue !== undefined) continue;
    if (findNamed(children, field.Name) !== undefined) continue;
    const name = `${definition.Name}.${field.Name}`;
    problems.push(`Field "${name}" of required type "${formatType(field.Type)}" was not provided.`);
  }
  if ((definition.Directives ?? []).some(({ Name }) => Name === "oneOf")) {
    problems.push(...describeWrongChoice(value, definition, variables));
  }
  for (const { Name = "" } of children) {
    if (findNamed(definition.Fields, Name) !== undefined) continue;
    problems.push(`Field "${Name}" is not defined by type "${definition.Name}".`);
  }
  return problems;
}

/** An object of which exactly one field is given. */
function describeWrongChoice(
  value: GraphqlValue,
  definition: Definition,
  variables: readonly VariableDefinition[],
): string[] {
  const [child, ...others] = value.Children ?? [];
  if (child === undefined || others.length > 0) {
    return [`OneOf Input Object "${definition.Name}" must specify exactly one key.`];
  }
  if (child.Value.Kind === 6) return [`Field "${definition.Name}.${child.Name ?? ""}" must be non-null.`];
  if (child.Value.Kind !== 0) return [];
  const variable = findVariable(variables, child.Value.Raw ?? "");
  if (variable === undefined || variable.Type.NonNull === true) return [];
  const rule = `must be non-nullable to be used for OneOf Input Object "${definition.Name}"`;
  return [`Variable "${variable.Variable}" ${rule}.`];
}

function unexpected(value: GraphqlValue, type: Type, definition: Definition): string {
  const text = formatGraphqlValue(value);
  const name = formatType(type);
  switch (name === "[String]" ? "String" : name.replace(/!$/, "")) {
    case "Int": {
      const isWide = value.Kind === 1 && BigInt.asIntN(32, BigInt(value.Raw ?? "0")) !== BigInt(value.Raw ?? "0");
      return `Int cannot represent non${isWide ? " 32-bit signed " : "-"}integer value: ${text}`;
    }
    case "String":
      return `String cannot represent a non string value: ${text}`;
    case "Boolean":
      return `Boolean cannot represent a non boolean value: ${text}`;
    case "Float":
      return `Float cannot represent non numeric value: ${text}`;
    case "ID":
      return `ID cannot represent a non-string and non-integer value: ${text}`;
    default:
      if (definition.Kind === "ENUM") return `Enum "${name}" cannot represent non-enum value: ${text}.`;
      return `Expected value of type "${name}", found ${text}.`;
  }
}
