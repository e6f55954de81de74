import { spend } from "../../value/index.ts";

/** Longer lists are indexed when they are first asked. */
const shortList = 8;

/** By list, its items by name. Lists are not changed once they are asked. */
const indexes = new WeakMap<readonly object[], Map<string, object>>();

/** The first item of a list with a name. */
export function findNamed<Item extends { Name?: string }>(
  items: readonly Item[] | undefined,
  name: string,
): Item | undefined {
  return findBy(items, name, ({ Name = "" }) => Name);
}

/** The first variable definition of a name. */
export function findVariable<Item extends { Variable: string }>(
  items: readonly Item[] | undefined,
  name: string,
): Item | undefined {
  return findBy(items, name, ({ Variable }) => Variable);
}

function findBy<Item extends object>(
  items: readonly Item[] | undefined,
  name: string,
  nameOf: (item: Item) => string,
): Item | undefined {
  spend(1);
  if (items === undefined) return undefined;
  if (items.length <= shortList) return items.find((item) => nameOf(item) === name);
  let index = indexes.get(items) as Map<string, Item> | undefined;
  if (index === undefined) {
    index = new Map();
    for (const item of items) {
      spend(1);
      const key = nameOf(item);
      if (!index.has(key)) index.set(key, item);
    }
    indexes.set(items, index);
  }
  return index.get(name);
}
