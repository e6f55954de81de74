export type { ContentDigest, Sha512Digest } from "./content-digest.ts";
export { type DirectoryStoreOptions, openDirectoryStore } from "./directory-store.ts";
export { type ErrorEntry, RegistryError, type RegistryErrorCode } from "./errors.ts";
export { createRegistry } from "./handler.ts";
export { createMemoryStore } from "./memory-store.ts";
export type {
  Intercept,
  InterceptedRequest,
  InterceptedResponse,
  RecordedRequest,
  RegistryAccount,
  RegistryAction,
  RegistryAuthOptions,
  RegistryGrant,
  RegistryHandler,
  RegistryOptions,
  RunningRegistry,
  StartRegistryOptions,
} from "./options.ts";
export { startRegistry } from "./server.ts";
export type { BlobStore, ByteRange, ManifestStore, RegistryStore, StoredManifest, UploadStore } from "./store.ts";
