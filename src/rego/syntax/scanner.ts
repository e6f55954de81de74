import type { Location } from "./ast.ts";
import { Char, isDecimal, isHighSurrogate, isLetter, isWhitespace } from "./characters.ts";
import { SyntaxFailure } from "./syntax-failure.ts";
import { KEYWORDS, Token, type TokenKind } from "./tokens.ts";

const UNICODE_DIGIT = /^\p{Nd}/u;

/** Tokens of one character that begin no longer one, by character code. */
const SINGLE: readonly (TokenKind | undefined)[] = (() => {
  const table = new Array<TokenKind | undefined>(128).fill(undefined);
  table[Char.BracketOpen] = Token.LBrack;
  table[Char.BracketClose] = Token.RBrack;
  table[Char.BraceOpen] = Token.LBrace;
  table[Char.BraceClose] = Token.RBrace;
  table[Char.ParenOpen] = Token.LParen;
  table[Char.ParenClose] = Token.RParen;
  table[Char.Comma] = Token.Comma;
  table[Char.Plus] = Token.Add;
  table[Char.Minus] = Token.Sub;
  table[Char.Star] = Token.Mul;
  table[Char.Slash] = Token.Quo;
  table[Char.Percent] = Token.Rem;
  table[Char.Ampersand] = Token.And;
  table[Char.Bar] = Token.Or;
  table[Char.Semicolon] = Token.Semicolon;
  table[Char.Dot] = Token.Dot;
  return table;
})();

/** Cuts a module's text into tokens. The current token is in the fields; whitespace is a token, comments are skipped. */
export class Scanner {
  readonly file: string;
  readonly text: string;
  readonly comments: { text: string; location: Location }[] = [];
  token: TokenKind = Token.Whitespace;
  start = 0;
  end = 0;
  row = 1;
  /** Offset of the row's first character, moved on by one for each surrogate pair before the token: column = start - lineStart + 1. */
  lineStart = 0;
  /** The contents of a part of a template string, without its delimiters, `\{` undone. */
  part = "";
  /** Where the current token's row ends up when the token is longer than a row: applied by the next scan. */
  private rowAfter = 1;
  private lineStartAfter = 0;

  constructor(file: string, text: string) {
    this.file = file;
    this.text = text;
    if (text.charCodeAt(0) === Char.ByteOrderMark) {
      this.end = 1;
      this.lineStartAfter = 1;
    }
  }

  /** The current token's text. */
  literal(): string {
    return this.text.slice(this.start, this.end);
  }

  location(): Location {
    return {
      file: this.file,
      row: this.row,
      col: this.start - this.lineStart + 1,
      offset: this.start,
      end: this.end,
    };
  }

  fail(message: string, location: Location = this.location()): never {
    throw new SyntaxFailure(message, location);
  }

  /** Whether the token is followed by a dot or an opening bracket, so that a reserved word is a name. */
  startsReference(): boolean {
    const next = this.text.charCodeAt(this.end);
    return next === Char.Dot || next === Char.BracketOpen;
  }

  /** Where the scanner stands. A comment that was seen stays seen. */
  mark(): ScannerMark {
    return {
      token: this.token,
      start: this.start,
      end: this.end,
      row: this.row,
      lineStart: this.lineStart,
      rowAfter: this.rowAfter,
      lineStartAfter: this.lineStartAfter,
    };
  }

  reset(mark: ScannerMark): void {
    this.token = mark.token;
    this.start = mark.start;
    this.end = mark.end;
    this.row = mark.row;
    this.lineStart = mark.lineStart;
    this.rowAfter = mark.rowAfter;
    this.lineStartAfter = mark.lineStartAfter;
  }

  /** Goes to the next token; comments are kept aside. */
  protected next(): void {
    this.begin();
    while (this.text.charCodeAt(this.start) === Char.Hash) {
      this.comment();
      this.begin();
    }
    const code = this.text.charCodeAt(this.start);
    if (Number.isNaN(code)) this.atEnd();
    else if (isWhitespace(code)) this.whitespace(code);
    else if (isLetter(code)) this.identifier();
    else if (isDecimal(code)) this.number();
    else this.symbol(code);
  }

  /** Reads on after the `}` of an expression inside a template string. */
  protected nextTemplatePart(raw: boolean): void {
    this.begin();
    this.templatePart(raw, this.start);
  }

  private begin(): void {
    this.start = this.end;
    this.row = this.rowAfter;
    this.lineStart = this.lineStartAfter;
  }

  private newline(offset: number): void {
    this.rowAfter++;
    this.lineStartAfter = offset + 1;
  }

  private atEnd(): void {
    this.token = Token.Eof;
    // OPA gives the column of the last character, and 0 after a newline.
    if (this.start > 0) this.lineStart += 1;
  }

  private whitespace(code: number): void {
    this.token = Token.Whitespace;
    this.end = this.start + 1;
    if (code === Char.Newline) this.newline(this.start);
  }

  private comment(): void {
    const newline = this.text.indexOf("\n", this.start);
    this.end = newline === -1 ? this.text.length : newline;
    const stop = this.text.charCodeAt(this.end - 1) === Char.Return ? this.end - 1 : this.end;
    const last = this.comments.at(-1);
    if (last === undefined || last.location.offset < this.start) {
      const location = { ...this.location(), end: stop };
      this.comments.push({ text: this.text.slice(this.start + 1, stop), location });
    }
    this.countSurrogates(this.start, this.end);
  }

  private countSurrogates(from: number, to: number): void {
    for (let at = from; at < to; at++) {
      const code = this.text.charCodeAt(at);
      if (isHighSurrogate(code)) this.lineStartAfter++;
      else this.checkCharacter(code);
    }
  }

  private checkCharacter(code: number): void {
    if (code === 0) this.fail("illegal null character");
    if (code === Char.ByteOrderMark) this.fail("illegal byte-order mark");
  }

  private identifier(): void {
    const { text } = this;
    let at = this.start + 1;
    for (;;) {
      const code = text.charCodeAt(at);
      if (isLetter(code) || isDecimal(code)) at++;
      else if (code >= 128 && UNICODE_DIGIT.test(String.fromCodePoint(text.codePointAt(at) ?? 0))) {
        at += isHighSurrogate(code) ? 2 : 1;
        if (isHighSurrogate(code)) this.lineStartAfter++;
      } else break;
    }
    this.end = at;
    this.token = KEYWORDS.get(text.slice(this.start, at)) ?? Token.Ident;
  }

  private digits(from: number): number {
    let at = from;
    while (isDecimal(this.text.charCodeAt(at))) at++;
    return at;
  }

  private number(): void {
    const { text } = this;
    this.token = Token.Number;
    let at = this.digits(this.start);
    if (text.charCodeAt(at) === Char.Dot) {
      const from = at + 1;
      at = this.digits(from);
      if (at === from) this.failAt(at, "expected fraction");
    }
    if ((text.charCodeAt(at) | 0x20) === Char.LowerE) {
      at++;
      const sign = text.charCodeAt(at);
      const from = sign === Char.Plus || sign === Char.Minus ? at + 1 : at;
      at = this.digits(from);
      if (at === from) this.failAt(at, "expected exponent");
    }
    if (isLetter(text.charCodeAt(at))) this.failAt(at, "illegal number format");
    this.end = at;
  }

  private failAt(end: number, message: string): never {
    this.end = end;
    return this.fail(message);
  }

  private symbol(code: number): void {
    const single = SINGLE[code];
    if (single !== undefined) {
      this.token = single;
      this.end = this.start + 1;
      return;
    }
    const followed = this.text.charCodeAt(this.start + 1) === Char.Equals;
    this.end = this.start + (followed ? 2 : 1);
    switch (code) {
      case Char.Quote:
        this.string();
        return;
      case Char.Backquote:
        this.rawString();
        return;
      case Char.Dollar:
        this.template();
        return;
      case Char.Colon:
        this.token = followed ? Token.Assign : Token.Colon;
        return;
      case Char.Equals:
        this.token = followed ? Token.Equal : Token.Unify;
        return;
      case Char.Greater:
        this.token = followed ? Token.Gte : Token.Gt;
        return;
      case Char.Less:
        this.token = followed ? Token.Lte : Token.Lt;
        return;
      case Char.Bang:
        if (!followed) this.fail("illegal ! character");
        this.token = Token.Neq;
        return;
      default:
        this.checkCharacter(code);
        this.fail("illegal token");
    }
  }

  private string(): void {
    this.token = Token.String;
    const { text } = this;
    let at = this.start + 1;
    for (; ; at++) {
      const code = text.charCodeAt(at);
      if (code === Char.Quote) break;
      if (code === Char.Newline || Number.isNaN(code)) this.fail("non-terminated string");
      if (code === Char.Backslash) {
        at++;
        this.checkEscape(text.charCodeAt(at), false);
      } else if (isHighSurrogate(code)) this.lineStartAfter++;
      else this.checkCharacter(code);
    }
    this.end = at + 1;
  }

  private checkEscape(code: number, template: boolean): void {
    switch (String.fromCharCode(code)) {
      case "\\":
      case '"':
      case "/":
      case "b":
      case "f":
      case "n":
      case "r":
      case "t":
      case "u":
        return;
      case "{":
        if (template) return;
    }
    this.fail("illegal escape sequence");
  }

  private rawString(): void {
    this.token = Token.RawString;
    const close = this.text.indexOf("`", this.start + 1);
    if (close === -1) this.fail("non-terminated string");
    this.countRows(this.start, close);
    this.end = close + 1;
  }

  private countRows(from: number, to: number): void {
    for (let at = from; at < to; at++) {
      const code = this.text.charCodeAt(at);
      if (code === Char.Newline) this.newline(at);
      else if (isHighSurrogate(code)) this.lineStartAfter++;
      else this.checkCharacter(code);
    }
  }

  private template(): void {
    const quote = this.text.charCodeAt(this.start + 1);
    if (quote !== Char.Quote && quote !== Char.Backquote) this.fail("illegal $ character");
    this.templatePart(quote === Char.Backquote, this.start + 2);
  }

  private templatePart(raw: boolean, from: number): void {
    const { text } = this;
    const quote = raw ? Char.Backquote : Char.Quote;
    let part = "";
    let copied = from;
    let at = from;
    for (; ; at++) {
      const code = text.charCodeAt(at);
      if (code === quote || code === Char.BraceOpen) break;
      if (Number.isNaN(code) || (code === Char.Newline && !raw)) this.fail("non-terminated string");
      if (code === Char.Backslash) {
        const escaped = text.charCodeAt(at + 1);
        if (!raw) this.checkEscape(escaped, true);
        if (escaped === Char.BraceOpen) {
          part += text.slice(copied, at);
          copied = at + 1;
        }
        if (!raw || escaped === Char.BraceOpen) at++;
      }
    }
    this.part = part + text.slice(copied, at);
    this.countRows(from, at);
    this.end = at + 1;
    const last = text.charCodeAt(at) === quote;
    if (raw) this.token = last ? Token.RawTemplateEnd : Token.RawTemplatePart;
    else this.token = last ? Token.TemplateEnd : Token.TemplatePart;
  }
}

export interface ScannerMark {
  token: TokenKind;
  start: number;
  end: number;
  row: number;
  lineStart: number;
  rowAfter: number;
  lineStartAfter: number;
}
