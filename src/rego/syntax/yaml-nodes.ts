import { notPlain, type PlainBuilder, readPlainYaml } from "../../yaml/index.ts";

/** A scalar by its text. */
export interface PlainScalar {
  kind: "scalar";
  text: string;
  isQuoted: boolean;
}

/** What a plain document is made of. */
export type PlainNode =
  | PlainScalar
  | { kind: "list"; items: PlainNode[] }
  | { kind: "mapping"; entries: readonly (readonly [PlainScalar, PlainNode])[] };

const builder: PlainBuilder<PlainNode> = {
  scalar: (text, isQuoted) => ({ kind: "scalar", text, isQuoted }),
  list: (items) => ({ kind: "list", items }),
  mapping(entries) {
    const names = new Set<string>();
    for (const [key] of entries) {
      // Keys that are no texts, merged mappings and keys that are there twice are left to the whole reader.
      if (key.kind !== "scalar" || key.text === "<<" || names.has(key.text)) throw notPlain;
      names.add(key.text);
    }
    return { kind: "mapping", entries: entries as (readonly [PlainScalar, PlainNode])[] };
  },
};

/** Reads a plain document as YAML without types: every scalar is its text. Undefined for all that is not plain. */
export function readPlainNodes(text: string): PlainNode | undefined {
  return readPlainYaml(text, builder);
}
