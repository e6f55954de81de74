import { notPlain, type PlainBuilder, readPlainYaml as readPlain } from "../yaml/index.ts";
import type { YamlTree } from "./yaml-tree.ts";

const words: ReadonlyMap<string, boolean | null> = new Map<string, boolean | null>([
  ...["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"].map((word) => [word, true] as const),
  ...["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"].map((word) => [word, false] as const),
  ...["", "~", "null", "Null", "NULL"].map((word) => [word, null] as const),
]);

const smallInteger = /^-?(?:0|[1-9]\d{0,14})$/;
const numberLike =
  /^[-+]?(?:0[xX][0-9a-fA-F_]*|0[bB][01_]*|0[oO][0-7_]*|[0-9][0-9_]*(?:\.[0-9_.]*)?(?:[eE][-+]?[0-9]*)?|\.[0-9_.]*(?:[eE][-+]?[0-9]*)?|\.(?:inf|Inf|INF)|[0-9][0-9_:]*(?:\.[0-9_]*)?)$|^\.(?:nan|NaN|NAN)$/;

/** What a scalar means in YAML 1.1. Numbers that are not small integers are left to the whole reader. */
function toScalar(text: string, isQuoted: boolean): YamlTree {
  if (isQuoted) return text;
  const word = words.get(text);
  if (word !== undefined) return word;
  if (smallInteger.test(text)) return text === "-0" ? 0 : Number(text);
  if (numberLike.test(text)) throw notPlain;
  return text;
}

/** Keys that are texts. */
function toMapping(entries: readonly (readonly [YamlTree, YamlTree])[]): YamlTree {
  const mapping = new Map<string, YamlTree>();
  for (const [key, value] of entries) {
    if (typeof key !== "string" || key === "<<") throw notPlain;
    mapping.set(key, value);
  }
  return mapping;
}

const builder: PlainBuilder<YamlTree> = { scalar: toScalar, list: (items) => items, mapping: toMapping };

/** Reads a plain document; undefined for all others. */
export function readPlainYaml(text: string): YamlTree | undefined {
  return readPlain(text, builder);
}
