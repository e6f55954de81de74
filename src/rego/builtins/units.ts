import {
  ceilNumber,
  compareNumbers,
  floorNumber,
  multiplyNumbers,
  numberFromBigInt,
  numberFromText,
  spend,
  type Value,
} from "../value/index.ts";
import { type BuiltinTable, toFailure } from "./builtin.ts";
import { stringOperand } from "./operands.ts";

const powers = ["", "k", "m", "g", "t", "p", "e"];

/** `k`, `kb` and so on are powers of 1000, `ki` and `kib` of 1024. */
const byteUnits: ReadonlyMap<string, number | bigint> = new Map(
  powers.flatMap((letter, index): [string, bigint][] => {
    const decimal = 1000n ** BigInt(index);
    const binary = 1024n ** BigInt(index);
    if (letter === "") return [["", 1n]];
    return [
      [letter, decimal],
      [`${letter}b`, decimal],
      [`${letter}i`, binary],
      [`${letter}ib`, binary],
    ];
  }),
);

/** The amount, and the unit behind it. An `e` belongs to the amount where an exponent follows. */
function splitAmount(text: string): [string, string] {
  for (let index = 0; index < text.length; index += 1) {
    if (index % 256 === 0) spend(64);
    const character = text[index] ?? "";
    const next = text[index + 1] ?? "";
    if (character === "e" || character === "E") {
      if (!/^[\d+-]$/.test(next)) return [text.slice(0, index), text.slice(index)];
      if (next === "+" || next === "-") index += 1;
    } else if (!/^[\d.+-]$/.test(character)) return [text.slice(0, index), text.slice(index)];
  }
  return [text, ""];
}

/** Longer amounts are no numbers that anybody means, and cost the square of their length. */
const maxAmountLength = 20_000;

/** A number as Go reads it: digits may be missing on one side of the point. */
function toJsonNumber(text: string): string | undefined {
  if (text.length > maxAmountLength) return undefined;
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/.exec(text);
  if (match === null || `${match[2]}${match[3] ?? ""}` === "") return undefined;
  const sign = match[1] === "-" ? "-" : "";
  const exponent = match[4] === undefined ? "" : `e${match[4]}`;
  return `${sign}${match[2] || "0"}.${match[3] || "0"}${exponent}`;
}

// The name stands twice in OPA's messages.
function fail(name: string, problem: string): Error {
  return toFailure(`${name}: ${problem}`);
}

function parseBytes(args: readonly Value[]): Value {
  const name = "units.parse_bytes";
  const text = stringOperand(args, 1).toLowerCase().replaceAll('"', "");
  if (text.includes(" ")) throw fail(name, "spaces not allowed in resource strings");
  const [amount, unit] = splitAmount(text);
  if (amount === "") throw fail(name, "no byte amount provided");
  const factor = byteUnits.get(unit);
  if (factor === undefined) throw fail(name, `byte unit ${unit} not recognized`);
  const number = toJsonNumber(amount);
  if (number === undefined) throw fail(name, "could not parse byte amount to a number");
  const product = multiplyNumbers(numberFromText(number), numberFromBigInt(BigInt(factor)));
  return compareNumbers(product, 0) < 0 ? ceilNumber(product) : floorNumber(product);
}

interface Fraction {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/** A thousandth is the double that is nearest to it: OPA's results show that. */
const milli: Fraction = { numerator: 1_152_921_504_606_847n, denominator: 2n ** 60n };

function unitFraction(unit: string): Fraction | undefined {
  if (unit === "m") return milli;
  const lower = unit.toLowerCase();
  // M is mega, as only the lower case m is milli.
  const isPlain = /^(?:[kK]|M|[gGtTpPeE]|[kKmMgGtTpPeE]i)?$/.test(unit);
  const factor = isPlain ? byteUnits.get(lower) : undefined;
  return factor === undefined ? undefined : { numerator: BigInt(factor), denominator: 1n };
}

function parseUnits(args: readonly Value[]): Value {
  const name = "units.parse";
  const text = stringOperand(args, 1).replaceAll('"', "");
  if (text.includes(" ")) throw fail(name, "spaces not allowed in resource strings");
  const [amount, rawUnit] = splitAmount(text);
  if (amount === "") throw fail(name, "no amount provided");
  const unit = rawUnit.slice(0, 1) + rawUnit.slice(1).toLowerCase();
  const factor = unitFraction(unit);
  if (factor === undefined) throw fail(name, `unit ${unit} not recognized`);
  const number = toJsonNumber(amount);
  if (number === undefined) throw fail(name, "could not parse amount to a number");
  return multiplyExactly(number, factor);
}

/** The product with ten decimals, halves away from zero. */
function multiplyExactly(number: string, { numerator, denominator }: Fraction): Value {
  const [mantissa = "0", exponentText = "0"] = number.split("e");
  const [whole = "0", fraction = ""] = mantissa.replace("-", "").split(".");
  const exponent = Number(exponentText) - fraction.length;
  const scaled = BigInt(whole + fraction) * numerator * (exponent > 0 ? 10n ** BigInt(exponent) : 1n);
  const divisor = denominator * (exponent < 0 ? 10n ** BigInt(-exponent) : 1n);
  const sign = number.startsWith("-") ? -1n : 1n;
  if (scaled % divisor === 0n) return numberFromBigInt((sign * scaled) / divisor);
  const tenDigits = (scaled * 10n ** 10n * 2n + divisor) / (divisor * 2n);
  return numberFromText(`${sign < 0n ? "-" : ""}${tenDigits}e-10`);
}

export const units: BuiltinTable = { "units.parse": parseUnits, "units.parse_bytes": parseBytes };
