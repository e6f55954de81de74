import { StageError } from "../types/index.ts";

/**
 * - `digest-mismatch`: a stream's bytes are not those of its digest.
 * - `unreadable`: the disk failed under a reader that had begun.
 */
export type CacheErrorCode = "digest-mismatch" | "unreadable";

/** The few faults of the cache that reach its readers; all others are misses. */
export class CacheError extends StageError<CacheErrorCode> {}
