import { join } from "node:path";
import { type Digest, parseDigest } from "../types/index.ts";
import { isClaimAbandoned } from "./claims.ts";
import type { PruneResult } from "./content-store.ts";
import { type CacheFiles, type FileState, isBusy, toErrorCode } from "./files.ts";
import type { Layout } from "./layout.ts";
import type { Leases } from "./leases.ts";
import type { Presence } from "./presence.ts";
import { createTemporaryPath, renameFinished } from "./temporary-file.ts";

/** A file that counts towards the size bound. */
export interface StoredEntry extends FileState {
  path: string;
  /** Undefined for notes. */
  digest: Digest | undefined;
}

interface Folder {
  files: CacheFiles;
  layout: Layout;
}

/** All content and notes of the folder. Files that have other names are somebody else's and left alone. */
export async function listEntries({ files, layout }: Folder): Promise<StoredEntry[]> {
  const entries: StoredEntry[] = [];
  for (const root of [layout.blobs, layout.notes]) {
    for (const shard of await files.list(root)) {
      if (!/^[0-9a-f]{2}$/.test(shard)) continue;
      for (const name of await files.list(join(root, shard))) {
        if (!/^[0-9a-f]{64}$/.test(name)) continue;
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
export async function removeContent(folder: Folder, digest: Digest): Promise<void> {
  await folder.files.remove(folder.layout.blob(digest));
  await removeGrants(folder, digest);
}

async function removeGrants({ files, layout }: Folder, digest: Digest): Promise<void> {
  const folder = layout.grantFolder(digest);
  const prefix = layout.grantName(digest, "").split(".")[0];
  for (const name of await files.list(folder)) {
    if (name.startsWith(`${prefix}.`)) await files.remove(join(folder, name));
  }
}

/**
 * Removes content that nobody uses; false where somebody does. A reader says that it is one and then opens the file; here
 * the file is put aside before readers are looked for: either the reader misses the file, or it is found and the
 * file comes back.
 */
async function removeUnused(
  folder: Folder & { leases: Leases },
  { path, digest, bytes }: StoredEntry & { digest: Digest },
): Promise<boolean> {
  const { files, layout, leases } = folder;
  const aside = await createTemporaryPath(layout);
  try {
    await files.rename(path, aside);
  } catch (thrown) {
    if (toErrorCode(thrown) === "ENOENT") return true; // Somebody else removed it.
    if (isBusy(thrown)) return false;
    throw thrown;
  }
  if (await leases.isInUse(digest)) {
    await renameFinished(files, aside, { path, bytes });
    return false;
  }
  await files.remove(aside);
  await removeGrants(folder, digest);
  return true;
}

/** Removes what was used least recently until at most `maxBytes` are left. Gives also how many bytes those are. */
export async function removeOldest(
  folder: Folder & { leases: Leases },
  maxBytes: number,
): Promise<PruneResult & { bytes: number }> {
  const entries = await listEntries(folder);
  let bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0);
  const result = { removed: 0, freedBytes: 0 };
  if (bytes <= maxBytes) return { ...result, bytes };
  const inUse = await folder.leases.list();
  entries.sort((one, other) => one.modifiedAtMs - other.modifiedAtMs);
  for (const entry of entries) {
    if (bytes <= maxBytes) break;
    const { path, digest, bytes: freed } = entry;
    if (digest && (inUse.has(digest) || !(await removeUnused(folder, { ...entry, digest })))) continue;
    if (!digest) await folder.files.remove(path);
    bytes -= freed;
    result.removed += 1;
    result.freedBytes += freed;
  }
  return { ...result, bytes };
}

/** Removes what processes left that are gone: claims of downloads, temporary files, leases, signs of life. */
export async function removeAbandoned(folder: Folder & { presence: Presence }): Promise<number> {
  const { files, layout, presence } = folder;
  let removed = 0;
  for (const root of [layout.downloads, layout.temporary, layout.leases, layout.processes]) {
    for (const name of await files.list(root)) {
      const path = join(root, name);
      const state = await files.state(path);
      if (!state) continue;
      const isAbandoned =
        root === layout.downloads ? await isClaimAbandoned(folder, path) : await presence.isAbandoned(name, state);
      if (!isAbandoned) continue;
      await files.remove(path);
      removed += 1;
    }
  }
  return removed;
}
