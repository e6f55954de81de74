import { RegoError } from "../errors.ts";
import { assertDepth } from "./depth.ts";
import { quoteString } from "./format.ts";
import { fromJson } from "./json.ts";
import { assertJsonSize } from "./json-size.ts";
import type { Primitive } from "./key.ts";
import { spend } from "./meter.ts";
import { numberFromText } from "./number.ts";
import { RegoObject } from "./object.ts";
import type { Value } from "./value.ts";

/** A number token that a double may not hold (long, or with an exponent), or a lone surrogate. False alarms are harmless. */
const unusual = /(?:^|[[,:\s])-?\d(?:[\d.]{15}|[\d.]*[eE])|\\u[dD][89a-fA-F]/;

/**
 * Reads JSON text, numbers exactly. Of equal keys the last one wins; a lone surrogate becomes U+FFFD.
 *
 * Throws `RegoError` (eval_builtin_error where the text is not JSON, limit_depth, limit_output beyond `maxJsonValues`).
 */
export function parseJson(text: string): Value {
  assertJsonSize(text);
  if (unusual.test(text)) return new Reader(text).readDocument();
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // This reader words the problem, and where it is.
    return new Reader(text).readDocument();
  }
  return fromJson(json);
}

const space = /[ \t\n\r]*/y;
const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const literals: readonly (readonly [string, Value])[] = [
  ["true", true],
  ["false", false],
  ["null", null],
];
const loneSurrogate = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  readDocument(): Value {
    const value = this.#readValue(0);
    this.#skipSpace();
    if (this.#at < this.#text.length) throw this.#toError("after top-level value", "error: ");
    return value;
  }

  #readValue(depth: number): Value {
    assertDepth(depth);
    spend(2);
    this.#skipSpace();
    const first = this.#text[this.#at];
    if (first === "{") return this.#readObject(depth);
    if (first === "[") return this.#readArray(depth);
    if (first === '"') return this.#readString();
    const digits = this.#match(number);
    if (digits !== undefined) return numberFromText(digits);
    for (const [word, value] of literals) if (word[0] === first) return this.#readWord(word, value);
    throw this.#toError("looking for beginning of value");
  }

  #readWord(word: string, value: Value): Value {
    for (const expected of word) {
      if (this.#text[this.#at] !== expected) throw this.#toError(`in literal ${word} (expecting '${expected}')`);
      this.#at += 1;
    }
    return value;
  }

  #readArray(depth: number): Value {
    const items: Value[] = [];
    this.#at += 1;
    if (this.#take("]")) return items;
    do items.push(this.#readValue(depth + 1));
    while (this.#take(","));
    if (!this.#take("]")) throw this.#toError("after array element");
    return items;
  }

  #readObject(depth: number): Value {
    this.#at += 1;
    if (this.#take("}")) return RegoObject.empty;
    const entries = new Map<Primitive, Value>();
    do {
      this.#skipSpace();
      if (this.#text[this.#at] !== '"') throw this.#toError("looking for beginning of object key string");
      const key = this.#readString();
      if (!this.#take(":")) throw this.#toError("after object key");
      entries.set(key, this.#readValue(depth + 1));
    } while (this.#take(","));
    if (!this.#take("}")) throw this.#toError("after object key:value pair");
    return new RegoObject(entries, undefined);
  }

  #readString(): string {
    const start = this.#at;
    let end = this.#text.indexOf('"', start + 1);
    while (end > 0 && this.#isEscaped(end, start)) end = this.#text.indexOf('"', end + 1);
    if (end < 0) {
      this.#at = this.#text.length;
      throw this.#toError("in string literal");
    }
    this.#at = end + 1;
    try {
      const text: string = JSON.parse(this.#text.slice(start, end + 1));
      return text.replace(loneSurrogate, "\ufffd");
    } catch {
      throw new RegoError("eval_builtin_error", "invalid character or escape in string literal");
    }
  }

  /** Whether an odd number of backslashes stands before the quote. */
  #isEscaped(quote: number, start: number): boolean {
    let at = quote - 1;
    while (at > start && this.#text[at] === "\\") at -= 1;
    return (quote - 1 - at) % 2 === 1;
  }

  #skipSpace(): void {
    this.#match(space);
  }

  #take(character: string): boolean {
    this.#skipSpace();
    if (this.#text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const token = pattern.exec(this.#text)?.[0];
    if (token !== undefined) this.#at += token.length;
    return token;
  }

  /** The problem as Go's decoder words it. */
  #toError(where: string, prefix = ""): RegoError {
    const character = this.#text[this.#at];
    if (character !== undefined) {
      const shown = character === "'" ? "\\'" : character === '"' ? character : quoteString(character).slice(1, -1);
      return new RegoError("eval_builtin_error", `${prefix}invalid character '${shown}' ${where}`);
    }
    return new RegoError("eval_builtin_error", this.#text.trim() === "" ? "EOF" : "unexpected EOF");
  }
}
