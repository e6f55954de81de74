import { join } from "node:path";
import { type Digest, parseDigest } from "../types/index.ts";
import type { PruneResult } from "./content-store.ts";
import type { CacheFiles, FileState } from "./files.ts";
import type { Layout } from "./layout.ts";
import { isAbandoned, type Owner } from "./owners.ts";

/** A file that counts towards the size bound. */
export interface StoredEntry extends FileState {
  path: string;
  /** Undefined for notes. */
  digest: Digest | undefined;
}

/** All content and notes of the folder. */
export async function listEntries(files: CacheFiles, layout: Layout): Promise<StoredEntry[]> {
  const entries: StoredEntry[] = [];
  for (const root of [layout.blobs, layout.notes]) {
    for (const shard of await files.list(root)) {
      for (const name of await files.list(join(root, shard))) {
        const path = join(root, shard, name);
        const digest = root === layout.blobs ? parseDigest(`sha256:${name}`) : undefined;
        const state = await files.state(path);
        if (state) entries.push({ ...state, path, digest });
      }
    }
  }
  return entries;
}

/** Removes content and, with it, the grants to it. */
export async function removeContent(files: CacheFiles, layout: Layout, digest: Digest): Promise<void> {
  await files.remove(layout.blob(digest));
  const folder = layout.grantFolder(digest);
  const prefix = layout.grantName(digest, "").split(".")[0];
  for (const name of await files.list(folder)) {
    if (name.startsWith(`${prefix}.`)) await files.remove(join(folder, name));
  }
}

/** Removes what was used least recently until at most `maxBytes` are left. Gives also how many bytes those are. */
export async function removeOldest(
  context: { files: CacheFiles; layout: Layout; isInUse(digest: Digest): boolean },
  maxBytes: number,
): Promise<PruneResult & { bytes: number }> {
  const { files, layout } = context;
  const entries = await listEntries(files, layout);
  let bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0);
  const result = { removed: 0, freedBytes: 0 };
  entries.sort((one, other) => one.modifiedAtMs - other.modifiedAtMs);
  for (const { path, digest, bytes: freed } of entries) {
    if (bytes <= maxBytes) break;
    if (digest && context.isInUse(digest)) continue;
    if (digest) await removeContent(files, layout, digest);
    else await files.remove(path);
    bytes -= freed;
    result.removed += 1;
    result.freedBytes += freed;
  }
  return { ...result, bytes };
}

/** Removes temporary files whose writers are gone. */
export async function removeAbandoned(
  files: CacheFiles,
  layout: Layout,
  who: { owner: Owner; nowMs: number },
): Promise<number> {
  let removed = 0;
  for (const name of await files.list(layout.temporary)) {
    const path = join(layout.temporary, name);
    const state = await files.state(path);
    if (!state || !isAbandoned(name, state, who)) continue;
    await files.remove(path);
    removed += 1;
  }
  return removed;
}
