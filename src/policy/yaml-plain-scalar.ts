import type { YamlTree } from "./yaml-tree.ts";

/** The document is not plain. Stays inside of the plain reader. */
export class NotPlain extends Error {}

export const notPlain = new NotPlain("not plain");

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

/** What a scalar in a line means, with or without quotes; throws `NotPlain` where that takes a whole reader. */
export function readScalar(text: string): YamlTree {
  if (text === "{}") {
    return new Map();
  }
  if (text === "[]") {
    return [];
  }
  const quoted = doubleQuoted.exec(text) ?? singleQuoted.exec(text);
  return quoted === null ? readPlain(text) : (quoted[1] ?? "");
}

/** A key that is a text. */
export function readKey(text: string): string {
  const key = readScalar(text);
  if (typeof key !== "string" || key === "<<") {
    throw notPlain;
  }
  return key;
}
