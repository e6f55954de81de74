import {
  isList,
  numberFromDouble,
  numberFromText,
  quoteString,
  RegoSet,
  typeName,
  type Value,
} from "../value/index.ts";
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

/** A number in hexadecimal digits, which has an exponent of two. */
const hexadecimal = /^([+-]?)0[xX]([\da-fA-F]*)(?:\.([\da-fA-F]*))?[pP]([+-]?\d+)$/;

function parseHexadecimal(text: string, written: string): Value {
  const [, sign = "", whole = "", fraction = "", exponent = ""] = hexadecimal.exec(text) ?? [];
  if (whole === "" && fraction === "") throw toSyntaxError(written);
  const mantissa = Number(BigInt(`0x${whole}${fraction}`));
  const magnitude = mantissa === 0 ? 0 : mantissa * 2 ** (Number(exponent) - 4 * fraction.length);
  if (!Number.isFinite(magnitude)) throw toRangeError(written);
  return numberFromDouble(sign === "-" ? -magnitude : magnitude);
}

/** Underscores may separate digits, and follow the prefix `0x`. */
function withoutUnderscores(text: string): string {
  if (!text.includes("_")) return text;
  const digit = /0x/i.test(text) ? "[\\da-fA-F]" : "\\d";
  const misplaced = new RegExp(`_(?!${digit})|(?<!${digit}|^[+-]?0[xX])_`);
  if (misplaced.test(text)) throw toSyntaxError(text);
  return text.replaceAll("_", "");
}

function parseNumber(written: string): Value {
  if (/^[+-]*(?:inf|infinity|nan)$/i.test(written)) throw toTypeError(1, written, "valid number string");
  const text = withoutUnderscores(written);
  const match = decimal.exec(text);
  if (match === null) return parseHexadecimal(text, written);
  const [, sign = "", whole = "", fraction = "", power] = match;
  if (whole === "" && fraction === "") throw toSyntaxError(written);
  const exponent = power === undefined ? "" : `e${power}`;
  const point = fraction === "" ? "" : `.${fraction}`;
  const number = `${sign === "-" ? "-" : ""}${whole === "" ? "0" : whole}${point}${exponent}`;
  if (!Number.isFinite(Number(number)) && Number.isFinite(Number(power ?? 0))) throw toRangeError(written);
  return numberFromText(number);
}

function toSyntaxError(text: string): Error {
  return toFailure(`strconv.ParseFloat: parsing ${quoteString(text)}: invalid syntax`);
}

function toRangeError(text: string): Error {
  return toFailure(`strconv.ParseFloat: parsing ${quoteString(text)}: value out of range`);
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
