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
  type EvidenceImage,
  type EvidenceLimits,
  type EvidenceReference,
  fetchEvidence,
  type ImageEvidence,
} from "./evidence.ts";
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
  type IdentityPolicy,
  needsTrust,
  readUnverifiedAttestations,
  type Verification,
  type VerificationPolicy,
  type VerifiedAttestation,
  verifyEvidence,
} from "./verification.ts";
