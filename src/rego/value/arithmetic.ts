import { RegoError } from "../errors.ts";
import { spend } from "./meter.ts";
import {
  type Decimal,
  numberFromBigInt,
  numberFromDecimal,
  type RegoNumber,
  toDecimal,
  toNormalDecimal,
} from "./number.ts";

type RegoNumeric = number | RegoNumber;

/**
 * A binary float with OPA's 64 bits of mantissa, `mantissa * 2^exponent`, rounded to nearest even after every operation
 * (Go's big.Float at its default precision). Zero has mantissa 0.
 */
interface Float64Bit {
  readonly negative: boolean;
  readonly mantissa: bigint;
  readonly exponent: number;
}

const precision = 64;
const zero: Float64Bit = { negative: false, mantissa: 0n, exponent: 0 };

function bitLength(value: bigint): number {
  if (value === 0n) return 0;
  const hex = value.toString(16);
  return (hex.length - 1) * 4 + (32 - Math.clz32(Number.parseInt(hex.slice(0, 1), 16)));
}

/** Rounds `numerator / denominator` (both positive) to 64 bits. */
function roundQuotient(negative: boolean, numerator: bigint, denominator: bigint, exponent: number): Float64Bit {
  if (numerator === 0n) return zero;
  let shift = precision - (bitLength(numerator) - bitLength(denominator));
  let quotient = divideShifted(numerator, denominator, shift);
  if (bitLength(quotient[0]) > precision) {
    shift -= 1;
    quotient = divideShifted(numerator, denominator, shift);
  }
  const [whole, remainder, divisor] = quotient;
  const twice = remainder * 2n;
  const isUp = twice > divisor || (twice === divisor && (whole & 1n) === 1n);
  return { negative, mantissa: isUp ? whole + 1n : whole, exponent: exponent - shift };
}

function divideShifted(numerator: bigint, denominator: bigint, shift: number): [bigint, bigint, bigint] {
  const dividend = shift > 0 ? numerator << BigInt(shift) : numerator;
  const divisor = shift < 0 ? denominator << BigInt(-shift) : denominator;
  return [dividend / divisor, dividend % divisor, divisor];
}

function toFloat(number: RegoNumeric): Float64Bit {
  const { negative, digits, exponent } = toDecimal(number);
  if (digits === "") return zero;
  const coefficient = BigInt(digits);
  return exponent >= 0
    ? roundQuotient(negative, coefficient * 10n ** BigInt(exponent), 1n, 0)
    : roundQuotient(negative, coefficient, 10n ** BigInt(-exponent), 0);
}

function toSignedMantissa(float: Float64Bit): bigint {
  return float.negative ? -float.mantissa : float.mantissa;
}

function addFloats(a: Float64Bit, b: Float64Bit): Float64Bit {
  if (a.mantissa === 0n) return b;
  if (b.mantissa === 0n) return a;
  const exponent = Math.min(a.exponent, b.exponent);
  const sum =
    (toSignedMantissa(a) << BigInt(a.exponent - exponent)) + (toSignedMantissa(b) << BigInt(b.exponent - exponent));
  return sum < 0n ? roundQuotient(true, -sum, 1n, exponent) : roundQuotient(false, sum, 1n, exponent);
}

/** `mantissa * 2^exponent` as exact decimal digits. */
function toExactDecimal(mantissa: bigint, exponent: number): Decimal {
  return exponent >= 0
    ? toNormalDecimal(false, (mantissa << BigInt(exponent)).toString(), 0)
    : toNormalDecimal(false, (mantissa * 5n ** BigInt(-exponent)).toString(), exponent);
}

/** The shortest decimal that rounds back to the float, digit by digit as Go's `Text(format, -1)` finds it. */
function toNumber(float: Float64Bit): RegoNumeric {
  if (float.mantissa === 0n) return 0;
  const shift = precision + 1 - bitLength(float.mantissa);
  const mantissa = float.mantissa << BigInt(shift);
  const exponent = float.exponent - shift;
  const inclusive = (mantissa & 2n) === 0n;
  const exact = toExactDecimal(mantissa, exponent);
  const lower = toExactDecimal(mantissa - 1n, exponent);
  const upper = toExactDecimal(mantissa + 1n, exponent);
  const [digits, power] = toShortest(exact, lower, upper, inclusive);
  return numberFromDecimal(toNormalDecimal(float.negative, digits, power));
}

function toShortest(exact: Decimal, lower: Decimal, upper: Decimal, inclusive: boolean): [string, number] {
  const point = exact.digits.length + exact.exponent;
  // Digits are compared at the same decimal position, which the bounds may begin one place before or after.
  const digitOf = (decimal: Decimal, index: number): number => {
    const offset = index + decimal.digits.length + decimal.exponent - point;
    return offset < 0 || offset >= decimal.digits.length ? 0 : decimal.digits.charCodeAt(offset) - 48;
  };
  const lowerEnd = lower.digits.length - (lower.digits.length + lower.exponent - point);
  const upperEnd = upper.digits.length - (upper.digits.length + upper.exponent - point);
  for (let index = 0; index < exact.digits.length; index += 1) {
    const digit = exact.digits.charCodeAt(index) - 48;
    const low = digitOf(lower, index);
    const high = digitOf(upper, index);
    const okDown = low !== digit || (inclusive && index + 1 === lowerEnd);
    const okUp = digit !== high && (inclusive || digit + 1 < high || index + 1 < upperEnd);
    if (!okDown && !okUp) continue;
    const kept = index + 1;
    const isUp = okUp && (!okDown || isRoundedUp(exact.digits, kept));
    const prefix = BigInt(exact.digits.slice(0, kept)) + (isUp ? 1n : 0n);
    return [prefix.toString(), exact.exponent + exact.digits.length - kept];
  }
  return [exact.digits, exact.exponent];
}

function isRoundedUp(digits: string, kept: number): boolean {
  if (kept >= digits.length) return false;
  const next = digits.charCodeAt(kept) - 48;
  if (next === 5 && kept + 1 === digits.length) return kept > 0 && (digits.charCodeAt(kept - 1) - 48) % 2 === 1;
  return next >= 5;
}

/** Of more than two numbers, what is between is rounded to 64 bits, but not to a number's text: that is not always as exact. */
function combineAll(
  numbers: readonly RegoNumeric[],
  start: number,
  exactly: (a: number, b: number) => number,
  rounded: (a: Float64Bit, b: Float64Bit) => Float64Bit,
): RegoNumeric {
  let exact = start;
  let index = 0;
  for (; index < numbers.length; index += 1) {
    const item = numbers[index];
    const next = typeof item === "number" && Number.isInteger(item) ? exactly(exact, item) : Number.NaN;
    if (!Number.isSafeInteger(next)) break;
    exact = next === 0 ? 0 : next;
  }
  if (index === numbers.length) return exact;
  let total = toFloat(exact);
  for (; index < numbers.length; index += 1) {
    spend(100);
    total = rounded(total, toFloat(numbers[index] ?? 0));
  }
  return toNumber(total);
}

/** The sum as OPA computes it. */
export function addAllNumbers(numbers: readonly RegoNumeric[]): RegoNumeric {
  return combineAll(numbers, 0, (a, b) => a + b, addFloats);
}

/** The product as OPA computes it; 1 of none. */
export function multiplyAllNumbers(numbers: readonly RegoNumeric[]): RegoNumeric {
  return combineAll(numbers, 1, (a, b) => a * b, multiplyFloats);
}

function multiplyFloats(a: Float64Bit, b: Float64Bit): Float64Bit {
  return roundQuotient(a.negative !== b.negative, a.mantissa * b.mantissa, 1n, a.exponent + b.exponent);
}

/** `a + b` as OPA computes it: exact for safe integers, 64 bits of mantissa otherwise. */
export function addNumbers(a: RegoNumeric, b: RegoNumeric): RegoNumeric {
  if (typeof a === "number" && typeof b === "number") {
    const sum = a + b;
    if (Number.isSafeInteger(sum) && Number.isInteger(a) && Number.isInteger(b)) return sum;
  }
  return toNumber(addFloats(toFloat(a), toFloat(b)));
}

export function subtractNumbers(a: RegoNumeric, b: RegoNumeric): RegoNumeric {
  if (typeof a === "number" && typeof b === "number") {
    const difference = a - b;
    if (Number.isSafeInteger(difference) && Number.isInteger(a) && Number.isInteger(b)) return difference;
  }
  const right = toFloat(b);
  return toNumber(addFloats(toFloat(a), { ...right, negative: !right.negative }));
}

export function multiplyNumbers(a: RegoNumeric, b: RegoNumeric): RegoNumeric {
  if (typeof a === "number" && typeof b === "number") {
    const product = a * b;
    if (Number.isSafeInteger(product) && Number.isInteger(a) && Number.isInteger(b)) return product === 0 ? 0 : product;
  }
  return toNumber(multiplyFloats(toFloat(a), toFloat(b)));
}

/** Throws `RegoError` (eval_builtin_error, "divide by zero"). */
export function divideNumbers(a: RegoNumeric, b: RegoNumeric): RegoNumeric {
  if (b === 0) throw new RegoError("eval_builtin_error", "divide by zero");
  if (typeof a === "number" && typeof b === "number" && Number.isInteger(a) && Number.isInteger(b) && a % b === 0) {
    const quotient = a / b;
    return quotient === 0 ? 0 : quotient;
  }
  const left = toFloat(a);
  const right = toFloat(b);
  const isNegative = left.negative !== right.negative;
  return toNumber(roundQuotient(isNegative, left.mantissa, right.mantissa, left.exponent - right.exponent));
}

/** The remainder with the sign of `a`. Throws `RegoError` (eval_builtin_error) for zero and for fractions. */
export function remainderNumbers(a: RegoNumeric, b: RegoNumeric): RegoNumeric {
  if (typeof a === "number" && typeof b === "number" && Number.isSafeInteger(a) && Number.isSafeInteger(b)) {
    if (b === 0) throw new RegoError("eval_builtin_error", "modulo by zero");
    const remainder = a % b;
    return remainder === 0 ? 0 : remainder;
  }
  const left = toRoundedInteger(a);
  const right = toRoundedInteger(b);
  if (left === undefined || right === undefined) {
    throw new RegoError("eval_builtin_error", "modulo on floating-point number");
  }
  // OPA looks at the lower 64 bits.
  if (BigInt.asIntN(64, right) === 0n) throw new RegoError("eval_builtin_error", "modulo by zero");
  return numberFromBigInt(left % right);
}

/** The integer that a number is for OPA's arithmetic, which rounds to 64 bits first; undefined where it is none. */
export function toRoundedInteger(number: RegoNumeric): bigint | undefined {
  if (Number.isSafeInteger(number)) return BigInt(number as number);
  const { whole, isExact } = toWhole(toFloat(number));
  return isExact ? whole : undefined;
}

export function absoluteNumber(number: RegoNumeric): RegoNumeric {
  if (typeof number === "number") return Math.abs(number);
  return toNumber({ ...toFloat(number), negative: false });
}

/** The integer part and whether something was cut off, of a number rounded to 64 bits. */
function toWhole(float: Float64Bit): { whole: bigint; isExact: boolean } {
  if (float.exponent >= 0) return { whole: toSignedMantissa(float) << BigInt(float.exponent), isExact: true };
  const whole = float.mantissa >> BigInt(-float.exponent);
  const isExact = whole << BigInt(-float.exponent) === float.mantissa;
  return { whole: float.negative ? -whole : whole, isExact };
}

/** Halves go away from zero. */
export function roundNumber(number: RegoNumeric): RegoNumeric {
  if (typeof number === "number" && Number.isInteger(number)) return number;
  const float = toFloat(number);
  const half: Float64Bit = { negative: float.negative, mantissa: 1n, exponent: -1 };
  return numberFromBigInt(toWhole(addFloats(float, half)).whole);
}

/** As OPA's: a number between -1 and 0 becomes 1, since its integer part has no sign. */
export function ceilNumber(number: RegoNumeric): RegoNumeric {
  if (typeof number === "number" && Number.isInteger(number)) return number;
  const { whole, isExact } = toWhole(toFloat(number));
  return numberFromBigInt(isExact || whole < 0n ? whole : whole + 1n);
}

/** As OPA's: a number between -1 and 0 becomes 0, since its integer part has no sign. */
export function floorNumber(number: RegoNumeric): RegoNumeric {
  if (typeof number === "number" && Number.isInteger(number)) return number;
  const { whole, isExact } = toWhole(toFloat(number));
  return numberFromBigInt(isExact || whole >= 0n ? whole : whole - 1n);
}
