import type { ContentStore } from "../cache/index.ts";
import { type Digest, isDigest, isJsonObject, type Json, toDigest } from "../types/index.ts";
import { formatPinned, type PinnedReference } from "./reference.ts";

/** A list as it was kept. */
export interface NotedReferrers {
  entries: readonly Json[];
  bytes: number;
  digest: Digest;
}

/** What registries said of referrers, for runs that may not ask. `path`: what was asked. */
export interface ReferrerNotes {
  read(path: string, ref: PinnedReference, scope: string): Promise<NotedReferrers | undefined>;
  write(path: string, ref: PinnedReference, list: { scope: string; entries: readonly Json[] }): Promise<void>;
}

/** Longer lists are kept as content: the store takes no notes of more than 256 KiB. */
const maxNotedBytes = 128 * 1024;
/** More than any list that was accepted takes when it is written anew. */
const maxListBytes = 64 * 1024 * 1024;

/** A list that cannot be written is not kept. The note of a list is the list itself, or where it is long, its digest. What is gone or damaged is a miss. */
export function createReferrerNotes(store: ContentStore | undefined): ReferrerNotes {
  const toName = (path: string, ref: PinnedReference) => `referrers ${formatPinned(ref)} ${path}`;
  return {
    async read(path, ref, scope) {
      const text = await store?.readNote(toName(path, ref), scope);
      const note = parseJson(text);
      const digest = isJsonObject(note) ? note.list : undefined;
      if (typeof digest !== "string" || !isDigest(digest)) return toNoted(text);
      const bytes = await store?.readAll(digest, scope, maxListBytes);
      return toNoted(bytes && Buffer.from(bytes).toString("utf8"));
    },
    async write(path, ref, { scope, entries }) {
      if (store === undefined) return;
      const text = toText(entries);
      if (text === undefined) return;
      const bytes = Buffer.from(text);
      if (bytes.length <= maxNotedBytes) return store.writeNote(toName(path, ref), scope, text);
      const digest = toDigest(bytes);
      for await (const _ of store.tee(digest, scope, once(bytes))); // Written as it passes.
      await store.writeNote(toName(path, ref), scope, JSON.stringify({ list: digest }));
    },
  };
}

function toNoted(text: string | undefined): NotedReferrers | undefined {
  const entries = parseJson(text);
  const bytes = Buffer.from(text ?? "");
  return Array.isArray(entries) ? { entries, bytes: bytes.length, digest: toDigest(bytes) } : undefined;
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** Undefined where the entries are nested deeper than V8 writes, which is less deep than it reads. */
function toText(entries: readonly Json[]): string | undefined {
  try {
    return JSON.stringify(entries);
  } catch {
    return undefined;
  }
}

function parseJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? "null");
  } catch {
    return undefined; // What does not parse is a miss.
  }
}
