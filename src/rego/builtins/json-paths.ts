import { canonicalKey, isList, RegoObject, RegoSet, spend, typeName, type Value } from "../value/index.ts";
import type { BuiltinTable } from "./builtin.ts";
import { anyOperand, isObject, isSet, objectOperand, toItems, toOperandError, toTypeError } from "./operands.ts";

/** The keys of a path: a JSON pointer (RFC 6901), or a list of keys. No leading slash is needed, and more are ignored. */
export function parsePath(path: Value): readonly Value[] {
  if (isList(path)) return path;
  if (typeof path !== "string") {
    const wanted = "must be one of {set, array} containing string paths or array of path segments";
    throw toOperandError(2, `${wanted} but got ${typeName(path)}`);
  }
  if (path === "") return [];
  return path
    .replace(/^\/+/, "")
    .split("/")
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** What paths name, as a tree: a node without children is named as a whole. */
class PathTree {
  isWhole = false;
  readonly #children = new Map<string, [key: Value, child: PathTree]>();

  static from(paths: readonly (readonly Value[])[]): PathTree {
    const root = new PathTree();
    for (const path of paths) if (path.length > 0) root.#add(path);
    return root;
  }

  /** A shorter path that was there before hides a longer one, and one that comes later replaces it. */
  #add(path: readonly Value[]): void {
    let node: PathTree = this;
    for (const key of path) {
      if (node.isWhole) return;
      node = node.#childFor(key);
    }
    node.isWhole = true;
  }

  #childFor(key: Value): PathTree {
    const text = keyText(key);
    const existing = this.#children.get(text);
    if (existing !== undefined) return existing[1];
    const child = new PathTree();
    this.#children.set(text, [key, child]);
    return child;
  }

  get(key: Value): PathTree | undefined {
    return this.#children.get(keyText(key))?.[1];
  }
}

function keyText(key: Value): string {
  return typeof key === "string" ? `s${key}` : `v${canonicalKey(key)}`;
}

function pathsOperand(args: readonly Value[]): PathTree {
  const value = anyOperand(args, 2);
  const items = toItems(value);
  if (items === undefined) throw toTypeError(2, value, "set", "array");
  return PathTree.from(items.map(parsePath));
}

/** Keeps what the tree names. Values that are no collections stay, whatever the tree has below them. */
function keep(value: Value, tree: PathTree): Value {
  if (tree.isWhole) return value;
  return rebuild(value, (item, key) => {
    const child = tree.get(key);
    return child === undefined ? undefined : keep(item, child);
  });
}

/** Drops what the tree names. */
function drop(value: Value, tree: PathTree): Value {
  return rebuild(value, (item, key) => {
    const child = tree.get(key);
    if (child === undefined) return item;
    return child.isWhole ? undefined : drop(item, child);
  });
}

/** A collection with other members: indices of a list are given as texts, as paths have them. */
function rebuild(value: Value, change: (item: Value, key: Value) => Value | undefined): Value {
  spend(isList(value) ? 1 + value.length : isSet(value) || isObject(value) ? 1 + value.size : 1);
  const isKept = (item: Value | undefined): item is Value => item !== undefined;
  if (isList(value)) return value.map((item, index) => change(item, String(index))).filter(isKept);
  if (isSet(value))
    return RegoSet.from(
      value
        .unordered()
        .map((item) => change(item, item))
        .filter(isKept),
    );
  if (!isObject(value)) return value;
  const pairs: [Value, Value][] = [];
  for (const key of value.unorderedKeys()) {
    const item = change(value.get(key) as Value, key);
    if (item !== undefined) pairs.push([key, item]);
  }
  return RegoObject.from(pairs);
}

export const jsonPaths: BuiltinTable = {
  "json.filter": (args) => keep(objectOperand(args, 1), pathsOperand(args)),
  "json.remove": (args) => drop(objectOperand(args, 1), pathsOperand(args)),
};
