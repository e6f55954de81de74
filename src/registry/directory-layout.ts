import { createHash, randomUUID } from "node:crypto";
import { readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { makeFolder } from "../disk/index.ts";
import { type ContentDigest, toContentHex } from "./content-digest.ts";

/**
 * Where a directory store keeps what. No name that a client chose is ever a file's name: repositories and tags go by
 * the SHA-256 of their text, so case-insensitive file systems, reserved names and long names make no difference.
 * `<hex>` are the 64 digits of a SHA-256 or the 128 of a SHA-512 digest.
 *
 *     sealcheck-registry.json                   JSON {format}
 *     content/<2 hex>/<hex>                     bytes of blobs and manifests, named by their digest
 *     content/<2 hex>/<hex>.removed             on their way out; come back if somebody still needs them
 *     repositories/<hash>/blobs/<hex>           empty: the repository holds this blob
 *     repositories/<hash>/manifests/<hex>       media type of the manifest
 *     repositories/<hash>/tags/<hash>           JSON {tag, digest}
 *     repositories/<hash>/referrers/<hex>/<hex> empty: subject, referrer
 *     uploads/<repository's hash>.<id>          bytes received so far
 *     temporary/<id>                            files on their way to one of the above
 */
export interface DirectoryLayout {
  root: string;
  format(): string;
  contents(): string;
  content(digest: ContentDigest): string;
  removed(digest: ContentDigest): string;
  repositories(): string;
  repository(repository: string): string;
  blobLink(repository: string, digest: ContentDigest): string;
  manifestLink(repository: string, digest: ContentDigest): string;
  tags(repository: string): string;
  tag(repository: string, tag: string): string;
  referrers(repository: string, subject: ContentDigest): string;
  uploads(): string;
  upload(repository: string, id: string): string;
  temporaries(): string;
  /** A new name at each call. */
  temporary(): string;
}

/** How the name of content ends that is being removed. */
export const removedSuffix = ".removed";

/** Makes paths only; nothing is read or written. */
export function createLayout(root: string): DirectoryLayout {
  const repository = (name: string) => join(root, "repositories", hashName(name));
  const content = (digest: ContentDigest) =>
    join(root, "content", toContentHex(digest).slice(0, 2), toContentHex(digest));
  return {
    root,
    format: () => join(root, "sealcheck-registry.json"),
    contents: () => join(root, "content"),
    content,
    removed: (digest) => `${content(digest)}${removedSuffix}`,
    repositories: () => join(root, "repositories"),
    repository,
    blobLink: (name, digest) => join(repository(name), "blobs", toContentHex(digest)),
    manifestLink: (name, digest) => join(repository(name), "manifests", toContentHex(digest)),
    tags: (name) => join(repository(name), "tags"),
    tag: (name, tag) => join(repository(name), "tags", hashName(tag)),
    referrers: (name, subject) => join(repository(name), "referrers", toContentHex(subject)),
    uploads: () => join(root, "uploads"),
    upload: (name, id) => join(root, "uploads", `${hashName(name)}.${id}`),
    temporaries: () => join(root, "temporary"),
    temporary: () => join(root, "temporary", randomUUID()),
  };
}

function hashName(name: string): string {
  return createHash("sha256").update(name).digest("hex");
}

/** How much of a large file is read at once, in bytes: fewer turns between disk, hash and socket than with Node's 64 KiB. */
export const pieceBytes = 256 * 1024;

/** Writes a file so that a reader, also after a kill half-way, finds all of it or nothing. */
export async function writeAtomically(layout: DirectoryLayout, path: string, bytes: Uint8Array): Promise<void> {
  await moveInto(await writeTemporary(layout, bytes), path);
}

/** Writes a file that has no name of its own yet, and returns where it is. */
export async function writeTemporary(layout: DirectoryLayout, bytes: Uint8Array): Promise<string> {
  const temporary = layout.temporary();
  await makeFolder(dirname(temporary));
  try {
    await writeFile(temporary, bytes);
  } catch (thrown) {
    // A disk that is full would get no emptier by what was written before it was.
    await rm(temporary, { force: true });
    throw thrown;
  }
  return temporary;
}

/** Renames a finished file to its place; the temporary one is gone afterwards in any case. */
export async function moveInto(temporary: string, path: string): Promise<void> {
  try {
    await makeFolder(dirname(path));
    await rename(temporary, path);
  } catch (thrown) {
    await rm(temporary, { force: true });
    throw thrown;
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

/** When the file was last written to, in milliseconds since 1970, or undefined where there is none. */
export async function modifiedIfThere(path: string): Promise<number | undefined> {
  const found = await unlessMissing(stat(path));
  return found?.mtimeMs;
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

/** Removes the files of a directory that were not written to since a time; says how many. */
export async function removeUntouched(directory: string, untouchedSinceMs: number): Promise<number> {
  let count = 0;
  for (const name of await listIfThere(directory)) {
    const path = join(directory, name);
    const modifiedMs = await modifiedIfThere(path);
    if (modifiedMs !== undefined && modifiedMs < untouchedSinceMs && (await removeIfThere(path))) count += 1;
  }
  return count;
}

/** The promise's value, or undefined where it fails because a file is missing. */
export async function unlessMissing<Value>(promise: Promise<Value>): Promise<Value | undefined> {
  try {
    return await promise;
  } catch (thrown) {
    if (thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT") return undefined;
    throw thrown;
  }
}
