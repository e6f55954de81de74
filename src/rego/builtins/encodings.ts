import { compareStrings, isList, quoteString, RegoObject, spend, type Value } from "../value/index.ts";
import { assertResultSize, type BuiltinTable, toFailure } from "./builtin.ts";
import { anyOperand, isObject, isSet, objectOperand, stringOperand, toOperandError } from "./operands.ts";
import { fromBytes, toBytes } from "./text-bytes.ts";

const plainBase64 = { standard: /^[A-Za-z0-9+/]*={0,2}$/, url: /^[A-Za-z0-9_-]*={0,2}$/ } as const;
const letterBase64 = { standard: /^[A-Za-z0-9+/]$/, url: /^[A-Za-z0-9_-]$/ } as const;

type Alphabet = "standard" | "url";

/**
 * Strict base64 with padding (RFC 4648, line ends ignored, as Go's).
 *
 * Throws `BuiltinError` with the offset of the first wrong byte.
 */
export function decodeBase64(text: string, alphabet: Alphabet = "standard"): Buffer {
  if (!(text.length % 4 === 0 && plainBase64[alphabet].test(text))) {
    const problem = findBase64Problem(Buffer.from(text, "utf8"), letterBase64[alphabet]);
    if (problem !== undefined) throw toFailure(`illegal base64 data at input byte ${problem}`);
  }
  return Buffer.from(text, alphabet === "standard" ? "base64" : "base64url");
}

/** Reads groups of four as Go's decoder does; returns the offset that it complains about. */
function findBase64Problem(bytes: Buffer, letter: RegExp): number | undefined {
  let at = 0;
  const skipLineEnds = (): void => {
    while (bytes[at] === 0x0a || bytes[at] === 0x0d) at += 1;
  };
  for (;;) {
    if (at % 1024 === 0) spend(256);
    for (let place = 0; place < 4; place += 1) {
      skipLineEnds();
      const byte = bytes[at];
      if (byte === undefined) return place === 0 ? undefined : at - place;
      at += 1;
      if (byte < 0x80 && letter.test(String.fromCharCode(byte))) continue;
      if (byte !== 0x3d || place < 2) return at - 1;
      if (place === 2) {
        skipLineEnds();
        if (at === bytes.length) return bytes.length;
        if (bytes[at] !== 0x3d) return at - 1;
        at += 1;
      }
      skipLineEnds();
      return at < bytes.length ? at : undefined;
    }
  }
}

/** Adds the padding that encoders leave out (RFC 7515, appendix C). */
export function padBase64Url(text: string): string {
  if (text.endsWith("=")) return text;
  const rest = Buffer.byteLength(text, "utf8") % 4;
  if (rest === 1) throw toFailure(`illegal base64url string: ${text}`);
  return text + "=".repeat(rest === 0 ? 0 : 4 - rest);
}

function isBase64(args: readonly Value[]): Value {
  const text = anyOperand(args, 1);
  if (typeof text !== "string") return false;
  if (text.length % 4 === 0 && plainBase64.standard.test(text)) return true;
  return findBase64Problem(Buffer.from(text, "utf8"), letterBase64.standard) === undefined;
}

function encode(encoding: "base64" | "base64url" | "hex"): (args: readonly Value[]) => string {
  return (args) => toBytes(stringOperand(args, 1)).toString(encoding);
}

function encodeBase64Url(args: readonly Value[]): string {
  const text = encode("base64url")(args);
  return text + "=".repeat((4 - (text.length % 4)) % 4);
}

function decodeHex(args: readonly Value[]): Value {
  const text = stringOperand(args, 1);
  const wrong = /[^0-9a-fA-F]/u.exec(text);
  if (wrong !== null) {
    const code = wrong[0].codePointAt(0) ?? 0;
    // Go looks at single bytes.
    const shown = code < 0x80 ? `'${wrong[0]}'` : `'${String.fromCharCode(Buffer.from(wrong[0])[0] ?? 0)}'`;
    const number = (code < 0x80 ? code : (Buffer.from(wrong[0])[0] ?? 0)).toString(16).toUpperCase().padStart(4, "0");
    // Go shows no control characters.
    const isShown = /[^\p{Cc}]/u.test(shown.slice(1, -1));
    throw toFailure(`encoding/hex: invalid byte: U+${number}${isShown ? ` ${shown}` : ""}`);
  }
  if (text.length % 2 === 1) throw toFailure("encoding/hex: odd length hex string");
  return fromBytes(Buffer.from(text, "hex"));
}

/** Go's `url.QueryEscape`. */
export function escapeQuery(text: string): string {
  if (/\p{Surrogate}/u.test(text)) return Array.from(toBytes(text), escapeByte).join("");
  return encodeURIComponent(text)
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll("%20", "+");
}

function escapeByte(byte: number): string {
  const character = String.fromCharCode(byte);
  if (character === " ") return "+";
  return /[\w.~-]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
}

/** Go's `url.QueryUnescape`. */
function unescapeQuery(text: string): string {
  const wrong = /%(?![0-9a-fA-F]{2})/.exec(text);
  if (wrong !== null) {
    // The message has three bytes, which may end inside of a character.
    const bytes = toBytes(text.slice(wrong.index, wrong.index + 3)).subarray(0, 3);
    const parts = fromBytes(bytes).split(/(?<![\ud800-\udbff])([\udc80-\udcff])/);
    const shown = parts.map((part, index) =>
      index % 2 === 0 ? quoteString(part).slice(1, -1) : `\\x${(part.charCodeAt(0) - 0xdc00).toString(16)}`,
    );
    throw toFailure(`invalid URL escape "${shown.join("")}"`);
  }
  const bytes: Buffer[] = [];
  for (const part of text.replaceAll("+", " ").split(/((?:%[0-9a-fA-F]{2})+)/)) {
    bytes.push(part.startsWith("%") ? Buffer.from(part.replaceAll("%", ""), "hex") : Buffer.from(part, "utf8"));
  }
  return fromBytes(Buffer.concat(bytes));
}

function encodeQueryObject(args: readonly Value[]): Value {
  const parts: string[] = [];
  const pairs = objectOperand(args, 1)
    .entries()
    .map(([key, value]) => [typeof key === "string" ? key : toKey(key), value] as const)
    .sort((a, b) => compareStrings(a[0], b[0]));
  for (const [key, value] of pairs) {
    for (const item of queryValues(value)) parts.push(`${escapeQuery(key)}=${escapeQuery(item)}`);
  }
  const text = parts.join("&");
  assertResultSize(text.length);
  return text;
}

function toKey(key: Value): string {
  throw toOperandError(1, `must have string keys but got ${isObject(key) ? "object" : typeof key}`);
}

function queryValues(value: Value): readonly string[] {
  if (typeof value === "string") return [value];
  const items = isList(value) ? value : isSet(value) ? value.values() : undefined;
  if (items === undefined || !items.every((item) => typeof item === "string")) {
    throw toOperandError(1, "values must be string, array[string], or set[string]");
  }
  return items as readonly string[];
}

function decodeQueryObject(args: readonly Value[]): Value {
  const fields = new Map<string, string[]>();
  for (const part of stringOperand(args, 1).split("&")) {
    spend(4);
    if (part === "") continue;
    if (part.includes(";")) throw toFailure("invalid semicolon separator in query");
    const equals = part.indexOf("=");
    const name = unescapeQuery(equals < 0 ? part : part.slice(0, equals));
    const value = equals < 0 ? "" : unescapeQuery(part.slice(equals + 1));
    const known = fields.get(name);
    if (known === undefined) fields.set(name, [value]);
    else known.push(value);
  }
  return RegoObject.from(fields);
}

export const encodings: BuiltinTable = {
  "base64.encode": encode("base64"),
  "base64.decode": (args) => fromBytes(decodeBase64(stringOperand(args, 1))),
  "base64.is_valid": isBase64,
  "base64url.encode": encodeBase64Url,
  "base64url.encode_no_pad": encode("base64url"),
  "base64url.decode": (args) => fromBytes(decodeBase64(padBase64Url(stringOperand(args, 1)), "url")),
  "hex.encode": encode("hex"),
  "hex.decode": decodeHex,
  "urlquery.encode": (args) => escapeQuery(stringOperand(args, 1)),
  "urlquery.decode": (args) => unescapeQuery(stringOperand(args, 1)),
  "urlquery.encode_object": encodeQueryObject,
  "urlquery.decode_object": decodeQueryObject,
};
