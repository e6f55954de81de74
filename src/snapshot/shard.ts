import { SnapshotError } from "./errors.ts";

/** Part `index` (from 1) of `count`. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

const maxShards = 1000;

/** Reads `2/5`. Throws `SnapshotError`, code `SHARD_INVALID`. */
export function parseShard(text: string): Shard {
  const match = /^(\d{1,4})\/(\d{1,4})$/.exec(text);
  const index = Number(match?.[1]);
  const count = Number(match?.[2]);
  if (match === null || index < 1 || index > count || count > maxShards) {
    throw new SnapshotError(
      `expected a part such as 2/5 (the second of five, at most ${maxShards}), got ${JSON.stringify(text.slice(0, 40))}`,
      { code: "SHARD_INVALID" },
    );
  }
  return { index, count };
}

/** Every `count`th component, beginning with number `index`, in the order given: all shards together are all of them. */
export function shard<Item>(components: readonly Item[], part: Shard): readonly Item[] {
  return components.filter((_, position) => position % part.count === part.index - 1);
}
