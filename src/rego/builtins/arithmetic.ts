import { createHash } from "node:crypto";
import {
  absoluteNumber,
  addNumbers,
  ceilNumber,
  compareValues,
  divideNumbers,
  equalValues,
  floorNumber,
  multiplyNumbers,
  numberFromBigInt,
  type RegoNumber,
  remainderNumbers,
  reserve,
  roundNumber,
  spend,
  subtractNumbers,
  type Value,
} from "../value/index.ts";
import { assertResultSize, type BuiltinContext, type BuiltinTable, type Evaluate, toFailure } from "./builtin.ts";
import {
  anyOperand,
  bigIntOperand,
  integerOperand,
  isNumber,
  isSet,
  numberOperand,
  stringOperand,
  toOperandError,
  toTypeError,
} from "./operands.ts";

type RegoNumeric = number | RegoNumber;

function unary(compute: (number: RegoNumeric) => RegoNumeric): Evaluate {
  return (args) => compute(numberOperand(args, 1));
}

function binary(compute: (a: RegoNumeric, b: RegoNumeric) => RegoNumeric): Evaluate {
  return (args) => compute(numberOperand(args, 1), numberOperand(args, 2));
}

/** Difference of numbers or of sets. */
function minus(args: readonly Value[]): Value {
  const left = anyOperand(args, 1);
  const right = anyOperand(args, 2);
  if (isNumber(left) && isNumber(right)) return subtractNumbers(left, right);
  if (isSet(left) && isSet(right)) return left.difference(right);
  if (!isNumber(left) && !isSet(left)) throw toTypeError(1, left, "number", "set");
  throw toTypeError(2, right, isNumber(right) ? "set" : "number");
}

function comparison(decide: (order: number) => boolean): Evaluate {
  return (args) => decide(compareValues(anyOperand(args, 1), anyOperand(args, 2)));
}

const equal: Evaluate = (args) => equalValues(anyOperand(args, 1), anyOperand(args, 2));

function bitwise(compute: (a: bigint, b: bigint) => bigint): Evaluate {
  return (args) => numberFromBigInt(compute(bigIntOperand(args, 1), bigIntOperand(args, 2)));
}

function shift(direction: "left" | "right"): Evaluate {
  return (args) => {
    const value = bigIntOperand(args, 1);
    const places = bigIntOperand(args, 2);
    if (places < 0n) throw toOperandError(2, "must be an unsigned integer number but got a negative integer");
    if (direction === "right") return numberFromBigInt(value >> (places > 1_000_000n ? 1_000_000n : places));
    if (places > 65_536n) throw toFailure("expected a shift of at most 65536 bits");
    return numberFromBigInt(value << places);
  };
}

const maxRangeItems = 1_000_000n;

function range(from: bigint, to: bigint, step: bigint): Value {
  const distance = from <= to ? to - from : from - to;
  const count = distance / step + 1n;
  if (count > maxRangeItems) assertResultSize(Number.MAX_SAFE_INTEGER);
  reserve(Number(count) * 8);
  spend(Number(count));
  const direction = from <= to ? step : -step;
  return Array.from({ length: Number(count) }, (_, index) => numberFromBigInt(from + BigInt(index) * direction));
}

function rangeWithStep(args: readonly Value[]): Value {
  const from = bigIntOperand(args, 1);
  const to = bigIntOperand(args, 2);
  const step = bigIntOperand(args, 3);
  // The name stands twice in OPA's message.
  if (step <= 0n) throw toFailure("numbers.range_step: step must be a positive integer");
  return range(from, to, step);
}

/** Draws from the evaluation's seed; the same answer for the same text and bound within an evaluation. */
function randomInteger(args: readonly Value[], context: BuiltinContext): Value {
  const text = stringOperand(args, 1);
  const bound = Math.abs(integerOperand(args, 2));
  if (bound === 0) return 0;
  const key = `rand.intn ${bound} ${text}`;
  const known = context.cache.get(key);
  if (typeof known === "number") return known;
  const bytes = createHash("sha256").update(context.seed).update(key).digest();
  const drawn = Number(bytes.readBigUInt64BE(0) % BigInt(bound));
  context.cache.set(key, drawn);
  return drawn;
}

export const arithmetic: BuiltinTable = {
  plus: binary(addNumbers),
  minus,
  mul: binary(multiplyNumbers),
  div: binary(divideNumbers),
  rem: binary(remainderNumbers),
  abs: unary(absoluteNumber),
  ceil: unary(ceilNumber),
  floor: unary(floorNumber),
  round: unary(roundNumber),
  eq: equal,
  equal,
  assign: equal,
  neq: (args) => !equalValues(anyOperand(args, 1), anyOperand(args, 2)),
  lt: comparison((order) => order < 0),
  lte: comparison((order) => order <= 0),
  gt: comparison((order) => order > 0),
  gte: comparison((order) => order >= 0),
  "bits.and": bitwise((a, b) => a & b),
  "bits.or": bitwise((a, b) => a | b),
  "bits.xor": bitwise((a, b) => a ^ b),
  "bits.negate": (args) => numberFromBigInt(~bigIntOperand(args, 1)),
  "bits.lsh": shift("left"),
  "bits.rsh": shift("right"),
  "numbers.range": (args) => range(bigIntOperand(args, 1), bigIntOperand(args, 2), 1n),
  "numbers.range_step": rangeWithStep,
  "rand.intn": randomInteger,
};
