import { LRUCache } from "lru-cache";
import { toFailure } from "../builtin.ts";

/** A zone's rules: seconds east of UTC, and the abbreviation, at a moment in seconds since 1970. */
export interface Zone {
  readonly name: string;
  offsetAt(seconds: number): number;
  abbreviationAt(seconds: number): string;
}

/** Date and clock as a zone shows a moment. `month` counts from 1, `weekday` from Sunday as 0. */
export interface LocalTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly nanosecond: number;
  readonly weekday: number;
  readonly yearDay: number;
  /** Seconds east of UTC. */
  readonly offset: number;
  readonly abbreviation: string;
}

export const utc: Zone = { name: "UTC", offsetAt: () => 0, abbreviationAt: () => "UTC" };

const cache = new LRUCache<string, Zone>({ max: 100 });

/** A zone of the time zone database. Throws `BuiltinError` where there is no such zone. */
export function findZone(name: string): Zone {
  if (name === "" || name === "UTC") return utc;
  const known = cache.get(name);
  if (known !== undefined) return known;
  if (/^[/\\]|\.\./.test(name)) throw toFailure("time: invalid location name");
  const zone = createZone(name);
  cache.set(name, zone);
  return zone;
}

/** Abbreviations of the database that no locale has. Those of zones whose rules changed hold for today's rules. */
const databaseAbbreviations: Readonly<Record<string, string>> = {
  "Asia/Tokyo": "JST",
  "Asia/Seoul": "KST",
  "Asia/Shanghai": "CST",
  "Asia/Taipei": "CST",
  "Asia/Hong_Kong": "HKT",
  "Asia/Karachi": "PKT",
  "Asia/Jakarta": "WIB",
  "Asia/Manila": "PST",
  "Europe/Moscow": "MSK",
  "Africa/Lagos": "WAT",
  "Africa/Nairobi": "EAT",
  "Africa/Cairo": "EET",
  "Africa/Harare": "CAT",
};

function createZone(name: string): Zone {
  const timeZone = name === "Local" ? new Intl.DateTimeFormat().resolvedOptions().timeZone : name;
  let offsets: Intl.DateTimeFormat;
  try {
    // Offsets like "+01:00" are zones for Intl, but no names of the database.
    if (/^[+-]/.test(timeZone)) throw new RangeError(timeZone);
    offsets = new Intl.DateTimeFormat("en-US", { timeZone, timeZoneName: "longOffset" });
    if (isOtherCase(timeZone, offsets.resolvedOptions().timeZone)) throw new RangeError(timeZone);
  } catch {
    throw toFailure(`unknown time zone ${name}`);
  }
  // No locale knows all abbreviations: each knows those of its own zones.
  const names = ["en-US", "en-GB", "en-AU", "en-IN", "en-ZA", "en-NZ"].map(
    (locale) => new Intl.DateTimeFormat(locale, { timeZone, timeZoneName: "short" }),
  );
  return {
    name,
    offsetAt: (seconds) => parseOffset(zoneNameOf(offsets, seconds)),
    abbreviationAt(seconds) {
      const found = names.map((format) => zoneNameOf(format, seconds)).find((text) => /^[A-Z]{3,5}$/.test(text));
      return (
        found ?? databaseAbbreviations[name] ?? formatNumericAbbreviation(parseOffset(zoneNameOf(offsets, seconds)))
      );
    },
  };
}

/** Intl takes names in any case, and the database does not; names that Intl replaces begin with a capital letter. */
function isOtherCase(name: string, resolved: string): boolean {
  return name.toLowerCase() === resolved.toLowerCase() ? name !== resolved : !/^[A-Z]/.test(name);
}

function zoneNameOf(format: Intl.DateTimeFormat, seconds: number): string {
  return format.formatToParts(seconds * 1000).find((part) => part.type === "timeZoneName")?.value ?? "GMT";
}

/** `GMT`, `GMT+05:30`, `GMT-00:25:21`. */
function parseOffset(text: string): number {
  const match = /^GMT(?:([+-\u2212])(\d{1,2})(?::?(\d{2}))?(?::?(\d{2}))?)?$/.exec(text);
  const seconds = Number(match?.[2] ?? 0) * 3600 + Number(match?.[3] ?? 0) * 60 + Number(match?.[4] ?? 0);
  return match?.[1] === undefined || match[1] === "+" ? seconds : -seconds;
}

/** What the database has for zones without a word: `+03`, `+0530`. */
function formatNumericAbbreviation(offset: number): string {
  const minutes = Math.floor(Math.abs(offset) / 60);
  const rest = minutes % 60 === 0 ? "" : String(minutes % 60).padStart(2, "0");
  return `${offset < 0 ? "-" : "+"}${String(Math.floor(minutes / 60)).padStart(2, "0")}${rest}`;
}

/** Days since 1970 of a date of the Gregorian calendar; month and day may lie outside their ranges. */
export function daysFromDate(year: number, month: number, day: number): number {
  const monthIndex = month - 1;
  const wholeYear = year + Math.floor(monthIndex / 12);
  const index = ((monthIndex % 12) + 12) % 12;
  // Years begin in March, so that the leap day is the last one.
  const shifted = index < 2 ? wholeYear - 1 : wholeYear;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * ((index + 10) % 12) + 2) / 5);
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468 + day - 1;
}

function dateFromDays(days: number): { year: number; month: number; day: number } {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day };
}

export function daysInMonth(year: number, month: number): number {
  return daysFromDate(year, month + 1, 1) - daysFromDate(year, month, 1);
}

/** What a zone's calendar and clock show at a moment in nanoseconds since 1970. */
export function toLocalTime(nanoseconds: bigint, zone: Zone): LocalTime {
  const nanosecond = Number(((nanoseconds % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n);
  const seconds = Number((nanoseconds - BigInt(nanosecond)) / 1_000_000_000n);
  const offset = zone.offsetAt(seconds);
  const local = seconds + offset;
  const days = Math.floor(local / 86_400);
  const clock = local - days * 86_400;
  const { year, month, day } = dateFromDays(days);
  return {
    year,
    month,
    day,
    hour: Math.floor(clock / 3600),
    minute: Math.floor((clock % 3600) / 60),
    second: clock % 60,
    nanosecond,
    weekday: (((days + 4) % 7) + 7) % 7,
    yearDay: days - daysFromDate(year, 1, 1) + 1,
    offset,
    get abbreviation() {
      return zone.abbreviationAt(seconds);
    },
  };
}

/** The moment, in nanoseconds since 1970, at which a zone shows a date and clock; parts may lie outside their ranges. */
export function fromLocalTime(
  time: Pick<LocalTime, "year" | "month" | "day" | "hour" | "minute" | "second" | "nanosecond">,
  zone: Zone,
): bigint {
  const days = daysFromDate(time.year, time.month, time.day);
  const local = days * 86_400 + time.hour * 3600 + time.minute * 60 + time.second;
  // Near a change of offset the first guess may lie on its other side.
  const guess = zone.offsetAt(local);
  const offset = guess === 0 ? 0 : zone.offsetAt(local - guess);
  return BigInt(local - offset) * 1_000_000_000n + BigInt(time.nanosecond);
}
