import type { YamlTree } from "./yaml-tree.ts";

// Most data documents are long and plain: block mappings and lists of scalars, each on a line. This reader knows only
// that part of YAML 1.1, and reads it many times faster than a whole YAML reader does. At anything else it gives up:
// the whole reader then reads the document. It never reads a document otherwise than the whole reader would
// ("agrees with the whole reader" in its test).

interface Line {
  indent: number;
  text: string;
}

/** The document is not plain. Stays inside of this file. */
class NotPlain extends Error {}

const notPlain = new NotPlain("not plain");

/** Tabs, carriage returns, marks and control characters. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const unusual = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/;
const maxDepth = 100;

const words: ReadonlyMap<string, boolean | null> = new Map<string, boolean | null>([
  ...["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"].map((word) => [word, true] as const),
  ...["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"].map((word) => [word, false] as const),
  ...["~", "null", "Null", "NULL"].map((word) => [word, null] as const),
]);

const smallInteger = /^-?(?:0|[1-9]\d{0,14})$/;
const numberLike =
  /^[-+]?(?:0[xX][0-9a-fA-F_]*|0[bB][01_]*|0[oO][0-7_]*|[0-9][0-9_]*(?:\.[0-9_.]*)?(?:[eE][-+]?[0-9]*)?|\.[0-9_.]*(?:[eE][-+]?[0-9]*)?|\.(?:inf|Inf|INF)|[0-9][0-9_:]*(?:\.[0-9_]*)?)$|^\.(?:nan|NaN|NAN)$/;
const indicator = /^[-?:,[\]{}#&*!|>'"%@`=<]/;
const doubleQuoted = /^"([^"\\]*)"$/;
const singleQuoted = /^'([^']*)'$/;

function readPlain(text: string): YamlTree {
  const word = words.get(text);
  if (word !== undefined) {
    return word;
  }
  if (smallInteger.test(text)) {
    return text === "-0" ? 0 : Number(text);
  }
  const isOdd = (indicator.test(text) && !/^-[^\s]/.test(text)) || numberLike.test(text);
  if (isOdd || text.includes(": ") || text.endsWith(":") || text.includes(" #")) {
    throw notPlain;
  }
  return text;
}

function readScalar(text: string): YamlTree {
  if (text === "{}") {
    return new Map();
  }
  if (text === "[]") {
    return [];
  }
  const quoted = doubleQuoted.exec(text) ?? singleQuoted.exec(text);
  return quoted === null ? readPlain(text) : (quoted[1] ?? "");
}

/** Splits `key: value`; undefined where the line is no such thing. */
function splitEntry(text: string): { key: string; value: string } | undefined {
  const quoted = /^(?:"([^"\\]*)"|'([^']*)'):(?: +(.*))?$/.exec(text);
  if (quoted !== null) {
    return { key: quoted[1] ?? quoted[2] ?? "", value: quoted[3] ?? "" };
  }
  const separator = text.indexOf(": ");
  const end = separator === -1 && text.endsWith(":") ? text.length - 1 : separator;
  if (end <= 0) {
    return undefined;
  }
  return { key: readKey(text.slice(0, end).trimEnd()), value: text.slice(end + 1).trim() };
}

function readKey(text: string): string {
  const key = readScalar(text);
  if (typeof key !== "string" || key === "<<") {
    throw notPlain;
  }
  return key;
}

function isItem(text: string): boolean {
  return text === "-" || text.startsWith("- ");
}

class PlainReader {
  readonly #lines: Line[];
  #at = 0;

  constructor(lines: Line[]) {
    this.#lines = lines;
  }

  read(): YamlTree {
    const first = this.#lines[0];
    if (first === undefined) {
      throw notPlain;
    }
    const value = this.#block(first.indent, 0);
    if (this.#at < this.#lines.length) {
      throw notPlain;
    }
    return value;
  }

  #block(indent: number, depth: number): YamlTree {
    if (depth > maxDepth) {
      throw notPlain;
    }
    const line = this.#lines[this.#at];
    return line !== undefined && isItem(line.text) ? this.#list(indent, depth) : this.#mapping(indent, depth);
  }

  /** The next line, where it belongs to a block of this indentation; deeper lines are continuations: not plain. */
  #next(indent: number): Line | undefined {
    const line = this.#lines[this.#at];
    if (line === undefined || line.indent < indent) {
      return undefined;
    }
    if (line.indent > indent) {
      throw notPlain;
    }
    return line;
  }

  #list(indent: number, depth: number): YamlTree {
    const items: YamlTree[] = [];
    for (let line = this.#next(indent); line !== undefined && isItem(line.text); line = this.#next(indent)) {
      const rest = line.text.slice(1).trimStart();
      if (rest === "") {
        this.#at += 1;
        items.push(this.#nested(indent + 1, depth));
      } else if (isItem(rest) || splitEntry(rest) !== undefined) {
        const inner = indent + line.text.length - rest.length;
        this.#lines[this.#at] = { indent: inner, text: rest };
        items.push(this.#block(inner, depth + 1));
      } else {
        this.#at += 1;
        items.push(readScalar(rest));
      }
    }
    return items;
  }

  #mapping(indent: number, depth: number): YamlTree {
    const entries = new Map<string, YamlTree>();
    for (let line = this.#next(indent); line !== undefined && !isItem(line.text); line = this.#next(indent)) {
      if (line.text.startsWith("? ")) {
        this.#at += 1;
        entries.set(readKey(line.text.slice(2).trim()), this.#explicitValue(indent, depth));
        continue;
      }
      const entry = splitEntry(line.text);
      if (entry === undefined) {
        throw notPlain;
      }
      this.#at += 1;
      entries.set(entry.key, entry.value === "" ? this.#valueOf(indent, depth) : readScalar(entry.value));
    }
    return entries;
  }

  /** The value of a long key: `? key` and, on the next line, `: value`. */
  #explicitValue(indent: number, depth: number): YamlTree {
    const line = this.#next(indent);
    if (line === undefined || !line.text.startsWith(": ")) {
      throw notPlain;
    }
    const rest = line.text.slice(1).trimStart();
    if (isItem(rest) || splitEntry(rest) !== undefined) {
      const inner = indent + line.text.length - rest.length;
      this.#lines[this.#at] = { indent: inner, text: rest };
      return this.#block(inner, depth + 1);
    }
    this.#at += 1;
    return readScalar(rest);
  }

  /** What stands below `key:`: a deeper block, a list at the key's own indentation, or nothing. */
  #valueOf(indent: number, depth: number): YamlTree {
    const line = this.#lines[this.#at];
    if (line !== undefined && line.indent === indent && isItem(line.text)) {
      return this.#list(indent, depth + 1);
    }
    return this.#nested(indent + 1, depth);
  }

  #nested(minIndent: number, depth: number): YamlTree {
    const line = this.#lines[this.#at];
    return line !== undefined && line.indent >= minIndent ? this.#block(line.indent, depth + 1) : null;
  }
}

function toLines(text: string): Line[] {
  const lines: Line[] = [];
  for (const raw of text.split("\n")) {
    const trimmed = raw.trim();
    if (trimmed === "" || trimmed.startsWith("#")) {
      continue;
    }
    const indent = raw.length - raw.trimStart().length;
    const isMarker = indent === 0 && (trimmed.startsWith("---") || trimmed.startsWith("..."));
    if (isMarker && trimmed === "---" && lines.length === 0) {
      continue;
    }
    if (isMarker || trimmed.startsWith("%")) {
      throw notPlain;
    }
    lines.push({ indent, text: trimmed });
  }
  return lines;
}

/** Reads a plain document; undefined for all others. */
export function readPlainYaml(text: string): YamlTree | undefined {
  if (unusual.test(text)) {
    return undefined;
  }
  try {
    return new PlainReader(toLines(text)).read();
  } catch (error) {
    if (error instanceof NotPlain) {
      return undefined;
    }
    throw error;
  }
}
