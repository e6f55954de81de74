import { isList, RegoSet, SetBuilder, type Value } from "../value/index.ts";
import { assertResultSize, type BuiltinTable } from "./builtin.ts";
import { arrayOperand, integerOperand, isSet, setOperand, toTypeError } from "./operands.ts";

function concatenate(args: readonly Value[]): Value {
  const left = arrayOperand(args, 1);
  const right = arrayOperand(args, 2);
  assertResultSize(left.length + right.length);
  return left.concat(right);
}

function slice(args: readonly Value[]): Value {
  const items = arrayOperand(args, 1);
  const start = integerOperand(args, 2);
  const stop = Math.min(Math.max(integerOperand(args, 3), 0), items.length);
  return items.slice(Math.min(Math.max(start, 0), stop), stop);
}

function flatten(args: readonly Value[]): Value {
  return arrayOperand(args, 1).flatMap((item): readonly Value[] => (isList(item) ? item : [item]));
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
  "array.reverse": (args) => [...arrayOperand(args, 1)].reverse(),
  "array.slice": slice,
  and: (args) => setOperand(args, 1).intersection(setOperand(args, 2)),
  or: (args) => setOperand(args, 1).union(setOperand(args, 2)),
  set_diff: (args) => setOperand(args, 1).difference(setOperand(args, 2)),
  intersection,
  union,
};
