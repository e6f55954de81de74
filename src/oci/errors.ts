import { StageError, type StageErrorOptions } from "../types/index.ts";

/**
 * What went wrong between us and a registry.
 *
 * - `invalid-reference`: the text is no image reference.
 * - `not-found`: the registry says that it does not have it (404).
 * - `unauthorized`: it, or a proxy on the way, wants other credentials (401, 407), or none could be had.
 * - `forbidden`: these credentials may not (403).
 * - `rate-limited`: too many requests (429), after the retries or for longer than we wait.
 * - `unavailable`: network faults and 5xx, after the retries.
 * - `timeout`: no answer in time.
 * - `digest-mismatch`: the bytes are not what their digest says.
 * - `too-large`: more bytes, pages or entries than allowed.
 * - `invalid-response`: an answer that the protocol does not know.
 * - `insecure-registry`: plain HTTP where only HTTPS is allowed.
 * - `offline`: the answer needs the network, which is switched off.
 * - `aborted`: the caller's signal.
 */
export type OciErrorCode =
  | "invalid-reference"
  | "not-found"
  | "unauthorized"
  | "forbidden"
  | "rate-limited"
  | "unavailable"
  | "timeout"
  | "digest-mismatch"
  | "too-large"
  | "invalid-response"
  | "insecure-registry"
  | "offline"
  | "aborted";

export interface OciErrorOptions extends Omit<StageErrorOptions<OciErrorCode>, "retryable"> {
  /** The HTTP status, where there was an answer. */
  status?: number;
}

const retryableCodes: ReadonlySet<OciErrorCode> = new Set(["rate-limited", "unavailable", "timeout"]);

/** The one error class of this folder. `retryable` follows from the code. */
export class OciError extends StageError<OciErrorCode> {
  readonly status: number | undefined;

  constructor(message: string, options: OciErrorOptions) {
    super(message, { ...options, retryable: retryableCodes.has(options.code) });
    this.status = options.status;
  }
}

/** Whether something thrown is an OciError of one of these codes. */
export function hasOciCode(thrown: unknown, ...codes: readonly OciErrorCode[]): thrown is OciError {
  return thrown instanceof OciError && codes.includes(thrown.code);
}
