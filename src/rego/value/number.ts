import { RegoError } from "../errors.ts";

/**
 * A number as sign, significant digits without zeros at either end, and a power of ten. Zero has no digits.
 * `{ negative: false, digits: "15", exponent: -1 }` is 1.5.
 */
export interface Decimal {
  readonly negative: boolean;
  readonly digits: string;
  readonly exponent: number;
}

/** Powers of ten beyond this are refused, as their digits would fill the memory. */
export const maxExponent = 20_000;

const literal = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/**
 * A number that JavaScript's numbers do not hold exactly: an integer beyond 2^53 or a decimal with more digits than a
 * double keeps. Only `numberFromText` and the arithmetic make them, so that equal numbers have one representation.
 */
export class RegoNumber {
  readonly decimal: Decimal;
  /** Canonical text: equal numbers have equal texts. */
  readonly text: string;
  /** How the number was written, where it was with an exponent or trailing zeros: numbers are printed as they came. */
  readonly literal: string | undefined;

  constructor(decimal: Decimal, literal?: string) {
    this.decimal = decimal;
    this.text = formatDecimal(decimal);
    this.literal = literal === this.text ? undefined : literal;
  }

  get kind(): "number" {
    return "number";
  }

  get isInteger(): boolean {
    return this.decimal.exponent >= 0;
  }

  toString(): string {
    return this.literal ?? this.text;
  }
}

/** Trims zeros: one `Decimal` for one value. */
export function toNormalDecimal(negative: boolean, digits: string, exponent: number): Decimal {
  let start = 0;
  while (digits.charCodeAt(start) === 48) start += 1;
  let end = digits.length;
  while (end > start && digits.charCodeAt(end - 1) === 48) end -= 1;
  if (start === end) return { negative: false, digits: "", exponent: 0 };
  return { negative, digits: digits.slice(start, end), exponent: exponent + digits.length - end };
}

/** Reads a JSON number (leading zeros allowed); undefined where the text is none. */
export function parseDecimal(text: string): Decimal | undefined {
  const match = literal.exec(text);
  if (match === null) return undefined;
  const fraction = match[3] ?? "";
  const power = match[4] === undefined ? 0 : Number(match[4]);
  const decimal = toNormalDecimal(match[1] === "-", `${match[2]}${fraction}`, power - fraction.length);
  if (Math.abs(decimal.exponent) > maxExponent || decimal.digits.length > maxExponent) {
    throw new RegoError("eval_builtin_error", `number has more than ${maxExponent} digits: ${text.slice(0, 40)}`);
  }
  return decimal;
}

/** The canonical number of a decimal; `literal` is how it was written. */
export function numberFromDecimal(decimal: Decimal, literal?: string): number | RegoNumber {
  const { negative, digits, exponent } = decimal;
  if (digits === "") return 0;
  if (exponent >= 0) {
    if (digits.length + exponent > 16) return new RegoNumber(decimal, literal);
    const magnitude = Number(digits) * 10 ** exponent;
    if (magnitude > Number.MAX_SAFE_INTEGER) return new RegoNumber(decimal, literal);
    return negative ? -magnitude : magnitude;
  }
  const number = Number(`${negative ? "-" : ""}${digits}e${exponent}`);
  const isExact = digits.length <= 15 && exponent > -290;
  return isExact || isShortestForm(number, decimal) ? number : new RegoNumber(decimal, literal);
}

function isShortestForm(number: number, decimal: Decimal): boolean {
  if (!Number.isFinite(number) || Number.isInteger(number)) return false;
  const shortest = parseDecimal(String(number));
  return shortest?.digits === decimal.digits && shortest.exponent === decimal.exponent;
}

/**
 * The number that a JSON or Rego literal denotes, exactly.
 *
 * Throws `RegoError` (eval_builtin_error) where the text is no number, or has an unreasonable exponent.
 */
export function numberFromText(text: string): number | RegoNumber {
  if (text.length < 16 && /^-?[1-9]\d*$|^0$/.test(text)) return Number(text);
  const decimal = parseDecimal(text);
  if (decimal === undefined) throw new RegoError("eval_builtin_error", `expected a number, got ${text.slice(0, 40)}`);
  return numberFromDecimal(decimal, text);
}

/** The canonical form of any finite JavaScript number; its shortest text is taken for its value, as `JSON` does. */
export function numberFromDouble(number: number): number | RegoNumber {
  if (Number.isSafeInteger(number)) return number === 0 ? 0 : number;
  if (!Number.isFinite(number)) throw new RegoError("eval_builtin_error", `expected a finite number, got ${number}`);
  return Number.isInteger(number) ? numberFromText(String(number)) : number;
}

/** The canonical number of an integer of any size. */
export function numberFromBigInt(integer: bigint): number | RegoNumber {
  if (integer >= BigInt(Number.MIN_SAFE_INTEGER) && integer <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(integer);
  const negative = integer < 0n;
  return new RegoNumber(toNormalDecimal(negative, (negative ? -integer : integer).toString(), 0));
}

/** The integer that a number is, or undefined where it has a fraction. */
export function toBigInt(number: number | RegoNumber): bigint | undefined {
  if (typeof number === "number") return Number.isInteger(number) ? BigInt(number) : undefined;
  if (!number.isInteger) return undefined;
  const { negative, digits, exponent } = number.decimal;
  const magnitude = BigInt(digits) * 10n ** BigInt(exponent);
  return negative ? -magnitude : magnitude;
}

/** The nearest JavaScript number. */
export function toDouble(number: number | RegoNumber): number {
  return typeof number === "number" ? number : Number(number.text);
}

export function isIntegerNumber(number: number | RegoNumber): boolean {
  return typeof number === "number" ? Number.isInteger(number) : number.isInteger;
}

export function toDecimal(number: number | RegoNumber): Decimal {
  if (typeof number !== "number") return number.decimal;
  return parseDecimal(String(number)) ?? { negative: false, digits: "", exponent: 0 };
}

/** Total order of numbers by value: negative, zero or positive. */
export function compareNumbers(a: number | RegoNumber, b: number | RegoNumber): number {
  if (typeof a === "number" && typeof b === "number") return a < b ? -1 : a > b ? 1 : 0;
  return compareDecimals(toDecimal(a), toDecimal(b));
}

function compareDecimals(a: Decimal, b: Decimal): number {
  const signA = a.digits === "" ? 0 : a.negative ? -1 : 1;
  const signB = b.digits === "" ? 0 : b.negative ? -1 : 1;
  if (signA !== signB) return signA < signB ? -1 : 1;
  if (signA === 0) return 0;
  return signA === 1 ? compareMagnitudes(a, b) : compareMagnitudes(b, a);
}

function compareMagnitudes(a: Decimal, b: Decimal): number {
  const sizeA = a.digits.length + a.exponent;
  const sizeB = b.digits.length + b.exponent;
  if (sizeA !== sizeB) return sizeA < sizeB ? -1 : 1;
  // Same position of the first digit: digits compare like text, and a proper prefix is smaller.
  return a.digits < b.digits ? -1 : a.digits > b.digits ? 1 : 0;
}

/** A number as it was written, or else integers in full and decimals with an exponent only where they are very small. */
export function formatNumber(number: number | RegoNumber): string {
  return String(number);
}

function formatDecimal({ negative, digits, exponent }: Decimal): string {
  const sign = negative ? "-" : "";
  const point = digits.length + exponent;
  if (exponent >= 0 && point <= 1000) return `${sign}${digits}${"0".repeat(exponent)}`;
  if (exponent < 0 && point > 0) return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
  if (exponent < 0 && point > -6) return `${sign}0.${"0".repeat(-point)}${digits}`;
  const fraction = digits.length > 1 ? `.${digits.slice(1)}` : "";
  return `${sign}${digits.slice(0, 1)}${fraction}e${point - 1 < 0 ? "-" : "+"}${Math.abs(point - 1)}`;
}
