import { isList, RegoSet, reserve, SetBuilder, spend, type Value } from "../value/index.ts";
import { assertResultSize, type BuiltinTable } from "./builtin.ts";
import { arrayOperand, integerOperand, isSet, setOperand, toTypeError } from "./operands.ts";

/** Pays for a new list. */
function takeItems(count: number): void {
  assertResultSize(count);
  reserve(count * 8);
  spend(count >> 4);
}

function concatenate(args: readonly Value[]): Value {
  const left = arrayOperand(args, 1);
  const right = arrayOperand(args, 2);
  takeItems(left.length + right.length);
  return left.concat(right);
}

function slice(args: readonly Value[]): Value {
  const items = arrayOperand(args, 1);
  const start = integerOperand(args, 2);
  const stop = Math.min(Math.max(integerOperand(args, 3), 0), items.length);
  const first = Math.min(Math.max(start, 0), stop);
  takeItems(stop - first);
  return items.slice(first, stop);
}

function flatten(args: readonly Value[]): Value {
  const flat: Value[] = [];
  for (const item of arrayOperand(args, 1)) {
    if (isList(item)) {
      takeItems(flat.length + item.length);
      for (const inner of item) flat.push(inner);
    } else flat.push(item);
  }
  spend(flat.length >> 2);
  return flat;
}

/** The sets that a set has for members. */
function memberSets(args: readonly Value[]): readonly RegoSet[] {
  return setOperand(args, 1)
    .values()
    .map((item) => {
      if (!isSet(item)) throw toTypeError(1, item, "set");
      return item;
    });
}

function intersection(args: readonly Value[]): Value {
  const [first, ...others] = memberSets(args);
  return others.reduce((common, set) => common.intersection(set), first ?? RegoSet.empty);
}

function union(args: readonly Value[]): Value {
  const builder = new SetBuilder();
  for (const set of memberSets(args)) for (const item of set.unordered()) builder.add(item);
  return builder.build();
}

export const collections: BuiltinTable = {
  "array.concat": concatenate,
  "array.flatten": flatten,
  "array.reverse": (args) => {
    const items = arrayOperand(args, 1);
    takeItems(items.length);
    return [...items].reverse();
  },
  "array.slice": slice,
  and: (args) => setOperand(args, 1).intersection(setOperand(args, 2)),
  or: (args) => setOperand(args, 1).union(setOperand(args, 2)),
  set_diff: (args) => setOperand(args, 1).difference(setOperand(args, 2)),
  intersection,
  union,
};
