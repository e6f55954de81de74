import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { rename } from "node:fs/promises";
import { join } from "node:path";
import { type ContentDigest, toAlgorithm, toContentHex } from "./content-digest.ts";
import {
  type DirectoryLayout,
  listIfThere,
  moveInto,
  pieceBytes,
  removeIfThere,
  sizeIfThere,
  unlessMissing,
  writeAtomically,
} from "./directory-layout.ts";
import { RegistryError } from "./errors.ts";
import { createKeyedLock } from "./keyed-lock.ts";

/** A file in a repository that says that it holds some content. */
export interface ContentLink {
  path: string;
  bytes: Uint8Array;
}

/** Bytes by their digest, kept as long as a repository links to them. */
export interface ContentFolder {
  /** Gives a finished file the name of its digest, then writes the link. */
  put(digest: ContentDigest, temporary: string, link: ContentLink): Promise<void>;
  /** Writes a link to bytes that are there already; false, and no link, where they are not. */
  link(digest: ContentDigest, link: ContentLink): Promise<boolean>;
  /** The bytes, hashed on the way. Throws before the last piece where they have another digest, and forgets them. */
  readWhole(digest: ContentDigest): AsyncIterable<Uint8Array>;
  isLinked(digest: ContentDigest): Promise<boolean>;
  /** Removes the bytes if no repository links to them; says whether it did. */
  collect(digest: ContentDigest): Promise<boolean>;
  /** Ends a removal that a killed process began: the bytes go, or come back where a repository links to them. */
  settle(digest: ContentDigest): Promise<boolean>;
}

/**
 * Removing is safe while others push the same bytes. A push writes the bytes, then the link, then looks whether the bytes
 * are still there; a removal puts the bytes aside before it looks for links a last time, and puts them back where it
 * finds one. Within a process the two wait for each other. Between processes a push can find its bytes gone, and is
 * refused as something to try again, and such a blob can be unknown for an instant.
 */
export function createContentFolder(layout: DirectoryLayout): ContentFolder {
  const locked = createKeyedLock();

  async function isLinked(digest: ContentDigest): Promise<boolean> {
    const hex = toContentHex(digest);
    for (const name of await listIfThere(layout.repositories())) {
      for (const kind of ["blobs", "manifests"]) {
        if ((await sizeIfThere(join(layout.repositories(), name, kind, hex))) !== undefined) return true;
      }
    }
    return false;
  }

  async function settle(digest: ContentDigest): Promise<boolean> {
    if (!(await isLinked(digest))) return await removeIfThere(layout.removed(digest));
    await unlessMissing(rename(layout.removed(digest), layout.content(digest)));
    return false;
  }

  async function writeLink(digest: ContentDigest, { path, bytes }: ContentLink): Promise<boolean> {
    await writeAtomically(layout, path, bytes);
    if ((await sizeIfThere(layout.content(digest))) !== undefined) return true;
    await removeIfThere(path);
    return false;
  }

  return {
    isLinked,
    settle: (digest) => locked(digest, () => settle(digest)),
    put: (digest, temporary, link) =>
      locked(digest, async () => {
        await moveContent(temporary, layout.content(digest));
        if (!(await writeLink(digest, link))) throw createLoss(digest);
      }),
    link: (digest, link) => locked(digest, () => writeLink(digest, link)),
    readWhole: (digest) => readWhole(layout.content(digest), digest),
    collect: (digest) =>
      locked(digest, async () => {
        if (await isLinked(digest)) return false;
        return (await putAside(layout, digest)) && (await settle(digest));
      }),
  };
}

/** False where the bytes are not there, or cannot be renamed at the moment. */
async function putAside(layout: DirectoryLayout, digest: ContentDigest): Promise<boolean> {
  try {
    return (await unlessMissing(rename(layout.content(digest), layout.removed(digest)).then(() => true))) ?? false;
  } catch {
    // Windows does not rename a file that somebody reads: the next start removes it.
    return false;
  }
}

/** Gives a finished file its place. Where that name cannot be replaced, a file that is there already will do. */
async function moveContent(temporary: string, path: string): Promise<void> {
  const size = await sizeIfThere(temporary);
  try {
    await moveInto(temporary, path);
  } catch (thrown) {
    // Windows does not replace a file that somebody reads.
    if (size === undefined || (await sizeIfThere(path)) !== size) throw thrown;
  }
}

async function* readWhole(path: string, digest: ContentDigest): AsyncIterable<Uint8Array> {
  const hash = createHash(toAlgorithm(digest));
  let held: Uint8Array | undefined;
  for await (const piece of createReadStream(path, { highWaterMark: pieceBytes }) as AsyncIterable<Buffer>) {
    hash.update(piece);
    if (held !== undefined) yield held;
    held = piece;
  }
  if (hash.digest("hex") !== toContentHex(digest)) {
    // Out of the way, so that clients see that the blob is missing and push it again.
    await removeIfThere(path);
    throw createDamage("blob", digest);
  }
  if (held !== undefined) yield held;
}

/** The fault of stored bytes that are not those of their digest: a disk's fault, or somebody wrote to the folder. */
export function createDamage(what: "blob" | "manifest", digest: ContentDigest): RegistryError {
  return new RegistryError(`expected a stored ${what} with digest ${digest}, its file was changed; push it again`, {
    code: "UNKNOWN",
    status: 500,
    subject: digest,
  });
}

function createLoss(digest: ContentDigest): RegistryError {
  return new RegistryError(`expected ${digest} to stay, another process removed it at the same moment; push it again`, {
    code: "UNKNOWN",
    status: 503,
    subject: digest,
    headers: { "retry-after": "1" },
  });
}
