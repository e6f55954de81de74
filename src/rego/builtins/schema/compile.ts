import {
  assertDepth,
  compareNumbers,
  isIntegerNumber,
  isList,
  type RegoNumber,
  type RegoObject,
  toDouble,
  toJsonText,
  type Value,
} from "../../value/index.ts";
import { toFailure } from "../builtin.ts";
import { isNumber, isObject } from "../operands.ts";
import { compilePattern, isValidPattern } from "../pattern/pattern.ts";
import { detectDraft, SchemaPool } from "./references.ts";
import type { Draft, Schema } from "./types.ts";

const typeNames = ["array", "boolean", "integer", "number", "null", "object", "string"];

/**
 * Compiles a JSON Schema of draft 4, 6 or 7, with the leniency and the messages that OPA has.
 *
 * Throws `BuiltinError` (eval_builtin_error) where the schema is none.
 */
export function compileSchema(document: Value): Schema {
  return new Compiler(document).compile();
}

/** The text that `enum`, `const` and `uniqueItems` compare. */
export function toComparableText(value: Value): string {
  return toJsonText(value);
}

class Compiler {
  readonly #root: Value;
  readonly #pool: SchemaPool;
  readonly #byReference = new Map<string, Schema>();

  constructor(root: Value) {
    this.#root = root;
    this.#pool = new SchemaPool(root);
  }

  compile(): Schema {
    return this.#parse(this.#root, detectDraft(this.#root) ?? "hybrid", 0);
  }

  #parse(node: Value, draft: Draft, depth: number, schema: Schema = createSchema()): Schema {
    assertDepth(depth);
    if (draft !== "draft4" && typeof node === "boolean") {
      schema.pass = node;
      return schema;
    }
    if (!isObject(node)) throw toFailure("Expected: Valid Schema, given: Invalid JSON");
    optionalString(node, draft === "draft4" || (draft === "hybrid" && node.has("id")) ? "id" : "$id");
    const parse = (child: Value): Schema => this.#parse(child, draft, depth + 1);
    parseDefinitions(node, parse);
    optionalString(node, "title");
    optionalString(node, "description");
    if (this.#parseReference(node, schema, draft, depth)) return schema;
    parseTypes(node, schema);
    parseObjectKeywords(node, schema, draft, parse);
    parseArrayKeywords(node, schema, draft, parse);
    parseNumberKeywords(node, schema, draft);
    parseSizes(node, schema);
    parseValues(node, schema, draft);
    parseCombinations(node, schema, draft, parse);
    return schema;
  }

  /** Returns whether the rest of the schema is to be left out: at the first use of a reference it is. */
  #parseReference(node: RegoObject, schema: Schema, draft: Draft, depth: number): boolean {
    const reference = optionalString(node, "$ref");
    if (reference === undefined) return false;
    const name = this.#pool.referenceOf(node, reference);
    const known = this.#byReference.get(name);
    if (known !== undefined) {
      schema.reference = known;
      return false;
    }
    const target = createSchema();
    this.#byReference.set(name, target);
    schema.reference = target;
    const found = this.#pool.get(name);
    if (typeof found.document !== "boolean" && !isObject(found.document)) {
      throw toFailure("Valid Schema must be of type object");
    }
    this.#parse(found.document, found.draft ?? draft, depth + 1, target);
    return true;
  }
}

type Parse = (node: Value) => Schema;

function createSchema(): Schema {
  return {
    types: [],
    properties: new Map(),
    patternProperties: [],
    dependencies: new Map(),
    uniqueItems: false,
    required: [],
    enum: [],
    oneOf: [],
    anyOf: [],
    allOf: [],
  };
}

function isSchemaNode(value: Value | undefined): value is boolean | RegoObject {
  return typeof value === "boolean" || (value !== undefined && isObject(value));
}

function toInvalidType(expected: string, given: string): Error {
  return toFailure(`Invalid type. Expected: ${expected}, given: ${given}`);
}

function optionalString(node: RegoObject, key: string): string | undefined {
  const value = node.get(key);
  if (value === undefined || typeof value === "string") return value;
  throw toInvalidType("string", key);
}

function optionalList(node: RegoObject, key: string): readonly Value[] {
  const value = node.get(key);
  if (value === undefined) return [];
  if (!isList(value)) throw toFailure(`${key} must be of an array`);
  return value;
}

function parseDefinitions(node: RegoObject, parse: Parse): void {
  const definitions = node.get("definitions");
  if (definitions === undefined) return;
  if (!isObject(definitions)) throw toInvalidType("Array Of Schemas", "definitions");
  for (const definition of definitions.values()) {
    if (!isSchemaNode(definition)) throw toInvalidType("Array Of Schemas", "definitions");
    parse(definition);
  }
}

function parseTypes(node: RegoObject, schema: Schema): void {
  const type = node.get("type");
  if (type === undefined) return;
  const names = isList(type) ? type : [type];
  for (const name of names) {
    if (typeof name !== "string") throw toInvalidType("type", "string/Array Of Strings");
    if (!typeNames.includes(name)) {
      const known = typeNames.join(" ");
      throw toFailure(
        `has a primitive type that is NOT VALID -- given: /${name}/ Expected valid values are:[${known}]`,
      );
    }
    if (schema.types.includes(name)) throw toFailure(`${name} type is duplicated`);
    schema.types.push(name);
  }
}

function parseObjectKeywords(node: RegoObject, schema: Schema, draft: Draft, parse: Parse): void {
  const properties = node.get("properties");
  if (properties !== undefined) {
    if (!isObject(properties)) throw toFailure("Properties must be of type object");
    for (const [key, child] of properties.entries()) schema.properties.set(String(key), parse(child));
  }
  const additional = node.get("additionalProperties");
  if (additional !== undefined) {
    if (!isSchemaNode(additional)) throw toInvalidType("boolean/Valid Schema", "additionalProperties");
    schema.additionalProperties = typeof additional === "boolean" ? additional : parse(additional);
  }
  const patterns = node.get("patternProperties");
  if (patterns !== undefined) {
    if (!isObject(patterns)) throw toInvalidType("Valid Schema", "patternProperties");
    for (const [key, child] of patterns.entries()) {
      const pattern = String(key);
      if (!isValidPattern(pattern)) throw toFailure(`Invalid regex pattern '${pattern}'`);
      schema.patternProperties.push([(text) => compilePattern(pattern).test(text), parse(child)]);
    }
  }
  const names = node.get("propertyNames");
  if (names !== undefined && draft !== "draft4") {
    if (!isSchemaNode(names)) throw toInvalidType("Valid Schema", "patternProperties");
    schema.propertyNames = parse(names);
  }
  parseDependencies(node, schema, parse);
  for (const name of optionalList(node, "required")) {
    if (typeof name !== "string") throw toInvalidType("string", "required");
    if (schema.required.includes(name)) throw toFailure("required items must be unique");
    schema.required.push(name);
  }
}

function parseDependencies(node: RegoObject, schema: Schema, parse: Parse): void {
  const dependencies = node.get("dependencies");
  if (dependencies === undefined) return;
  if (!isObject(dependencies)) throw toFailure("dependencies must be of type object");
  for (const [key, dependency] of dependencies.entries()) {
    if (isSchemaNode(dependency)) schema.dependencies.set(String(key), parse(dependency));
    else if (isList(dependency) && dependency.every((name) => typeof name === "string")) {
      schema.dependencies.set(String(key), dependency as readonly string[]);
    } else throw toFailure("Dependency must be of type Schema Or Array Of Strings");
  }
}

function parseArrayKeywords(node: RegoObject, schema: Schema, draft: Draft, parse: Parse): void {
  const items = node.get("items");
  if (items !== undefined) {
    const list = isList(items) ? items : [items];
    if (!list.every(isSchemaNode)) throw toInvalidType("Valid Schema/Array Of Schemas", "items");
    schema.items = isList(items) ? items.map(parse) : parse(items);
  }
  const additional = node.get("additionalItems");
  if (additional !== undefined) {
    if (!isSchemaNode(additional)) throw toInvalidType("boolean/Valid Schema", "additionalItems");
    schema.additionalItems = typeof additional === "boolean" ? additional : parse(additional);
  }
  const unique = node.get("uniqueItems");
  if (unique !== undefined) {
    if (typeof unique !== "boolean") throw toFailure("uniqueItems must be of a boolean");
    schema.uniqueItems = unique;
  }
  const contains = node.get("contains");
  if (contains !== undefined && draft !== "draft4") schema.contains = parse(contains);
}

type Bound = "minimum" | "maximum";

function parseNumberKeywords(node: RegoObject, schema: Schema, draft: Draft): void {
  const multiple = node.get("multipleOf");
  if (multiple !== undefined) {
    if (!isNumber(multiple)) throw toInvalidType("Number", "multipleOf");
    if (compareNumbers(multiple, 0) <= 0) throw toFailure("multipleOf must be strictly greater than 0");
    schema.multipleOf = multiple;
  }
  parseBound(node, schema, draft, "minimum", "exclusiveMinimum");
  parseBound(node, schema, draft, "maximum", "exclusiveMaximum");
}

/** In draft 4 the exclusive form is a flag beside the bound, later it is a bound of its own. */
function parseBound(
  node: RegoObject,
  schema: Schema,
  draft: Draft,
  name: Bound,
  exclusiveName: "exclusiveMinimum" | "exclusiveMaximum",
): void {
  const bound = node.get(name);
  if (bound !== undefined) {
    if (!isNumber(bound)) throw toFailure(`${name} must be of a Number`);
    schema[name] = bound;
  }
  const exclusive = node.get(exclusiveName);
  if (exclusive === undefined) return;
  const allowsFlag = draft === "draft4" || draft === "hybrid";
  if (allowsFlag && typeof exclusive === "boolean") {
    const limit: number | RegoNumber | undefined = schema[name];
    if (limit === undefined) throw toFailure(`${exclusiveName} cannot be used without ${name}`);
    if (!exclusive) return;
    schema[exclusiveName] = limit;
    delete schema[name];
    return;
  }
  if (draft === "draft4" || !isNumber(exclusive)) {
    const expected = draft === "draft4" ? "boolean" : draft === "hybrid" ? "boolean/number" : "number";
    throw toInvalidType(expected, exclusiveName);
  }
  schema[exclusiveName] = exclusive;
}

const sizes = ["minLength", "maxLength", "minProperties", "maxProperties", "minItems", "maxItems"] as const;

function parseSizes(node: RegoObject, schema: Schema): void {
  for (const key of sizes) {
    const value = node.get(key);
    if (value === undefined) continue;
    if (!isNumber(value) || !isIntegerNumber(value)) throw toFailure(`${key} must be of an integer`);
    if (compareNumbers(value, 0) < 0) throw toFailure(`${key} must be greater than or equal to 0`);
    schema[key] = toDouble(value);
  }
  assertOrder(schema, "minLength", "maxLength");
  assertOrder(schema, "minProperties", "maxProperties");
}

function assertOrder(schema: Schema, low: (typeof sizes)[number], high: (typeof sizes)[number]): void {
  if ((schema[low] ?? 0) > (schema[high] ?? Number.POSITIVE_INFINITY)) {
    throw toFailure(`${low} cannot be greater than ${high}`);
  }
}

function parseValues(node: RegoObject, schema: Schema, draft: Draft): void {
  optionalString(node, "pattern");
  const format = optionalString(node, "format");
  if (format !== undefined && format !== "") schema.format = format;
  const constant = node.get("const");
  if (constant !== undefined && draft !== "draft4") schema.const = toComparableText(constant);
  for (const value of optionalList(node, "enum")) {
    const text = toComparableText(value);
    if (schema.enum.includes(text)) throw toFailure("enum items must be unique");
    schema.enum.push(text);
  }
}

function parseCombinations(node: RegoObject, schema: Schema, draft: Draft, parse: Parse): void {
  for (const key of ["oneOf", "anyOf", "allOf"] as const) schema[key] = optionalList(node, key).map(parse);
  const single =
    draft === "draft7" || draft === "hybrid" ? (["not", "if", "then", "else"] as const) : (["not"] as const);
  for (const key of single) {
    const child = node.get(key);
    if (child === undefined) continue;
    if (!isSchemaNode(child)) throw toFailure(`${key} must be of an object`);
    schema[key] = parse(child);
  }
}
