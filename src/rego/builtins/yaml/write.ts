import {
  assertDepth,
  assertTextLength,
  compareStrings,
  formatNumber,
  isList,
  reserve,
  spend,
  toBigInt,
  toDouble,
  toJsonText,
  type Value,
} from "../../value/index.ts";
import { assertResultSize } from "../builtin.ts";
import { formatFloat } from "../float-format.ts";
import { isNumber, isObject, isSet } from "../operands.ts";
import { isPlainText } from "./scalars.ts";

/** A value as YAML in block style, as OPA's writer lays it out. Throws `RegoError` (limit_depth). */
export function formatYaml(value: Value): string {
  const indent = typeof value === "string" ? 2 : 0;
  return `${writeNode(value, { indent, column: 0 }, 0).replace(/^\n/, "")}\n`;
}

/** How far the lines inside are indented, and in which column the text itself begins. */
interface Place {
  readonly indent: number;
  readonly column: number;
}

/** The text behind a key or a dash; collections begin with a line break. */
function writeNode(value: Value, place: Place, depth: number): string {
  assertDepth(depth);
  spend(1);
  if (isList(value)) return writeItems(value, place.indent, depth);
  if (isSet(value)) return writeItems(value.values(), place.indent, depth);
  if (isObject(value)) {
    const pairs = value
      .entries()
      .map(([key, item]) => [typeof key === "string" ? key : toJsonText(key), item] as const);
    return writePairs([...new Map(pairs)].sort(compareNaturally), place.indent, depth);
  }
  return typeof value === "string" ? writeText(value, place) : writeAtom(value);
}

function joinLines<T>(items: readonly T[], write: (item: T) => string): string {
  let text = "";
  for (const item of items) {
    const line = write(item);
    spend(1 + (line.length >> 6));
    text += line;
    assertTextLength(text.length);
  }
  return text;
}

function writeItems(items: readonly Value[], indent: number, depth: number): string {
  if (items.length === 0) return "[]";
  return joinLines(items, (item) => {
    // What is inside begins on the line of the dash.
    const text = writeNode(item, { indent: indent + 2, column: indent + 2 }, depth + 1);
    return `\n${" ".repeat(indent)}- ${text.replace(/^\n */, "")}`;
  });
}

function writePairs(pairs: readonly (readonly [string, Value])[], indent: number, depth: number): string {
  if (pairs.length === 0) return "{}";
  const space = " ".repeat(indent);
  return joinLines(pairs, ([key, value]) => {
    const isSequence = isList(value) || isSet(value);
    const isSimple = !key.includes("\n") && [...key].length <= maxSimpleKey;
    const name = isSimple ? writeLine(key, undefined) : writeText(key, { indent: indent + 2, column: indent + 2 });
    const column = isSimple ? indent + name.length + 2 : indent + 2;
    // Sequences in mappings are not indented.
    const text = writeNode(value, { indent: isSequence ? indent : indent + 2, column }, depth + 1);
    const separator = text.startsWith("\n") ? "" : " ";
    return isSimple ? `\n${space}${name}:${separator}${text}` : `\n${space}? ${name}\n${space}:${separator}${text}`;
  });
}

const maxSimpleKey = 128;

/** A number, a boolean or null. Numbers beyond 64 bits and those with a fraction are doubles. */
function writeAtom(value: Value): string {
  if (!isNumber(value)) return String(value);
  const integer = /[.eE]/.test(formatNumber(value)) ? undefined : toBigInt(value);
  const isWhole =
    integer !== undefined && (BigInt.asIntN(64, integer) === integer || BigInt.asUintN(64, integer) === integer);
  if (isWhole) return String(integer);
  const double = toDouble(value);
  // What no double holds is written as it is.
  return Number.isFinite(double) ? (formatFloat(double, "v", undefined, false) ?? "") : formatNumber(value);
}

function writeText(text: string, place: Place): string {
  if (text.length > 1024) {
    assertResultSize(text.length * 8);
    reserve(text.length * 64);
    spend(text.length);
  }
  return text.includes("\n") ? writeLiteral(text, place) : writeLine(text, place);
}

/** Plain where that reads back as the same text, or else in quotes; without a place it stays on its line. */
function writeLine(text: string, place: Place | undefined): string {
  if (!isPrintable(text) || !isPlainText(text)) return quoteDouble(text, place);
  if (isPlainAllowed(text)) return fold([...text], place);
  const inner = [...text].map((character) => (character === "'" ? "''" : character));
  return `'${fold(inner, place === undefined ? undefined : { ...place, column: place.column + 1 }, 1)}'`;
}

const bestWidth = 80;

/** Breaks lines at single spaces behind the best width. `margin` characters at both ends are not broken. */
function fold(pieces: readonly string[], place: Place | undefined, margin = 0): string {
  if (place === undefined) return pieces.join("");
  const space = " ".repeat(place.indent);
  let { column } = place;
  let text = "";
  for (const [index, piece] of pieces.entries()) {
    const isInside = index >= margin && index < pieces.length - margin;
    const isSingle = piece === " " && pieces[index - 1] !== " " && pieces[index + 1] !== " ";
    if (isSingle && isInside && column > bestWidth) {
      text += `\n${space}`;
      column = place.indent;
    } else {
      text += piece;
      column += [...piece].length;
    }
  }
  return text;
}

function isPlainAllowed(text: string): boolean {
  if (text.startsWith("---") || text.startsWith("...")) return false;
  if (/^[#,[\]{}&*!|>'"%@`]/.test(text) || /^[?:-](?:[ \t]|$)/.test(text)) return false;
  return !/^ | $|:(?:[ \t]|$)|[ \t]#/.test(text);
}

/** YAML's printable characters, and no line break but `\n`. */
function isPrintable(text: string): boolean {
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x20 && code !== 0x0a) return false;
    if ((code >= 0x7f && code <= 0x9f) || code === 0xfeff) return false;
    if (code === 0x2028 || code === 0x2029 || (code >= 0xd800 && code <= 0xdfff)) return false;
    // Characters beyond the first plane are escaped by OPA's writer.
    if (code >= 0xfffe) return false;
  }
  return true;
}

function writeLiteral(text: string, place: Place): string {
  const hasSpaceBeforeBreak = / \n/.test(text);
  if (!isPrintable(text) || hasSpaceBeforeBreak || text.endsWith(" ")) return quoteDouble(text, place);
  const hint = /^[ \n]/.test(text) ? "2" : "";
  const chomp = !text.endsWith("\n") ? "-" : text === "\n" || text.endsWith("\n\n") ? "+" : "";
  const space = " ".repeat(Math.max(place.indent, 2));
  const body = text.replace(/\n$/, "").split("\n");
  return `|${hint}${chomp}\n${body.map((line) => (line === "" ? "" : space + line)).join("\n")}`;
}

const escapes: Readonly<Record<string, string>> = {
  "\0": "\\0",
  "\x07": "\\a",
  "\b": "\\b",
  "\t": "\\t",
  "\n": "\\n",
  "\v": "\\v",
  "\f": "\\f",
  "\r": "\\r",
  "\x1b": "\\e",
  '"': '\\"',
  "\\": "\\\\",
  "\u0085": "\\N",
  "\u2028": "\\L",
  "\u2029": "\\P",
};

function quoteDouble(text: string, place: Place | undefined): string {
  // OPA's writer asks whether the text begins with a byte order mark where it asks that of a character.
  const written = text.startsWith("\ufeff") ? escapeAny : escapeCharacter;
  const pieces = [...text].map((character) => escapes[character] ?? written(character));
  return `"${fold(pieces, place === undefined ? undefined : { ...place, column: place.column + 1 }, 1)}"`;
}

function escapeCharacter(character: string): string {
  return isPrintable(character) ? character : escapeAny(character);
}

function escapeAny(character: string): string {
  if (character === "\u00a0") return "\\_";
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16).toUpperCase();
  if (code <= 0xff) return `\\x${hex.padStart(2, "0")}`;
  return code <= 0xffff ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`;
}

/** Digits in keys compare as numbers, and letters come after other characters. */
function compareNaturally([a]: readonly [string, Value], [b]: readonly [string, Value]): number {
  const [left, right] = [[...a], [...b]];
  for (let index = 0; index < Math.min(left.length, right.length); index += 1) {
    const [x = "", y = ""] = [left[index], right[index]];
    if (x === y) continue;
    const [isLetterX, isLetterY] = [isLetter(x), isLetter(y)];
    if (isLetterX && isLetterY) return compareStrings(x, y);
    if (isLetterX || isLetterY) return isLetterX ? 1 : -1;
    const order = compareDigits(left, right, index);
    return order === 0 ? compareStrings(x, y) : order;
  }
  return left.length - right.length;
}

const isLetter = (character: string): boolean => /^\p{L}$/u.test(character);

function compareDigits(left: readonly string[], right: readonly string[], index: number): number {
  const digitsAt = (characters: readonly string[]): string =>
    /^\d*/.exec(characters.slice(index, index + 40).join(""))?.[0] ?? "";
  const [a, b] = [digitsAt(left), digitsAt(right)];
  const [x, y] = [BigInt(`0${a}`), BigInt(`0${b}`)];
  return x === y ? a.length - b.length : x < y ? -1 : 1;
}
