import { type Node, Pair, Scalar, YAMLMap, YAMLSeq } from "yaml";
import { notPlain, type PlainBuilder, readPlainYaml } from "../../yaml/index.ts";

/** Makes the nodes that the whole YAML reader makes, without their places. */
const builder: PlainBuilder<Node> = {
  scalar(text, isQuoted) {
    const node = new Scalar(text);
    node.type = isQuoted ? Scalar.QUOTE_DOUBLE : Scalar.PLAIN;
    return node;
  },
  list(items) {
    const node = new YAMLSeq<Node>();
    node.items = items;
    return node;
  },
  mapping(entries) {
    const node = new YAMLMap<Node, Node>();
    const names = new Set<unknown>();
    for (const [key, value] of entries) {
      const name = key instanceof Scalar ? key.value : undefined;
      // Keys that are no texts, merged mappings and keys that are there twice are left to the whole reader.
      if (typeof name !== "string" || name === "<<" || names.has(name)) throw notPlain;
      names.add(name);
      node.items.push(new Pair(key, value));
    }
    return node;
  },
};

/** Reads a plain document as YAML without types: every scalar is its text. Undefined for all that is not plain. */
export function readPlainNodes(text: string): Node | undefined {
  return readPlainYaml(text, builder);
}
