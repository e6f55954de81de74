import type { Json } from "../../../types/index.ts";
import { compareValues, formatValue, type Value } from "../../value/index.ts";
import { formatOperand } from "../format-ref.ts";
import { type PathKey, type RefTerm, scalarName, type Term } from "../ir.ts";
import type { FunctionKind, Type } from "./algebra.ts";
import { argumentsToJson, keyToJson, refToJson, typeToJson } from "./type-json.ts";
import { formatArguments, formatType } from "./type-text.ts";
import { isComposite } from "./type-tree.ts";

/** What is wrong, with the lines that explain it, as `opa check` prints them below it. */
export interface Fault {
  message: string;
  details?: readonly string[];
}

/** What `opa check --format=json` has in place of the lines: errors carry lines, and only that format asks for more. */
const objects = new WeakMap<readonly string[], Json>();

/** The object that an error's lines are in JSON; undefined for lines that are of no type error. */
export function detailsToJson(lines: readonly string[]): Json | undefined {
  return objects.get(lines);
}

function toDetails(lines: readonly string[], object: Json): readonly string[] {
  objects.set(lines, object);
  return lines;
}

/** Types of terms, and those of the function's arguments, by their names. */
export function argumentDetails(
  have: readonly (Type | undefined)[],
  want: Pick<FunctionKind, "args" | "variadic">,
  names: readonly string[],
): readonly string[] {
  const lines = [`have: ${formatArguments({ args: have })}`, `want: ${formatArguments(want, names)}`];
  return toDetails(lines, { have: have.map((type) => typeToJson(type)), want: argumentsToJson(want, names) });
}

export function matchDetails(left: Type | undefined, right: Type | undefined): readonly string[] {
  const lines = [`left  : ${formatType(left)}`, `right : ${formatType(right)}`];
  return toDetails(lines, { a: typeToJson(left), b: typeToJson(right) });
}

/** A reference into something without members; `length` operands lead to it. */
export function memberlessFault(ref: RefTerm, length: number, type: Type | undefined): Fault {
  if (typeof ref.root !== "string" && ref.root.name === scalarName) return scalarFault(type);
  const text = formatRef(ref);
  const isFunction = type?.kind === "function";
  const marked = formatRef({ ...ref, operands: ref.operands.slice(0, length) });
  return {
    message: isFunction ? `function ${formatCallee(ref)} used as reference, not called` : `undefined ref: ${text}`,
    details: toDetails([text, "^".repeat(marked.length), `have: ${formatType(type)}`], {
      ref: refToJson(ref),
      pos: length,
      have: typeToJson(type),
    }),
  };
}

/** Iteration over a scalar that was written out. OPA has no type for either side; what was written is known here. */
function scalarFault(type: Type | undefined): Fault {
  const lines = [`have: ${formatType(type)}`, "want: any<array[any], object[any: any], set[any]>"];
  return { message: "match error", details: toDetails(lines, { a: null, b: null }) };
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
    .filter((key, index, all) => index === 0 || compareValues(key, all[index - 1] as Value) !== 0);
  return {
    message: `undefined ref: ${text}`,
    details: toDetails(
      [
        text,
        `${pad}^`,
        have === undefined ? `${pad}have: ${shown}` : `${pad}have (type): ${formatType(have)}`,
        known.length > 0
          ? `${pad}want (one of): [${known.map(formatValue).join(" ")}]`
          : `${pad}want (type): ${formatType(want)}`,
      ],
      {
        ref: refToJson(ref),
        pos: index + 1,
        ...(have === undefined ? {} : { have: typeToJson(have) }),
        want: typeToJson(want),
        oneOf: known.length > 0 ? known.map(keyToJson) : null,
      },
    ),
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
