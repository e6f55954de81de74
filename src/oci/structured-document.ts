import type { Json } from "../types/index.ts";
import { OciError } from "./errors.ts";
import { readPlainDocument } from "./plain-document.ts";

const maxDepth = 1000;

/**
 * A file's JSON or YAML (1.1, as Kubernetes reads it; the first document) as a JSON value; undefined where it is
 * neither. Dates stay texts, an empty file is null. Throws OciError `too-large` for YAML of more than `maxYamlBytes`.
 */
export async function parseStructuredDocument(
  bytes: Uint8Array,
  { maxYamlBytes, subject }: { maxYamlBytes: number; subject: string },
): Promise<Json | undefined> {
  const text = Buffer.from(bytes)
    .toString("utf8")
    .replace(/^\uFEFF/, "");
  try {
    return JSON.parse(text) as Json;
  } catch {
    // Not JSON, so maybe YAML.
  }
  if (bytes.length <= maxYamlBytes) return readPlainDocument(text) ?? parseYaml(text);
  throw new OciError(`${subject}: expected JSON, or YAML of at most ${maxYamlBytes} bytes, got ${bytes.length} bytes`, {
    code: "too-large",
    subject,
  });
}

/** With the whole reader. */
export async function parseYaml(text: string): Promise<Json | undefined> {
  // Most files are JSON, and most runs read none: loaded when first needed.
  const { parseAllDocuments } = await import("yaml");
  try {
    const documents = parseAllDocuments(text, {
      version: "1.1",
      uniqueKeys: false,
      logLevel: "silent",
      // Kubernetes' reader knows neither dates nor numbers to the base 60.
      customTags: (tags) =>
        tags.filter(
          (tag) => typeof tag === "string" || (tag.tag !== "tag:yaml.org,2002:timestamp" && tag.format !== "TIME"),
        ),
    });
    const first = "empty" in documents ? undefined : documents[0];
    if (first === undefined) return null;
    if (first.errors.length > 0) return undefined;
    return toJson(first.toJS({ maxAliasCount: 100 }), 0);
  } catch {
    return undefined; // Whatever cannot be read is no document.
  }
}

/** Throws where there is something that JSON cannot hold. */
function toJson(value: unknown, depth: number): Json {
  if (depth > maxDepth) throw new Error("too deep");
  if (value === null || value === undefined) return null;
  if (typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString("utf8");
  if (Array.isArray(value)) return value.map((entry) => toJson(entry, depth + 1));
  if (value instanceof Set) return Object.fromEntries([...value].map((key) => [String(key), null]));
  if (value instanceof Map || Object.getPrototypeOf(value) === Object.prototype) {
    const entries: Iterable<[unknown, unknown]> = value instanceof Map ? value : Object.entries(value);
    return Object.fromEntries(Array.from(entries, ([key, entry]) => [String(key), toJson(entry, depth + 1)]));
  }
  throw new Error("no JSON value");
}
