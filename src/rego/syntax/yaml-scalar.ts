/** What a plain YAML scalar means to Go's yaml.v3, which reads OPA's annotations: its own mixture of YAML 1.1 and 1.2. */

const WORDS: ReadonlyMap<string, boolean | null> = new Map<string, boolean | null>([
  ["true", true],
  ["True", true],
  ["TRUE", true],
  ["false", false],
  ["False", false],
  ["FALSE", false],
  ["", null],
  ["~", null],
  ["null", null],
  ["Null", null],
  ["NULL", null],
]);
const TRUE_WORDS: ReadonlySet<string> = new Set(["y", "Y", "yes", "Yes", "YES", "on", "On", "ON"]);
const FALSE_WORDS: ReadonlySet<string> = new Set(["n", "N", "no", "No", "NO", "off", "Off", "OFF"]);
const DECIMAL = /^[-+]?(?:0|[1-9][0-9]*)$/;
const PREFIXED = /^([-+]?)(0[xX][0-9a-fA-F]+|0[oO]?[0-7]+|0[bB][01]+)$/;
const FLOAT = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;
const TIMESTAMP =
  /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[Tt](\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.,](\d{1,9})\d*)?(Z|[+-]\d{2}:\d{2})| (\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.,](\d{1,9})\d*)?)?$/;

/** The value of an unquoted scalar. A timestamp becomes RFC 3339 text, which is what OPA's JSON makes of it. */
export function resolvePlainScalar(text: string): string | number | boolean | null {
  const word = WORDS.get(text);
  if (word !== undefined) return word;
  if (!/^[-+.0-9]/.test(text)) return text;
  const digits = text.replaceAll("_", "");
  if (text.startsWith(".")) return FLOAT.test(text) ? Number(text) : text;
  return toTimestamp(text) ?? toInteger(digits) ?? (FLOAT.test(digits) ? Number(digits) : text);
}

/** The value of a scalar where a boolean is wanted; undefined where it is none. */
export function resolveBoolean(text: string): boolean | undefined {
  const value = resolvePlainScalar(text);
  if (typeof value === "boolean") return value;
  if (TRUE_WORDS.has(text)) return true;
  if (FALSE_WORDS.has(text)) return false;
  return undefined;
}

function toInteger(digits: string): number | undefined {
  if (DECIMAL.test(digits)) return Number(digits);
  const match = PREFIXED.exec(digits);
  if (match === null) return undefined;
  const [, sign, magnitude = ""] = match;
  const octal = /^0[0-7]+$/.test(magnitude) ? `0o${magnitude.slice(1)}` : magnitude;
  const value = Number(octal);
  return sign === "-" ? -value : value;
}

function toTimestamp(text: string): string | undefined {
  const match = text.charAt(4) === "-" ? TIMESTAMP.exec(text) : null;
  if (match === null) return undefined;
  const [, year = "", month = "", day = "", ...rest] = match;
  const [h1 = "0", m1 = "0", s1 = "0", f1, zone, h2, m2, s2, f2] = rest;
  const [hours, minutes, seconds] = [h2 ?? h1, m2 ?? m1, s2 ?? s1];
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  const isDate = date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day);
  if (!isDate || Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) > 59) return undefined;
  const fraction = (f2 ?? f1 ?? "").replace(/0+$/, "");
  const two = (part: string): string => part.padStart(2, "0");
  const time = `${two(hours)}:${two(minutes)}:${two(seconds)}${fraction === "" ? "" : `.${fraction}`}`;
  const offset = zone === undefined || /^[+-]00:00$/.test(zone) ? "Z" : zone;
  return `${year}-${two(month)}-${two(day)}T${time}${offset}`;
}
