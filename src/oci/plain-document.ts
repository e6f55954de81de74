import type { Json } from "../types/index.ts";
import { notPlain, type PlainBuilder, readPlainYaml } from "../yaml/index.ts";

const words: ReadonlyMap<string, boolean | null> = new Map<string, boolean | null>([
  ...["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"].map((word) => [word, true] as const),
  ...["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"].map((word) => [word, false] as const),
  ...["", "~", "null", "Null", "NULL"].map((word) => [word, null] as const),
]);
const smallInteger = /^(?:0|-?[1-9]\d{0,14})$/;
/** Whatever may be a number in some way: what it is, the whole reader says. */
const numberLike = /^[-+]?[.\d][\da-fx_.:-]*(?:e[-+]?\d*)?$|^[-+]?\.(?:inf|nan)$/i;
const version = /^\d+\.\d+\.\d+$/;

const builder: PlainBuilder<Json> = {
  scalar(text, isQuoted) {
    if (isQuoted) return text;
    const word = words.get(text);
    if (word !== undefined) return word;
    if (smallInteger.test(text)) return Number(text);
    if (numberLike.test(text) && !version.test(text)) throw notPlain;
    return text;
  },
  list: (items) => items,
  mapping(entries) {
    for (const [key] of entries) if (typeof key !== "string" || key === "<<") throw notPlain;
    return Object.fromEntries(entries as [string, Json][]);
  },
};

/**
 * Reads plain YAML, such as most manifests of Kubernetes are, many times faster than the whole reader; undefined for all
 * other. Where it reads a document, the whole reader reads the same.
 */
export function readPlainDocument(text: string): Json | undefined {
  return readPlainYaml(text, builder);
}
