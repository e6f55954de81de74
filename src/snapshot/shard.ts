/** Part `index` (from 1) of `count`. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

/** Reads `2/5`. Throws `SnapshotError`, code `SHARD_INVALID`. */
export function parseShard(text: string): Shard {
  throw new Error(`not written ${text}`);
}

/** Every `count`th component, beginning with number `index`, in the order given. */
export function shard<Item>(components: readonly Item[], part: Shard): readonly Item[] {
  return components.filter((_, position) => position % part.count === part.index - 1);
}
