import { Char, isHighSurrogate } from "./characters.ts";
import { CommentList } from "./comment-list.ts";
import { Cursor } from "./cursor.ts";
import { Token } from "./tokens.ts";

/** Reads the tokens that hold text: strings, raw strings, template strings; and comments. */
export class TextScanner extends Cursor {
  readonly comments: CommentList;

  constructor(file: string, text: string) {
    super(file, text);
    this.comments = new CommentList(file, text);
  }

  protected comment(): void {
    const newline = this.text.indexOf("\n", this.start);
    this.end = newline === -1 ? this.text.length : newline;
    const stop = this.text.charCodeAt(this.end - 1) === Char.Return ? this.end - 1 : this.end;
    const { start, row } = this;
    this.comments.add({ offset: start, end: stop, row, col: start - this.lineStart + 1 });
    if (!this.isPlain) this.countRows(start, this.end);
  }

  protected string(): void {
    this.token = Token.String;
    const { text, isPlain } = this;
    const { length } = text;
    let at = this.start + 1;
    for (; ; at++) {
      if (at >= length) this.fail("non-terminated string");
      const code = text.charCodeAt(at);
      if (code === Char.Quote) break;
      if (code === Char.Newline) this.fail("non-terminated string");
      if (code === Char.Backslash) {
        at++;
        this.checkEscape(text.charCodeAt(at), false);
      } else if (isPlain) continue;
      else if (isHighSurrogate(code)) this.lineStartAfter++;
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

  protected rawString(): void {
    this.token = Token.RawString;
    const close = this.text.indexOf("`", this.start + 1);
    if (close === -1) this.fail("non-terminated string");
    this.countRows(this.start, close);
    this.end = close + 1;
  }

  protected template(): void {
    const quote = this.text.charCodeAt(this.start + 1);
    if (quote !== Char.Quote && quote !== Char.Backquote) this.fail("illegal $ character");
    this.templatePart(quote === Char.Backquote, this.start + 2);
  }

  protected templatePart(raw: boolean, from: number): void {
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
