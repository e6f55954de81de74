import { LRUCache } from "lru-cache";
import { isList, numberFromBigInt, type RegoNumber, toRoundedInteger, type Value } from "../../value/index.ts";
import { type BuiltinTable, toFailure } from "../builtin.ts";
import { anyOperand, integerOperand, isNumber, numberOperand, stringOperand, toTypeError } from "../operands.ts";
import { toBytes } from "../text-bytes.ts";
import { daysInMonth, findZone, fromLocalTime, type LocalTime, toLocalTime, utc, type Zone } from "./calendar.ts";
import { formatTime } from "./format.ts";
import { namedLayouts, weekdays } from "./layout.ts";
import { parseRfc3339, parseTime } from "./parse.ts";

const minInt64 = -(2n ** 63n);
const maxInt64 = 2n ** 63n - 1n;

function toNanoseconds(moment: bigint): number | RegoNumber {
  if (moment < minInt64 || moment > maxInt64) throw toFailure("time outside of valid range");
  return numberFromBigInt(moment);
}

/** Policies compare the same few moments again and again, for each task and each rule. */
const knownMoments = new LRUCache<string, number | RegoNumber>({ max: 1_000 });
const maxKnownLength = 64;

function parseMoment(text: string): Value {
  const known = knownMoments.get(text);
  if (known !== undefined) return known;
  const moment = toNanoseconds(parseRfc3339(text));
  if (text.length <= maxKnownLength) knownMoments.set(text, moment);
  return moment;
}

interface Moment {
  readonly nanoseconds: bigint;
  readonly zone: Zone;
  readonly layout: string;
}

/** Nanoseconds, or a list of nanoseconds, zone and layout. Messages name operand 1 whatever the position is, as OPA's. */
function momentOperand(args: readonly Value[], position: number): Moment {
  const value = anyOperand(args, position);
  if (isNumber(value)) return { nanoseconds: toInt64(value), zone: utc, layout: "" };
  if (!isList(value) || value.length === 0) {
    throw toTypeError(1, value, "either number (ns) or [number (ns), string (tz)]");
  }
  const [first, zone, layout] = value;
  const number = numberOperand([first ?? null], 1);
  const zoneName = zone === undefined ? "" : stringOperand([zone], 1);
  const found = findZone(zoneName);
  return { nanoseconds: toInt64(number), zone: found, layout: layout === undefined ? "" : stringOperand([layout], 1) };
}

function toInt64(number: number | RegoNumber): bigint {
  const integer = toRoundedInteger(number);
  if (integer === undefined || integer < minInt64 || integer > maxInt64) throw toFailure("timestamp too big");
  return integer;
}

function localOperand(args: readonly Value[], position = 1): LocalTime {
  const { nanoseconds, zone } = momentOperand(args, position);
  return toLocalTime(nanoseconds, zone);
}

function layoutNamed(name: string): string {
  return Object.hasOwn(namedLayouts, name) ? (namedLayouts[name] ?? name) : name;
}

function format(args: readonly Value[]): Value {
  const { nanoseconds, zone, layout } = momentOperand(args, 1);
  return formatTime(toLocalTime(nanoseconds, zone), layoutNamed(layout === "" ? "RFC3339Nano" : layout));
}

function addDate(args: readonly Value[]): Value {
  const { nanoseconds, zone } = momentOperand(args, 1);
  const years = integerOperand(args, 2);
  const months = integerOperand(args, 3);
  const days = integerOperand(args, 4);
  // Beyond these no result lies in the range, and sums would lose precision.
  if ([years, months, days].some((count) => Math.abs(count) > 1e9)) throw toFailure("time outside of valid range");
  const time = toLocalTime(nanoseconds, zone);
  const moved = { ...time, year: time.year + years, month: time.month + months, day: time.day + days };
  return toNanoseconds(fromLocalTime(moved, zone));
}

/** Years, months, days, hours, minutes and seconds between two moments, the earlier one first. */
function difference(args: readonly Value[]): Value {
  const first = momentOperand(args, 1);
  const second = momentOperand(args, 2);
  const [earlier, later] = first.nanoseconds <= second.nanoseconds ? [first, second] : [second, first];
  const from = toLocalTime(earlier.nanoseconds, first.zone);
  const to = toLocalTime(later.nanoseconds, first.zone);
  const parts = [
    to.year - from.year,
    to.month - from.month,
    to.day - from.day,
    to.hour - from.hour,
    to.minute - from.minute,
    to.second - from.second,
  ];
  const sizes = [0, 12, daysInMonth(from.year, from.month), 24, 60, 60];
  for (let index = parts.length - 1; index > 0; index -= 1) {
    if ((parts[index] ?? 0) >= 0) continue;
    parts[index] = (parts[index] ?? 0) + (sizes[index] ?? 0);
    parts[index - 1] = (parts[index - 1] ?? 0) - 1;
  }
  return parts;
}

const unitNanoseconds: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  "\u00b5s": 1_000n,
  "\u03bcs": 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};

/** As Go's package of times quotes: what is not printable, or no ASCII, by its bytes. */
function quote(text: string): string {
  const parts = Array.from(toBytes(text), (byte) => {
    const character = String.fromCharCode(byte);
    if (byte < 0x20 || byte >= 0x80) return `\\x${byte.toString(16).padStart(2, "0")}`;
    return character === '"' || character === "\\" ? `\\${character}` : character;
  });
  return `"${parts.join("")}"`;
}

/** A fraction of a unit, by doubles as Go does: of its digits those count that fit into 63 bits. */
function fractionOf(digits: string, unit: bigint): bigint {
  let value = 0n;
  let scale = 1;
  for (const digit of digits) {
    const next = value * 10n + BigInt(digit);
    if (value > maxInt64 / 10n || next > 2n ** 63n) break;
    value = next;
    scale *= 10;
  }
  return BigInt(Math.trunc(Number(value) * (Number(unit) / scale)));
}

/** Go's `time.ParseDuration`: `1h30m`, `-1.5s`. */
function parseDuration(args: readonly Value[]): Value {
  const text = stringOperand(args, 1);
  const quoted = quote(text);
  const isNegative = text.startsWith("-");
  let rest = text.replace(/^[+-]/, "");
  if (rest === "0") return 0;
  if (rest === "") throw toFailure(`time: invalid duration ${quoted}`);
  let total = 0n;
  while (rest !== "") {
    const [matched = "", whole = "", fraction = ""] = /^(\d*)(?:\.(\d*))?/.exec(rest) ?? [];
    if (whole === "" && fraction === "") throw toFailure(`time: invalid duration ${quoted}`);
    rest = rest.slice(matched.length);
    const name = /^[^\d.]+/.exec(rest)?.[0];
    if (name === undefined) throw toFailure(`time: missing unit in duration ${quoted}`);
    const unit = Object.hasOwn(unitNanoseconds, name) ? unitNanoseconds[name] : undefined;
    if (unit === undefined) throw toFailure(`time: unknown unit ${quote(name)} in duration ${quoted}`);
    rest = rest.slice(name.length);
    total += BigInt(`0${whole.slice(0, 40)}`) * unit + fractionOf(fraction, unit);
    if (total > 2n ** 63n) throw toFailure(`time: invalid duration ${quoted}`);
  }
  if (!isNegative && total > maxInt64) throw toFailure(`time: invalid duration ${quoted}`);
  return numberFromBigInt(isNegative ? -total : total);
}

export const time: BuiltinTable = {
  "time.now_ns": (_args, context) => numberFromBigInt(context.nowNs),
  "time.parse_ns": (args) => toNanoseconds(parseTime(layoutNamed(stringOperand(args, 1)), stringOperand(args, 2))),
  "time.parse_rfc3339_ns": (args) => parseMoment(stringOperand(args, 1)),
  "time.parse_duration_ns": parseDuration,
  "time.format": format,
  "time.date": (args) => {
    const { year, month, day } = localOperand(args);
    return [year, month, day];
  },
  "time.clock": (args) => {
    const { hour, minute, second } = localOperand(args);
    return [hour, minute, second];
  },
  "time.weekday": (args) => weekdays[localOperand(args).weekday] ?? "",
  "time.add_date": addDate,
  "time.diff": difference,
};
