import type { Json, JsonObject, Log, SignatureEntry } from "../../types/index.ts";
import type { RegistryPort } from "../oci-port.ts";

/** The options of `ec.sigstore.*` calls; texts are empty where a policy gave none. */
export interface EcSigstoreOptions {
  certificateIdentity: string;
  certificateIdentityRegExp: string;
  certificateOidcIssuer: string;
  certificateOidcIssuerRegExp: string;
  ignoreRekor: boolean;
  publicKey: string;
  rekorUrl: string;
  rekorPublicKey: string;
}

export interface EcVerifiedAttestation {
  /** The in-toto statement, as signed. */
  statement: JsonObject;
  signatures: readonly SignatureEntry[];
}

/**
 * Verification as policies ask for it. What does not verify rejects with an error whose `retryable` is false: its
 * message goes to the policy. A fault that may pass rejects with `retryable` true.
 */
export interface EcSigstorePort {
  verifyImage(
    reference: string,
    options: EcSigstoreOptions,
    context: { signal?: AbortSignal },
  ): Promise<readonly SignatureEntry[]>;
  verifyAttestation(
    reference: string,
    options: EcSigstoreOptions,
    context: { signal?: AbortSignal },
  ): Promise<readonly EcVerifiedAttestation[]>;
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
