import type { RegoNumber, Value } from "../../value/index.ts";

/** Drafts in their order; without a known `$schema` keywords of all of them count. */
export type Draft = "draft4" | "draft6" | "draft7" | "hybrid";

/**
 * One compiled (sub)schema. `pattern` is missing on purpose: OPA does not check it, as schemas may have patterns that
 * RE2 does not know.
 */
export interface Schema {
  /** Set for `true` and `false`. */
  pass?: boolean;
  reference?: Schema;
  types: string[];
  properties: Map<string, Schema>;
  additionalProperties?: boolean | Schema;
  patternProperties: (readonly [matches: (key: string) => boolean, schema: Schema])[];
  propertyNames?: Schema;
  dependencies: Map<string, readonly string[] | Schema>;
  /** One schema for all items, or a list of schemas by position. */
  items?: Schema | Schema[];
  additionalItems?: boolean | Schema;
  multipleOf?: number | RegoNumber;
  minimum?: number | RegoNumber;
  maximum?: number | RegoNumber;
  exclusiveMinimum?: number | RegoNumber;
  exclusiveMaximum?: number | RegoNumber;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  minProperties?: number;
  maxProperties?: number;
  uniqueItems: boolean;
  contains?: Schema;
  required: string[];
  /** JSON texts. */
  enum: string[];
  const?: string;
  format?: string;
  oneOf: Schema[];
  anyOf: Schema[];
  allOf: Schema[];
  not?: Schema;
  if?: Schema;
  then?: Schema;
  else?: Schema;
}

/** What is wrong with a document, and where. */
export interface SchemaProblem {
  readonly type: string;
  /** `(Root)`, or the keys and indices joined with dots. */
  readonly field: string;
  readonly description: string;
}

/** A document that a schema has an identifier for. */
export interface PooledDocument {
  readonly document: Value;
  readonly draft: Draft | undefined;
}
