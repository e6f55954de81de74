/** What a signature covers, and what a log entry about it must repeat. */
export interface SignedContent {
  readonly kind: "message" | "envelope";
  readonly signature: Uint8Array;
  /** The bytes under the signature: the message, or the envelope's pre-authentication encoding. */
  readonly signedBytes: Uint8Array;
  /** The message, or the envelope's payload. */
  readonly payload: Uint8Array;
  /** The whole envelope as stored; older log entries hold its digest. */
  readonly storedBytes?: Uint8Array;
}
