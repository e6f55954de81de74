import {
  assertDepth,
  equalValues,
  isList,
  ObjectBuilder,
  RegoObject,
  RegoSet,
  spend,
  type Value,
} from "../value/index.ts";
import { lookUp } from "./aggregates.ts";
import { BuiltinError, type BuiltinTable } from "./builtin.ts";
import { anyOperand, arrayOperand, isObject, isSet, objectOperand, toElementError, toTypeError } from "./operands.ts";

/** The right side wins; where both sides are objects they are merged. */
function merge(left: RegoObject, right: RegoObject): RegoObject {
  spend(1 + left.size + right.size);
  if (left.size === 0) return right;
  if (right.size === 0) return left;
  const builder = new ObjectBuilder();
  for (const key of left.unorderedKeys()) builder.set(key, left.get(key) as Value);
  for (const key of right.unorderedKeys()) {
    const before = builder.get(key);
    const after = right.get(key) as Value;
    const isNested = before !== undefined && isObject(before) && isObject(after);
    builder.set(key, isNested ? merge(before, after) : after);
  }
  return builder.build();
}

function unionAll(args: readonly Value[]): Value {
  const items = arrayOperand(args, 1);
  const objects = items.map((item) => {
    if (!isObject(item)) throw toElementError(1, items, item, "object");
    return item;
  });
  return mergeAll(objects, 0);
}

/** As merging them one after the other, in time linear in what they have: each key is looked at once for each object. */
function mergeAll(objects: readonly RegoObject[], depth: number): RegoObject {
  assertDepth(depth);
  const [first, ...others] = objects;
  if (first === undefined || others.length === 0) return first ?? RegoObject.empty;
  const builder = new ObjectBuilder();
  /** By the first object that a key has in the result, those that are merged into it. */
  const nested = new Map<Value, { key: Value; parts: RegoObject[] }>();
  for (const object of objects) {
    spend(1 + object.size);
    for (const key of object.unorderedKeys()) {
      const before = builder.get(key);
      const after = object.get(key) as Value;
      // There is one empty object: as the stand-in of several keys it would mix them up.
      if (before === undefined || !isObject(before) || before.size === 0 || !isObject(after)) builder.set(key, after);
      else {
        const known = nested.get(before);
        if (known !== undefined && known.key === key) known.parts.push(after);
        else {
          // One object may be the value of several keys: a copy of its own stands for it until the end.
          const own = RegoObject.from(before.entries());
          nested.set(own, { key, parts: [before, after] });
          builder.set(key, own);
        }
      }
    }
  }
  for (const [own, { key, parts }] of nested) {
    if (builder.get(key) === own) builder.set(key, mergeAll(parts, depth + 1));
  }
  return builder.build();
}

/** The keys that a list, a set or an object names. */
function keysOperand(args: readonly Value[]): RegoSet {
  const value = anyOperand(args, 2);
  if (isList(value)) return RegoSet.from(value);
  if (isSet(value)) return value;
  if (isObject(value)) return RegoSet.from(value.unorderedKeys());
  throw toTypeError(2, value, "object", "set", "array");
}

function select(args: readonly Value[], isWanted: (isNamed: boolean) => boolean): Value {
  const object = objectOperand(args, 1);
  const named = keysOperand(args);
  const builder = new ObjectBuilder();
  for (const key of object.unorderedKeys()) {
    if (isWanted(named.has(key))) builder.set(key, object.get(key) as Value);
  }
  return builder.build();
}

/** A list is a path into the object; any other value is a key. */
function get(args: readonly Value[]): Value {
  const object = objectOperand(args, 1);
  const path = anyOperand(args, 2);
  const fallback = anyOperand(args, 3);
  if (!isList(path)) return object.has(path) ? (object.get(path) as Value) : fallback;
  let current: Value = object;
  for (const key of path) {
    const next = lookUp(current, key);
    if (next === undefined) return fallback;
    current = next;
  }
  return current;
}

function isSubObject(large: RegoObject, small: RegoObject): boolean {
  spend(1 + small.size);
  return small.unorderedKeys().every((key) => {
    const other = large.get(key);
    const own = small.get(key) as Value;
    if (other === undefined) return false;
    if (equalValues(own, other)) return true;
    if (isObject(own) && isObject(other)) return isSubObject(other, own);
    if (isSet(own) && isSet(other)) return own.isSubsetOf(other);
    return isList(own) && isList(other) && isSubList(other, own);
  });
}

/** As OPA's search: after a partial match it goes on behind the place where that match began. */
function isSubList(large: readonly Value[], small: readonly Value[]): boolean {
  for (let start = 0; start + small.length <= large.length; start += 1) {
    let matched = 0;
    while (matched < small.length && equalValues(small[matched] as Value, large[start + matched] as Value))
      matched += 1;
    if (matched === small.length) return true;
    spend(1 + (matched >> 2));
  }
  return false;
}

/** Whether a list has all members of a set. */
function hasAll(list: readonly Value[], set: RegoSet): boolean {
  // OPA counts repetitions, and an empty set in an empty list is no subset there.
  let missing = set.size;
  for (const item of list) {
    if (set.has(item)) missing -= 1;
    if (missing === 0) return true;
  }
  return false;
}

function isSubset(args: readonly Value[]): Value {
  const large = anyOperand(args, 1);
  const small = anyOperand(args, 2);
  if (isObject(large) && isObject(small)) return isSubObject(large, small);
  if (isSet(large) && isSet(small)) return small.isSubsetOf(large);
  if (isList(large) && isList(small)) return isSubList(large, small);
  if (isList(large) && isSet(small)) return hasAll(large, small);
  throw new BuiltinError("eval_type_error", "both arguments object.subset must be of the same type or array and set");
}

export const objects: BuiltinTable = {
  "object.get": get,
  "object.keys": (args) => RegoSet.from(objectOperand(args, 1).unorderedKeys()),
  "object.union": (args) => merge(objectOperand(args, 1), objectOperand(args, 2)),
  "object.union_n": unionAll,
  "object.remove": (args) => select(args, (isNamed) => !isNamed),
  "object.filter": (args) => select(args, (isNamed) => isNamed),
  "object.subset": isSubset,
};
