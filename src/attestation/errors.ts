import { StageError } from "../types/index.ts";

/**
 * - `too_large`: an envelope or statement exceeds its byte limit
 * - `envelope_invalid`: not a DSSE envelope
 * - `statement_invalid`: not an in-toto statement
 */
export type AttestationErrorCode = "too_large" | "envelope_invalid" | "statement_invalid";

export class AttestationError extends StageError<AttestationErrorCode> {}
