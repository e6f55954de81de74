import { Char, isDecimal, isHighSurrogate, isLetter, isWhitespace } from "./characters.ts";
import { TextScanner } from "./text-scanner.ts";
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
export class Scanner extends TextScanner {
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

  /** To the bracket that ends just before `end`, past all that is between. */
  protected skipTo(end: number): void {
    this.token = this.token === Token.LBrack ? Token.RBrack : Token.RBrace;
    this.countRows(this.end, end);
    this.end = end - 1;
    this.begin();
    this.end = end;
  }

  /** Goes past white space; whether it ended a row. */
  protected skipSpaces(): boolean {
    const { text, rowAfter } = this;
    let at = this.end;
    for (; ; at++) {
      const code = text.charCodeAt(at);
      if (code === Char.Newline) this.newline(at);
      else if (code !== Char.Space && code !== Char.Tab && code !== Char.Return) break;
    }
    // Where no token follows, white space is the last one.
    if (at > this.end) this.token = Token.Whitespace;
    this.end = at;
    return this.rowAfter !== rowAfter;
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
    this.word = text.slice(this.start, at);
    this.token = KEYWORDS.get(this.word) ?? Token.Ident;
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
}
