import { StageError } from "../types/index.ts";

/** `digest-mismatch`: a stream's bytes are not those of its digest. */
export type CacheErrorCode = "digest-mismatch";

export class CacheError extends StageError<CacheErrorCode> {}
