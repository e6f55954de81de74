import { notPlain } from "./not-plain.ts";

export interface Line {
  indent: number;
  /** Without the spaces around it: empty for a blank line. */
  text: string;
}

const space = 32;

/** Without spaces around it: other white space is text in YAML. */
export function trimSpaces(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && text.charCodeAt(start) === space) start += 1;
  while (end > start && text.charCodeAt(end - 1) === space) end -= 1;
  return text.slice(start, end);
}

function toLine(raw: string): Line {
  let indent = 0;
  while (raw.charCodeAt(indent) === space) indent += 1;
  return { indent, text: trimSpaces(raw) };
}

/** A document's lines, and which of them is next. */
export class PlainLines {
  readonly #raw: readonly string[];
  #at = 0;
  /** What is left of the next line, where its beginning was read. */
  #rest: Line | undefined;
  #next: Line | undefined;
  #hasBegun = false;

  constructor(text: string) {
    this.#raw = text.split("\n");
    // What follows the last line's end is no line.
    if (this.#raw.at(-1) === "") this.#raw = this.#raw.slice(0, -1);
  }

  /** The next line that is neither blank nor a comment. */
  peek(): Line | undefined {
    if (this.#rest !== undefined) return this.#rest;
    if (this.#next !== undefined) return this.#next;
    for (; this.#at < this.#raw.length; this.#at += 1) {
      const line = toLine(this.#raw[this.#at] as string);
      const { text, indent } = line;
      if (text === "" || text.startsWith("#")) continue;
      const isMarker = indent === 0 && (text.startsWith("---") || text.startsWith("..."));
      if (isMarker && text === "---" && !this.#hasBegun) {
        this.#hasBegun = true;
        continue;
      }
      if (isMarker || text.startsWith("%")) throw notPlain;
      this.#hasBegun = true;
      this.#next = line;
      return line;
    }
    return undefined;
  }

  /** Takes the line that `peek` gave. */
  take(): void {
    this.#rest = undefined;
    this.#next = undefined;
    this.#at += 1;
  }

  /** Leaves the line that `peek` gave, without its beginning. */
  replace(rest: Line): void {
    this.#rest = rest;
  }

  /** The line after those that were taken, of whatever kind, as it is written; undefined at the end. */
  raw(): string | undefined {
    return this.#raw[this.#at];
  }

  /** As `raw`, cut: blank lines and comments too. */
  line(): Line | undefined {
    const raw = this.raw();
    return raw === undefined ? undefined : toLine(raw);
  }
}
