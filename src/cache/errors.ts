import { type Digest, StageError, toErrorMessage } from "../types/index.ts";

/**
 * - `digest-mismatch`: a stream's bytes are not those of its digest.
 * - `too-large`: a stream has more bytes than its reader takes.
 * - `unreadable`: the disk failed, or its content changed, under a reader that had begun; another try gets the content anew.
 * - `unusable`: the folder cannot be looked through, or cannot be changed where it has to be. Only `info`, `prune` and
 *   `verify` say so: for readers it is a miss.
 */
export type CacheErrorCode = "digest-mismatch" | "too-large" | "unreadable" | "unusable";

/** The few faults of the cache that are not misses. */
export class CacheError extends StageError<CacheErrorCode> {}

/** What was given so far cannot be gone on with. */
export function unreadable(digest: Digest, cause: unknown): CacheError {
  return new CacheError(`${digest}: the cache's file could not be read on`, {
    code: "unreadable",
    subject: digest,
    retryable: true,
    cause,
  });
}

export function unusable(directory: string, cause: unknown): CacheError {
  return new CacheError(
    `${directory}: expected a cache folder that can be read and written, got: ${toErrorMessage(cause)}; ` +
      "mend its permissions or name another one by --cache-dir",
    { code: "unusable", subject: directory, cause },
  );
}
