export {
  type CallSignature,
  type SigstoreCallContext,
  type VerifyAttestationResult,
  type VerifyImageResult,
  verifyAttestationCall,
  verifyImageCall,
} from "./calls.ts";
export { describeCertificate } from "./certificate.ts";
export { SigstoreError, type SigstoreErrorCode } from "./errors.ts";
export {
  defaultEvidenceLimits,
  type EvidenceCandidate,
  type EvidenceClient,
  type EvidenceLimits,
  type ImageEvidence,
} from "./evidence.ts";
export { fetchEvidence } from "./evidence-fetch.ts";
export type { IdentityPolicy } from "./identity.ts";
export { classifyKeyReference, type KeyReference } from "./key-reference.ts";
export { type PublicKeyMaterial, parsePublicKey, toPem } from "./public-key.ts";
export { createTrustProvider, type TrustProvider, type TrustProviderOptions } from "./trust-provider.ts";
export {
  embeddedTrustedRoot,
  mergeOverrides,
  parseTrustedRoot,
  type TrustMaterial,
  type TrustOverrides,
} from "./trust-root.ts";
export { fetchTrustedRootByTuf, type TufOptions } from "./tuf.ts";
export {
  needsTrust,
  readUnverifiedAttestations,
  type Verification,
  type VerifiedAttestation,
  verifyEvidence,
} from "./verification.ts";
export type { VerificationPolicy } from "./verification-policy.ts";
