import { spend } from "../../value/index.ts";
import { toFailure } from "../builtin.ts";
import { daysFromDate, daysInMonth, fromLocalTime, utc } from "./calendar.ts";
import { type Chunk, type Element, months, namedLayouts, nextChunk, weekdays } from "./layout.ts";

/** What a text gave so far. */
interface Fields {
  year: number;
  month: number | undefined;
  day: number | undefined;
  yearDay: number | undefined;
  hour: number;
  minute: number;
  second: number;
  nanosecond: number;
  meridiem: "am" | "pm" | undefined;
  offset: number | undefined;
}

/** Thrown and caught in this file: the text does not fit the element. */
class Mismatch extends Error {}

function quote(text: string): string {
  let quoted = "";
  for (const byte of Buffer.from(text, "utf8")) {
    if (byte === 0x22 || byte === 0x5c) quoted += `\\${String.fromCharCode(byte)}`;
    else if (byte < 0x20 || byte >= 0x80) quoted += `\\x${byte.toString(16).padStart(2, "0")}`;
    else quoted += String.fromCharCode(byte);
  }
  return `"${quoted}"`;
}

/**
 * The moment that a text denotes in a layout, in nanoseconds since 1970, as Go's `time.Parse`.
 *
 * Throws `BuiltinError` with Go's message.
 */
export function parseTime(layout: string, text: string): bigint {
  return new TimeParser(layout, text).parse();
}

const rfc3339 = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:Z|([+-])(\d\d):(\d\d))$/;

/**
 * The moment of a text of RFC 3339 in nanoseconds since 1970: what `parseTime` gives for that layout, in a tenth of its
 * time where the text is in the usual form. Throws as it does.
 */
export function parseRfc3339(text: string): bigint {
  return parseUsual(text) ?? parseTime(namedLayouts.RFC3339 ?? "", text);
}

/** Undefined where the text is in another form, or something in it is out of range: the general reader decides then. */
function parseUsual(text: string): bigint | undefined {
  const match = rfc3339.exec(text);
  if (match === null) return undefined;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  const [hour, minute, second] = [Number(match[4]), Number(match[5]), Number(match[6])];
  const [offsetHour, offsetMinute] = [Number(match[9] ?? 0), Number(match[10] ?? 0)];
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return undefined;
  if (hour > 23 || minute > 59 || second > 59 || offsetHour > 24 || offsetMinute > 60) return undefined;
  const offset = (offsetHour * 60 + offsetMinute) * (match[8] === "-" ? -60 : 60);
  const seconds = daysFromDate(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset;
  const fraction = match[7];
  const whole = BigInt(seconds) * 1_000_000_000n;
  return fraction === undefined ? whole : whole + BigInt(fraction.padEnd(9, "0"));
}

class TimeParser {
  readonly #layout: string;
  readonly #text: string;
  /** What is still to be read. */
  #rest: string;
  #range = "";
  readonly #fields: Fields = {
    year: 0,
    month: undefined,
    day: undefined,
    yearDay: undefined,
    hour: 0,
    minute: 0,
    second: 0,
    nanosecond: 0,
    meridiem: undefined,
    offset: undefined,
  };

  constructor(layout: string, text: string) {
    this.#layout = layout;
    this.#text = text;
    this.#rest = text;
  }

  parse(): bigint {
    for (let at = 0; ; ) {
      const chunk = nextChunk(this.#layout, at);
      this.#skipLiteral(chunk.literal);
      if (chunk.element === undefined) break;
      at += chunk.literal.length + chunk.text.length;
      this.#readElement(chunk, chunk.element, at);
    }
    if (this.#rest !== "") throw this.#toError(`: extra text: ${quote(this.#rest)}`);
    return this.#toMoment();
  }

  #toError(message: string): Error {
    return toFailure(`parsing time ${quote(this.#text)}${message}`);
  }

  #toMismatch(element: string, rest: string): Error {
    return this.#toError(` as ${quote(this.#layout)}: cannot parse ${quote(rest)} as ${quote(element)}`);
  }

  /** A run of spaces stands for any number of spaces. */
  #skipLiteral(literal: string): void {
    let wanted = literal;
    while (wanted !== "") {
      spend(1);
      if (wanted.startsWith(" ")) {
        if (this.#rest !== "" && !this.#rest.startsWith(" ")) throw this.#toMismatch(literal, this.#rest);
        wanted = wanted.replace(/^ +/, "");
        this.#rest = this.#rest.replace(/^ +/, "");
      } else if (this.#rest.charCodeAt(0) === wanted.charCodeAt(0)) {
        wanted = wanted.slice(1);
        this.#rest = this.#rest.slice(1);
      } else throw this.#toMismatch(literal, this.#rest);
    }
  }

  #readElement(chunk: Chunk, element: Element, next: number): void {
    const before = this.#rest;
    try {
      this.#read(element, chunk.text, next);
    } catch (thrown) {
      if (thrown instanceof Mismatch) throw this.#toMismatch(chunk.text, before);
      throw thrown;
    }
    if (this.#range !== "") throw this.#toError(`: ${this.#range} out of range`);
  }

  #take(pattern: RegExp): string {
    const text = pattern.exec(this.#rest)?.[0];
    if (text === undefined) throw new Mismatch();
    this.#rest = this.#rest.slice(text.length);
    return text;
  }

  #number(isFixed: boolean, low: number, high: number, name: string): number {
    const value = Number(this.#take(isFixed ? /^\d\d/ : /^\d\d?/));
    if (value < low || value > high) this.#range = name;
    return value;
  }

  #name(names: readonly string[], length: number | undefined): number {
    const rest = this.#rest.toLowerCase();
    const index = names.findIndex((name) => rest.startsWith(name.slice(0, length).toLowerCase()));
    if (index < 0) throw new Mismatch();
    this.#rest = this.#rest.slice((names[index] ?? "").slice(0, length).length);
    return index;
  }

  #read(element: Element, text: string, next: number): void {
    const fields = this.#fields;
    switch (element) {
      case "2006":
        fields.year = Number(this.#take(/^\d{4}/));
        return;
      case "06": {
        const year = Number(this.#take(/^\d\d/));
        fields.year = year >= 69 ? 1900 + year : 2000 + year;
        return;
      }
      case "January":
      case "Jan":
        fields.month = this.#name(months, element === "Jan" ? 3 : undefined) + 1;
        return;
      case "1":
      case "01":
        fields.month = this.#number(element === "01", 1, 12, "month");
        return;
      case "Monday":
      case "Mon":
        this.#name(weekdays, element === "Mon" ? 3 : undefined);
        return;
      case "2":
      case "_2":
      case "02":
        if (element === "_2") this.#rest = this.#rest.replace(/^ /, "");
        fields.day = this.#number(element === "02", 0, 99, "");
        return;
      case "__2":
      case "002":
        if (element === "__2") this.#rest = this.#rest.replace(/^ {1,2}/, "");
        fields.yearDay = Number(this.#take(element === "002" ? /^\d{3}/ : /^\d{1,3}/));
        return;
      default:
        this.#readClock(element, text, next);
    }
  }

  #readClock(element: Element, text: string, next: number): void {
    const fields = this.#fields;
    switch (element) {
      case "15":
        fields.hour = this.#number(false, 0, 23, "hour");
        return;
      case "3":
      case "03":
        fields.hour = this.#number(element === "03", 0, 12, "hour");
        return;
      case "4":
      case "04":
        fields.minute = this.#number(element === "04", 0, 59, "minute");
        return;
      case "5":
      case "05":
        fields.second = this.#number(element === "05", 0, 59, "second");
        this.#readUnaskedFraction(next);
        return;
      case "PM":
      case "pm":
        fields.meridiem = this.#take(element === "PM" ? /^[AP]M/ : /^[ap]m/).toLowerCase() === "pm" ? "pm" : "am";
        return;
      case "MST":
        this.#readZoneName();
        return;
      case "fraction0":
        this.#readFraction(new RegExp(`^[.,]\\d{${text.length - 1}}`));
        return;
      case "fraction9":
        if (/^[.,]\d/.test(this.#rest)) this.#readFraction(/^[.,]\d+/);
        return;
      default:
        this.#readOffset(element);
    }
  }

  /** A fraction behind the seconds is read even where the layout has none. */
  #readUnaskedFraction(next: number): void {
    if (!/^[.,]\d/.test(this.#rest)) return;
    const following = nextChunk(this.#layout, next).element;
    if (following !== "fraction0" && following !== "fraction9") this.#readFraction(/^[.,]\d+/);
  }

  #readFraction(pattern: RegExp): void {
    this.#fields.nanosecond = Number(this.#take(pattern).slice(1, 10).padEnd(9, "0"));
  }

  #readOffset(element: string): void {
    if (element.startsWith("Z") && this.#rest.startsWith("Z")) {
      this.#rest = this.#rest.slice(1);
      this.#fields.offset = 0;
      return;
    }
    const colon = element.includes(":") ? ":" : "";
    const count = element.slice(1).replaceAll(":", "").length / 2;
    const digits = Array.from({ length: count }, () => "\\d\\d").join(colon);
    const text = this.#take(new RegExp(`^[+-]${digits}`));
    const [hours = 0, minutes = 0, seconds = 0] = (text.slice(1).match(/\d\d/g) ?? []).map(Number);
    if (hours > 24) this.#range = "time zone offset hour";
    if (minutes > 60) this.#range = "time zone offset minute";
    if (seconds > 60) this.#range = "time zone offset second";
    const offset = hours * 3600 + minutes * 60 + seconds;
    this.#fields.offset = text.startsWith("-") ? -offset : offset;
  }

  /** An abbreviation tells no offset: the clock is taken for UTC's. */
  #readZoneName(): void {
    const signed = /^[+-](?:1?\d|2[0-3])(?!\d)/;
    const patterns = [/^UTC/, /^(?:ChST|MeST)/, /^GMT(?:[+-](?:1?\d|2[0-3])(?!\d))?/, signed];
    const special = patterns.find((pattern) => pattern.test(this.#rest));
    if (special !== undefined) {
      this.#take(special);
      return;
    }
    const upper = /^[A-Z]*/.exec(this.#rest.slice(0, 6))?.[0] ?? "";
    const isName =
      upper.length === 3 ||
      (upper.length === 4 && (upper.endsWith("T") || upper === "WITA")) ||
      (upper.length === 5 && upper.endsWith("T"));
    if (!isName) throw new Mismatch();
    this.#rest = this.#rest.slice(upper.length);
  }

  #toMoment(): bigint {
    const fields = this.#fields;
    if (fields.meridiem === "pm" && fields.hour < 12) fields.hour += 12;
    else if (fields.meridiem === "am" && fields.hour === 12) fields.hour = 0;
    const { month, day } = this.#toMonthAndDay();
    if (day < 1 || day > daysInMonth(fields.year, month)) throw this.#toError(": day out of range");
    const local = fromLocalTime({ ...fields, month, day }, utc);
    return local - BigInt(fields.offset ?? 0) * 1_000_000_000n;
  }

  #toMonthAndDay(): { month: number; day: number } {
    const { year, month, day, yearDay } = this.#fields;
    if (yearDay === undefined) return { month: month ?? 1, day: day ?? 1 };
    let foundMonth = 1;
    let foundDay = yearDay;
    while (foundMonth <= 12 && foundDay > daysInMonth(year, foundMonth)) {
      foundDay -= daysInMonth(year, foundMonth);
      foundMonth += 1;
    }
    if (yearDay < 1 || foundMonth > 12) throw this.#toError(": day-of-year out of range");
    if (month !== undefined && month !== foundMonth) throw this.#toError(": day-of-year does not match month");
    if (day !== undefined && day !== foundDay) throw this.#toError(": day-of-year does not match day");
    return { month: foundMonth, day: foundDay };
  }
}
