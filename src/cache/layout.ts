import { createHash } from "node:crypto";
import { join } from "node:path";
import { type Digest, toHex } from "../types/index.ts";

/**
 * The folder's layout. A change of it is a new version, in a folder of its own beside the old one:
 *
 *     v1/blobs/ab/abcd...              content, named by the SHA-256 of its bytes; its time is when it was last used
 *     v1/grants/ab/abcd....<scope>     empty: who may see the content (a hash of the scope)
 *     v1/notes/ab/abcd...              short texts, named by the hash of scope and name; first line: hash of the rest
 *     v1/tmp/<owner>-<number>.part     files being written, or on their way out
 *     v1/leases/abcd....<owner>-<number>  empty: that process reads or writes the content
 *     v1/downloads/abcd...             the file in tmp into which the content is downloaded, and a hash of the scope
 *     v1/processes/<owner>-<number>    its time is that process' last sign of life
 */
export const formatVersion = 1;

export interface Layout {
  readonly root: string;
  readonly temporary: string;
  readonly blobs: string;
  readonly grants: string;
  readonly notes: string;
  readonly leases: string;
  readonly downloads: string;
  readonly processes: string;
  blob(digest: Digest): string;
  download(digest: Digest): string;
  grantFolder(digest: Digest): string;
  grantName(digest: Digest, scope: string): string;
  note(name: string, scope: string): string;
}

export function createLayout(directory: string): Layout {
  const root = join(directory, `v${formatVersion}`);
  const inShard = (kind: string, hex: string, ...name: string[]) => join(root, kind, hex.slice(0, 2), ...name);
  return {
    root,
    temporary: join(root, "tmp"),
    blobs: join(root, "blobs"),
    grants: join(root, "grants"),
    notes: join(root, "notes"),
    leases: join(root, "leases"),
    downloads: join(root, "downloads"),
    processes: join(root, "processes"),
    blob: (digest) => inShard("blobs", toHex(digest), toHex(digest)),
    download: (digest) => join(root, "downloads", toHex(digest)),
    grantFolder: (digest) => inShard("grants", toHex(digest)),
    grantName: (digest, scope) => `${toHex(digest)}.${toScopeName(scope)}`,
    note(name, scope) {
      const hex = hashOf(JSON.stringify([scope, name]));
      return inShard("notes", hex, hex);
    },
  };
}

/** A scope as it stands in the folder: 32 hexadecimal digits. */
export function toScopeName(scope: string): string {
  return hashOf(scope).slice(0, 32);
}

export function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
