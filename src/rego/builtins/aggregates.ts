import {
  addAllNumbers,
  compareValues,
  equalValues,
  isList,
  multiplyAllNumbers,
  numberFromBigInt,
  type RegoNumber,
  reserve,
  sortValues,
  spend,
  toBigInt,
  type Value,
} from "../value/index.ts";
import type { BuiltinTable } from "./builtin.ts";
import { anyOperand, isNumber, isObject, isSet, itemsOperand, toElementError, toTypeError } from "./operands.ts";

/** The number of code points. */
export function countCodePoints(text: string): number {
  let count = text.length;
  for (let index = 0; index < text.length - 1; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit < 0xd800 || unit > 0xdbff) continue;
    const next = text.charCodeAt(index + 1);
    if (next >= 0xdc00 && next <= 0xdfff) {
      count -= 1;
      index += 1;
    }
  }
  return count;
}

function count(args: readonly Value[]): Value {
  const value = anyOperand(args, 1);
  if (typeof value === "string") return countCodePoints(value);
  if (isList(value)) return value.length;
  if (isObject(value) || isSet(value)) return value.size;
  throw toTypeError(1, value, "array", "object", "set", "string");
}

function numbersOperand(args: readonly Value[]): (number | RegoNumber)[] {
  const value = anyOperand(args, 1);
  const items = itemsOperand(args, 1, "set", "array");
  spend(items.length);
  return items.map((item) => {
    if (!isNumber(item)) throw toElementError(1, value, item, "number");
    return item;
  });
}

/** OPA adds integers of 64 bits as such where there are no others: a sum that is larger begins again at the other end. */
function sum(args: readonly Value[]): Value {
  const numbers = numbersOperand(args);
  const total = addAllNumbers(numbers);
  if (typeof total === "number" && Number.isSafeInteger(total)) return total;
  const integers = numbers.map(toBigInt);
  if (integers.some((integer) => integer === undefined || BigInt.asIntN(64, integer) !== integer)) return total;
  return numberFromBigInt(
    BigInt.asIntN(
      64,
      integers.reduce((left: bigint, right) => left + (right ?? 0n), 0n),
    ),
  );
}

function selectExtreme(args: readonly Value[], sign: number): Value | undefined {
  const items = itemsOperand(args, 1, "set", "array");
  let best = items[0];
  spend(items.length);
  for (const item of items) {
    // Of equal items the last one is taken.
    if (best !== undefined && compareValues(item, best) * sign >= 0) best = item;
  }
  return best;
}

/** The least of a set is the least that is not null, except where there is nothing else. */
function selectLeast(args: readonly Value[]): Value | undefined {
  const value = anyOperand(args, 1);
  if (isSet(value) && value.size > 1 && value.has(null)) return value.values()[1];
  return selectExtreme(args, -1);
}

function sort(args: readonly Value[]): Value {
  const items = itemsOperand(args, 1, "set", "array");
  reserve(items.length * 16);
  return sortValues([...items]);
}

function isMember(item: Value, collection: Value): boolean {
  if (isList(collection)) spend(collection.length >> 2);
  if (isList(collection)) return collection.some((other) => equalValues(other, item));
  if (isSet(collection)) return collection.has(item);
  return (
    isObject(collection) && collection.unorderedKeys().some((key) => equalValues(collection.get(key) as Value, item))
  );
}

/** `key, item in collection`: members of sets have no key here, though references to them have. */
function hasMember(key: Value, item: Value, collection: Value): boolean {
  if (isSet(collection)) return false;
  const found = lookUp(collection, key);
  return found !== undefined && equalValues(found, item);
}

/** `collection[key]`, undefined where there is none; a set's member is its own key. */
export function lookUp(collection: Value, key: Value): Value | undefined {
  if (isList(collection)) return typeof key === "number" ? collection[key] : undefined;
  if (isObject(collection)) return collection.get(key);
  if (isSet(collection)) return collection.has(key) ? key : undefined;
  return undefined;
}

export const aggregates: BuiltinTable = {
  count,
  sum,
  product: (args) => multiplyAllNumbers(numbersOperand(args)),
  max: (args) => selectExtreme(args, 1),
  min: selectLeast,
  sort,
  all: (args) => itemsOperand(args, 1, "array", "set").every((item) => item === true),
  any: (args) => itemsOperand(args, 1, "array", "set").some((item) => item === true),
  "internal.member_2": (args) => isMember(anyOperand(args, 1), anyOperand(args, 2)),
  "internal.member_3": (args) => hasMember(anyOperand(args, 1), anyOperand(args, 2), anyOperand(args, 3)),
};
