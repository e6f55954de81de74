import { assertDepth, isList, SetBuilder, spend, type Value } from "../value/index.ts";
import { assertResultSize, type BuiltinTable } from "./builtin.ts";
import { anyOperand, isObject, isSet, objectOperand, toItems, toTypeError } from "./operands.ts";

function startOperand(args: readonly Value[]): readonly Value[] {
  const value = anyOperand(args, 2);
  const items = toItems(value);
  if (items === undefined) throw toTypeError(2, value, "{array, set}");
  return items;
}

/** The nodes that can be reached from the start nodes; nodes that are no keys of the graph do not count. */
function reachable(args: readonly Value[]): Value {
  const graph = objectOperand(args, 1);
  const pending = [...startOperand(args)];
  const reached = new SetBuilder();
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (reached.has(node)) continue;
    const neighbours = graph.get(node);
    if (neighbours === undefined) continue;
    reached.add(node);
    const items = toItems(neighbours) ?? [];
    spend(1 + items.length);
    for (const neighbour of items) pending.push(neighbour);
  }
  return reached.build();
}

const maxPathItems = 250_000;

/** Every path from the start nodes until it ends, leaves the graph or meets itself. */
function reachablePaths(args: readonly Value[]): Value {
  const graph = objectOperand(args, 1);
  const paths = new SetBuilder();
  let size = 0;
  const add = (path: readonly Value[]): void => {
    size += path.length;
    if (size > maxPathItems) assertResultSize(Number.MAX_SAFE_INTEGER);
    paths.add(path);
  };
  const follow = (node: Value, path: readonly Value[], reached: SetBuilder): void => {
    assertDepth(path.length);
    const neighbours = graph.get(node);
    const items = neighbours === undefined ? [] : (toItems(neighbours) ?? []);
    spend(1 + path.length + items.length);
    const longer = neighbours === undefined ? path : [...path, node];
    if (items.length === 0) {
      add(longer);
      return;
    }
    let closed: readonly Value[] = [];
    for (const neighbour of items) {
      if (reached.has(neighbour)) {
        // With several edges that lead back OPA repeats the path in one list; results are compared with it.
        closed = [...closed, ...longer];
        add(closed);
        continue;
      }
      reached.add(node);
      follow(neighbour, longer, reached);
    }
  };
  for (const node of startOperand(args)) {
    const neighbours = graph.get(node);
    if (neighbours === undefined) continue;
    const items = toItems(neighbours) ?? [];
    if (items.length === 0) add([node]);
    for (const neighbour of items) {
      const reached = new SetBuilder();
      reached.add(node);
      follow(neighbour, [node], reached);
    }
  }
  return paths.build();
}

/** Every part of a value with its path, the value itself first, in OPA's order. */
export function* walk(value: Value, path: readonly Value[] = []): Generator<Value> {
  assertDepth(path.length);
  spend(1 + path.length);
  yield [path, value];
  for (const [key, child] of children(value)) yield* walk(child, [...path, key]);
}

/** As `walk`, without the paths. */
export function* walkValues(value: Value, depth = 0): Generator<Value> {
  assertDepth(depth);
  spend(1);
  yield value;
  for (const [, child] of children(value)) yield* walkValues(child, depth + 1);
}

function children(value: Value): Iterable<readonly [Value, Value]> {
  if (isList(value)) return value.entries();
  if (isSet(value)) return value.values().map((item) => [item, item] as const);
  return isObject(value) ? value.entries() : [];
}

export const graph: BuiltinTable = {
  "graph.reachable": reachable,
  "graph.reachable_paths": reachablePaths,
};
