import { type ByteStream, CacheError, type ContentStore } from "../cache/index.ts";
import type { Digest } from "../types/index.ts";
import { hasOciCode, OciError } from "./errors.ts";
import type { RepositoryLocation } from "./reference.ts";
import type { RegistrySession } from "./session.ts";

/** Content of this size and more is confirmed by a HEAD, smaller content is fetched again instead. */
const confirmFromBytes = 64 * 1024;

export interface StoredBlobQuestion {
  ref: RepositoryLocation;
  digest: Digest;
  size: number | undefined;
  session: RegistrySession;
  scope: string;
  signal: AbortSignal;
  subject: string;
}

/** Who sees what is stored: a registry's repository, asked by somebody. */
export function toScope(ref: RepositoryLocation, identity: string): string {
  return JSON.stringify([ref.registry, ref.repository, identity]);
}

/**
 * Opens a blob of the disk cache. Where it was stored for somebody else, the registry is asked first (one HEAD) whether
 * these credentials may have it; whatever it says other than yes is a miss, and the download that follows tells why.
 */
export async function openStored(store: ContentStore, question: StoredBlobQuestion): Promise<ByteStream | undefined> {
  const { digest, scope, size } = question;
  const found = await store.get(digest, scope);
  if (found || (size ?? 0) < confirmFromBytes || !(await store.has(digest))) return found;
  if (!(await isAllowed(question))) return undefined;
  await store.grant(digest, scope);
  return store.get(digest, scope);
}

async function isAllowed({ ref, digest, session, signal, subject }: StoredBlobQuestion): Promise<boolean> {
  try {
    return await session.request(
      {
        method: "HEAD",
        path: `/v2/${ref.repository}/blobs/${digest}`,
        repository: ref.repository,
        signal,
        subject,
      },
      async () => true,
    );
  } catch (thrown) {
    if (hasOciCode(thrown, "aborted", "timeout")) throw thrown;
    return false;
  }
}

/** The store's complaint about a stream in the words of this folder. */
export function toOciError(thrown: unknown, subject: string): unknown {
  if (!(thrown instanceof CacheError)) return thrown;
  if (thrown.code === "digest-mismatch") return digestMismatch(subject, thrown);
  return new OciError(`${subject}: the disk cache failed while this was read from it; try again or without the cache`, {
    code: "unavailable",
    subject,
    cause: thrown,
  });
}

export function digestMismatch(subject: string, cause?: unknown): OciError {
  return new OciError(`${subject}: the bytes that the registry sent are not those of the digest; they are not used`, {
    code: "digest-mismatch",
    subject,
    cause,
  });
}
