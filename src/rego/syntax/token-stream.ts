import type { Location } from "./ast.ts";
import type { CursorMark } from "./cursor.ts";
import { Scanner } from "./scanner.ts";
import { DepthFailure } from "./syntax-failure.ts";
import { isKeywordToken, TOKEN_NAMES, Token, type TokenKind } from "./tokens.ts";

/**
 * How deep a text may nest: brackets, bodies, `else`, and operators in one row. OPA allows more; nobody writes more, and every
 * later pass over the tree may recurse.
 */
export const MAX_DEPTH = 800;

export interface StreamMark {
  scanner: CursorMark;
  lastEnd: number;
  skippedNewline: boolean;
  wildcards: number;
  depth: number;
}

/** Tokens as the grammar wants them: with or without whitespace, and going back. */
export class TokenStream extends Scanner {
  /** Where the last token that was no whitespace ended: the end of what was just parsed. */
  protected lastEnd = 0;
  protected skippedNewline = false;
  private wildcards = 0;
  protected depth = 0;

  /** To the next token that is no whitespace. */
  protected scan(): void {
    this.leaveToken();
    do {
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
      scanner: this.mark(),
      lastEnd: this.lastEnd,
      skippedNewline: this.skippedNewline,
      wildcards: this.wildcards,
      depth: this.depth,
    };
  }

  protected restore(mark: StreamMark): void {
    this.reset(mark.scanner);
    this.lastEnd = mark.lastEnd;
    this.skippedNewline = mark.skippedNewline;
    this.wildcards = mark.wildcards;
    this.depth = mark.depth;
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
