import { StageError } from "../types/index.ts";

/**
 * - `key_invalid`: not a public key that can be used
 * - `key_reference_unsupported`: a key reference of a kind that cannot be read
 * - `policy_invalid`: neither a key nor a whole identity, or an identity pattern that does not compile
 * - `trust_root_invalid`: a trusted root or an override that does not parse
 * - `trust_unavailable`: trust material is needed and could not be had
 * - `evidence_too_large`: more candidates hang on the image than are read
 */
export type SigstoreErrorCode =
  | "key_invalid"
  | "key_reference_unsupported"
  | "policy_invalid"
  | "trust_root_invalid"
  | "trust_unavailable"
  | "evidence_too_large";

export class SigstoreError extends StageError<SigstoreErrorCode> {}
