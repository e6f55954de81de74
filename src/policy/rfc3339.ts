const dateTime = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:[.,](\d+))?(?:(Z)|([+-])(\d{2}):(\d{2}))$/;
const date = /^(\d{4})-(\d{2})-(\d{2})$/;

const nsPerMs = 1_000_000n;

/** Milliseconds since 1970 of a calendar time in UTC; undefined where there is no such day or hour. */
function toMs(parts: readonly number[]): number | undefined {
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = parts;
  if (hour > 23 || minute > 59 || second > 59) {
    return undefined;
  }
  const made = new Date(0);
  made.setUTCFullYear(year, month - 1, day);
  made.setUTCHours(hour, minute, second, 0);
  const exists = made.getUTCFullYear() === year && made.getUTCMonth() === month - 1 && made.getUTCDate() === day;
  return exists ? made.getTime() : undefined;
}

function toOffsetMs(sign: string | undefined, hours: string | undefined, minutes: string | undefined): number {
  const size = (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * 60_000;
  return sign === "-" ? -size : size;
}

/**
 * Parses an RFC 3339 time with `T`, seconds and an offset or `Z`, to nanoseconds since 1970. Digits of the fraction
 * beyond the ninth are dropped. Undefined where the text is something else.
 */
export function parseRfc3339(text: string): bigint | undefined {
  const match = dateTime.exec(text);
  if (match === null) {
    return undefined;
  }
  const offsetHours = Number(match[10] ?? 0);
  const offsetMinutes = Number(match[11] ?? 0);
  const ms = toMs(match.slice(1, 7).map(Number));
  if (ms === undefined || offsetHours > 24 || offsetMinutes > 59) {
    return undefined;
  }
  const fraction = BigInt((match[7] ?? "").slice(0, 9).padEnd(9, "0"));
  return BigInt(ms - toOffsetMs(match[9], match[10], match[11])) * nsPerMs + fraction;
}

/** Parses `YYYY-MM-DD` to the nanoseconds since 1970 of its midnight in UTC. */
export function parseDate(text: string): bigint | undefined {
  const match = date.exec(text);
  const ms = match === null ? undefined : toMs(match.slice(1).map(Number));
  return ms === undefined ? undefined : BigInt(ms) * nsPerMs;
}

/** Parses an RFC 3339 time that is written in UTC with `Z`: the form of rules' effective dates. */
export function parseUtcTime(text: string): bigint | undefined {
  return text.endsWith("Z") ? parseRfc3339(text) : undefined;
}

/** Writes nanoseconds since 1970 as RFC 3339 in UTC, the fraction without trailing zeros. */
export function formatRfc3339(ns: bigint): string {
  const nsPerSecond = 1_000_000_000n;
  const fraction = ((ns % nsPerSecond) + nsPerSecond) % nsPerSecond;
  const seconds = (ns - fraction) / nsPerSecond;
  const whole = new Date(Number(seconds) * 1000).toISOString().slice(0, 19);
  const digits = fraction.toString().padStart(9, "0").replace(/0+$/, "");
  return digits === "" ? `${whole}Z` : `${whole}.${digits}Z`;
}
