export { createDemo, type Demo, type DemoExpectation, type DemoOptions, type PolicySources } from "./demo.ts";
export { DemoError, type DemoErrorCode } from "./errors.ts";
export {
  attestImage,
  type EvidenceFormat,
  type EvidenceOptions,
  type SignedImage,
  type StoredEvidence,
  signImage,
} from "./evidence.ts";
export {
  type PushedImage,
  type PushedIndex,
  type PushedManifest,
  type PushImageOptions,
  type PushIndexOptions,
  pushImage,
  pushIndex,
} from "./image.ts";
export { createKeyPair, type KeyPair } from "./keys.ts";
export { type PushPolicyOptions, pushPolicy } from "./policy-bundle.ts";
export { exampleDataFiles, examplePolicyFiles } from "./policy-files.ts";
export { createProvenance, type ProvenanceOptions, type TestOutcome } from "./provenance.ts";
export type { Statement, StatementSubject } from "./statement.ts";
export {
  createHttpTarget,
  type HttpTargetOptions,
  type PushRequest,
  type PushResponse,
  type PushTarget,
} from "./target.ts";
