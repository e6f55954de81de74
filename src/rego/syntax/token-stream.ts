import type { Location } from "./ast.ts";
import { Scanner } from "./scanner.ts";
import { Stack } from "./stack.ts";
import { DepthFailure } from "./syntax-failure.ts";
import { isKeywordToken, TOKEN_NAMES, Token, type TokenKind } from "./tokens.ts";

/**
 * How deep a text may nest: brackets, bodies, `else`, and operators in one row. OPA allows more; nobody writes more, and every
 * later pass over the tree may recurse.
 */
export const MAX_DEPTH = 800;

/** Where the stream stands. A comment that was seen stays seen. */
export interface StreamMark {
  token: TokenKind;
  start: number;
  end: number;
  row: number;
  lineStart: number;
  rowAfter: number;
  lineStartAfter: number;
  word: string;
  lastEnd: number;
  skippedNewline: boolean;
  wildcards: number;
  depth: number;
  gathered: number;
}

/** Tokens as the grammar wants them: with or without whitespace, and going back. */
export class TokenStream extends Scanner {
  /** Where the last token that was no whitespace ended: the end of what was just parsed. */
  protected lastEnd = 0;
  protected skippedNewline = false;
  private wildcards = 0;
  protected depth = 0;
  /** The elements of the lists that are being read. */
  protected readonly gathered = new Stack();

  /** To the next token that is no whitespace. */
  protected scan(): void {
    this.leaveToken();
    do {
      if (this.skipSpaces()) this.skippedNewline = true;
      this.next();
      this.noteNewline();
    } while (this.token === Token.Whitespace);
  }

  /** To the next token, which may be whitespace: what follows a name directly is part of a reference. */
  protected scanNarrow(): void {
    this.leaveToken();
    this.next();
    this.noteNewline();
  }

  protected continueTemplate(raw: boolean): void {
    this.leaveToken();
    this.nextTemplatePart(raw);
  }

  private leaveToken(): void {
    if (this.token === Token.Whitespace) return;
    this.lastEnd = this.end;
    this.skippedNewline = false;
  }

  private noteNewline(): void {
    if (this.token === Token.Whitespace && this.text.charCodeAt(this.start) === 10) this.skippedNewline = true;
  }

  protected save(): StreamMark {
    return {
      token: this.token,
      start: this.start,
      end: this.end,
      row: this.row,
      lineStart: this.lineStart,
      rowAfter: this.rowAfter,
      lineStartAfter: this.lineStartAfter,
      word: this.word,
      lastEnd: this.lastEnd,
      skippedNewline: this.skippedNewline,
      wildcards: this.wildcards,
      depth: this.depth,
      gathered: this.gathered.size,
    };
  }

  protected restore(mark: StreamMark): void {
    this.goTo(mark);
    this.depth = mark.depth;
    this.gathered.size = mark.gathered;
  }

  /** On to a place that was reached before: nesting is as deep as it is, and what was gathered stays. */
  protected goTo(mark: StreamMark): void {
    this.token = mark.token;
    this.start = mark.start;
    this.end = mark.end;
    this.row = mark.row;
    this.lineStart = mark.lineStart;
    this.rowAfter = mark.rowAfter;
    this.lineStartAfter = mark.lineStartAfter;
    this.word = mark.word;
    this.lastEnd = mark.lastEnd;
    this.skippedNewline = mark.skippedNewline;
    this.wildcards = mark.wildcards;
  }

  /** A name for `_` that no policy can write and no other `_` of the module has. */
  protected wildcard(): string {
    return `$${this.wildcards++}`;
  }

  protected enter(levels = 1): void {
    this.depth += levels;
    if (this.depth > MAX_DEPTH) throw new DepthFailure("max parsing recursion depth exceeded", this.location());
  }

  protected leave(levels = 1): void {
    this.depth -= levels;
  }

  /** The current token is not what the grammar allows here. */
  protected illegal(expected?: string): never {
    const name = TOKEN_NAMES[this.token] ?? "unknown";
    const kind = isKeywordToken(this.token) ? "keyword" : "token";
    return this.fail(`unexpected ${name} ${kind}${expected === undefined ? "" : `: ${expected}`}`);
  }

  /** Whether this is the current token. A call, because the compiler cannot see that `scan` changes the field. */
  protected at(token: TokenKind): boolean {
    return this.token === token;
  }

  protected expect(token: TokenKind, expected: string): void {
    if (!this.at(token)) this.illegal(expected);
  }

  /** A reserved word before a dot or a bracket is a name: `data.if.x` may be written `if.x` where a reference can begin. */
  protected keywordToName(): boolean {
    if (!isKeywordToken(this.token) || !this.startsReference()) return false;
    this.token = Token.Ident;
    return true;
  }

  /** From where a node began to the last token. */
  protected span(from: Location): Location {
    return { file: from.file, row: from.row, col: from.col, offset: from.offset, end: this.lastEnd };
  }
}
