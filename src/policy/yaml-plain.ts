import { NotPlain, notPlain, readKey, readScalar } from "./yaml-plain-scalar.ts";
import type { YamlTree } from "./yaml-tree.ts";

// Most data documents are long and plain: block mappings and lists of scalars, each on a line. This reader knows only
// that part of YAML 1.1, and reads it many times faster than a whole YAML reader does. At anything else it gives up:
// the whole reader then reads the document. It never reads a document otherwise than the whole reader would
// ("agrees with the whole reader" in its test).

interface Line {
  indent: number;
  text: string;
}

/** Tabs, carriage returns, marks and control characters. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const unusual = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/;
const maxDepth = 100;

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
