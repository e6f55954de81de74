import {
  assertDepth,
  compareNumbers,
  isIntegerNumber,
  isList,
  type RegoNumber,
  type RegoObject,
  spend,
  toDecimal,
  toDouble,
  type Value,
} from "../../value/index.ts";
import { countCodePoints } from "../aggregates.ts";
import { formatFloat } from "../float-format.ts";
import { isNumber, isObject } from "../operands.ts";
import { toComparableText } from "./compile.ts";
import { formats } from "./formats.ts";
import type { Schema, SchemaProblem } from "./types.ts";

/** Where in the document: a list that shares its beginning. */
interface Place {
  readonly key: string;
  readonly parent: Place | undefined;
  readonly depth: number;
}

const root: Place = { key: "(Root)", parent: undefined, depth: 0 };

function inside(parent: Place, key: string): Place {
  return { key, parent, depth: parent.depth + 1 };
}

function toField(place: Place): string {
  const keys: string[] = [];
  for (let at: Place | undefined = place; at !== undefined; at = at.parent) keys.push(at.key);
  const field = keys.reverse().join(".");
  return field.startsWith("(Root).") ? field.slice("(Root).".length) : field;
}

/** What was found, and how well the document fits: of several alternatives the best one's problems are shown. */
class Result {
  readonly problems: SchemaProblem[] = [];
  score = 0;

  get isValid(): boolean {
    return this.problems.length === 0;
  }

  add(type: string, place: Place, description: string): void {
    this.problems.push({ type, field: toField(place), description });
    this.score -= 2;
  }

  merge(other: Result): void {
    for (const problem of other.problems) this.problems.push(problem);
    this.score += other.score;
  }
}

/**
 * All problems of a document, in the words of OPA's validator. Numbers and texts of any size are compared exactly.
 *
 * Throws `RegoError` (limit_depth), also for schemas that refer to themselves without end.
 */
export function validateSchema(schema: Schema, document: Value): readonly SchemaProblem[] {
  return check(schema, document, root, 0).problems;
}

function check(schema: Schema, value: Value, place: Place, depth: number): Result {
  const result = new Result();
  checkInto(schema, value, place, result, depth);
  return result;
}

function typeOf(value: Value): string {
  if (value === null) return "null";
  if (typeof value === "string" || typeof value === "boolean") return typeof value;
  if (isNumber(value)) return isIntegerNumber(value) ? "integer" : "number";
  return isList(value) ? "array" : "object";
}

function checkInto(schema: Schema, value: Value, place: Place, result: Result, depth: number): void {
  assertDepth(depth);
  spend(8);
  if (schema.pass !== undefined) {
    if (!schema.pass) result.add("false", place, "False always fails validation");
    return;
  }
  if (schema.reference !== undefined) {
    checkInto(schema.reference, value, place, result, depth + 1);
    return;
  }
  const type = typeOf(value);
  if (!fitsType(schema, type)) {
    const expected = schema.types.length > 1 ? `[${schema.types.join(",")}]` : schema.types[0];
    result.add("invalid_type", place, `Invalid type. Expected: ${expected}, given: ${type}`);
    return;
  }
  checkCombinations(schema, value, place, result, depth + 1);
  if (isList(value)) checkList(schema, value, place, result, depth + 1);
  else if (isNumber(value)) checkNumber(schema, value, place, result);
  else if (isObject(value)) checkObject(schema, value, place, result, depth + 1);
  checkCommon(schema, value, place, result);
  if (typeof value === "string") checkString(schema, value, place, result);
  if (isObject(value)) checkProperties(schema, value, place, result, depth + 1);
  result.score += 1;
}

function fitsType(schema: Schema, type: string): boolean {
  if (schema.types.length === 0 || schema.types.includes(type)) return true;
  return type === "integer" && schema.types.includes("number");
}

function checkProperties(schema: Schema, value: RegoObject, place: Place, result: Result, depth: number): void {
  for (const [name, property] of schema.properties) {
    const child = value.get(name);
    if (child !== undefined) checkInto(property, child, inside(place, name), result, depth);
  }
}

function checkCombinations(schema: Schema, value: Value, place: Place, result: Result, depth: number): void {
  if (schema.anyOf.length > 0) checkAnyOf(schema, value, place, result, depth);
  if (schema.oneOf.length > 0) checkOneOf(schema, value, place, result, depth);
  let failed = 0;
  for (const part of schema.allOf) {
    const partResult = check(part, value, place, depth);
    if (!partResult.isValid) failed += 1;
    result.merge(partResult);
  }
  if (failed > 0) result.add("number_all_of", place, "Must validate all the schemas (allOf)");
  if (schema.not !== undefined && check(schema.not, value, place, depth).isValid) {
    result.add("number_not", place, "Must not validate the schema (not)");
  }
  if (isObject(value)) checkDependencies(schema, value, place, result, depth);
  if (schema.if !== undefined) checkCondition(schema, schema.if, value, place, result, depth);
  result.score += 1;
}

function better(best: Result | undefined, next: Result): Result {
  return best === undefined || next.score > best.score ? next : best;
}

function checkAnyOf(schema: Schema, value: Value, place: Place, result: Result, depth: number): void {
  let best: Result | undefined;
  for (const part of schema.anyOf) {
    const partResult = check(part, value, place, depth);
    if (partResult.isValid) return;
    best = better(best, partResult);
  }
  result.add("number_any_of", place, "Must validate at least one schema (anyOf)");
  if (best !== undefined) result.merge(best);
}

function checkOneOf(schema: Schema, value: Value, place: Place, result: Result, depth: number): void {
  let valid = 0;
  let best: Result | undefined;
  for (const part of schema.oneOf) {
    const partResult = check(part, value, place, depth);
    if (partResult.isValid) valid += 1;
    else if (valid === 0) best = better(best, partResult);
  }
  if (valid === 1) return;
  result.add("number_one_of", place, "Must validate one and only one schema (oneOf)");
  if (valid === 0 && best !== undefined) result.merge(best);
}

function checkDependencies(schema: Schema, value: RegoObject, place: Place, result: Result, depth: number): void {
  for (const [name, dependency] of schema.dependencies) {
    if (!value.has(name)) continue;
    if (!isNameList(dependency)) checkInto(dependency, value, place, result, depth);
    else {
      for (const wanted of dependency) {
        if (!value.has(wanted)) result.add("missing_dependency", place, `Has a dependency on ${wanted}`);
      }
    }
  }
}

function isNameList(dependency: readonly string[] | Schema): dependency is readonly string[] {
  return Array.isArray(dependency);
}

function checkCondition(
  schema: Schema,
  condition: Schema,
  value: Value,
  place: Place,
  result: Result,
  depth: number,
): void {
  const holds = check(condition, value, place, depth).isValid;
  const branch = holds ? schema.then : schema.else;
  if (branch === undefined) return;
  const branchResult = check(branch, value, place, depth);
  if (branchResult.isValid) return;
  if (holds) result.add("condition_then", place, 'Must validate "then" as "if" was valid');
  else result.add("condition_else", place, 'Must validate "else" as "if" was not valid');
  result.merge(branchResult);
}

function checkCommon(schema: Schema, value: Value, place: Place, result: Result): void {
  if (schema.const !== undefined && toComparableText(value) !== schema.const) {
    result.add("const", place, `${toField(place)} does not match: ${schema.const}`);
  }
  if (schema.enum.length > 0 && !schema.enum.includes(toComparableText(value))) {
    result.add("enum", place, `${toField(place)} must be one of the following: ${schema.enum.join(", ")}`);
  }
  if (schema.format !== undefined && typeof value === "string" && Object.hasOwn(formats, schema.format)) {
    if (formats[schema.format]?.(value) === false) {
      result.add("format", place, `Does not match format '${schema.format}'`);
    }
  }
  result.score += 1;
}

function checkList(schema: Schema, value: readonly Value[], place: Place, result: Result, depth: number): void {
  checkItems(schema, value, place, result, depth);
  if (schema.minItems !== undefined && value.length < schema.minItems) {
    result.add("array_min_items", place, `Array must have at least ${schema.minItems} items`);
  }
  if (schema.maxItems !== undefined && value.length > schema.maxItems) {
    result.add("array_max_items", place, `Array must have at most ${schema.maxItems} items`);
  }
  if (schema.uniqueItems) checkUnique(value, place, result);
  if (schema.contains !== undefined) checkContains(schema.contains, value, place, result, depth);
  result.score += 1;
}

function checkItems(schema: Schema, value: readonly Value[], place: Place, result: Result, depth: number): void {
  if (schema.items === undefined) return;
  if (!Array.isArray(schema.items)) {
    for (const [index, item] of value.entries()) {
      result.merge(check(schema.items, item, inside(place, String(index)), depth));
    }
    return;
  }
  if (schema.items.length === 0) return;
  for (const [index, item] of value.entries()) {
    const own = schema.items[index];
    if (own !== undefined) result.merge(check(own, item, inside(place, String(index)), depth));
    else if (typeof schema.additionalItems === "object") {
      result.merge(check(schema.additionalItems, item, inside(place, String(index)), depth));
    }
  }
  if (value.length > schema.items.length && schema.additionalItems === false) {
    result.add("array_no_additional_items", place, "No additional items allowed on array");
  }
}

function checkUnique(value: readonly Value[], place: Place, result: Result): void {
  const seen = new Map<string, number>();
  for (const [index, item] of value.entries()) {
    const text = toComparableText(item);
    const first = seen.get(text);
    if (first !== undefined) result.add("unique", place, `array items[${first},${index}] must be unique`);
    seen.set(text, index);
  }
}

function checkContains(contains: Schema, value: readonly Value[], place: Place, result: Result, depth: number): void {
  let best: Result | undefined;
  for (const [index, item] of value.entries()) {
    const itemResult = check(contains, item, inside(place, String(index)), depth);
    if (itemResult.isValid) return;
    best = better(best, itemResult);
  }
  result.add("contains", place, "At least one of the items must match");
  if (best !== undefined) result.merge(best);
}

function checkObject(schema: Schema, value: RegoObject, place: Place, result: Result, depth: number): void {
  if (schema.minProperties !== undefined && value.size < schema.minProperties) {
    result.add("array_min_properties", place, `Must have at least ${schema.minProperties} properties`);
  }
  if (schema.maxProperties !== undefined && value.size > schema.maxProperties) {
    result.add("array_max_properties", place, `Must have at most ${schema.maxProperties} properties`);
  }
  for (const name of schema.required) {
    if (value.has(name)) result.score += 1;
    else result.add("required", place, `${name} is required`);
  }
  const hasRules = schema.patternProperties.length > 0 || schema.additionalProperties !== undefined;
  if (hasRules) for (const [key, item] of value.entries()) checkOther(schema, String(key), item, place, result, depth);
  if (schema.propertyNames !== undefined) checkNames(schema.propertyNames, value, place, result, depth);
  result.score += 1;
}

function checkNames(names: Schema, value: RegoObject, place: Place, result: Result, depth: number): void {
  for (const key of value.keys()) {
    const nameResult = check(names, key, place, depth);
    if (nameResult.isValid) continue;
    result.add("invalid_property_name", place, `Property name of "${String(key)}" does not match`);
    result.merge(nameResult);
  }
}

/** Properties by pattern, and those that neither a name nor a pattern covers. */
function checkOther(schema: Schema, key: string, item: Value, place: Place, result: Result, depth: number): void {
  let isMatched = false;
  for (const [matches, pattern] of schema.patternProperties) {
    if (!matches(key)) continue;
    isMatched = true;
    result.merge(check(pattern, item, inside(place, key), depth));
  }
  if (isMatched) result.score += 1;
  if (isMatched || schema.properties.has(key)) return;
  const additional = schema.additionalProperties;
  if (additional === false) {
    result.add("additional_property_not_allowed", place, `Additional property ${key} is not allowed`);
  } else if (typeof additional === "object") result.merge(check(additional, item, inside(place, key), depth));
}

function checkString(schema: Schema, value: string, place: Place, result: Result): void {
  const length = schema.minLength === undefined && schema.maxLength === undefined ? 0 : countCodePoints(value);
  if (schema.minLength !== undefined && length < schema.minLength) {
    result.add("string_gte", place, `String length must be greater than or equal to ${schema.minLength}`);
  }
  if (schema.maxLength !== undefined && length > schema.maxLength) {
    result.add("string_lte", place, `String length must be less than or equal to ${schema.maxLength}`);
  }
  result.score += 1;
}

function show(number: number | RegoNumber): string {
  return formatFloat(toDouble(number), "v", undefined, false) ?? "";
}

/** Exactly, whatever a division would round. */
function isMultiple(value: number | RegoNumber, unit: number | RegoNumber): boolean {
  const [a, b] = [toDecimal(value), toDecimal(unit)];
  const exponent = Math.min(a.exponent, b.exponent);
  const scaled = BigInt(`0${a.digits}`) * 10n ** BigInt(a.exponent - exponent);
  return scaled % (BigInt(`0${b.digits}`) * 10n ** BigInt(b.exponent - exponent)) === 0n;
}

function checkNumber(schema: Schema, value: number | RegoNumber, place: Place, result: Result): void {
  const { multipleOf, minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema;
  if (multipleOf !== undefined && !isMultiple(value, multipleOf)) {
    result.add("multiple_of", place, `Must be a multiple of ${show(multipleOf)}`);
  }
  if (maximum !== undefined && compareNumbers(value, maximum) > 0) {
    result.add("number_lte", place, `Must be less than or equal to ${show(maximum)}`);
  }
  if (exclusiveMaximum !== undefined && compareNumbers(value, exclusiveMaximum) >= 0) {
    result.add("number_lt", place, `Must be less than ${show(exclusiveMaximum)}`);
  }
  if (minimum !== undefined && compareNumbers(value, minimum) < 0) {
    result.add("number_gte", place, `Must be greater than or equal to ${show(minimum)}`);
  }
  if (exclusiveMinimum !== undefined && compareNumbers(value, exclusiveMinimum) <= 0) {
    result.add("number_gt", place, `Must be greater than ${show(exclusiveMinimum)}`);
  }
  result.score += 1;
}
