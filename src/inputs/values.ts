/** Readers of single values. Each returns undefined for a text that it does not understand. */

const booleans: Readonly<Record<string, boolean>> = {
  "1": true,
  t: true,
  T: true,
  true: true,
  TRUE: true,
  True: true,
  "0": false,
  f: false,
  F: false,
  false: false,
  FALSE: false,
  False: false,
};

/** The spellings of Go's `strconv.ParseBool`. */
export function parseBoolean(text: string): boolean | undefined {
  return Object.hasOwn(booleans, text) ? booleans[text] : undefined;
}

const msPerUnit: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** The longest wait that timers can hold, about 24 days: longer durations are not understood. */
const maxDurationMs = 2 ** 31 - 1;

/** Milliseconds of a duration in Go's syntax: `1m30s`, `500ms`, `1.5h`, `0`. Not negative; days are unknown. */
export function parseDurationMs(text: string): number | undefined {
  if (/^\+?0$/.test(text)) {
    return 0;
  }
  if (!/^\+?(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h)){1,16}$/.test(text)) {
    return undefined;
  }
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g)) {
    total += Number(amount) * (msPerUnit[unit ?? ""] ?? Number.NaN);
  }
  const rounded = Math.round(total);
  return rounded <= maxDurationMs ? rounded : undefined;
}

const bytesPerUnit: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  k: 1e3,
  kb: 1e3,
  m: 1e6,
  mb: 1e6,
  g: 1e9,
  gb: 1e9,
  t: 1e12,
  tb: 1e12,
  ki: 2 ** 10,
  kib: 2 ** 10,
  mi: 2 ** 20,
  mib: 2 ** 20,
  gi: 2 ** 30,
  gib: 2 ** 30,
  ti: 2 ** 40,
  tib: 2 ** 40,
};

/** Bytes of a size: `2GiB`, `500MB`, `1.5Gi`, `1048576`. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d{1,15}(?:\.\d{1,6})?) ?([A-Za-z]{0,3})$/.exec(text);
  const factor = bytesPerUnit[(match?.[2] ?? "").toLowerCase()];
  if (match === null || factor === undefined) {
    return undefined;
  }
  const bytes = Math.round(Number(match[1]) * factor);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** A whole number, not negative. */
export function parseCount(text: string): number | undefined {
  return /^\+?\d{1,9}$/.test(text) ? Number(text) : undefined;
}

/** A decimal number, not negative. */
export function parseDecimal(text: string): number | undefined {
  return /^\+?(?:\d{1,9}(?:\.\d{0,9})?|\.\d{1,9})$/.test(text) ? Number(text) : undefined;
}

/**
 * The fields of one CSV record (RFC 4180), as list flags are written: `a,"b,c"` is two entries, `""` within quotes is a
 * quote, the empty text is no entry. Undefined where quotes do not match.
 */
export function parseCsv(text: string): readonly string[] | undefined {
  if (text === "") {
    return [];
  }
  const field = /(?:"((?:[^"]|"")*)"|([^",]*))(,|$)/y;
  const fields: string[] = [];
  for (;;) {
    const match = field.exec(text);
    if (match === null) {
      return undefined;
    }
    fields.push(match[2] ?? (match[1] ?? "").replaceAll('""', '"'));
    if (match[3] === "") {
      return fields;
    }
  }
}
