import { parseDocument, type Tags, type YAMLParseError } from "yaml";
import { fromJson, numberFromBigInt, ObjectBuilder, parseJson, RegoObject, type Value } from "../value/index.ts";
import { TestError } from "./errors.ts";

/** The document in a JSON file. Throws `TestError`. */
export function readJsonDocument(path: string, text: string): Value {
  try {
    return parseJson(text);
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

/**
 * The document in a YAML file, read as OPA reads data: YAML 1.1 (`yes` is true, `017` is fifteen), but timestamps stay texts.
 * Throws `TestError`.
 */
export function readYamlDocument(path: string, text: string): Value {
  const document = parseDocument(text, {
    version: "1.1",
    customTags: withoutTimestamps,
    intAsBigInt: true,
    logLevel: "silent",
  });
  const [problem] = document.errors;
  if (problem !== undefined) throw unparsed(path, problem);
  try {
    const plain: unknown = document.toJS({ maxAliasCount: 100 });
    return toValue(plain);
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

/** With the row in front, as OPA has it, and without the lines that are quoted. */
function unparsed(path: string, problem: YAMLParseError): TestError {
  const [line = ""] = problem.message.split("\n");
  const row = problem.linePos?.[0].line;
  const message = `yaml: ${row === undefined ? "" : `line ${row}: `}${line.replace(/ at line \d+, column \d+:?$/, "")}`;
  return new TestError(`${path}: ${message}`, { code: "test_load", subject: path, cause: problem });
}

function unreadable(path: string, cause: unknown): TestError {
  const [line] = (cause instanceof Error ? cause.message : String(cause)).split("\n");
  return new TestError(`${path}: ${line}`, { code: "test_load", subject: path, cause });
}

function withoutTimestamps(tags: Tags): Tags {
  return tags.filter((tag) => {
    if (typeof tag === "string") return !["timestamp", "intTime", "floatTime", "set", "omap", "pairs"].includes(tag);
    return tag.tag !== "tag:yaml.org,2002:timestamp" && tag.format !== "TIME";
  });
}

/** Integers come as bigints, to keep their digits; keys become texts. */
function toValue(plain: unknown): Value {
  if (typeof plain === "bigint") return numberFromBigInt(plain);
  if (Array.isArray(plain)) return plain.map(toValue);
  if (typeof plain !== "object" || plain === null) return fromJson(plain ?? null);
  return RegoObject.from(Object.entries(plain).map(([key, value]) => [key, toValue(value)]));
}

/** Puts a document below the keys of its directory. */
export function nest(keys: readonly string[], document: Value): Value {
  return keys.reduceRight<Value>((inner, key) => RegoObject.from([[key, inner]]), document);
}

/** Both objects in one; undefined where a key is in both and is not an object in both: OPA's merge error. */
export function mergeDocuments(left: RegoObject, right: RegoObject): RegoObject | undefined {
  const merged = new ObjectBuilder();
  for (const [key, value] of left.entries()) merged.set(key, value);
  for (const [key, value] of right.entries()) {
    const existing = left.get(key);
    if (existing === undefined) {
      merged.set(key, value);
      continue;
    }
    if (!(existing instanceof RegoObject) || !(value instanceof RegoObject)) return undefined;
    const inner = mergeDocuments(existing, value);
    if (inner === undefined) return undefined;
    merged.set(key, inner);
  }
  return merged.build();
}
