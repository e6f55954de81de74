import { join } from "node:path";
import { isClaimAbandoned } from "./claims.ts";
import { createFaults } from "./faults.ts";
import type { CacheFiles } from "./files.ts";
import type { Layout } from "./layout.ts";
import type { Presence } from "./presence.ts";

/**
 * Removes what processes left that are gone: claims of downloads, temporary files, leases, signs of life. Throws at the
 * end where something could not be removed.
 */
export async function removeAbandoned(folder: {
  files: CacheFiles;
  layout: Layout;
  presence: Presence;
}): Promise<number> {
  const { files, layout, presence } = folder;
  let removed = 0;
  const faults = createFaults();

  async function removeOne(root: string, name: string): Promise<void> {
    const path = join(root, name);
    const state = await files.state(path);
    if (!state) return;
    const isAbandoned =
      root === layout.downloads ? await isClaimAbandoned(folder, path) : await presence.isAbandoned(name, state);
    if (!isAbandoned) return;
    await files.remove(path);
    removed += 1;
  }

  for (const root of [layout.downloads, layout.temporary, layout.leases, layout.processes]) {
    for (const name of await files.list(root)) await faults.pass(() => removeOne(root, name));
  }
  faults.throwFirst();
  return removed;
}
