import {
  absoluteNumber,
  compareNumbers,
  floorNumber,
  formatValue,
  reserve,
  spend,
  toBigInt,
  type Value,
} from "../value/index.ts";
import { countCodePoints } from "./aggregates.ts";
import { assertResultSize, type BuiltinTable, type Evaluate, toFailure } from "./builtin.ts";
import {
  anyOperand,
  arrayOperand,
  integerOperand,
  itemsOperand,
  numberOperand,
  objectOperand,
  stringItems,
  stringOperand,
  toElementError,
  toOperandError,
} from "./operands.ts";
import { formatText } from "./sprintf.ts";
import { fromBytes, toBytes, toCharacters } from "./text-bytes.ts";
import { findText, piecesOf, placesOf, skipCodePoints } from "./text-search.ts";

function concatenate(args: readonly Value[]): Value {
  const separator = stringOperand(args, 1);
  const items = itemsOperand(args, 2, "set", "array");
  let size = 0;
  spend(items.length);
  for (const item of items) {
    if (typeof item !== "string") throw toElementError(2, anyOperand(args, 2), item, "string");
    size += item.length + separator.length;
  }
  assertResultSize(size);
  reserve(size);
  spend(size >> 6);
  return items.join(separator);
}

function formatInteger(args: readonly Value[]): Value {
  const number = numberOperand(args, 1);
  const base = numberOperand(args, 2);
  if (base !== 2 && base !== 8 && base !== 10 && base !== 16) throw toOperandError(2, "must be one of {2, 8, 10, 16}");
  // The fraction is cut off; `ceil` of OPA would make 1 of -0.5.
  const magnitude = toBigInt(floorNumber(absoluteNumber(number))) ?? 0n;
  return (compareNumbers(number, 0) < 0 ? -magnitude : magnitude).toString(base);
}

/** Places count code points. */
function indicesOf(args: readonly Value[], limit: number): number[] {
  const text = stringOperand(args, 1);
  const search = stringOperand(args, 2);
  if (search === "") throw toFailure("empty search character");
  const indices: number[] = [];
  let unit = 0;
  let counted = 0;
  for (const at of placesOf(text, search, { overlapping: true })) {
    if (indices.length >= limit) break;
    counted += countCodePoints(text.slice(unit, at));
    unit = at;
    indices.push(counted);
  }
  return indices;
}

const isAstralFree = (text: string): boolean => !/[\ud800-\udbff]/.test(text);

function substring(args: readonly Value[]): Value {
  const text = toCharacters(stringOperand(args, 1));
  const start = integerOperand(args, 2);
  const length = integerOperand(args, 3);
  if (start < 0) throw toFailure("negative offset");
  if (text.length <= 4096 && isAstralFree(text)) return text.slice(start, length < 0 ? undefined : start + length);
  const first = skipCodePoints(text, 0, start);
  return text.slice(first, length < 0 ? undefined : skipCodePoints(text, first, length));
}

/** Without a separator every code point is a part. */
function splitText(text: string, separator: string): string[] {
  const parts: string[] = [];
  if (separator === "") {
    reserve(text.length * 32);
    for (const piece of piecesOf(text)) for (const character of piece) parts.push(character);
    return parts;
  }
  if (text.length <= 4096) return text.split(separator);
  let from = 0;
  for (const at of placesOf(text, separator)) {
    parts.push(text.slice(from, at));
    from = at + separator.length;
  }
  parts.push(text.slice(from));
  return parts;
}

function replaceAll(args: readonly Value[]): Value {
  const text = stringOperand(args, 1);
  const search = stringOperand(args, 2);
  const replacement = stringOperand(args, 3);
  if (search === "") return replaceMany(text, [[search, replacement]]);
  const parts = splitText(text, search);
  assertResultSize(text.length + (parts.length - 1) * (replacement.length - search.length));
  return parts.join(replacement);
}

/**
 * At every place the first pair that fits is taken; what was put in is not searched again (Go's `strings.Replacer`). An
 * empty search text fits everywhere, once at a place.
 */
function replaceMany(text: string, pairs: readonly (readonly [string, string])[], isSpread = false): string {
  const parts: string[] = [];
  let size = 0;
  const write = (part: string): void => {
    size += part.length;
    assertResultSize(size);
    parts.push(part);
  };
  const byFirst = groupByFirst(pairs);
  const empty = pairs.find(([search]) => search === "");
  if (empty !== undefined && !isSpread && !isPlain(text)) return replaceByBytes(text, pairs);
  let hasMatchedEmpty = false;
  let copied = 0;
  for (let at = 0; at <= text.length; ) {
    if (at % 1024 === 0) spend(256);
    const candidates = byFirst.get(text[at] ?? "") ?? (empty === undefined ? [] : [empty]);
    const found = candidates.find(([search]) => {
      if (search.length > 64) spend(1 + (search.length >> 6));
      return search === "" ? !hasMatchedEmpty : text.startsWith(search, at);
    });
    spend(candidates.length >> 3);
    hasMatchedEmpty = found?.[0] === "";
    if (found === undefined) {
      at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
      continue;
    }
    write(text.slice(copied, at));
    write(found[1]);
    at += found[0].length;
    copied = at;
  }
  write(text.slice(copied));
  return parts.join("");
}

/** An empty search text fits between the bytes of a character, too. Bytes stand as characters while they are replaced. */
function replaceByBytes(text: string, pairs: readonly (readonly [string, string])[]): string {
  reserve(text.length * 8);
  spend(text.length >> 2);
  const spread = (part: string): string => toBytes(part).toString("latin1");
  const replaced = replaceMany(
    spread(text),
    pairs.map(([search, replacement]) => [spread(search), spread(replacement)] as const),
    true,
  );
  return fromBytes(Buffer.from(replaced, "latin1"));
}

/** The pairs that may fit where a code unit stands, in their order; the empty search text is in every list. */
function groupByFirst(pairs: readonly (readonly [string, string])[]): Map<string, (readonly [string, string])[]> {
  const groups = new Map<string, (readonly [string, string])[]>();
  for (const [search] of pairs) if (search !== "") groups.set(search.slice(0, 1), []);
  for (const pair of pairs) {
    if (pair[0] !== "") groups.get(pair[0].slice(0, 1))?.push(pair);
    else for (const group of groups.values()) group.push(pair);
  }
  return groups;
}

function replaceByObject(args: readonly Value[]): Value {
  const object = objectOperand(args, 1);
  const text = stringOperand(args, 2);
  const pairs = object.entries().map(([search, replacement]) => {
    if (typeof search !== "string") throw toOperandError(1, "non-string key found in pattern object");
    if (typeof replacement !== "string") throw toOperandError(1, "non-string value found in pattern object");
    return [search, replacement] as const;
  });
  return replaceMany(text, pairs);
}

type Side = "left" | "right" | "both";

function trimCharacters(text: string, cutset: ReadonlySet<string>, side: Side): string {
  let start = 0;
  let end = text.length;
  while (side !== "right" && start < end) {
    const character = String.fromCodePoint(text.codePointAt(start) ?? 0);
    if (!cutset.has(character)) break;
    start += character.length;
  }
  while (side !== "left" && end > start) {
    const isPair =
      end - start > 1 && /[\udc00-\udfff]/.test(text[end - 1] ?? "") && /[\ud800-\udbff]/.test(text[end - 2] ?? "");
    const character = text.slice(isPair ? end - 2 : end - 1, end);
    if (!cutset.has(character)) break;
    end -= character.length;
  }
  return text.slice(start, end);
}

function trim(side: Side): Evaluate {
  return (args) => trimCharacters(stringOperand(args, 1), new Set(stringOperand(args, 2)), side);
}

/** Go's `unicode.IsSpace`: White_Space, which has U+0085 and lacks U+FEFF. */
const spaces = new Set(
  "\t\n\v\f\r \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000",
);

function trimPrefix(args: readonly Value[]): Value {
  const text = stringOperand(args, 1);
  const prefix = stringOperand(args, 2);
  return text.startsWith(prefix) ? text.slice(prefix.length) : text;
}

function trimSuffix(args: readonly Value[]): Value {
  const text = stringOperand(args, 1);
  const suffix = stringOperand(args, 2);
  return text.endsWith(suffix) ? text.slice(0, text.length - suffix.length) : text;
}

function textsOperand(args: readonly Value[], position: number): readonly string[] {
  const value = anyOperand(args, position);
  return typeof value === "string" ? [value] : stringItems(value, position, "string", "set", "array");
}

function anyMatch(hasAffix: (text: string, affix: string) => boolean): Evaluate {
  return (args) => {
    const texts = textsOperand(args, 1);
    const affixes = textsOperand(args, 2);
    return affixes.some((affix) => {
      spend(texts.length * (1 + (affix.length >> 6)));
      return texts.some((text) => hasAffix(text, affix));
    });
  };
}

function countText(args: readonly Value[]): Value {
  const text = stringOperand(args, 1);
  const search = stringOperand(args, 2);
  if (search === "") return countCodePoints(text) + 1;
  let count = 0;
  for (const _ of placesOf(text, search)) count += 1;
  return count;
}

/** Go maps character by character: where the full mapping has several characters, the character stays. */
function mapCase(text: string, convert: (character: string) => string): string {
  if (isPlain(text)) return convert(text);
  const mapCharacter = (character: string): string => {
    const mapped = convert(character);
    return [...mapped].length === 1 ? mapped : character;
  };
  return mapPieces(toCharacters(text), (characters) => characters.map(mapCharacter)).join("");
}

/** What becomes of the characters of each piece of a text. */
function mapPieces(text: string, change: (characters: string[]) => string[]): string[] {
  reserve(text.length * 4);
  return Array.from(piecesOf(text), (piece) => change([...piece]).join(""));
}

/** ASCII, for which no mapping depends on neighbours or changes the length. */
function isPlain(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) if (text.charCodeAt(index) > 0x7f) return false;
  return true;
}

/** A part of a template: what has no value is in an empty set, what has one is in a set of one. */
function templateText(args: readonly Value[]): Value {
  const parts = arrayOperand(args, 1).map((part) => {
    if (typeof part === "string") return part;
    const values = itemsOperand([part], 1, "set");
    const value = values[0];
    if (value === undefined) return "<undefined>";
    return typeof value === "string" ? value : formatValue(value);
  });
  return parts.join("");
}

export const strings: BuiltinTable = {
  concat: concatenate,
  contains: (args) => findText(stringOperand(args, 1), stringOperand(args, 2)) >= 0,
  startswith: (args) => stringOperand(args, 1).startsWith(stringOperand(args, 2)),
  endswith: (args) => stringOperand(args, 1).endsWith(stringOperand(args, 2)),
  format_int: formatInteger,
  indexof: (args) => indicesOf(args, 1)[0] ?? -1,
  indexof_n: (args) => indicesOf(args, Number.POSITIVE_INFINITY),
  // U+0130 is the one character whose lower case is of several, and has a simple one.
  lower: (args) => mapCase(stringOperand(args, 1), (text) => (text === "\u0130" ? "i" : text.toLowerCase())),
  upper: (args) => mapCase(stringOperand(args, 1), (text) => text.toUpperCase()),
  replace: replaceAll,
  "strings.replace_n": replaceByObject,
  split: (args) => splitText(stringOperand(args, 1), stringOperand(args, 2)),
  sprintf: (args) => formatText(stringOperand(args, 1), arrayOperand(args, 2)),
  substring,
  trim: trim("both"),
  trim_left: trim("left"),
  trim_right: trim("right"),
  trim_prefix: trimPrefix,
  trim_suffix: trimSuffix,
  trim_space: (args) => trimCharacters(stringOperand(args, 1), spaces, "both"),
  "strings.any_prefix_match": anyMatch((text, prefix) => text.startsWith(prefix)),
  "strings.any_suffix_match": anyMatch((text, suffix) => text.endsWith(suffix)),
  "strings.count": countText,
  "strings.reverse": (args) =>
    mapPieces(stringOperand(args, 1), (characters) => characters.reverse())
      .reverse()
      .join(""),
  "internal.template_string": templateText,
};
