import { spend } from "../../value/index.ts";

/** The elements of Go's time layouts (pkg.go.dev/time, "Layout"), by what stands for them. */
export type Element =
  | "January"
  | "Jan"
  | "1"
  | "01"
  | "Monday"
  | "Mon"
  | "2"
  | "_2"
  | "02"
  | "__2"
  | "002"
  | "15"
  | "3"
  | "03"
  | "4"
  | "04"
  | "5"
  | "05"
  | "2006"
  | "06"
  | "PM"
  | "pm"
  | "MST"
  | "Z0700"
  | "Z070000"
  | "Z07:00"
  | "Z07"
  | "Z07:00:00"
  | "-0700"
  | "-070000"
  | "-07:00"
  | "-07"
  | "-07:00:00"
  | "fraction0"
  | "fraction9";

/** Literal text, then an element unless the layout ends, and the text that stands for the element. */
export interface Chunk {
  readonly literal: string;
  readonly element: Element | undefined;
  readonly text: string;
}

const zones = [
  "Z070000",
  "Z07:00:00",
  "Z0700",
  "Z07:00",
  "Z07",
  "-070000",
  "-07:00:00",
  "-0700",
  "-07:00",
  "-07",
] as const;
const zeroPadded = ["01", "02", "03", "04", "05", "06"] as const;

/** The element that begins at a place of the layout, with the length of its text. */
function elementAt(layout: string, at: number): { element: Element; length: number } | undefined {
  const has = (text: string): boolean => layout.startsWith(text, at);
  const isWord = (length: number): boolean => /[a-z]/.test(layout[at + length] ?? "");
  const take = (element: Element, length: number = element.length) => ({ element, length });
  switch (layout[at]) {
    case "J":
      if (has("January")) return take("January");
      return has("Jan") && !isWord(3) ? take("Jan") : undefined;
    case "M":
      if (has("Monday")) return take("Monday");
      if (has("Mon") && !isWord(3)) return take("Mon");
      return has("MST") ? take("MST") : undefined;
    case "0": {
      const padded = zeroPadded.find(has);
      if (padded !== undefined) return take(padded);
      return has("002") ? take("002") : undefined;
    }
    case "1":
      return has("15") ? take("15") : take("1");
    case "2":
      return has("2006") ? take("2006") : take("2");
    case "_":
      if (has("_2006")) return undefined;
      if (has("_2")) return take("_2");
      return has("__2") ? take("__2") : undefined;
    case "3":
      return take("3");
    case "4":
      return take("4");
    case "5":
      return take("5");
    case "P":
      return has("PM") ? take("PM") : undefined;
    case "p":
      return has("pm") ? take("pm") : undefined;
    case "Z":
    case "-": {
      const zone = zones.find(has);
      return zone === undefined ? undefined : take(zone);
    }
    case ".":
    case ",": {
      const digits = /^(?:0+|9+)(?!\d)/.exec(layout.slice(at + 1))?.[0];
      if (digits === undefined) return undefined;
      return take(digits.startsWith("0") ? "fraction0" : "fraction9", digits.length + 1);
    }
    default:
      return undefined;
  }
}

/** The next element of a layout from `at`, and the text before it. */
export function nextChunk(layout: string, from: number): Chunk {
  for (let at = from; at < layout.length; at += 1) {
    if (at % 1024 === 0) spend(256);
    const found = elementAt(layout, at);
    if (found === undefined) continue;
    return { literal: layout.slice(from, at), element: found.element, text: layout.slice(at, at + found.length) };
  }
  return { literal: layout.slice(from), element: undefined, text: "" };
}

/** Layouts that OPA knows by name. */
export const namedLayouts: Readonly<Record<string, string>> = {
  ANSIC: "Mon Jan _2 15:04:05 2006",
  UnixDate: "Mon Jan _2 15:04:05 MST 2006",
  RubyDate: "Mon Jan 02 15:04:05 -0700 2006",
  RFC822: "02 Jan 06 15:04 MST",
  RFC822Z: "02 Jan 06 15:04 -0700",
  RFC850: "Monday, 02-Jan-06 15:04:05 MST",
  RFC1123: "Mon, 02 Jan 2006 15:04:05 MST",
  RFC1123Z: "Mon, 02 Jan 2006 15:04:05 -0700",
  RFC3339: "2006-01-02T15:04:05Z07:00",
  RFC3339Nano: "2006-01-02T15:04:05.999999999Z07:00",
};

export const months: readonly string[] = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];

export const weekdays: readonly string[] = [
  "Sunday",
  "Monday",
  "Tuesday",
  "Wednesday",
  "Thursday",
  "Friday",
  "Saturday",
];
