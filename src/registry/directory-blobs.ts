import { createHash, randomUUID } from "node:crypto";
import { constants, createReadStream } from "node:fs";
import { truncate, writeFile } from "node:fs/promises";
import { makeFolder } from "../disk/index.ts";
import { toAlgorithm, toContentHex } from "./content-digest.ts";
import type { ContentFolder } from "./directory-content.ts";
import {
  type DirectoryLayout,
  listIfThere,
  pieceBytes,
  removeIfThere,
  removeUntouched,
  sizeIfThere,
} from "./directory-layout.ts";
import type { BlobStore, UploadStore } from "./store.ts";

const nothing = new Uint8Array();

/** An upload that was dropped meanwhile does not come back as a file of its last bytes. */
const appendOnly = constants.O_WRONLY | constants.O_APPEND;

/** Blobs as files named by their digest, and an empty file in each repository that holds one. */
export function createBlobs(layout: DirectoryLayout, content: ContentFolder): BlobStore {
  return {
    async size(repository, digest) {
      if ((await sizeIfThere(layout.blobLink(repository, digest))) === undefined) return undefined;
      return await sizeIfThere(layout.content(digest));
    },
    async *read(_repository, digest, range) {
      const path = layout.content(digest);
      if (range.start === 0 && range.end === (await sizeIfThere(path))) yield* content.readWhole(digest);
      // A read stream's `end` is inclusive.
      else if (range.end > range.start) {
        yield* createReadStream(path, { start: range.start, end: range.end - 1, highWaterMark: pieceBytes });
      }
    },
    async mount(from, to, digest) {
      const isHeld =
        from === undefined
          ? await content.isLinked(digest)
          : (await sizeIfThere(layout.blobLink(from, digest))) !== undefined;
      return isHeld && (await content.link(digest, { path: layout.blobLink(to, digest), bytes: nothing }));
    },
    async remove(repository, digest) {
      const removed = await removeIfThere(layout.blobLink(repository, digest));
      if (removed) await content.collect(digest);
      return removed;
    },
  };
}

/** Uploads as files that grow, and become content by a rename. */
export function createUploads(layout: DirectoryLayout, content: ContentFolder): UploadStore {
  return {
    async start(repository) {
      const id = randomUUID();
      await makeFolder(layout.uploads());
      await writeFile(layout.upload(repository, id), nothing);
      return id;
    },
    async size(repository, id) {
      return isUploadId(id) ? await sizeIfThere(layout.upload(repository, id)) : undefined;
    },
    async append(repository, id, pieces) {
      await writeFile(layout.upload(repository, id), pieces, { flag: appendOnly });
    },
    async truncate(repository, id, size) {
      await truncate(layout.upload(repository, id), size);
    },
    async commit(repository, id, digest) {
      const upload = layout.upload(repository, id);
      if ((await hashFile(upload, toAlgorithm(digest))) !== toContentHex(digest)) {
        await removeIfThere(upload);
        return false;
      }
      await content.put(digest, upload, { path: layout.blobLink(repository, digest), bytes: nothing });
      return true;
    },
    async cancel(repository, id) {
      return isUploadId(id) && (await removeIfThere(layout.upload(repository, id)));
    },
    async count() {
      return (await listIfThere(layout.uploads())).length;
    },
    async expire(untouchedSinceMs) {
      return await removeUntouched(layout.uploads(), untouchedSinceMs);
    },
  };
}

/** An id comes back from a client and becomes part of a path: only what `start` can have given is one. */
function isUploadId(id: string): boolean {
  return /^[0-9a-f-]{36}$/.test(id);
}

async function hashFile(path: string, algorithm: string): Promise<string> {
  const hash = createHash(algorithm);
  for await (const piece of createReadStream(path, { highWaterMark: pieceBytes })) hash.update(piece as Buffer);
  return hash.digest("hex");
}
