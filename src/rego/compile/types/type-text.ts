import { compareValues, formatValue } from "../../value/index.ts";
import type { FunctionKind, Type } from "./algebra.ts";

const kinds: readonly Type["kind"][] = [
  "null",
  "boolean",
  "number",
  "string",
  "array",
  "object",
  "set",
  "anyOf",
  "any",
  "function",
];

/** The members of a type that is one of several, as OPA orders them. */
export function membersInOrder({ of }: Extract<Type, { kind: "anyOf" }>): Type[] {
  return of.toSorted((a, b) => kinds.indexOf(a.kind) - kinds.indexOf(b.kind));
}

/** A type in OPA's notation. */
export function formatType(type: Type | undefined): string {
  if (type === undefined) return "???";
  switch (type.kind) {
    case "array":
      return `array${formatList(type.static.map(formatType))}${formatRest(type.dynamic && formatType(type.dynamic))}`;
    case "object": {
      const members = type.static
        .toSorted((a, b) => compareValues(a.key, b.key))
        .map(({ key, value }) => `${typeof key === "string" ? key : formatValue(key)}: ${formatType(value)}`);
      const { dynamic } = type;
      return `object${formatList(members)}${formatRest(dynamic && `${formatType(dynamic.key)}: ${formatType(dynamic.value)}`)}`;
    }
    case "set":
      return `set[${formatType(type.of)}]`;
    case "anyOf":
      return `any${formatList(membersInOrder(type).map(formatType))}`;
    case "function":
      return `${formatArguments(type)} => ${formatType(type.result)}`;
    default:
      return type.kind;
  }
}

/** Types of arguments in parentheses, each with its name where it has one. */
export function formatArguments(
  { args, variadic }: Pick<FunctionKind, "args" | "variadic">,
  names: readonly string[] = [],
): string {
  const shown = args.map((arg, index) => `${names[index] === undefined ? "" : `${names[index]}: `}${formatType(arg)}`);
  return `(${[...shown, ...(variadic === undefined ? [] : [`${formatType(variadic)}...`])].join(", ")})`;
}

function formatList(texts: readonly string[]): string {
  return texts.length === 0 ? "" : `<${texts.join(", ")}>`;
}

function formatRest(text: string | undefined): string {
  return text === undefined ? "" : `[${text}]`;
}
