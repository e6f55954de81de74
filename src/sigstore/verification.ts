import type { Statement } from "../attestation/index.ts";
import type { Digest, RefusedEvidence, SignatureEntry } from "../types/index.ts";
import type { ImageEvidence } from "./evidence.ts";
import type { PublicKeyMaterial } from "./public-key.ts";
import type { TrustMaterial } from "./trust-root.ts";

/** Who must have signed. An exact text or a regular expression (RE2, unanchored) for each of subject and issuer. */
export interface IdentityPolicy {
  readonly subject?: string;
  readonly subjectRegExp?: string;
  readonly issuer?: string;
  readonly issuerRegExp?: string;
}

export interface VerificationPolicy {
  readonly digest: Digest;
  /** A key; then the identity is not looked at. */
  readonly key?: PublicKeyMaterial | undefined;
  readonly identity?: IdentityPolicy | undefined;
  /** No transparency log entry is asked for. */
  readonly ignoreRekor: boolean;
  /** May be left out where `needsTrust` says that it is not needed. */
  readonly trust?: TrustMaterial | undefined;
  readonly now: Date;
  /** Any verified bundle counts as the image's signature, whatever its statement says. */
  readonly attestationAsSignature: boolean;
  /** Refuse legacy SLSA provenance that is not of its schema; true by default. */
  readonly checkLegacySyntax?: boolean | undefined;
}

export interface VerifiedAttestation {
  /** The payload as signed. */
  readonly statementBytes: Uint8Array;
  readonly statement: Statement;
  readonly predicateType: string;
  readonly signatures: readonly SignatureEntry[];
  readonly location: string;
  readonly format: "legacy" | "bundle";
}

export interface Verification {
  readonly signatures: readonly SignatureEntry[];
  readonly attestations: readonly VerifiedAttestation[];
  readonly refused: readonly RefusedEvidence[];
  /** Set where no image signature verified: the message of `builtin.image.signature_check`. */
  readonly signatureFailure?: string;
  /** Set where no attestation verified: the message of `builtin.attestation.signature_check`. */
  readonly attestationFailure?: string;
}

/** Whether `verifyEvidence` will look at trust material: not for a key without log, and not without any evidence. */
export function needsTrust(evidence: ImageEvidence, policy: Pick<VerificationPolicy, "key" | "ignoreRekor">): boolean {
  return evidence.candidates.length > 0 && !(policy.key !== undefined && policy.ignoreRekor);
}

/**
 * Judges each candidate by itself, without I/O; one that verifies counts whatever lies beside it. Throws `SigstoreError`
 * `policy_invalid` (neither key nor whole identity, a pattern that does not compile) and `trust_unavailable` (trust
 * material is needed and missing); what is wrong with the evidence is in the result.
 */
export function verifyEvidence(_evidence: ImageEvidence, _policy: VerificationPolicy): Verification {
  throw new Error("not written yet");
}

/**
 * The legacy attestations (`.att`) without verification of any kind, for `--skip-att-sig-check`: `refused` lists those
 * that do not parse. Bundles are not read, as in `ec`.
 */
export function readUnverifiedAttestations(_evidence: ImageEvidence): Pick<Verification, "attestations" | "refused"> {
  throw new Error("not written yet");
}
