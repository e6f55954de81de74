import { type AnnotationBlock, MAX_LENGTH, YamlProblem } from "./yaml-block.ts";
import { type PlainNode, type PlainScalar, readPlainNodes } from "./yaml-nodes.ts";
import { resolveBoolean, resolvePlainScalar } from "./yaml-scalar.ts";

/**
 * Reads a block with the quick reader: undefined where that cannot. What the block's methods throw says neither what is
 * wrong nor where: the whole reader does.
 */
export function readPlainBlock(text: string): AnnotationBlock | undefined {
  const root = text.length > MAX_LENGTH ? undefined : readPlainNodes(text);
  return root === undefined ? undefined : new PlainBlock(root);
}

const problem = new YamlProblem("yaml: left to the whole reader");

class PlainBlock implements AnnotationBlock {
  readonly #fields = new Map<string, PlainNode>();

  constructor(root: PlainNode) {
    if (root.kind === "scalar" && toPlain(root) === null) return;
    if (root.kind !== "mapping") throw problem;
    for (const [key, value] of root.entries) this.#fields.set(key.text, value);
  }

  string(name: string): string {
    const node = this.#fields.get(name);
    return node === undefined ? "" : toText(node);
  }

  boolean(name: string): boolean {
    const node = this.#fields.get(name);
    if (node === undefined) return false;
    if (node.kind !== "scalar") throw problem;
    if (toPlain(node) === null) return false;
    const value = node.isQuoted ? undefined : resolveBoolean(node.text);
    if (value === undefined) throw problem;
    return value;
  }

  strings(name: string): string[] {
    return this.#items(name).map(toText);
  }

  list(name: string): unknown[] {
    return this.#items(name).map(toValue);
  }

  record(name: string): Record<string, unknown> | undefined {
    const node = this.#fields.get(name);
    if (node === undefined || (node.kind === "scalar" && toPlain(node) === null)) return undefined;
    if (node.kind !== "mapping") throw problem;
    return toRecord(node.entries);
  }

  #items(name: string): PlainNode[] {
    const node = this.#fields.get(name);
    if (node === undefined || (node.kind === "scalar" && toPlain(node) === null)) return [];
    if (node.kind !== "list") throw problem;
    return node.items;
  }
}

function toPlain({ text, isQuoted }: PlainScalar): string | number | boolean | null {
  return isQuoted ? text : resolvePlainScalar(text);
}

function toText(node: PlainNode): string {
  if (node.kind !== "scalar") throw problem;
  return toPlain(node) === null ? "" : node.text;
}

function toValue(node: PlainNode): unknown {
  switch (node.kind) {
    case "scalar":
      return toPlain(node);
    case "list":
      return node.items.map(toValue);
    case "mapping":
      return toRecord(node.entries);
  }
}

function toRecord(entries: readonly (readonly [PlainScalar, PlainNode])[]): Record<string, unknown> {
  const own: [string, unknown][] = [];
  for (const [key, value] of entries) {
    const name = toPlain(key);
    if (typeof name !== "string") throw problem;
    own.push([name, toValue(value)]);
  }
  return Object.fromEntries(own);
}
