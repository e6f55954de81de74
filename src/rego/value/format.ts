import { isList } from "./compare.ts";
import { assertDepth, assertTextLength } from "./depth.ts";
import { reserve, spend } from "./meter.ts";
import { formatNumber } from "./number.ts";
import type { RegoObject } from "./object.ts";
import type { Value } from "./value.ts";

const plain = /^[ !#-[\]-~]*$/;
const printable = /[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u;
const short: Readonly<Record<string, string>> = {
  "\x07": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  '"': '\\"',
  "\\": "\\\\",
};

/** A string in double quotes, as Go's `strconv.Quote` writes it. */
export function quoteString(text: string): string {
  if (text.length > 1024) {
    spend(text.length >> 4);
    reserve(text.length * 8);
  }
  if (plain.test(text)) return `"${text}"`;
  let quoted = '"';
  for (const character of text) {
    if (quoted.length % 64 === 0) spend(8);
    quoted += short[character] ?? escapeCharacter(character);
  }
  return `${quoted}"`;
}

function escapeCharacter(character: string): string {
  if (printable.test(character)) return character;
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x80) return `\\x${code.toString(16).padStart(2, "0")}`;
  if (code >= 0xd800 && code <= 0xdfff) return "\ufffd";
  return code > 0xffff ? `\\U${code.toString(16).padStart(8, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;
}

/**
 * Rego notation, as OPA prints a term: `{"a": [1, true]}`, `{1, 2}`, `set()`.
 *
 * Throws `RegoError` (limit_depth, limit_output).
 */
export function formatValue(value: Value, depth = 0): string {
  if (typeof value === "string") return quoteString(value);
  if (typeof value === "number") return formatNumber(value);
  if (typeof value === "boolean" || value === null) return String(value);
  assertDepth(depth);
  if (isList(value)) return `[${formatItems(value, depth + 1)}]`;
  switch (value.kind) {
    case "number":
      return formatNumber(value);
    case "set":
      return value.size === 0 ? "set()" : `{${formatItems(value.values(), depth + 1)}}`;
    default:
      return `{${formatEntries(value, depth + 1)}}`;
  }
}

function formatItems(items: readonly Value[], depth: number): string {
  spend(items.length + 1);
  let text = "";
  for (const item of items) {
    text += text === "" ? formatValue(item, depth) : `, ${formatValue(item, depth)}`;
    assertTextLength(text.length);
  }
  return text;
}

function formatEntries(object: RegoObject, depth: number): string {
  spend(object.size + 1);
  let text = "";
  for (const key of object.keys()) {
    const entry = `${formatValue(key, depth)}: ${formatValue(object.get(key) as Value, depth)}`;
    text += text === "" ? entry : `, ${entry}`;
    assertTextLength(text.length);
  }
  return text;
}
