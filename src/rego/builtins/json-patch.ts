import type { RegoObject } from "../value/index.ts";
import {
  equalValues,
  formatValue,
  isList,
  ObjectBuilder,
  RegoSet,
  spend,
  toBigInt,
  typeName,
  type Value,
} from "../value/index.ts";
import { lookUp } from "./aggregates.ts";
import { type BuiltinTable, toFailure } from "./builtin.ts";
import { parsePath } from "./json-paths.ts";
import { anyOperand, arrayOperand, isNumber, isObject, isSet } from "./operands.ts";

type Path = readonly Value[];

/** A list's index that a path's part names; `-` is the place behind the last item. */
function toIndex(length: number, key: Value): number {
  if (key === "-") return length;
  if (typeof key === "string") {
    if (!/^[+-]?\d+$/.test(key)) throw toFailure("invalid string for indexing");
    if (key !== "0" && key.startsWith("0")) throw toFailure("leading zeros are not allowed in JSON paths");
    return Number(key);
  }
  if (!isNumber(key)) throw toFailure("invalid type for indexing");
  if (toBigInt(key) === undefined) throw toFailure("invalid number type for indexing");
  return Number(key);
}

function describe(value: Value): string {
  const name = typeName(value);
  return `expected composite type, found value: ${formatValue(value)} (type: ast.${name.slice(0, 1).toUpperCase()}${name.slice(1)})`;
}

/** The value at a path. Throws where there is none. */
function valueAt(root: Value, path: Path): Value {
  let current = root;
  for (const key of path) {
    const child = childOf(current, key);
    if (child === undefined) {
      throw toFailure(`path ${formatValue(key)} does not exist in ${typeName(current)} term ${formatValue(current)}`);
    }
    current = child;
  }
  return current;
}

function childOf(parent: Value, key: Value): Value | undefined {
  if (isList(parent)) return parent[toIndex(parent.length, key)];
  if (isObject(parent) || isSet(parent)) return lookUp(parent, key);
  throw toFailure(describe(parent));
}

/** The root with the collection at `path` replaced by what `change` makes of it. */
function changeAt(root: Value, path: Path, change: (value: Value) => Value): Value {
  const [key, ...rest] = path;
  spend(1 + (isList(root) ? root.length >> 3 : 0));
  if (key === undefined) return change(root);
  const child = changeAt(valueAt(root, [key]), rest, change);
  if (isList(root)) return root.with(toIndex(root.length, key), child);
  if (isObject(root)) return setKey(root, key, child);
  const set = root as RegoSet;
  return set.difference(RegoSet.from([key])).union(RegoSet.from([child]));
}

function setKey(object: RegoObject, key: Value, value: Value): Value {
  spend(object.size);
  const builder = new ObjectBuilder();
  for (const other of object.unorderedKeys()) builder.set(other, object.get(other) as Value);
  builder.set(key, value);
  return builder.build();
}

function insert(root: Value, path: Path, value: Value): Value {
  const key = path[path.length - 1];
  if (key === undefined) return value;
  return changeAt(root, path.slice(0, -1), (parent) => {
    if (isObject(parent)) return setKey(parent, key, value);
    if (isSet(parent)) {
      if (equalValues(key, value)) return parent.union(RegoSet.from([value]));
      throw toFailure(`set key ${formatValue(key)} does not equal value to be inserted ${formatValue(value)}`);
    }
    if (!isList(parent)) throw toFailure(describe(parent));
    const index = toIndex(parent.length, key);
    if (index < 0 || index > parent.length) throw toFailure("index for array insertion out of bounds");
    return [...parent.slice(0, index), value, ...parent.slice(index)];
  });
}

/** Without a root what follows can only put a new one in its place: undefined. */
function remove(root: Value, path: Path): Value | undefined {
  const key = path[path.length - 1];
  if (key === undefined) return undefined;
  return changeAt(root, path.slice(0, -1), (parent) => {
    if (isList(parent)) {
      const index = toIndex(parent.length, key);
      if (index < 0 || index >= parent.length) throw toFailure("index for array delete out of bounds");
      return [...parent.slice(0, index), ...parent.slice(index + 1)];
    }
    if (!isObject(parent) && !isSet(parent)) throw toFailure(describe(parent));
    if (!parent.has(key)) throw toFailure(`cannot delete child key ${formatValue(key)} that does not exist`);
    if (isSet(parent)) return parent.difference(RegoSet.from([key]));
    spend(parent.size);
    const builder = new ObjectBuilder();
    for (const other of parent.unorderedKeys()) {
      if (!equalValues(other, key)) builder.set(other, parent.get(other) as Value);
    }
    return builder.build();
  });
}

function attribute(operation: RegoObject, name: string): Value {
  const value = operation.get(name);
  if (value === undefined) throw toFailure(`missing required attribute '${name}'`);
  return value;
}

function existing(root: Value | undefined): Value {
  if (root === undefined) throw toFailure("deleted node encountered");
  return root;
}

/** One operation of RFC 6902; the root is undefined after its removal. */
function applyOperation(root: Value | undefined, operation: RegoObject): Value | undefined {
  const pathValue = attribute(operation, "path");
  const name = attribute(operation, "op");
  if (typeof name !== "string") throw toFailure(`attribute 'op' must be a string but found: ${typeName(name)}`);
  const path = parsePath(pathValue);
  switch (name) {
    case "add": {
      const value = attribute(operation, "value");
      return path.length === 0 ? value : insert(existing(root), path, value);
    }
    case "remove":
      return remove(existing(root), path);
    case "replace": {
      const without = remove(existing(root), path);
      const value = attribute(operation, "value");
      return path.length === 0 ? value : insert(existing(without), path, value);
    }
    case "move": {
      const from = parsePath(attribute(operation, "from"));
      const value = valueAt(existing(root), from);
      const without = remove(existing(root), from);
      return path.length === 0 ? value : insert(existing(without), path, value);
    }
    case "copy":
      return insert(existing(root), path, valueAt(existing(root), parsePath(attribute(operation, "from"))));
    case "test": {
      const found = valueAt(existing(root), path);
      const value = attribute(operation, "value");
      if (equalValues(found, value)) return root;
      const texts = `Expected: ${formatValue(value)}\n\nFound: ${formatValue(found)}`;
      throw toFailure(`value from EditTree != patch value.\n\n${texts}`);
    }
    default:
      throw toFailure(`unrecognized op: '${name}'`);
  }
}

function patch(args: readonly Value[]): Value | undefined {
  let root: Value | undefined = anyOperand(args, 1);
  for (const operation of arrayOperand(args, 2)) {
    if (!isObject(operation)) {
      throw toFailure("must be an array of JSON-Patch objects, but at least one element is not an object");
    }
    root = applyOperation(root, operation);
  }
  return root;
}

export const jsonPatch: BuiltinTable = { "json.patch": patch };
