import { numberFromBigInt, numberFromDouble, ObjectBuilder, parseJson, RegoObject, type Value } from "../rego/index.ts";
import { toErrorMessage } from "../types/index.ts";
import { PolicyError } from "./errors.ts";
import type { FetchedSource } from "./fetch-source.ts";
import type { SourceFile } from "./ports.ts";
import { toSubject } from "./source-faults.ts";
import { describeProblem, parseYamlTree } from "./yaml-document.ts";
import type { YamlTree } from "./yaml-tree.ts";

const dataFile = /\.(json|yaml|yml)$/;
/** Folders deeper than this are refused. */
const maxDepth = 64;

function isObject(value: Value): value is RegoObject {
  return value instanceof RegoObject;
}

function invalid(place: string, what: string): PolicyError {
  return new PolicyError(`the data document ${place} cannot be read: ${what}`, {
    code: "data-invalid",
    subject: place,
  });
}

function parseJsonFile(text: string, place: string): Value {
  try {
    return parseJson(text);
  } catch (error) {
    throw invalid(place, toErrorMessage(error));
  }
}

function toValue(tree: YamlTree): Value {
  if (typeof tree === "bigint") {
    return numberFromBigInt(tree);
  }
  if (typeof tree === "number") {
    return numberFromDouble(tree);
  }
  if (tree instanceof Map) {
    return RegoObject.from([...tree].map(([key, item]) => [key, toValue(item)]));
  }
  return Array.isArray(tree) ? tree.map(toValue) : (tree as null | boolean | string);
}

function parseYamlFile(text: string, place: string): Value {
  const parsed = parseYamlTree(text);
  if (!parsed.ok) {
    throw invalid(place, describeProblem(parsed.problem));
  }
  return toValue(parsed.value);
}

function parseFile({ path, bytes }: SourceFile, source: string): RegoObject {
  const place = `${source}: ${path}`;
  const text = new TextDecoder().decode(bytes);
  const value = path.endsWith(".json") ? parseJsonFile(text, place) : parseYamlFile(text, place);
  if (!isObject(value)) {
    throw invalid(place, "its top level must be an object");
  }
  return value;
}

/**
 * Merges two documents deeply: what is an object in both is merged, any other key in both is refused, equal values
 * included.
 *
 * @throws {PolicyError} `data-conflict`, naming the path
 */
export function mergeDocuments(a: RegoObject, b: RegoObject, place: string, path: readonly string[] = []): RegoObject {
  const builder = new ObjectBuilder();
  for (const [key, value] of a) {
    builder.set(key, value);
  }
  for (const [key, value] of b) {
    const before = builder.get(key);
    const at = [...path, String(key)];
    if (before === undefined) {
      builder.set(key, value);
    } else if (isObject(before) && isObject(value)) {
      builder.set(key, mergeDocuments(before, value, place, at));
    } else {
      throw new PolicyError(
        `merge error: ${at.join(".")} of ${place} is already defined by another data document; ` +
          "each value may be defined once, only objects are merged",
        { code: "data-conflict", subject: place },
      );
    }
  }
  return builder.build();
}

function folderOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash === -1 ? "" : path.slice(0, slash);
}

/** Puts a document under the names of its folders. */
function wrap(document: RegoObject, folders: readonly string[]): RegoObject {
  return folders.reduceRight<RegoObject>((inner, folder) => RegoObject.from([[folder, inner]]), document);
}

function isBelow(path: string, root: string): boolean {
  return root === "" || path.startsWith(`${root}/`);
}

/** The documents of one source: each folder that directly holds data files is a root of its own. */
function readSource(source: FetchedSource, before: RegoObject): RegoObject {
  const subject = toSubject(source.pinnedUrl);
  const files = source.files.filter(({ path }) => dataFile.test(path));
  const parsed = files.map((file) => ({ path: file.path, document: parseFile(file, subject) }));
  const roots = [...new Set(files.map(({ path }) => folderOf(path)))].sort();
  let merged = before;
  for (const root of roots) {
    for (const { path, document } of parsed.filter((file) => isBelow(file.path, root))) {
      const folders = folderOf(path)
        .slice(root.length)
        .split("/")
        .filter((part) => part !== "");
      if (folders.length > maxDepth) {
        throw invalid(`${subject}: ${path}`, `its folders are nested deeper than ${maxDepth}`);
      }
      merged = mergeDocuments(merged, wrap(document, folders), `${subject}: ${path}`);
    }
  }
  return merged;
}

/**
 * Merges the data documents (`.json`, `.yaml`, `.yml`) of the sources of one group, each address once. The names of the
 * folders above a document do not become keys, but for folders inside of another folder with data files: a document
 * there is found twice, at the top and under its folders' names (as with Conforma).
 *
 * @throws {PolicyError} `data-invalid`, `data-conflict`
 */
export function readDataDocuments(sources: readonly FetchedSource[]): RegoObject {
  const distinct = new Map(sources.map((source) => [source.url, source]));
  let merged = RegoObject.empty;
  for (const source of distinct.values()) {
    merged = readSource(source, merged);
  }
  return merged;
}
