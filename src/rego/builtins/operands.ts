import {
  isList,
  type RegoNumber,
  type RegoObject,
  type RegoSet,
  toBigInt,
  toRoundedInteger,
  typeName,
  type Value,
} from "../value/index.ts";
import { BuiltinError } from "./builtin.ts";

/** An operand that is wrong in some other way than its type. */
export function toOperandError(position: number, problem: string): BuiltinError {
  return new BuiltinError("eval_type_error", `operand ${position} ${problem}`);
}

export function toTypeError(position: number, got: Value, ...expected: string[]): BuiltinError {
  const wanted = expected.length === 1 ? expected[0] : `one of {${expected.join(", ")}}`;
  return toOperandError(position, `must be ${wanted} but got ${typeName(got)}`);
}

export function toElementError(position: number, composite: Value, got: Value, ...expected: string[]): BuiltinError {
  const whole = typeName(composite);
  const wanted = expected.length === 1 ? `${expected[0]}s` : `(any of) {${expected.join(", ")}}`;
  return toOperandError(position, `must be ${whole} of ${wanted} but got ${whole} containing ${typeName(got)}`);
}

function at(args: readonly Value[], position: number): Value {
  const value = args[position - 1];
  if (value === undefined) throw new BuiltinError("eval_type_error", `operand ${position} is missing`);
  return value;
}

// Positions count from 1, as in the messages.

export function anyOperand(args: readonly Value[], position: number): Value {
  return at(args, position);
}

export function stringOperand(args: readonly Value[], position: number): string {
  const value = at(args, position);
  if (typeof value === "string") return value;
  throw toTypeError(position, value, "string");
}

export function isNumber(value: Value): value is number | RegoNumber {
  return (
    typeof value === "number" ||
    (typeof value === "object" && value !== null && !isList(value) && value.kind === "number")
  );
}

export function isObject(value: Value): value is RegoObject {
  return typeof value === "object" && value !== null && !isList(value) && value.kind === "object";
}

export function isSet(value: Value): value is RegoSet {
  return typeof value === "object" && value !== null && !isList(value) && value.kind === "set";
}

export function numberOperand(args: readonly Value[], position: number): number | RegoNumber {
  const value = at(args, position);
  if (isNumber(value)) return value;
  throw toTypeError(position, value, "number");
}

const minInt64 = -(2n ** 63n);
const maxInt64 = 2n ** 63n - 1n;

/** A 64-bit integer; beyond 2^53 the nearest double, which callers clamp. */
export function integerOperand(args: readonly Value[], position: number): number {
  const value = numberOperand(args, position);
  if (typeof value === "number" && Number.isInteger(value)) return value;
  const integer = toBigInt(value);
  if (integer === undefined || integer < minInt64 || integer > maxInt64) {
    throw toOperandError(position, "must be integer number but got floating-point number");
  }
  return Number(integer);
}

export function bigIntOperand(args: readonly Value[], position: number): bigint {
  const value = at(args, position);
  if (!isNumber(value)) throw toTypeError(position, value, "integer");
  const integer = toRoundedInteger(value);
  if (integer === undefined) throw toOperandError(position, "must be integer number but got floating-point number");
  return integer;
}

export function arrayOperand(args: readonly Value[], position: number): readonly Value[] {
  const value = at(args, position);
  if (isList(value)) return value;
  throw toTypeError(position, value, "array");
}

export function objectOperand(args: readonly Value[], position: number): RegoObject {
  const value = at(args, position);
  if (isObject(value)) return value;
  throw toTypeError(position, value, "object");
}

export function setOperand(args: readonly Value[], position: number): RegoSet {
  const value = at(args, position);
  if (isSet(value)) return value;
  throw toTypeError(position, value, "set");
}

/** The members of a list or of a set, in order; undefined for other values. */
export function toItems(value: Value): readonly Value[] | undefined {
  if (isList(value)) return value;
  return isSet(value) ? value.values() : undefined;
}

/** A list or a set; `expected` in the order in which OPA's message names them. */
export function itemsOperand(args: readonly Value[], position: number, ...expected: string[]): readonly Value[] {
  const value = at(args, position);
  const items = toItems(value);
  if (items === undefined) throw toTypeError(position, value, ...expected);
  return items;
}

/** A list or set of strings. */
export function stringItems(value: Value, position: number, ...expected: string[]): readonly string[] {
  const items = toItems(value);
  if (items === undefined) throw toTypeError(position, value, ...expected);
  for (const item of items) if (typeof item !== "string") throw toElementError(position, value, item, "string");
  return items as readonly string[];
}
