import { NotPlain, notPlain } from "./not-plain.ts";
import { type Line, PlainLines, trimSpaces } from "./plain-lines.ts";
import { assertPlain, readBlockText, readContinued, readQuotedLines, toBlockHeader } from "./plain-texts.ts";

export { notPlain } from "./not-plain.ts";

// Most documents are plain: block mappings and lists of scalars, each on a line, and texts below `>-` or `|`. This reader
// knows only that part of YAML, and reads it many times faster than a whole YAML reader does. At anything else it gives
// up: a whole reader then reads the document. It never reads a document otherwise than the whole reader would ("agrees
// with the whole reader" in the tests of its users, who know what their whole reader makes of scalars).

/** What is made of what is read. Each method may throw `notPlain`. */
export interface PlainBuilder<T> {
  /** A scalar without quotes is what its text means; the text is empty where there is no value. */
  scalar(text: string, isQuoted: boolean): T;
  list(items: T[]): T;
  /** In the order of the document; equal keys are as they are written. */
  mapping(entries: (readonly [key: T, value: T])[]): T;
}

/** Carriage returns, marks and control characters. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const unusual = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/;
/** A tab that is not between words. */
const separatingTab = /(?<![\w,.;`])\t|\t(?![\w`])/;
const maxDepth = 100;
const maxKeyLength = 1_000;

const openQuoted = /^"[^"\\]+$/;
const doubleQuoted = /^"([^"\\]*)"$/;
const singleQuoted = /^'([^']*)'$/;
const quotedEntry = /^(?:"([^"\\]*)"|'([^']*)'):(?: +(.*))?$/;

interface Entry {
  key: string;
  isQuoted: boolean;
  value: string;
}

/** Splits `key: value`; undefined where the line is no such thing. */
function splitEntry(text: string): Entry | undefined {
  const quoted = text.startsWith('"') || text.startsWith("'") ? quotedEntry.exec(text) : null;
  if (quoted !== null) return { key: quoted[1] ?? quoted[2] ?? "", isQuoted: true, value: quoted[3] ?? "" };
  const separator = text.indexOf(": ");
  const end = separator === -1 && text.endsWith(":") ? text.length - 1 : separator;
  if (end <= 0) return undefined;
  const key = trimSpaces(text.slice(0, end));
  assertPlain(key);
  return { key, isQuoted: false, value: trimSpaces(text.slice(end + 1)) };
}

function isItem(text: string): boolean {
  return text === "-" || text.startsWith("- ");
}

class PlainReader<T> {
  readonly #lines: PlainLines;
  readonly #builder: PlainBuilder<T>;

  constructor(lines: PlainLines, builder: PlainBuilder<T>) {
    this.#lines = lines;
    this.#builder = builder;
  }

  read(): T {
    const first = this.#lines.peek();
    if (first === undefined) throw notPlain;
    const value = this.#block(first.indent, 0);
    if (this.#lines.peek() !== undefined) throw notPlain;
    return value;
  }

  #block(indent: number, depth: number): T {
    if (depth > maxDepth) throw notPlain;
    const line = this.#lines.peek();
    return line !== undefined && isItem(line.text) ? this.#list(indent, depth) : this.#mapping(indent, depth);
  }

  /** The next line, where it belongs to a block of this indentation; what is deeper was not read as a part of anything. */
  #next(indent: number): Line | undefined {
    const line = this.#lines.peek();
    if (line === undefined || line.indent < indent) return undefined;
    if (line.indent > indent) throw notPlain;
    return line;
  }

  #list(indent: number, depth: number): T {
    const items: T[] = [];
    for (let line = this.#next(indent); line !== undefined && isItem(line.text); line = this.#next(indent)) {
      const rest = trimSpaces(line.text.slice(1));
      if (rest === "") {
        this.#lines.take();
        items.push(this.#nested(indent, depth));
      } else if (isItem(rest) || splitEntry(rest) !== undefined) {
        const inner = indent + line.text.length - rest.length;
        this.#lines.replace({ indent: inner, text: rest });
        items.push(this.#block(inner, depth + 1));
      } else {
        this.#lines.take();
        items.push(this.#scalar(rest, indent));
      }
    }
    return this.#builder.list(items);
  }

  #mapping(indent: number, depth: number): T {
    const entries: (readonly [T, T])[] = [];
    for (let line = this.#next(indent); line !== undefined && !isItem(line.text); line = this.#next(indent)) {
      if (line.text.startsWith("? ")) {
        this.#lines.take();
        entries.push([this.#key(trimSpaces(line.text.slice(2))), this.#explicitValue(indent, depth)]);
        continue;
      }
      const entry = splitEntry(line.text);
      if (entry === undefined || entry.key.length > maxKeyLength) throw notPlain;
      this.#lines.take();
      const key = this.#builder.scalar(entry.key, entry.isQuoted);
      entries.push([key, entry.value === "" ? this.#valueOf(indent, depth) : this.#scalar(entry.value, indent)]);
    }
    return this.#builder.mapping(entries);
  }

  #key(text: string): T {
    if (text === "{}" || text === "[]") throw notPlain;
    return this.#inLine(text) ?? this.#builder.scalar(text, false);
  }

  /** The value of a long key: `? key` and, on the next line, `: value`. */
  #explicitValue(indent: number, depth: number): T {
    const line = this.#next(indent);
    if (line === undefined || !line.text.startsWith(": ")) throw notPlain;
    const rest = trimSpaces(line.text.slice(1));
    if (isItem(rest) || splitEntry(rest) !== undefined) {
      const inner = indent + line.text.length - rest.length;
      this.#lines.replace({ indent: inner, text: rest });
      return this.#block(inner, depth + 1);
    }
    this.#lines.take();
    return this.#scalar(rest, indent);
  }

  /** What stands below `key:`: a deeper block, a list at the key's own indentation, or nothing. */
  #valueOf(indent: number, depth: number): T {
    const line = this.#lines.peek();
    if (line !== undefined && line.indent === indent && isItem(line.text)) return this.#list(indent, depth + 1);
    return this.#nested(indent, depth);
  }

  #nested(indent: number, depth: number): T {
    const line = this.#lines.peek();
    if (line === undefined || line.indent <= indent) return this.#builder.scalar("", false);
    const { text } = line;
    if (isItem(text) || text.startsWith("? ") || splitEntry(text) !== undefined) {
      return this.#block(line.indent, depth + 1);
    }
    this.#lines.take();
    return this.#scalar(text, indent);
  }

  /** A scalar that begins in a line that was taken, in a block of this indentation. */
  #scalar(text: string, indent: number): T {
    const header = toBlockHeader(text);
    if (header !== undefined) return this.#builder.scalar(readBlockText(header, this.#lines, indent), true);
    if (openQuoted.test(text)) return this.#builder.scalar(readQuotedLines(text, this.#lines, indent), true);
    const value = this.#inLine(text);
    if (value !== undefined) return value;
    return this.#builder.scalar(readContinued(text, this.#lines, indent), false);
  }

  /** What is in one line for certain. */
  #inLine(text: string): T | undefined {
    if (text === "{}") return this.#builder.mapping([]);
    if (text === "[]") return this.#builder.list([]);
    const quoted = doubleQuoted.exec(text) ?? singleQuoted.exec(text);
    if (quoted !== null) return this.#builder.scalar(quoted[1] ?? "", true);
    assertPlain(text);
    return undefined;
  }
}

/** Reads a plain document; undefined for all others. */
export function readPlainYaml<T>(text: string, builder: PlainBuilder<T>): T | undefined {
  if (unusual.test(text) || separatingTab.test(text)) return undefined;
  try {
    return new PlainReader(new PlainLines(text), builder).read();
  } catch (error) {
    if (error instanceof NotPlain) return undefined;
    throw error;
  }
}
