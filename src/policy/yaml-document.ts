import { type Document, LineCounter, parseAllDocuments, type ScalarTag, type Tags } from "yaml";
import type { Json } from "../types/index.ts";
import { readPlainYaml } from "./yaml-plain.ts";
import type { YamlTree } from "./yaml-tree.ts";

/** Why a text is no document: in words, with line and column where known. */
export interface YamlProblem {
  message: string;
  line?: number;
  column?: number;
}

export type YamlResult<T> = { ok: true; value: T; documents: number } | { ok: false; problem: YamlProblem };

/** `0o17`, which YAML 1.1 does not know and Conforma's reader does. */
const octal: ScalarTag = {
  tag: "tag:yaml.org,2002:int",
  default: true,
  identify: () => false,
  test: /^[-+]?0o[0-7_]+$/,
  resolve: (text) => {
    const digits = BigInt(text.replace(/^[-+]/, "").replaceAll("_", ""));
    return text.startsWith("-") ? -digits : digits;
  },
};

/**
 * The tags of YAML 1.1 as Conforma's reader resolves them: timestamps stay texts, and there are no base-60 numbers.
 */
function chooseTags(tags: Tags): Tags {
  const kept = tags.filter((tag) => {
    if (typeof tag === "string") {
      return tag !== "timestamp" && tag !== "intTime" && tag !== "floatTime";
    }
    return tag.tag !== "tag:yaml.org,2002:timestamp" && tag.format !== "TIME";
  });
  return [octal, ...kept];
}

/** A document that is not JSON. Stays inside of this file. */
class NotJsonError extends Error {}

function toKey(key: unknown): string {
  switch (typeof key) {
    case "string":
      return key;
    case "boolean":
    case "number":
    case "bigint":
      return String(key);
    default:
      throw new NotJsonError("a key is neither a text nor a number nor a boolean");
  }
}

const maxUnsigned = 2n ** 64n;

function toNumber(value: bigint): number | bigint {
  const isKept = value >= -maxUnsigned / 2n && value < maxUnsigned;
  return Number.isSafeInteger(Number(value)) || !isKept ? Number(value) : value;
}

function toTree(value: unknown): YamlTree {
  if (value instanceof Map) {
    return new Map([...value].map(([key, item]) => [toKey(key), toTree(item)]));
  }
  if (value instanceof Set) {
    return new Map([...value].map((key) => [toKey(key), null]));
  }
  if (Array.isArray(value)) {
    return value.map(toTree);
  }
  if (value instanceof Uint8Array) {
    return new TextDecoder().decode(value);
  }
  switch (typeof value) {
    case "bigint":
      return toNumber(value);
    case "number":
      if (!Number.isFinite(value)) {
        throw new NotJsonError(`${value} is no number of JSON`);
      }
      return value;
    case "boolean":
    case "string":
      return value;
    default:
      return null;
  }
}

function toProblem(document: Document.Parsed): YamlProblem | undefined {
  const error = document.errors[0];
  if (error === undefined) {
    return undefined;
  }
  const [start] = error.linePos ?? [];
  const message = error.message.split("\n")[0]?.replace(/ at line \d+, column \d+:?$/, "") ?? error.code;
  return start === undefined ? { message } : { message, line: start.line, column: start.col };
}

/**
 * Reads YAML 1.1, and so JSON: unquoted yes, no, on, off, y, n are booleans, a leading zero means octal, `_` in numbers
 * is dropped. Keys that are not texts become their text. Of several documents the first is read; of several equal keys
 * the last.
 */
export function parseYamlTree(text: string): YamlResult<YamlTree> {
  const plain = readPlainYaml(text);
  return plain === undefined ? parseYamlWhole(text) : { ok: true, value: plain, documents: 1 };
}

/** As `parseYamlTree`, always with the whole reader. */
export function parseYamlWhole(text: string): YamlResult<YamlTree> {
  const documents = parseAllDocuments(text, {
    version: "1.1",
    customTags: chooseTags,
    uniqueKeys: false,
    intAsBigInt: true,
    lineCounter: new LineCounter(),
    logLevel: "silent",
  });
  const [first] = Array.isArray(documents) ? documents : [];
  if (first === undefined) {
    return { ok: true, value: null, documents: 0 };
  }
  const problem = toProblem(first);
  if (problem !== undefined) {
    return { ok: false, problem };
  }
  try {
    const value = toTree(first.toJS({ maxAliasCount: 100, mapAsMap: true }));
    return { ok: true, value, documents: documents.length };
  } catch (error) {
    return { ok: false, problem: { message: error instanceof Error ? error.message : String(error) } };
  }
}

function toJson(tree: YamlTree): Json {
  if (typeof tree === "bigint") {
    return Number(tree);
  }
  if (tree instanceof Map) {
    return Object.fromEntries([...tree].map(([key, item]) => [key, toJson(item)]));
  }
  return Array.isArray(tree) ? tree.map(toJson) : (tree as Json);
}

/** As `parseYamlTree`, as JSON: integers that a double does not hold are rounded. */
export function parseYaml(text: string): YamlResult<Json> {
  const parsed = parseYamlTree(text);
  return parsed.ok ? { ...parsed, value: toJson(parsed.value) } : parsed;
}

/** `line 3, column 7: what is wrong`. */
export function describeProblem(problem: YamlProblem): string {
  const at = problem.line === undefined ? "" : `line ${problem.line}, column ${problem.column ?? 1}: `;
  return `${at}${problem.message}`;
}
