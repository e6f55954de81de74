export type { Component, ComponentSource, GitSource, Snapshot } from "./component.ts";
export type { Descriptor, Platform } from "./descriptor.ts";
export { type Digest, isDigest, parseDigest, toDigest, toHex } from "./digest.ts";
export { StageError, type StageErrorOptions, toErrorMessage } from "./errors.ts";
export { isJsonObject, type Json, type JsonObject } from "./json.ts";
export { type Log, silentLog } from "./log.ts";
export type {
  AttestationEntry,
  ComponentError,
  ComponentReport,
  RefusedEvidence,
  RegistryStatistics,
  Report,
  ResultMetadata,
  RuleResult,
  SignatureEntry,
} from "./report.ts";
