export { toAuthorities } from "./authorities.ts";
export { createRegistryClient } from "./client.ts";
export type { Credential } from "./credential.ts";
export { type CredentialPorts, type CredentialStore, createCredentialStore } from "./credentials.ts";
export { hasOciCode, OciError, type OciErrorCode } from "./errors.ts";
export { inflateBlob } from "./inflation.ts";
export { readBlobFiles, readImageFiles } from "./layer-files.ts";
export { type ImageIndex, type ImageManifest, parseImageManifest, parseIndex } from "./manifest.ts";
export { isIndexMediaType } from "./media-types.ts";
export { createProxyRule } from "./proxy.ts";
export {
  formatPinned,
  formatReference,
  isPinned,
  type PinnedReference,
  parseReference,
  type Reference,
  type RepositoryLocation,
  repositoryName,
  toPinned,
  toTagged,
} from "./reference.ts";
export type {
  BlobOptions,
  Clock,
  FetchedManifest,
  MovedTag,
  ProxySettings,
  PullPolicy,
  RegistryClient,
  RegistryClientOptions,
  RequestOptions,
  RetrySettings,
  UnaskedAnswer,
} from "./registry-client.ts";
