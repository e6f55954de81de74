import { isList, numberFromText, quoteString, RegoSet, typeName, type Value } from "../value/index.ts";
import { type BuiltinTable, type Evaluate, toFailure } from "./builtin.ts";
import { anyOperand, isNumber, isSet, itemsOperand, toTypeError } from "./operands.ts";

const types = ["null", "boolean", "number", "string", "array", "object", "set"] as const;

function isOfType(name: string): Evaluate {
  return (args) => typeName(anyOperand(args, 1)) === name;
}

function castTo(name: string): Evaluate {
  return (args) => {
    const value = anyOperand(args, 1);
    if (typeName(value) !== name) throw toTypeError(1, value, name);
    return value;
  };
}

/** What Go's `strconv.ParseFloat` accepts and a JSON number may not have: a plus sign, no digit before or after the dot. */
const decimal = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;

function parseNumber(text: string): Value {
  if (/^[+-]*(?:inf|infinity|nan)$/i.test(text)) throw toTypeError(1, text, "valid number string");
  const match = decimal.exec(text);
  const digits = `${match?.[2] ?? ""}${match?.[3] ?? ""}`;
  if (match === null || digits === "") throw toSyntaxError(text);
  const sign = match[1] === "-" ? "-" : "";
  const exponent = match[4] === undefined ? "" : `e${match[4]}`;
  const number = `${sign}${match[2] === "" ? "0" : match[2]}.${(match[3] ?? "") === "" ? "0" : match[3]}${exponent}`;
  if (!Number.isFinite(Number(number)) && Number.isFinite(Number(exponent.slice(1)))) {
    throw toFailure(`strconv.ParseFloat: parsing ${quoteString(text)}: value out of range`);
  }
  return numberFromText(number);
}

function toSyntaxError(text: string): Error {
  return toFailure(`strconv.ParseFloat: parsing ${quoteString(text)}: invalid syntax`);
}

function toNumber(args: readonly Value[]): Value {
  const value = anyOperand(args, 1);
  if (value === null || value === false) return 0;
  if (value === true) return 1;
  if (isNumber(value)) return value;
  if (typeof value === "string") return parseNumber(value);
  throw toTypeError(1, value, "null", "boolean", "number", "string");
}

export const conversions: BuiltinTable = {
  ...Object.fromEntries(types.map((name) => [`is_${name}`, isOfType(name)])),
  type_name: (args) => typeName(anyOperand(args, 1)),
  to_number: toNumber,
  cast_null: castTo("null"),
  cast_boolean: castTo("boolean"),
  cast_string: castTo("string"),
  cast_object: castTo("object"),
  cast_array: (args) => {
    const value = anyOperand(args, 1);
    return isList(value) ? value : itemsOperand(args, 1, "array", "set");
  },
  cast_set: (args) => {
    const value = anyOperand(args, 1);
    return isSet(value) ? value : RegoSet.from(itemsOperand(args, 1, "array", "set"));
  },
};
