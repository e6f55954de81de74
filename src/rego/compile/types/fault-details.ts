import { compareValues, formatValue, type Value } from "../../value/index.ts";
import { formatOperand } from "../format-ref.ts";
import type { PathKey, RefTerm, Term } from "../ir.ts";
import type { FunctionKind, Type } from "./algebra.ts";
import { isComposite } from "./type-tree.ts";

/** What is wrong, with the lines that explain it, as `opa check` prints them below it. */
export interface Fault {
  message: string;
  details?: readonly string[];
}

/** Types of terms, and those of the function's arguments. */
export function argumentDetails(have: readonly (Type | undefined)[], want: FunctionKind): string[] {
  return [`have: (${have.map(formatType).join(", ")})`, `want: ${formatArguments(want, want.result)}`];
}

export function matchDetails(left: Type | undefined, right: Type | undefined): string[] {
  return [`left  : ${formatType(left)}`, `right : ${formatType(right)}`];
}

/** A reference into something without members; `length` operands lead to it. */
export function memberlessFault(ref: RefTerm, length: number, type: Type | undefined): Fault {
  const text = formatRef(ref);
  const isFunction = type?.kind === "function";
  const marked = formatRef({ ...ref, operands: ref.operands.slice(0, length) });
  return {
    message: isFunction ? `function ${formatCallee(ref)} used as reference, not called` : `undefined ref: ${text}`,
    details: [text, "^".repeat(marked.length), `have: ${formatType(type)}`],
  };
}

/** An operand that is no key of what is before it. `have` is its type, where it is no constant. */
export function keyFault(
  ref: RefTerm,
  index: number,
  { have, want, oneOf = [] }: { have?: Type | undefined; want: Type | undefined; oneOf?: readonly Value[] },
): Fault {
  const text = formatRef(ref);
  const operand = ref.operands[index] as Term;
  const before = formatRef({ ...ref, operands: ref.operands.slice(0, index) });
  const pad = " ".repeat(before.length + 1);
  const shown = operand.kind === "constant" ? formatValue(operand.value) : "_";
  const known = [...oneOf]
    .sort(compareValues)
    .filter((key, index, all) => index === 0 || compareValues(key, all[index - 1] as Value) !== 0)
    .map(formatValue)
    .join(" ");
  return {
    message: `undefined ref: ${text}`,
    details: [
      text,
      `${pad}^`,
      have === undefined ? `${pad}have: ${shown}` : `${pad}have (type): ${formatType(have)}`,
      oneOf.length > 0 ? `${pad}want (one of): [${known}]` : `${pad}want (type): ${formatType(want)}`,
    ],
  };
}

/** The keys that are known of a type's objects. */
export function knownKeys(type: Type | undefined): Value[] {
  if (type?.kind === "object") return type.static.map(({ key }) => key);
  return type?.kind === "anyOf" ? type.of.flatMap(knownKeys) : [];
}

/** A reference as OPA prints it, but for variables that have no name. */
export function formatRef({ root, operands }: RefTerm): string {
  let text = typeof root === "string" ? root : root.name || "_";
  for (const operand of operands) {
    if (operand.kind === "variable") text += `[${operand.variable.name || "_"}]`;
    else if (operand.kind !== "constant") text += "[_]";
    else if (isComposite(operand)) text += `[${formatValue(operand.value)}]`;
    else text += formatOperand(operand.value as PathKey);
  }
  return text;
}

/** Without a last operand that has no name: it is not written. */
function formatCallee(ref: RefTerm): string {
  const last = ref.operands[ref.operands.length - 1];
  const isUnnamed = last?.kind === "variable" && last.variable.name === "";
  return formatRef(isUnnamed ? { ...ref, operands: ref.operands.slice(0, -1) } : ref);
}

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

/** A type in OPA's notation. */
function formatType(type: Type | undefined): string {
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
    case "anyOf": {
      const sorted = type.of.toSorted((a, b) => kinds.indexOf(a.kind) - kinds.indexOf(b.kind));
      return `any${formatList(sorted.map(formatType))}`;
    }
    case "function":
      return `${formatArguments(type, undefined)} => ${formatType(type.result)}`;
    default:
      return type.kind;
  }
}

function formatArguments({ args, variadic }: FunctionKind, result: Type | undefined): string {
  const shown = [...args, ...(result === undefined ? [] : [result])].map(formatType);
  return `(${[...shown, ...(variadic === undefined ? [] : [`${formatType(variadic)}...`])].join(", ")})`;
}

function formatList(texts: readonly string[]): string {
  return texts.length === 0 ? "" : `<${texts.join(", ")}>`;
}

function formatRest(text: string | undefined): string {
  return text === undefined ? "" : `[${text}]`;
}
