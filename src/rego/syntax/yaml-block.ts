import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, Scalar } from "yaml";
import { resolveBoolean, resolvePlainScalar } from "./yaml-scalar.ts";

/** What is wrong with a block's YAML, and in which of its lines (from 1), where that is known. */
export class YamlProblem {
  readonly message: string;
  readonly line: number | undefined;

  constructor(message: string, line?: number) {
    this.message = message;
    this.line = line;
  }
}

const MAX_ALIASES = 100;
/** Characters that a block may have: the YAML reader recurses. */
export const MAX_LENGTH = 1_000_000;
/** A key whose mapping, or whose list of them, gives the entries that are not written. */
const MERGE_KEY = "<<";

interface BlockSource {
  contents: Node | null;
  /** Where the nodes' places are in lines. */
  lines: LineCounter;
  resolveAlias(node: Node): Node;
}

/** The fields of a YAML mapping, read by type. Every method throws `YamlProblem` for a value of another type. */
export interface AnnotationBlock {
  string(name: string): string;
  boolean(name: string): boolean;
  strings(name: string): string[];
  /** The items of a list, as plain values. */
  list(name: string): unknown[];
  /** A mapping as a plain object; undefined where there is none. */
  record(name: string): Record<string, unknown> | undefined;
}

/** Reads a block with the whole reader. Throws `YamlProblem`. */
export function readWholeBlock(text: string): AnnotationBlock {
  return readDocument(text, (line) => beforeDedent(text, line));
}

/** Reads what `before` gives instead, where it gives something for the line that is wrong. */
function readDocument(text: string, before: (line: number) => string | undefined): AnnotationBlock {
  if (text.length > MAX_LENGTH)
    throw new YamlProblem(`yaml: expected at most ${MAX_LENGTH} characters, got ${text.length}`);
  const lines = new LineCounter();
  const document = parseBlock(text, { schema: "failsafe", merge: true, lineCounter: lines, logLevel: "silent" });
  const [error] = document.errors;
  if (error !== undefined) {
    const line = lines.linePos(error.pos[0]).line;
    const first = before(line);
    if (first !== undefined) return readDocument(first, () => undefined);
    throw new YamlProblem(`yaml: line ${line}: ${firstLine(error.message)}`, line);
  }
  let aliases = 0;
  const resolveAlias = (node: Node): Node => {
    let target: Node | undefined = node;
    while (isAlias(target)) {
      if (++aliases > MAX_ALIASES) throw new YamlProblem("yaml: document contains excessive aliasing");
      target = target.resolve(document);
    }
    return target ?? node;
  };
  return new YamlBlock({ contents: document.contents, lines, resolveAlias });
}

/**
 * What is before a line that stands further to the left than the first one; undefined where it does not. To OPA's reader a document
 * ends there, and what comes behind it is not looked at.
 */
function beforeDedent(text: string, line: number): string | undefined {
  const rows = text.split("\n");
  const first = rows.find((row) => row.trim() !== "");
  const row = rows[line - 1];
  if (first === undefined || row === undefined || indentOf(row) >= indentOf(first)) return undefined;
  return rows.slice(0, line - 1).join("\n");
}

function indentOf(row: string): number {
  return row.length - row.trimStart().length;
}

class YamlBlock implements AnnotationBlock {
  private readonly fields = new Map<string, Node>();
  private readonly lines: LineCounter;
  private readonly resolveAlias: (node: Node) => Node;

  constructor({ contents, lines, resolveAlias }: BlockSource) {
    this.lines = lines;
    this.resolveAlias = resolveAlias;
    this.readFields(contents);
  }

  private readFields(contents: Node | null): void {
    if (contents === null || (isScalar(contents) && this.plain(contents) === null)) return;
    const root = this.resolveAlias(contents);
    if (!isMap<Node, Node | null>(root)) throw this.mismatch(root, "ast.rawAnnotation");
    for (const { key, value } of root.items) {
      if (isScalar(key) && value !== null) this.fields.set(textOf(key), this.resolveAlias(value));
    }
  }

  string(name: string): string {
    const node = this.fields.get(name);
    return node === undefined ? "" : this.toText(node);
  }

  boolean(name: string): boolean {
    const node = this.fields.get(name);
    if (node === undefined) return false;
    if (!isScalar(node)) throw this.mismatch(node, "bool");
    if (this.plain(node) === null) return false;
    const value = node.type === Scalar.PLAIN ? resolveBoolean(textOf(node)) : undefined;
    if (value === undefined) throw this.mismatch(node, "bool");
    return value;
  }

  strings(name: string): string[] {
    return this.nodes(name, "[]string").map((node) => this.toText(node));
  }

  list(name: string): unknown[] {
    return this.nodes(name, "[]interface {}").map((node, index) => this.toValue(node, [String(index)]));
  }

  record(name: string): Record<string, unknown> | undefined {
    const node = this.fields.get(name);
    if (node === undefined || (isScalar(node) && this.plain(node) === null)) return undefined;
    if (!isMap(node)) throw this.mismatch(node, "map[string]interface {}");
    const value = this.toValue(node, []);
    return isRecord(value) ? value : undefined;
  }

  private nodes(name: string, type: string): Node[] {
    const node = this.fields.get(name);
    if (node === undefined || (isScalar(node) && this.plain(node) === null)) return [];
    if (!isSeq<Node>(node)) throw this.mismatch(node, type);
    return node.items.map((item) => this.resolveAlias(item));
  }

  private plain(node: Scalar): unknown {
    const text = textOf(node);
    return node.type === Scalar.PLAIN || node.type === undefined ? resolvePlainScalar(text) : text;
  }

  private toText(node: Node): string {
    if (!isScalar(node)) throw this.mismatch(node, "string");
    return this.plain(node) === null ? "" : textOf(node);
  }

  private toValue(outer: Node | null, path: string[]): unknown {
    if (outer === null) return null;
    const node = this.resolveAlias(outer);
    if (isScalar(node)) return this.plain(node);
    if (isSeq<Node>(node)) return node.items.map((item, index) => this.toValue(item, [...path, String(index)]));
    if (!isMap<Node, Node | null>(node)) return null;
    const own: [string, unknown][] = [];
    const merged: [string, unknown][] = [];
    for (const { key, value } of node.items) {
      const name = isScalar(key) ? this.plain(key) : undefined;
      if (typeof name !== "string") throw new YamlProblem(`invalid map key type(s): ${path.join("/")}`);
      const entry = this.toValue(value, [...path, name]);
      if (name !== MERGE_KEY) own.push([name, entry]);
      else
        merged.push(
          ...[entry]
            .flat()
            .toReversed()
            .flatMap((source) => (isRecord(source) ? Object.entries(source) : [])),
        );
    }
    return Object.fromEntries([...merged, ...own]);
  }

  private mismatch(node: Node, type: string): YamlProblem {
    const { line } = this.lines.linePos(node.range?.[0] ?? 0);
    const what = isMap(node) ? "!!map" : isSeq(node) ? "!!seq" : scalarTag(isScalar(node) ? node : undefined);
    return new YamlProblem(`yaml: unmarshal errors:\n  line ${line}: cannot unmarshal ${what} into ${type}`, line);
  }
}

function parseBlock(text: string, options: Parameters<typeof parseDocument>[1]): ReturnType<typeof parseDocument> {
  try {
    return parseDocument(text, options);
  } catch (thrown) {
    if (thrown instanceof RangeError) throw new YamlProblem("yaml: exceeded max depth");
    throw thrown;
  }
}

function textOf(node: Scalar): string {
  return node.source ?? String(node.value ?? "");
}

function scalarTag(node: Scalar | undefined): string {
  const text = node === undefined ? "" : textOf(node);
  const value = node?.type === Scalar.PLAIN ? resolvePlainScalar(text) : text;
  const tag =
    typeof value === "number"
      ? Number.isInteger(value)
        ? "!!int"
        : "!!float"
      : typeof value === "boolean"
        ? "!!bool"
        : "!!str";
  return `${tag} \`${text.length > 10 ? `${text.slice(0, 7)}...` : text}\``;
}

function firstLine(message: string): string {
  return message.split("\n")[0] ?? message;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
