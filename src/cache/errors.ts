import { type Digest, StageError } from "../types/index.ts";

/**
 * - `digest-mismatch`: a stream's bytes are not those of its digest.
 * - `unreadable`: the disk failed, or its content changed, under a reader that had begun; another try gets the content anew.
 */
export type CacheErrorCode = "digest-mismatch" | "unreadable";

/** The few faults of the cache that reach its readers; all others are misses. */
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
