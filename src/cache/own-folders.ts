import { join } from "node:path";
import type { CacheFiles } from "./files.ts";
import type { Layout } from "./layout.ts";

/**
 * Throws where something else stands in the place of one of the cache's folders. A folder that was restored from
 * elsewhere may hold links: what is behind them would be taken for abandoned files, and removed. The folder that the
 * user named, and those above it, may be links.
 */
export async function assertOwnFolders(files: CacheFiles, layout: Layout): Promise<void> {
  const { root, blobs, grants, notes, temporary, leases, downloads, processes } = layout;
  await assertFolder(files, root);
  for (const path of [temporary, leases, downloads, processes]) await assertFolder(files, path);
  for (const path of [blobs, grants, notes]) {
    await assertFolder(files, path);
    for (const { name, kind } of await files.look(path)) {
      if (isShardName(name) && kind === "link") throw noFolder(join(path, name));
    }
  }
}

/** Whether content is kept under such a name. */
export function isShardName(name: string): boolean {
  return /^[0-9a-f]{2}$/.test(name);
}

async function assertFolder(files: CacheFiles, path: string): Promise<void> {
  const kind = await files.kind(path);
  if (kind !== undefined && kind !== "folder") throw noFolder(path);
}

function noFolder(path: string): Error {
  return new Error(`${path}: expected a folder, found a link or file; remove it`);
}
