import { join } from "node:path";
import { type Digest, parseDigest } from "../types/index.ts";
import type { PruneResult } from "./content-store.ts";
import { createFaults, type Faults } from "./faults.ts";
import { type CacheFiles, type FileState, isBusy, toErrorCode } from "./files.ts";
import type { Layout } from "./layout.ts";
import type { Leases } from "./leases.ts";
import { isShardName } from "./own-folders.ts";
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
export function listEntries(folder: Folder): Promise<StoredEntry[]> {
  return listEachFolder(folder, (work) => work());
}

/** @param pass does what is to be done for each of the folders; what it gives nothing for is left out */
async function listEachFolder({ files, layout }: Folder, pass: Faults["pass"]): Promise<StoredEntry[]> {
  const entries: StoredEntry[] = [];
  for (const root of [layout.blobs, layout.notes]) {
    for (const { name: shard, kind } of await files.look(root)) {
      if (kind !== "folder" || !isShardName(shard)) continue;
      for (const name of (await pass(() => files.list(join(root, shard)))) ?? []) {
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
  const putBack = () => renameFinished(files, aside, { path, bytes });
  const isInUse = await leases.isInUse(digest).catch(async (thrown: unknown) => {
    await putBack();
    throw thrown;
  });
  if (isInUse) {
    await putBack();
    return false;
  }
  await files.remove(aside);
  await removeGrants(folder, digest);
  return true;
}

/**
 * Removes what was used least recently until at most `maxBytes` are left. Gives also how many bytes those are. What
 * cannot be removed is passed over; its fault is thrown where too much is left.
 */
export async function removeOldest(
  folder: Folder & { leases: Leases },
  maxBytes: number,
): Promise<PruneResult & { bytes: number }> {
  const faults = createFaults();
  const entries = await listEachFolder(folder, faults.pass);
  let bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0);
  const result = { removed: 0, freedBytes: 0 };
  if (bytes <= maxBytes) return { ...result, bytes };
  const inUse = await folder.leases.list();
  entries.sort((one, other) => one.modifiedAtMs - other.modifiedAtMs);
  for (const entry of entries) {
    if (bytes <= maxBytes) break;
    const { path, digest, bytes: freed } = entry;
    if (digest && inUse.has(digest)) continue;
    const isRemoved = await faults.pass(async () => {
      if (digest) return removeUnused(folder, { ...entry, digest });
      await folder.files.remove(path);
      return true;
    });
    if (!isRemoved) continue;
    bytes -= freed;
    result.removed += 1;
    result.freedBytes += freed;
  }
  if (bytes > maxBytes) faults.throwFirst();
  return { ...result, bytes };
}
