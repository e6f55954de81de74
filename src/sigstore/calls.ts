import type { PinnedReference } from "../oci/index.ts";
import type { JsonObject } from "../types/index.ts";
import type { EvidenceClient, ImageEvidence } from "./evidence.ts";
import type { TrustProvider } from "./trust-provider.ts";

export interface SigstoreCallContext {
  readonly client: EvidenceClient;
  readonly trust: TrustProvider;
  /** Reads a key reference (a file, a URL, ...) to PEM; inline PEM does not come here. */
  readonly readKey: (reference: string, options: { signal: AbortSignal }) => Promise<string>;
  readonly now: Date;
  readonly attestationAsSignature: boolean;
  readonly signal: AbortSignal;
  /** Stands in for `fetchEvidence` where evidence is shared within a run. */
  readonly fetchEvidence?: (image: PinnedReference, options: { signal: AbortSignal }) => Promise<ImageEvidence>;
}

export interface CallSignature {
  readonly keyid: string;
  readonly signature: string;
  readonly certificate: string;
  readonly chain: readonly string[];
  readonly metadata: Readonly<Record<string, string>>;
}

export interface VerifyImageResult {
  readonly success: boolean;
  readonly errors: readonly string[];
  readonly signatures: readonly CallSignature[];
}

export interface VerifyAttestationResult {
  readonly success: boolean;
  readonly errors: readonly string[];
  readonly attestations: readonly { readonly statement: JsonObject; readonly signatures: readonly CallSignature[] }[];
}

/**
 * What `ec.sigstore.verify_image` returns. Whatever is wrong with the reference, the options or the evidence is in the
 * result; only an aborted signal and faults that may pass (`retryable`) are thrown.
 */
export async function verifyImageCall(
  _reference: string,
  _options: JsonObject,
  _context: SigstoreCallContext,
): Promise<VerifyImageResult> {
  throw new Error("not written yet");
}

/** What `ec.sigstore.verify_attestation` returns; throws as `verifyImageCall` does. */
export async function verifyAttestationCall(
  _reference: string,
  _options: JsonObject,
  _context: SigstoreCallContext,
): Promise<VerifyAttestationResult> {
  throw new Error("not written yet");
}
