import { createHash, randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Digest, toHex } from "../types/index.ts";

/**
 * Where a directory store keeps what. No name that a client chose is ever a file's name: repositories and tags go by
 * the SHA-256 of their text, so case-insensitive file systems, reserved names and long names make no difference.
 *
 *     content/<2 hex>/<hex>                     bytes of blobs and manifests, named by their digest
 *     repositories/<hash>/blobs/<hex>           empty: the repository holds this blob
 *     repositories/<hash>/manifests/<hex>       media type of the manifest
 *     repositories/<hash>/tags/<hash>           JSON {tag, digest}
 *     repositories/<hash>/referrers/<hex>/<hex> empty: subject, referrer
 *     uploads/<repository's hash>.<id>          bytes received so far
 *     temporary/<id>                            files on their way to one of the above
 */
export interface DirectoryLayout {
  root: string;
  content(digest: Digest): string;
  blobLink(repository: string, digest: Digest): string;
  manifestLink(repository: string, digest: Digest): string;
  repository(repository: string): string;
  tags(repository: string): string;
  tag(repository: string, tag: string): string;
  referrers(repository: string, subject: Digest): string;
  uploads(): string;
  upload(repository: string, id: string): string;
  temporary(): string;
}

/** Makes paths only; nothing is read or written. */
export function createLayout(root: string): DirectoryLayout {
  const repository = (name: string) => join(root, "repositories", hashName(name));
  return {
    root,
    repository,
    content: (digest) => join(root, "content", toHex(digest).slice(0, 2), toHex(digest)),
    blobLink: (name, digest) => join(repository(name), "blobs", toHex(digest)),
    manifestLink: (name, digest) => join(repository(name), "manifests", toHex(digest)),
    tags: (name) => join(repository(name), "tags"),
    tag: (name, tag) => join(repository(name), "tags", hashName(tag)),
    referrers: (name, subject) => join(repository(name), "referrers", toHex(subject)),
    uploads: () => join(root, "uploads"),
    upload: (name, id) => join(root, "uploads", `${hashName(name)}.${id}`),
    temporary: () => join(root, "temporary", randomUUID()),
  };
}

function hashName(name: string): string {
  return createHash("sha256").update(name).digest("hex");
}

/** Writes a file so that a reader, also after a kill half-way, finds all of it or nothing. */
export async function writeAtomically(layout: DirectoryLayout, path: string, bytes: Uint8Array): Promise<void> {
  await moveInto(await writeTemporary(layout, bytes), path);
}

/** The same for bytes that go by their digest. */
export async function writeContent(layout: DirectoryLayout, digest: Digest, bytes: Uint8Array): Promise<void> {
  await moveContent(await writeTemporary(layout, bytes), layout.content(digest));
}

async function writeTemporary(layout: DirectoryLayout, bytes: Uint8Array): Promise<string> {
  const temporary = layout.temporary();
  await mkdir(dirname(temporary), { recursive: true });
  await writeFile(temporary, bytes);
  return temporary;
}

/** Renames a finished file to its place; the temporary one is gone afterwards in any case. */
export async function moveInto(temporary: string, path: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await rename(temporary, path);
  } catch (thrown) {
    await rm(temporary, { force: true });
    throw thrown;
  }
}

/** Moves a finished file to the name of its digest. Where that name cannot be replaced, a file that is there already will do. */
export async function moveContent(temporary: string, path: string): Promise<void> {
  const size = await sizeIfThere(temporary);
  try {
    await moveInto(temporary, path);
  } catch (thrown) {
    // Windows does not replace a file that somebody reads.
    if (size === undefined || (await sizeIfThere(path)) !== size) throw thrown;
  }
}

/** The file's bytes, or undefined where there is none. */
export async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  return await unlessMissing(readFile(path));
}

/** The file's size in bytes, or undefined where there is none. */
export async function sizeIfThere(path: string): Promise<number | undefined> {
  const found = await unlessMissing(stat(path));
  return found?.size;
}

/** The names in a directory; none where there is no directory. */
export async function listIfThere(path: string): Promise<readonly string[]> {
  return (await unlessMissing(readdir(path))) ?? [];
}

/** Removes a file; false where there is none. */
export async function removeIfThere(path: string): Promise<boolean> {
  const removed = await unlessMissing(rm(path).then(() => true));
  return removed ?? false;
}

async function unlessMissing<Value>(promise: Promise<Value>): Promise<Value | undefined> {
  try {
    return await promise;
  } catch (thrown) {
    if (thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT") return undefined;
    throw thrown;
  }
}
