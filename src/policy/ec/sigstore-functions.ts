import type { VerifyAttestationResult, VerifyImageResult } from "../../sigstore/index.ts";
import { isJsonObject, type Json, type JsonObject, StageError } from "../../types/index.ts";
import type { Answer } from "./answer-cache.ts";
import { isUndecided } from "./ec-faults.ts";

/**
 * Verification as policies ask for it: `verifyImageCall` and `verifyAttestationCall` of the sigstore stage, bound to a
 * run. What does not verify is in the result. A fault that may pass rejects with an error whose `retryable` is true.
 */
export interface EcSigstorePort {
  verifyImage(reference: string, options: JsonObject, context: { signal?: AbortSignal }): Promise<VerifyImageResult>;
  verifyAttestation(
    reference: string,
    options: JsonObject,
    context: { signal?: AbortSignal },
  ): Promise<VerifyAttestationResult>;
}

export type SigstoreFunction = "ec.sigstore.verify_image" | "ec.sigstore.verify_attestation";

export interface SigstoreCall {
  name: SigstoreFunction;
  reference: string;
  options: JsonObject;
  /** Equal for equal calls. */
  key: string;
}

/** A call's parts. Options that do not say `ignore_rekor` mean false. */
export function toSigstoreCall(name: SigstoreFunction, [reference, given]: readonly Json[]): SigstoreCall {
  const options = { ignore_rekor: false, ...(isJsonObject(given) ? given : {}) };
  const sorted = Object.entries(options).sort(([a], [b]) => (a < b ? -1 : 1));
  const image = typeof reference === "string" ? reference : "";
  return { name, reference: image, options, key: JSON.stringify([name, image, sorted]) };
}

function toFailure(name: SigstoreFunction, message: string): Json {
  const nothing = name === "ec.sigstore.verify_image" ? { signatures: [] } : { attestations: [] };
  return { success: false, errors: [message], ...nothing };
}

/** Verifies; what failed is in the answer, and is not remembered. Rejects with faults that say nothing. */
export async function verify(call: SigstoreCall, port: EcSigstorePort, signal: AbortSignal): Promise<Answer> {
  const { name, reference, options } = call;
  try {
    const result = await (name === "ec.sigstore.verify_image"
      ? port.verifyImage(reference, options, { signal })
      : port.verifyAttestation(reference, options, { signal }));
    return { value: result as unknown as Json, remember: result.success };
  } catch (error) {
    if (!(error instanceof StageError) || isUndecided(error)) {
      throw error;
    }
    return { value: toFailure(name, error.message), remember: false };
  }
}
