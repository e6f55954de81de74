import type { Platform } from "../types/index.ts";
import { type Log, silentLog } from "../types/index.ts";
import { createMemoryStore } from "./memory-store.ts";
import type { RegistryOptions } from "./options.ts";
import type { RegistryStore } from "./store.ts";

/** The options of a registry with every default applied. */
export interface Settings {
  store: RegistryStore;
  platforms: "all" | "none" | readonly Platform[];
  acceptMissingBlobs: boolean;
  referrersApi: boolean;
  referrersPageSize: number;
  maxManifestBytes: number;
  maxBlobBytes: number;
  maxUploads: number;
  maxRecordedRequests: number;
  uploadLifetimeMs: number;
  now: () => number;
  log: Log;
}

const mebibyte = 1024 * 1024;
const hourMs = 60 * 60 * 1000;

/** The one place of the registry's defaults, but for those of its authentication. */
export function toSettings(options: RegistryOptions): Settings {
  return {
    store: options.store ?? createMemoryStore(),
    platforms: options.platforms ?? "all",
    acceptMissingBlobs: options.acceptMissingBlobs ?? false,
    referrersApi: options.referrersApi ?? true,
    referrersPageSize: options.referrersPageSize ?? 100,
    maxManifestBytes: options.maxManifestBytes ?? 4 * mebibyte,
    maxBlobBytes: options.maxBlobBytes ?? 2048 * mebibyte,
    maxUploads: options.maxUploads ?? 1000,
    maxRecordedRequests: options.maxRecordedRequests ?? 10_000,
    uploadLifetimeMs: options.uploadLifetimeMs ?? 24 * hourMs,
    now: options.now ?? Date.now,
    log: options.log ?? silentLog,
  };
}
