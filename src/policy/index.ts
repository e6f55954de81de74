export {
  type BuiltinCode,
  builtinResult,
  noMatchingAttestationResult,
} from "./builtin-results.ts";
export { parsePolicyConfiguration } from "./configuration.ts";
export { ecExternalFunctions, ecPureFunctions } from "./ec/functions.ts";
export {
  createEcHost,
  type EcBounds,
  type EcHost,
  type EcHostOptions,
} from "./ec/host.ts";
export type { EcSigstorePort } from "./ec/sigstore-functions.ts";
export { type EffectiveTime, formatEffectiveTime, parseEffectiveTime } from "./effective-time.ts";
export { PolicyError, type PolicyErrorCode } from "./errors.ts";
export {
  type ComponentEvaluation,
  type ComponentStart,
  type LoadedPreparedPolicy,
  loadPreparedPolicy,
  type PolicyCall,
  type PolicyOutcome,
  type PolicyStep,
} from "./evaluate.ts";
export type { EvaluationLimits } from "./evaluate-group.ts";
export { addExtraRuleData } from "./extra-rule-data.ts";
export type { FetchedSource } from "./fetch-source.ts";
export { type FetchedGroup, type FetchedPolicy, fetchPolicySources } from "./fetch-sources.ts";
export type { ManifestContent, OciArtefactPort, RegistryPort, ResolvedReference } from "./oci-port.ts";
export type { DefaultSigstoreOptions } from "./policy-data.ts";
export { buildPolicyInput, type InputAttestation, type InputImage, type PolicyInputParts } from "./policy-input.ts";
export { readPolicyText } from "./policy-text.ts";
export type {
  FilePort,
  GitPort,
  GitTree,
  GitTreeRequest,
  HttpPort,
  PolicyTextPorts,
  SourceBounds,
  SourceFile,
  SourcePorts,
} from "./ports.ts";
export { type PrepareOptions, preparePolicy } from "./prepare.ts";
export type { PreparedGroup, PreparedPolicy } from "./prepared-policy.ts";
export { stripMetadata } from "./result-metadata.ts";
export { sortResults } from "./result-order.ts";
export type {
  Criteria,
  GlobalConfiguration,
  Identity,
  PolicySource,
  PolicySpec,
  VolatileCriteria,
  VolatileCriterion,
} from "./spec.ts";
export { applyVerificationOptions, type VerificationChoice, type VerificationOptions } from "./verification-options.ts";
