import type { Json } from "../../types/index.ts";
import { RegoError } from "../errors.ts";
import { compareStrings, isList } from "./compare.ts";
import { assertDepth, assertTextLength } from "./depth.ts";
import type { Primitive } from "./key.ts";
import { reserve, spend } from "./meter.ts";
import { formatNumber, numberFromDouble, RegoNumber, toDouble } from "./number.ts";
import { RegoObject } from "./object.ts";
import type { Value } from "./value.ts";

/**
 * The value of what `JSON.parse` gave. A number that a double does not hold counts as its shortest text; a `RegoNumber` stays.
 *
 * Throws `RegoError` (limit_depth; eval_type_error for what JSON does not have).
 */
export function fromJson(json: unknown, depth = 0): Value {
  switch (typeof json) {
    case "string":
    case "boolean":
      return json;
    case "number":
      return numberFromDouble(json);
    case "object":
      break;
    default:
      throw new RegoError("eval_type_error", `expected a JSON value, got ${typeof json}`);
  }
  if (json === null || json instanceof RegoNumber) return json;
  assertDepth(depth);
  if (Array.isArray(json)) {
    spend(json.length + 1);
    const items: Value[] = new Array(json.length);
    for (let index = 0; index < json.length; index += 1) items[index] = fromJson(json[index], depth + 1);
    return items;
  }
  const record = json as Record<string, unknown>;
  const keys = Object.keys(record);
  if (keys.length === 0) return RegoObject.empty;
  spend(keys.length + 1);
  const entries = new Map<Primitive, Value>();
  for (const key of keys) {
    const item = record[key];
    if (item !== undefined) entries.set(key, fromJson(item, depth + 1));
  }
  return new RegoObject(entries, undefined);
}

/**
 * Plain JSON: sets become sorted lists, keys that are no strings become their JSON text, bytes that are no UTF-8 U+FFFD.
 * Numbers that a double does not hold are rounded; `toJsonText` keeps them.
 */
export function toJson(value: Value, depth = 0): Json {
  if (typeof value === "string") return toCharacters(value);
  if (typeof value !== "object" || value === null) return value;
  assertDepth(depth);
  spend(1);
  if (isList(value)) return value.map((item) => toJson(item, depth + 1));
  if (value.kind === "number") return toDouble(value);
  if (value.kind === "set") return value.values().map((item) => toJson(item, depth + 1));
  spend(value.size);
  const record: Record<string, Json> = {};
  for (const [key, item] of value.entries()) {
    const name = toCharacters(toKeyText(key));
    const json = toJson(item, depth + 1);
    if (name === "__proto__") {
      Object.defineProperty(record, name, { value: json, enumerable: true, configurable: true, writable: true });
    } else record[name] = json;
  }
  return record;
}

function toKeyText(key: Value): string {
  return typeof key === "string" ? key : toJsonText(key);
}

export interface JsonTextOptions {
  /** Go's `json.Marshal` writes `<`, `>` and `&` as `\u003c` and so on. Default true. */
  escapeHtml?: boolean;
  /** With `indent` each level begins a new line with it. */
  indent?: string;
  /** Put before every line but the first, where `indent` or `prefix` is given. */
  prefix?: string;
}

interface Layout {
  escapeHtml: boolean;
  pretty: { indent: string; prefix: string } | undefined;
}

/**
 * Compact JSON text with sorted keys, as Go's `json.Marshal` writes it.
 *
 * Throws `RegoError` (limit_depth, limit_output).
 */
export function toJsonText(value: Value, options: JsonTextOptions = {}): string {
  const { escapeHtml = true, indent, prefix } = options;
  const isPretty = indent !== undefined || prefix !== undefined;
  const pretty = isPretty ? { indent: indent ?? "", prefix: prefix ?? "" } : undefined;
  return writeJson(value, { escapeHtml, pretty }, 0);
}

function writeJson(value: Value, layout: Layout, depth: number): string {
  if (typeof value === "string") return quoteJson(value, layout.escapeHtml);
  if (typeof value === "number") return formatNumber(value);
  if (typeof value === "boolean" || value === null) return String(value);
  assertDepth(depth);
  if (isList(value)) return writeItems(value, layout, depth);
  if (value.kind === "number") return formatNumber(value);
  if (value.kind === "set") return writeItems(value.values(), layout, depth);
  if (layout.pretty === undefined) return writeCompactObject(value, layout, depth);
  return enclose("{", writeEntries(value, layout, depth, ": "), "}", layout, depth);
}

/** Texts of different keys may collide (1 and "1"): the last in OPA's order stays, as in a Go map. */
function toNamedEntries(value: RegoObject): (readonly [string, Value])[] {
  const entries = value.entries().map(([key, item]) => [toKeyText(key), item] as const);
  if (value.keys().every((key) => typeof key === "string")) return entries;
  return [...new Map(entries)].sort((a, b) => compareStrings(a[0], b[0]));
}

function writeCompactObject(value: RegoObject, layout: Layout, depth: number): string {
  spend(value.size + 1);
  let text = "";
  for (const key of value.keys()) {
    if (typeof key !== "string") {
      return enclose("{", writeEntries(value, layout, depth, ":"), "}", layout, depth);
    }
    const comma = text === "" ? "" : ",";
    text += `${comma}${quoteJson(key, layout.escapeHtml)}:${writeJson(value.get(key) as Value, layout, depth + 1)}`;
    assertTextLength(text.length);
  }
  return `{${text}}`;
}

function writeEntries(value: RegoObject, layout: Layout, depth: number, colon: string): string[] {
  return writeLines(toNamedEntries(value), ([name, item]) => {
    return `${quoteJson(name, layout.escapeHtml)}${colon}${writeJson(item, layout, depth + 1)}`;
  });
}

function writeLines<T>(items: readonly T[], write: (item: T) => string): string[] {
  let size = 0;
  spend(items.length + 1);
  return items.map((item) => {
    const line = write(item);
    size += line.length;
    assertTextLength(size);
    return line;
  });
}

function writeItems(items: readonly Value[], layout: Layout, depth: number): string {
  if (layout.pretty === undefined) {
    let text = "";
    spend(items.length + 1);
    for (const item of items) {
      text += `${text === "" ? "" : ","}${writeJson(item, layout, depth + 1)}`;
      assertTextLength(text.length);
    }
    return `[${text}]`;
  }
  const lines = writeLines(items, (item) => writeJson(item, layout, depth + 1));
  return enclose("[", lines, "]", layout, depth);
}

/** Lines in brackets; `layout` has an indentation here. */
function enclose(open: string, lines: readonly string[], close: string, { pretty }: Layout, depth: number): string {
  if (pretty === undefined || lines.length === 0) return `${open}${lines.join(",")}${close}`;
  assertTextLength(lines.length * (pretty.prefix.length + pretty.indent.length * (depth + 1)));
  const outer = `\n${pretty.prefix}${pretty.indent.repeat(depth)}`;
  return `${open}${outer}${pretty.indent}${lines.join(`,${outer}${pretty.indent}`)}${outer}${close}`;
}

const escapes: Readonly<Record<string, string>> = {
  "<": "\\u003c",
  ">": "\\u003e",
  "&": "\\u0026",
  "\u2028": "\\u2028",
  "\u2029": "\\u2029",
};

/** What may have to be written in another way than `JSON.stringify` has; halves of surrogate pairs are mostly in pairs. */
const unusual = /[<>&\u2028\u2029\ud800-\udfff]/;
const allUnsafeInHtml = /[<>&\u2028\u2029]/g;
const allSeparators = /[\u2028\u2029]/g;

function quoteJson(text: string, escapeHtml: boolean): string {
  if (text.length > 1024) {
    spend(text.length >> 4);
    reserve(text.length * 8);
  }
  const quoted = JSON.stringify(text);
  if (!unusual.test(text)) return quoted;
  const escaped = quoted.replace(
    escapeHtml ? allUnsafeInHtml : allSeparators,
    (character) => escapes[character] ?? character,
  );
  return withoutHalves(escaped);
}

/** `JSON.stringify` escapes half of a surrogate pair, which stands for a byte that is no UTF-8; Go writes U+FFFD for it. */
function withoutHalves(json: string): string {
  if (!json.includes("\\ud")) return json;
  return json.replace(/\\(?:ud[89a-f][0-9a-f]{2}|[\s\S])/g, (part) => (part.length > 2 ? "\\ufffd" : part));
}

const half = /\p{Surrogate}/u;
const eachHalf = /\p{Surrogate}/gu;

/** A text without halves of surrogate pairs. */
function toCharacters(text: string): string {
  return half.test(text) ? text.replace(eachHalf, "\ufffd") : text;
}
