import { RegoError } from "../../errors.ts";
import { assertDepth, fromJson, isList, RegoObject, spend, toJson, type Value } from "../../value/index.ts";
import type { BuiltinTable } from "../builtin.ts";
import { anyOperand, isObject, stringOperand, toTypeError } from "../operands.ts";
import { parseQuery } from "./parser.ts";
import { buildSchema, type GraphqlSchema } from "./schema.ts";
import { parseSchema } from "./schema-parser.ts";
import type { QueryDocument, SchemaDocument, Selection } from "./tree.ts";
import { validateQuery } from "./validate.ts";

/** The tree as OPA shows it: without places, nulls, and empty lists and objects. */
function toTree(document: object): Value {
  return prune(fromJson(document), 0);
}

function prune(value: Value, depth: number): Value {
  assertDepth(depth);
  spend(2);
  if (isList(value)) return value.map((item) => prune(item, depth + 1)).filter(isShown);
  if (!isObject(value)) return value;
  const pairs = value
    .entries()
    .filter(([key]) => key !== "place" && key !== "Position")
    .map(([key, item]) => [key, prune(item, depth + 1)] as const)
    .filter(([, item]) => isShown(item));
  return RegoObject.from(pairs);
}

function isShown(value: Value): boolean {
  if (value === null) return false;
  return isList(value) ? value.length > 0 : !isObject(value) || value.size > 0;
}

/** Without their text, all selections are fields: OPA reads trees so. */
function toQueryDocument(tree: unknown): QueryDocument {
  const document = tree as QueryDocument;
  for (const node of [...(document.Operations ?? []), ...(document.Fragments ?? [])])
    markFields(node.SelectionSet ?? []);
  return document;
}

function markFields(selections: readonly Selection[]): void {
  for (const selection of selections) {
    spend(2);
    selection.Alias ??= "";
    markFields(selection.SelectionSet ?? []);
  }
}

/** A query as text, or as the tree that `graphql.parse_query` gives. */
function toQuery(value: Value, position: number): QueryDocument {
  if (typeof value === "string") return parseQuery(value);
  if (isObject(value)) return toQueryDocument(toJson(value));
  throw toTypeError(position, value, "string", "object");
}

function toSchemaDocument(value: Value, position: number): SchemaDocument {
  if (typeof value === "string") return parseSchema(value);
  if (isObject(value)) return toJson(value) as unknown as SchemaDocument;
  throw toTypeError(position, value, "string", "object");
}

/** What the function returns, or undefined where it throws for its argument. */
function attempt<Result>(compute: () => Result): Result | undefined {
  try {
    return compute();
  } catch (thrown) {
    if (thrown instanceof RegoError && thrown.code.startsWith("eval_")) return undefined;
    throw thrown;
  }
}

interface Checked {
  readonly query: QueryDocument;
  readonly schemaDocument: SchemaDocument;
  readonly schema: GraphqlSchema;
}

/** Parses both and validates the query. Throws `BuiltinError`. */
function check(args: readonly Value[]): Checked {
  const query = toQuery(anyOperand(args, 1), 0);
  const schemaDocument = toSchemaDocument(anyOperand(args, 2), 1);
  const schema = buildSchema(schemaDocument);
  validateQuery(schema, query);
  return { query, schemaDocument, schema };
}

function parse(args: readonly Value[]): Value {
  const { query, schemaDocument } = check(args);
  return [toTree(query), toTree(schemaDocument)];
}

function parseAndVerify(args: readonly Value[]): Value {
  const trees = attempt(() => parse(args));
  return isList(trees) ? [true, ...trees] : [false, RegoObject.empty, RegoObject.empty];
}

export const graphql: BuiltinTable = {
  "graphql.parse_query": (args) => toTree(parseQuery(stringOperand(args, 1))),
  "graphql.parse_schema": (args) => toTree(parseSchema(stringOperand(args, 1))),
  "graphql.schema_is_valid": (args) =>
    attempt(() => buildSchema(toSchemaDocument(anyOperand(args, 1), 1))) !== undefined,
  "graphql.is_valid": (args) => attempt(() => check(args)) !== undefined,
  "graphql.parse": parse,
  "graphql.parse_and_verify": parseAndVerify,
};
