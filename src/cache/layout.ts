import { createHash } from "node:crypto";
import { join } from "node:path";
import { type Digest, toHex } from "../types/index.ts";

/**
 * The folder's layout. A change of it is a new version, in a folder of its own beside the old one:
 *
 *     v1/blobs/ab/abcd...           content, named by the SHA-256 of its bytes; its time is when it was last used
 *     v1/grants/ab/abcd....<scope>  empty: who may see the content (a hash of the scope)
 *     v1/notes/ab/abcd...           short texts, named by the hash of scope and name; first line: hash of the rest
 *     v1/tmp/<owner>-<number>.part  files being written
 */
export const formatVersion = 1;

export interface Layout {
  readonly root: string;
  readonly temporary: string;
  readonly blobs: string;
  readonly notes: string;
  blob(digest: Digest): string;
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
    notes: join(root, "notes"),
    blob: (digest) => inShard("blobs", toHex(digest), toHex(digest)),
    grantFolder: (digest) => inShard("grants", toHex(digest)),
    grantName: (digest, scope) => `${toHex(digest)}.${hashOf(scope).slice(0, 32)}`,
    note(name, scope) {
      const hex = hashOf(JSON.stringify([scope, name]));
      return inShard("notes", hex, hex);
    },
  };
}

export function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
