import { resolve } from "node:path";
import { createBlobs, createUploads } from "./directory-blobs.ts";
import { createLayout } from "./directory-layout.ts";
import { createManifests } from "./directory-manifests.ts";
import type { RegistryStore } from "./store.ts";

/**
 * A store in a directory, made as soon as something is written. Every file appears under its name by a rename, so a
 * process killed at any moment leaves nothing half-written where it could be read; several processes may share it.
 * What it leaves are bytes in `temporary` and `uploads`, which nobody reads as content.
 * Removing a blob or manifest removes it from its repository: the bytes stay, as other repositories may hold them.
 */
export function createDirectoryStore(directory: string): RegistryStore {
  const layout = createLayout(resolve(directory));
  return { blobs: createBlobs(layout), uploads: createUploads(layout), manifests: createManifests(layout) };
}
