import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type CacheFile, type CacheFiles, toErrorCode } from "./files.ts";
import type { Layout } from "./layout.ts";
import { readOwner, toUniqueName } from "./owners.ts";

export interface TemporaryFile {
  readonly path: string;
  readonly file: CacheFile;
}

/** A name of this process that no file has. */
export async function createTemporaryPath(layout: Layout): Promise<string> {
  return join(layout.temporary, `${toUniqueName(await readOwner())}.part`);
}

/** The one place where the cache's files begin. */
export async function createTemporaryFile(files: CacheFiles, layout: Layout): Promise<TemporaryFile> {
  const path = await createTemporaryPath(layout);
  return { path, file: await files.create(path) };
}

const busyCodes = new Set(["EPERM", "EACCES", "EBUSY", "EEXIST"]);
const busyPausesMs = [5, 25, 100];

/**
 * Gives a finished file its name. Where the system does not replace a file that somebody reads (Windows), what is there
 * under that name already is as good, when it has as many bytes.
 */
export async function renameFinished(
  files: CacheFiles,
  from: string,
  to: { path: string; bytes: number },
): Promise<void> {
  const rename = () => files.rename(from, to.path);
  // The folder is nearly always there.
  const renameInto = () =>
    rename().catch(async (thrown: unknown) => {
      if (toErrorCode(thrown) !== "ENOENT") throw thrown;
      await files.makeDirectory(dirname(to.path));
      await rename();
    });
  for (const pauseMs of [...busyPausesMs, undefined]) {
    try {
      return await renameInto();
    } catch (thrown) {
      if (!busyCodes.has(toErrorCode(thrown))) throw thrown;
      if ((await files.state(to.path))?.bytes === to.bytes) return await files.remove(from);
      if (pauseMs === undefined) throw thrown;
      await sleep(pauseMs);
    }
  }
}
