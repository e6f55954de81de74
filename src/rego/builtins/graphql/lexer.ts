import { formatValue, spend } from "../../value/index.ts";
import { countCodePoints } from "../aggregates.ts";
import { toFailure } from "../builtin.ts";

/** Kinds of tokens; those of punctuation are the characters themselves. */
export type TokenKind =
  | "<Invalid>"
  | "<EOF>"
  | "!"
  | "$"
  | "&"
  | "("
  | ")"
  | "..."
  | ":"
  | "="
  | "@"
  | "["
  | "]"
  | "{"
  | "}"
  | "|"
  | "Name"
  | "Int"
  | "Float"
  | "String"
  | "BlockString"
  | "Comment";

export interface Token {
  readonly kind: TokenKind;
  readonly value: string;
  readonly line: number;
  /** In code points, from 1. */
  readonly column: number;
  /** Set where the text is no token: thrown when the token is consumed. */
  readonly problem?: Error;
}

/** A problem with its place, as OPA words it. */
export function toGraphqlError(message: string, place: { line: number; column: number } | undefined): Error {
  if (place === undefined) return toFailure(`GraphQL parse error: input: ${message}`);
  return toFailure(`${message} in GraphQL string at location ${place.line}:${place.column}`);
}

/** A token in a message: its kind, and its text where it has one. */
export function describeToken({ kind, value }: Token): string {
  return value === "" ? kind : `${kind} ${formatValue(value)}`;
}

const blank = /(?:[\t ,\ufeff]|\r\n|[\n\r])*/y;
const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const name = /[_A-Za-z][_0-9A-Za-z]*/y;
const punctuation = /\.\.\.|[!$&():=@[\]{}|]/y;
const comment = /#[^\n\r]*/y;
const string = /"(?:[^"\\\n\r]|\\(?:u[0-9a-fA-F]{4}|["\\/bfnrt]))*"/y;
const block = /"""(?:\\"""|(?!""")[\s\S])*"""+/y;

const toEnd = /[\s\S]*/y;
const toLineEnd = /[^\n\r]*/y;

/** Reads GraphQL's tokens (GraphQL specification, 2.1). */
export class Lexer {
  readonly #text: string;
  #at = 0;
  #line = 1;
  #lineStart = 0;
  #counted = 0;
  #columns = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(): Token {
    spend(8);
    this.#take(blank);
    const place = { line: this.#line, column: this.#column() };
    if (this.#at >= this.#text.length) return { kind: "<EOF>", value: "", ...place };
    const mark = this.#take(punctuation);
    if (mark !== undefined) return { kind: mark as TokenKind, value: "", ...place };
    const word = this.#take(name);
    if (word !== undefined) return { kind: "Name", value: word, ...place };
    const remark = this.#take(comment);
    if (remark !== undefined) return { kind: "Comment", value: remark, ...place };
    const text = this.#take(block);
    if (text !== undefined) return { kind: "BlockString", value: toBlockText(text), ...place };
    const line = this.#text.startsWith('"""', this.#at) ? undefined : this.#take(string);
    // A text's column is that of its first character.
    if (line !== undefined)
      return { kind: "String", value: JSON.parse(line.replaceAll("\t", "\\t")), ...place, column: place.column + 1 };
    return this.#readNumber(place);
  }

  #readNumber(place: { line: number; column: number }): Token {
    const digits = this.#take(number);
    const problem = /^(?:[.eE][+-]?)/.exec(this.#text.slice(this.#at, this.#at + 2))?.[0];
    const isZero = digits !== undefined && /^-?0$/.test(digits);
    if (digits !== undefined && (problem !== undefined || (isZero && /^\d/.test(this.#text[this.#at] ?? "")))) {
      this.#at += problem?.length ?? 0;
      const next = formatValue(this.#text.slice(this.#at, this.#at + 1));
      const message = problem === undefined ? `unexpected digit after 0: ${next}` : `expected digit but got: ${next}`;
      const end = { line: this.#line, column: this.#column() };
      return { kind: "<Invalid>", value: "", ...end, problem: toGraphqlError(`Invalid number, ${message}.`, end) };
    }
    if (digits !== undefined) return { kind: toNumberKind(digits), value: digits, ...place };
    const character = String.fromCodePoint(this.#text.codePointAt(this.#at) ?? 0);
    if (character !== '"') {
      const problem = toGraphqlError(`Cannot parse the unexpected character ${formatValue(character)}.`, place);
      this.#at = this.#text.length;
      return { kind: "<Invalid>", value: "", ...place, problem };
    }
    // A text without an end is told where the reading stopped.
    this.#take(this.#text.startsWith('"""', this.#at) ? toEnd : toLineEnd);
    const end = { line: this.#line, column: this.#column() };
    this.#at = this.#text.length;
    return { kind: "<Invalid>", value: "", ...end, problem: toGraphqlError("Unterminated string.", end) };
  }

  /** Counts on from where it counted last, so that a long line is not counted again for every token. */
  #column(): number {
    const from = Math.max(this.#counted, this.#lineStart);
    const before = this.#counted >= this.#lineStart ? this.#columns : 0;
    this.#columns = before + countCodePoints(this.#text.slice(from, this.#at));
    this.#counted = this.#at;
    return this.#columns + 1;
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const text = pattern.exec(this.#text)?.[0];
    if (text === undefined) return undefined;
    for (const match of text.matchAll(/\r\n|\n|\r/g)) {
      this.#line += 1;
      this.#lineStart = this.#at + match.index + match[0].length;
    }
    this.#at += text.length;
    return text;
  }
}

function toNumberKind(digits: string): TokenKind {
  return /[.eE]/.test(digits) ? "Float" : "Int";
}

/** Takes the common indentation and blank lines at both ends away (GraphQL specification, 2.9.4). */
function toBlockText(token: string): string {
  const raw = token
    .slice(3, -3)
    .replaceAll('\\"""', '"""')
    .replace(/\r\n|\r/g, "\n");
  const lines = raw.split("\n");
  const indents = lines.filter((line) => /[^ \t]/.test(line)).map((line) => /^[ \t]*/.exec(line)?.[0].length ?? 0);
  const common = Math.min(...indents.slice(0, 10_000), Number.MAX_SAFE_INTEGER);
  const cut = lines.map((line, index) => (index === 0 ? line : line.slice(common)));
  while (cut.length > 0 && /^[ \t]*$/.test(cut[0] ?? "")) cut.shift();
  while (cut.length > 0 && /^[ \t]*$/.test(cut[cut.length - 1] ?? "")) cut.pop();
  return cut.join("\n");
}
