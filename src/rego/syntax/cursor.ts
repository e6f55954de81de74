import type { Location } from "./ast.ts";
import { Char, isHighSurrogate } from "./characters.ts";
import { SyntaxFailure } from "./syntax-failure.ts";
import { Token, type TokenKind } from "./tokens.ts";

/** A first unit of two, or a character that no token has. */
const UNUSUAL = /[\0\ufeff\ud800-\udbff]/;

/** Where a text is being read: the current token is in the fields. Counts rows and columns. */
export class Cursor {
  readonly file: string;
  readonly text: string;
  token: TokenKind = Token.Whitespace;
  start = 0;
  end = 0;
  row = 1;
  /** Offset of the row's first character, moved on by one for each surrogate pair before the token: column = start - lineStart + 1. */
  lineStart = 0;
  /** The text of the last token that is a name or a reserved word. */
  protected word = "";
  /** Whether no character of the text takes two units or is not allowed: then none needs to be looked at for that. */
  protected readonly isPlain: boolean;
  /** The contents of a part of a template string, without its delimiters, `\{` undone. */
  part = "";
  /** Where the current token's row ends up when the token is longer than a row: applied by the next scan. */
  protected rowAfter = 1;
  protected lineStartAfter = 0;

  constructor(file: string, text: string) {
    this.file = file;
    this.text = text;
    this.isPlain = !UNUSUAL.test(text);
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

  protected newline(offset: number): void {
    this.rowAfter++;
    this.lineStartAfter = offset + 1;
  }

  protected checkCharacter(code: number): void {
    if (code === 0) this.fail("illegal null character");
    if (code === Char.ByteOrderMark) this.fail("illegal byte-order mark");
  }

  protected countRows(from: number, to: number): void {
    if (this.isPlain) {
      for (let at = this.text.indexOf("\n", from); at !== -1 && at < to; at = this.text.indexOf("\n", at + 1)) {
        this.newline(at);
      }
      return;
    }
    for (let at = from; at < to; at++) {
      const code = this.text.charCodeAt(at);
      if (code === Char.Newline) this.newline(at);
      else if (isHighSurrogate(code)) this.lineStartAfter++;
      else this.checkCharacter(code);
    }
  }
}
