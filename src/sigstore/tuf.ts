export interface TufOptions {
  readonly signal: AbortSignal;
  /** Directory of the TUF cache. */
  readonly cachePath?: string | undefined;
  readonly mirrorUrl?: string | undefined;
  /** File with the initial `root.json` of another mirror than the public-good one. */
  readonly rootPath?: string | undefined;
  readonly timeoutMs?: number | undefined;
}

/** Fetches `trusted_root.json` through TUF, as JSON text. Throws `SigstoreError` `trust_unavailable` (retryable). */
export async function fetchTrustedRootByTuf(_options: TufOptions): Promise<string> {
  throw new Error("not written yet");
}
