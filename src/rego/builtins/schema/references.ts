import { isList, type RegoObject, type Value } from "../../value/index.ts";
import { toFailure } from "../builtin.ts";
import { isObject } from "../operands.ts";
import type { Draft, PooledDocument } from "./types.ts";

const drafts: Readonly<Record<string, Draft>> = {
  "http://json-schema.org/draft-04/schema": "draft4",
  "http://json-schema.org/draft-06/schema": "draft6",
  "http://json-schema.org/draft-07/schema": "draft7",
};

/** The draft that `$schema` names; undefined where it names none that is known. */
export function detectDraft(document: Value): Draft | undefined {
  if (typeof document === "boolean") return undefined;
  if (!isObject(document)) throw toFailure("schema is invalid");
  const schema = document.get("$schema");
  if (schema === undefined) return undefined;
  if (typeof schema !== "string") throw toFailure("$schema must be of type string");
  const name = schema.replace(/#$/, "");
  return Object.hasOwn(drafts, name) ? drafts[name] : undefined;
}

/** Resolves a reference against the identifier that holds where it stands (RFC 3986, 5.2). An empty fragment is dropped. */
export function resolveReference(base: string, reference: string): string {
  const resolved = join(base.replace(/#.*$/s, ""), reference);
  return resolved.replace(/#$/, "");
}

function join(base: string, reference: string): string {
  if (reference.startsWith("#")) return base + reference;
  if (/^[A-Za-z][A-Za-z0-9+.-]*:/.test(reference) || !/^[A-Za-z][A-Za-z0-9+.-]*:/.test(base)) return reference;
  return URL.canParse(reference, base) ? new URL(reference, base).href : reference;
}

/** The documents and parts of a document that references can name, and the references with their full names. */
export class SchemaPool {
  readonly #documents = new Map<string, PooledDocument>();
  readonly #references = new Map<RegoObject, string>();

  constructor(root: Value) {
    const draft = detectDraft(root);
    this.#collect(root, "", draft);
    this.#documents.set("", { document: root, draft });
  }

  /** The full name of the `$ref` of a schema that the document has. */
  referenceOf(schema: RegoObject, reference: string): string {
    return this.#references.get(schema) ?? reference;
  }

  /** Throws `BuiltinError` where nothing has the name: documents are never fetched. */
  get(reference: string): PooledDocument {
    const known = this.#documents.get(reference);
    if (known !== undefined) return known;
    const [name = "", fragment = ""] = reference.split("#", 2);
    const document = this.#documents.get(name);
    if (document === undefined) {
      if (/^[A-Za-z][A-Za-z0-9+.-]*:\/\/[^/]/.test(reference)) {
        throw toFailure(`remote reference loading disabled: ${reference}`);
      }
      throw toFailure(`Reference ${reference} must be canonical`);
    }
    return { document: followPointer(document.document, decodeFragment(fragment)), draft: document.draft };
  }

  #collect(value: Value, base: string, draft: Draft | undefined): void {
    if (isList(value)) {
      for (const item of value) this.#collect(item, base, draft);
      return;
    }
    if (!isObject(value)) return;
    const local = this.#enter(value, base, draft);
    const reference = value.get("$ref");
    if (typeof reference === "string") this.#references.set(value, resolveReference(local, reference));
    for (const [key, child] of value.entries()) {
      // Constants are no schemas, and names of properties are no keywords.
      if (key === "const" || key === "enum") continue;
      const isNames = key === "properties" || key === "dependencies" || key === "patternProperties";
      if (!isNames) this.#collect(child, local, draft);
      else if (isObject(child)) for (const named of child.values()) this.#collect(named, local, draft);
    }
  }

  /** The identifier that holds inside a schema, which is kept under it. */
  #enter(schema: RegoObject, base: string, draft: Draft | undefined): string {
    const id = schema.get(schema.has("id") ? "id" : "$id");
    if (typeof id !== "string") return base;
    const local = resolveReference(base, id);
    if (this.#documents.has(local)) throw toFailure(`Reference already exists: "${local}"`);
    this.#documents.set(local, { document: schema, draft });
    return local;
  }
}

function decodeFragment(fragment: string): string {
  try {
    return decodeURIComponent(fragment);
  } catch {
    // Not escaped at all.
    return fragment;
  }
}

/** RFC 6901. */
function followPointer(document: Value, pointer: string): Value {
  if (pointer === "") return document;
  if (!pointer.startsWith("/")) throw toFailure('JSON pointer must be empty or start with a "/"');
  let current = document;
  for (const token of pointer.slice(1).split("/")) {
    const name = token.replaceAll("~1", "/").replaceAll("~0", "~");
    let next: Value | undefined;
    if (isObject(current)) {
      next = current.get(name);
      if (next === undefined) throw toFailure(`Object has no key '${name}'`);
    } else if (isList(current)) {
      if (!/^[+-]?\d+$/.test(token)) throw toFailure(`Invalid array index '${token}'`);
      next = current[Number(token)];
      if (next === undefined) throw toFailure(`Out of bound array[0,${current.length}] index '${Number(token)}'`);
    } else throw toFailure(`Invalid token reference '${token}'`);
    current = next;
  }
  return current;
}
