import type { VerifyAttestationResult, VerifyImageResult } from "../../sigstore/index.ts";
import type { Json, JsonObject, Log } from "../../types/index.ts";
import type { RegistryPort } from "../oci-port.ts";

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

/** Bounds of the look-ups that policies ask for. */
export interface EcBounds {
  /** Sum of what is remembered for later calls. */
  cacheBytes: number;
  /** Stored bytes of one blob or layer. */
  maxBlobBytes: number;
  /** Bytes of one blob after it was expanded. */
  maxExpandedBytes: number;
  /** Members of one `ec.oci.image_manifests` call. */
  maxReferences: number;
}

export interface EcHostOptions {
  registry: RegistryPort;
  sigstore: EcSigstorePort;
  log: Log;
  bounds?: Partial<EcBounds>;
}

/** Answers the calls that policies make to registries, remembering what was answered. */
export interface EcHost {
  /**
   * The call's answer; undefined where there is none (`ec.oci.*` on a final failure).
   *
   * @throws {PolicyError} `external-call-failed` when a fault that may pass prevented an answer.
   */
  answer(call: { name: string; args: readonly Json[] }, options?: { signal?: AbortSignal }): Promise<Json | undefined>;
}

/** Makes the host of a run. */
export function createEcHost(options: EcHostOptions): EcHost {
  return {
    answer: () => Promise.reject(new Error(`not yet ${options.bounds?.cacheBytes}`)),
  };
}
