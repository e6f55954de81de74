import { randomUUID } from "node:crypto";
import { rename, writeFile } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { makeFolder } from "../disk/index.ts";
import { isJsonObject, type Log, silentLog, toErrorMessage } from "../types/index.ts";
import { createBlobs, createUploads } from "./directory-blobs.ts";
import { createContentFolder } from "./directory-content.ts";
import { createLayout, type DirectoryLayout, listIfThere, readIfThere } from "./directory-layout.ts";
import { createManifests } from "./directory-manifests.ts";
import { recover } from "./directory-recovery.ts";
import { RegistryError } from "./errors.ts";
import type { RegistryStore } from "./store.ts";

/** Raised by every change after which older versions would misread the folder. */
const formatVersion = 1;

/** What is in the root of a new ext file system, such as a volume that was made for the registry. */
const fileSystemFolder = "lost+found";

export interface DirectoryStoreOptions {
  log?: Log;
  /** Milliseconds since 1970; default the clock. */
  now?: () => number;
  /** Above this many files, content that nothing refers to is not looked for; default 500,000. */
  maxFiles?: number;
}

/**
 * Opens a store in a directory: a new or empty one, or one that holds a store already. What killed processes left
 * behind is removed first. Every file appears under its name by a rename, so a process killed at any moment leaves nothing
 * half-written where it could be read; several processes may share the directory.
 * @throws RegistryError `STORE_UNUSABLE`: other files are in the directory, another version wrote it, it cannot be written
 */
export async function openDirectoryStore(
  directory: string,
  options: DirectoryStoreOptions = {},
): Promise<RegistryStore> {
  const layout = createLayout(resolve(directory));
  const content = createContentFolder(layout);
  try {
    await assertFormat(layout);
    const nowMs = (options.now ?? Date.now)();
    await recover(layout, content, { nowMs, maxFiles: options.maxFiles ?? 500_000, log: options.log ?? silentLog });
  } catch (cause) {
    if (cause instanceof RegistryError) throw cause;
    throw refuse(layout, "a folder that can be read and written", toErrorMessage(cause), cause);
  }
  return {
    blobs: createBlobs(layout, content),
    uploads: createUploads(layout, content),
    manifests: createManifests(layout, content),
  };
}

/** Writes the format's version into an empty folder, and refuses what is no store of this version. */
async function assertFormat(layout: DirectoryLayout): Promise<void> {
  await makeFolder(layout.root);
  const format = await readIfThere(layout.format());
  if (format === undefined) {
    const name = basename(layout.format());
    const found = await listIfThere(layout.root);
    const stray = found.find((other) => !other.startsWith(name) && other !== fileSystemFolder);
    if (stray !== undefined) {
      throw refuse(layout, "an empty folder or one that a registry wrote", `one that holds ${JSON.stringify(stray)}`);
    }
    const temporary = `${layout.format()}.${randomUUID()}`;
    await writeFile(temporary, `${JSON.stringify({ format: formatVersion })}\n`);
    await rename(temporary, layout.format());
    return;
  }
  const version = parseVersion(format);
  if (version === formatVersion) return;
  throw refuse(layout, `a store of format ${formatVersion}`, `one of format ${version ?? "unknown"}`);
}

function parseVersion(bytes: Uint8Array): number | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString("utf8"));
    return isJsonObject(value) && typeof value.format === "number" ? value.format : undefined;
  } catch {
    // Text that is no JSON has no version.
    return undefined;
  }
}

function refuse(layout: DirectoryLayout, expected: string, came: string, cause?: unknown): RegistryError {
  return new RegistryError(`expected ${expected}, got ${came}; choose another folder than ${layout.root}`, {
    code: "STORE_UNUSABLE",
    status: 500,
    subject: layout.root,
    ...(cause === undefined ? {} : { cause }),
  });
}
