import { createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { appendFile, mkdir, truncate, writeFile } from "node:fs/promises";
import type { Digest } from "../types/index.ts";
import {
  type DirectoryLayout,
  listIfThere,
  moveContent,
  removeIfThere,
  sizeIfThere,
  writeAtomically,
} from "./directory-layout.ts";
import type { BlobStore, UploadStore } from "./store.ts";

const nothing = new Uint8Array();

/** Blobs as files named by their digest, and an empty file in each repository that holds one. */
export function createBlobs(layout: DirectoryLayout): BlobStore {
  return {
    async size(repository, digest) {
      if ((await sizeIfThere(layout.blobLink(repository, digest))) === undefined) return undefined;
      return await sizeIfThere(layout.content(digest));
    },
    async *read(_repository, digest, range) {
      if (range.end <= range.start) return;
      // A read stream's `end` is inclusive.
      yield* createReadStream(layout.content(digest), { start: range.start, end: range.end - 1 });
    },
    async mount(from, to, digest) {
      if ((await sizeIfThere(layout.blobLink(from, digest))) === undefined) return false;
      await writeAtomically(layout, layout.blobLink(to, digest), nothing);
      return true;
    },
    async remove(repository, digest) {
      return await removeIfThere(layout.blobLink(repository, digest));
    },
  };
}

/** Uploads as files that grow, and become content by a rename. */
export function createUploads(layout: DirectoryLayout): UploadStore {
  return {
    async start(repository) {
      const id = randomUUID();
      await mkdir(layout.uploads(), { recursive: true });
      await writeFile(layout.upload(repository, id), nothing);
      return id;
    },
    async size(repository, id) {
      return isUploadId(id) ? await sizeIfThere(layout.upload(repository, id)) : undefined;
    },
    async append(repository, id, piece) {
      await appendFile(layout.upload(repository, id), piece);
    },
    async truncate(repository, id, size) {
      await truncate(layout.upload(repository, id), size);
    },
    async commit(repository, id, digest) {
      const upload = layout.upload(repository, id);
      if ((await hashFile(upload)) !== digest) {
        await removeIfThere(upload);
        return false;
      }
      await moveContent(upload, layout.content(digest));
      await writeAtomically(layout, layout.blobLink(repository, digest), nothing);
      return true;
    },
    async cancel(repository, id) {
      return isUploadId(id) && (await removeIfThere(layout.upload(repository, id)));
    },
    async count() {
      return (await listIfThere(layout.uploads())).length;
    },
  };
}

/** An id comes back from a client and becomes part of a path: only what `start` can have given is one. */
function isUploadId(id: string): boolean {
  return /^[0-9a-f-]{36}$/.test(id);
}

async function hashFile(path: string): Promise<Digest> {
  const hash = createHash("sha256");
  for await (const piece of createReadStream(path)) hash.update(piece as Buffer);
  return `sha256:${hash.digest("hex")}` as Digest;
}
