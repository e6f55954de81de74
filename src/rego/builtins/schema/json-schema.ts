import { LRUCache } from "lru-cache";
import { RegoError } from "../../errors.ts";
import {
  assertDepth,
  canonicalKey,
  isList,
  parseJson,
  RegoObject,
  spend,
  toJsonText,
  type Value,
} from "../../value/index.ts";
import { type BuiltinTable, toFailure } from "../builtin.ts";
import { isJson } from "../json-text.ts";
import { anyOperand, isObject, isSet } from "../operands.ts";
import { compileSchema } from "./compile.ts";
import type { Schema } from "./types.ts";
import { validateSchema } from "./validate.ts";

/** A document given as a value or as JSON text. Throws `BuiltinError` for other values. */
function toDocument(value: Value): Value {
  if (typeof value === "string") {
    if (!isJson(value)) throw toFailure("invalid JSON string");
    return parseJson(value);
  }
  if (isObject(value) || isList(value)) return toPlain(value, 0);
  throw toFailure("wrong type, expected string or object");
}

/** The value as JSON has it: sets are lists, keys are texts. Values that are plain already are not copied. */
function toPlain(value: Value, depth: number): Value {
  assertDepth(depth);
  spend(1);
  if (isList(value)) {
    const items = value.map((item) => toPlain(item, depth + 1));
    return items.some((item, index) => item !== value[index]) ? items : value;
  }
  if (isSet(value)) return value.values().map((item) => toPlain(item, depth + 1));
  if (!isObject(value)) return value;
  let isChanged = false;
  const pairs = value.entries().map(([key, item]): [Value, Value] => {
    const plain = toPlain(item, depth + 1);
    const name = typeof key === "string" ? key : toJsonText(key);
    if (plain !== item || name !== key) isChanged = true;
    return [name, plain];
  });
  return isChanged ? RegoObject.from(pairs) : value;
}

// Policies hold their schemas as constants, so that the same object comes again: no key needs to be made of it then.
const byObject = new WeakMap<RegoObject, Schema>();
const byKey = new LRUCache<string, Schema>({ max: 50 });

function toSchema(value: Value): Schema {
  const known = isObject(value) ? byObject.get(value) : undefined;
  if (known !== undefined) return known;
  const key = canonicalKey(value);
  const schema = byKey.get(key) ?? compileSchema(toDocument(value));
  byKey.set(key, schema);
  if (isObject(value)) byObject.set(value, schema);
  return schema;
}

function matchSchema(args: readonly Value[]): Value {
  const document = toDocument(anyOperand(args, 1));
  const problems = validateSchema(toSchema(anyOperand(args, 2)), document).map(({ type, field, description }) =>
    RegoObject.from([
      ["error", `${field}: ${description}`],
      ["type", type],
      ["field", field],
      ["desc", description],
    ]),
  );
  return [problems.length === 0, problems];
}

function verifySchema(args: readonly Value[]): Value {
  try {
    toSchema(anyOperand(args, 1));
    return [true, null];
  } catch (thrown) {
    if (thrown instanceof RegoError && thrown.code === "eval_builtin_error") {
      return [false, `jsonschema: ${thrown.message}`];
    }
    throw thrown;
  }
}

export const jsonSchema: BuiltinTable = { "json.match_schema": matchSchema, "json.verify_schema": verifySchema };
