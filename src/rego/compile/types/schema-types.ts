import { anyType, type ObjectType, or, type StaticMember, type Type, typeOfValue } from "./algebra.ts";

/** A JSON schema that cannot be used as a type; the message is OPA's. */
export class SchemaTypeError extends Error {}

/** What of a JSON schema makes a type. */
interface Schema {
  types: Set<string>;
  properties: [string, unknown][];
  items: unknown[];
  /** Whether `items` is one schema, for all items. */
  isList: boolean;
}

const primitiveTypes = ["array", "boolean", "integer", "number", "null", "object", "string"];

/** Schemas nested deeper than this, or more of them, say nothing. */
const maxDepth = 100;
const maxSchemas = 10_000;

/**
 * The type of documents that a schema of an annotation describes (OPA, "Schema": definitions). References are followed inside of the
 * schema; what refers to itself can be anything there.
 * @throws SchemaTypeError
 */
export function typeOfSchema(definition: unknown): Type {
  return new SchemaReader(definition).read(definition, 0);
}

class SchemaReader {
  readonly #root: unknown;
  readonly #open = new Set<string>();
  #count = 0;

  constructor(root: unknown) {
    this.#root = root;
  }

  read(value: unknown, depth: number): Type {
    this.#count += 1;
    if (!isRecord(value) || depth > maxDepth || this.#count > maxSchemas) return anyType;
    const { $ref: reference, anyOf, allOf } = value;
    if (typeof reference === "string") return this.#reference(reference, depth);
    const schema = toSchema(value);
    if (Array.isArray(anyOf)) return this.#union(schema, anyOf, depth);
    if (Array.isArray(allOf)) return this.#merged(schema, allOf, depth);
    return this.#single(schema, depth);
  }

  #reference(reference: string, depth: number): Type {
    const target = reference.startsWith("#") ? follow(this.#root, reference.slice(1)) : undefined;
    if (target === undefined || this.#open.has(reference)) return anyType;
    this.#open.add(reference);
    const type = this.read(target, depth + 1);
    this.#open.delete(reference);
    return type;
  }

  #union(schema: Schema, members: readonly unknown[], depth: number): Type {
    const core = schema.types.size > 0 ? this.#single(schema, depth) : undefined;
    const start = core?.kind === "object" && core.dynamic === undefined ? core : undefined;
    return members.reduce<Type | undefined>((type, member) => or(this.read(member, depth + 1), type), start) ?? anyType;
  }

  #merged(schema: Schema, members: readonly unknown[], depth: number): Type {
    const merged = mergeSchemas(members.map(toSchema));
    if (schema.types.size === 0) return this.#single(merged, depth);
    const isShared = ["object", "array"].some((kind) => schema.types.has(kind) && merged.types.has(kind));
    if (isShared) return this.#single(mergeSchemas([merged, schema]), depth);
    if (format(schema.types) !== format(merged.types))
      throw new SchemaTypeError("type checking: unable to merge these schemas");
    return this.#single(merged, depth);
  }

  #single({ types, properties, items, isList }: Schema, depth: number): Type {
    if (types.has("boolean")) return typeOfValue(true);
    if (types.has("string")) return typeOfValue("");
    if (types.has("integer") || types.has("number")) return typeOfValue(0);
    const isTyped = types.size > 0;
    if (types.has("object") || (properties.length > 0 && !types.has("array"))) return this.#object(properties, depth);
    if (!types.has("array") && (isTyped || items.length === 0)) return anyType;
    if (items.length === 0) return { kind: "array", static: [], dynamic: anyType };
    const members = items.map((item) => this.read(item, depth + 1));
    return isList ? { kind: "array", static: [], dynamic: members[0] } : { kind: "array", static: members };
  }

  #object(properties: readonly [string, unknown][], depth: number): ObjectType {
    if (properties.length === 0) return { kind: "object", static: [], dynamic: { key: anyType, value: anyType } };
    const members = properties.map(([key, value]): StaticMember => ({ key, value: this.read(value, depth + 1) }));
    return { kind: "object", static: members };
  }
}

function toSchema(value: unknown): Schema {
  if (!isRecord(value)) return { types: new Set(), properties: [], items: [], isList: false };
  const { type, properties, items } = value;
  const types = new Set<string>();
  for (const name of Array.isArray(type) ? type : type === undefined ? [] : [type]) {
    if (typeof name !== "string" || !primitiveTypes.includes(name)) {
      const given = typeof name === "string" ? name : JSON.stringify(name);
      const expected = `[${primitiveTypes.join(" ")}]`;
      throw new SchemaTypeError(
        `unable to compile the schema: has a primitive type that is NOT VALID -- given: /${given}/ Expected valid values are:${expected}`,
      );
    }
    types.add(name);
  }
  return {
    types,
    properties: isRecord(properties) ? Object.entries(properties) : [],
    items: Array.isArray(items) ? items : items === undefined ? [] : [items],
    isList: !Array.isArray(items),
  };
}

/** One schema for what satisfies all of them; their types must be the same. */
function mergeSchemas(schemas: readonly Schema[]): Schema {
  for (const { types, properties, items } of schemas) {
    if (properties.length > 0) types.add("object");
    else if (items.length > 0) types.add("array");
  }
  const [first = toSchema(undefined), ...others] = schemas;
  const merged: Schema = { ...first, properties: [...first.properties], items: [...first.items] };
  for (const other of others) {
    if (format(merged.types) !== format(other.types)) {
      const types = `${format(merged.types)} and ${format(other.types)}`;
      throw new SchemaTypeError(`type checking: unable to merge these schemas: type mismatch: ${types}`);
    }
    if (merged.types.has("object") && merged.properties.length > 0) merged.properties.push(...other.properties);
    else if (merged.types.has("array") && merged.items.length > 0) {
      for (const [index, item] of other.items.entries()) merged.items[index] ??= item;
    }
  }
  return merged;
}

function format(types: ReadonlySet<string>): string {
  return [...types].join(",");
}

/** The member of a document that a JSON pointer names. */
function follow(root: unknown, pointer: string): unknown {
  let value = root;
  for (const part of pointer.split("/").slice(1)) {
    const key = decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~");
    if (Array.isArray(value)) value = value[Number(key)];
    else if (isRecord(value) && Object.hasOwn(value, key)) value = value[key];
    else return undefined;
  }
  return value;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
