export type {
  ByteSource,
  ByteStream,
  CacheClock,
  CacheInfo,
  CacheStatistics,
  ContentStore,
  ContentStoreOptions,
  PruneResult,
  TeeOptions,
  VerifyResult,
} from "./content-store.ts";
export { createContentStore } from "./directory-store.ts";
export { CacheError, type CacheErrorCode } from "./errors.ts";
export { type CacheFile, type CacheFiles, diskFiles, type FileState } from "./files.ts";
