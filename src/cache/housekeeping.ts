import type { PruneResult } from "./content-store.ts";
import { removeOldest } from "./eviction.ts";
import type { Leases } from "./leases.ts";
import type { StoreContext } from "./store-context.ts";

/** When the bound is passed, so much is left, lest every write has to make room. */
const keptPart = 0.9;

/** Keeps the folder within its bound. */
export interface Housekeeping {
  /** Something was written. Looks through the folder when the bound may be passed. */
  account(bytes: number): Promise<void>;
  evict(maxBytes: number): Promise<PruneResult>;
}

export function createHousekeeping(context: StoreContext, leases: Leases): Housekeeping {
  const { files, layout, maxBytes } = context;
  let pruning: Promise<void> | undefined;
  /** Undefined until the folder was looked through. */
  let knownBytes: number | undefined;
  let writtenSinceLook = 0;

  async function evict(limit: number): Promise<PruneResult> {
    const { bytes, ...result } = await removeOldest({ files, layout, leases }, limit);
    knownBytes = bytes;
    writtenSinceLook = 0;
    context.counts.evicted += result.removed;
    return result;
  }

  async function makeRoom(): Promise<void> {
    await context.attempt("make room", async () => {
      if (knownBytes === undefined || knownBytes <= maxBytes) await evict(maxBytes);
      else await evict(maxBytes * keptPart);
    });
    pruning = undefined;
  }

  return {
    async account(bytes) {
      writtenSinceLook += bytes;
      if (knownBytes !== undefined) knownBytes += bytes;
      // Other processes write too: now and then the folder is looked through again.
      if (knownBytes !== undefined && knownBytes <= maxBytes && writtenSinceLook < maxBytes / 8) return;
      pruning ??= makeRoom();
      await pruning;
    },
    evict,
  };
}
