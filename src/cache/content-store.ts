import type { Digest, Log } from "../types/index.ts";

/** Bytes in the order of their stream. */
export type ByteStream = AsyncIterable<Uint8Array>;

export interface CacheClock {
  /** Milliseconds since 1970. */
  nowMs(): number;
}

export interface CacheStatistics {
  hits: number;
  misses: number;
  /** Files written. */
  stored: number;
  /** Reads that joined a download under way. */
  shared: number;
  /** Files removed because their bytes were not their name. */
  corrupt: number;
  /** Writes given up (full disk, no permission). */
  writeFaults: number;
  evicted: number;
}

export interface CacheInfo {
  directory: string;
  formatVersion: number;
  entries: number;
  bytes: number;
  maxBytes: number;
  temporaryFiles: number;
}

export interface PruneResult {
  removed: number;
  freedBytes: number;
}

export interface VerifyResult {
  checked: number;
  corrupt: number;
}

/**
 * Content-addressed files in a folder with a size bound, for any number of readers, writers and processes. Whatever
 * goes wrong with the folder is a miss and a line in the log; only the source of a stream can fail a reader.
 *
 * A scope is an opaque text that says who asks (registry, repository, credential identity): content is only served to
 * scopes that stored it or were granted it.
 */
export interface ContentStore {
  /** Undefined is a miss. The bytes were checked before the first one is given, and are checked again while read. */
  get(digest: Digest, scope: string): Promise<ByteStream | undefined>;
  /** As `get`, in one piece; content of more than `maxBytes` is a miss. */
  readAll(digest: Digest, scope: string, maxBytes: number): Promise<Uint8Array | undefined>;
  /**
   * Passes a stream through and stores it. Readers of the same digest and scope share one flight: `source` is only
   * iterated by the first. Ends with CacheError `digest-mismatch` where the bytes are not those of the digest; the
   * source's own errors reach every reader.
   */
  tee(digest: Digest, scope: string, source: ByteStream): ByteStream;
  /** Whether the content is there, or on its way, for some scope. Its bytes are not checked. */
  has(digest: Digest): Promise<boolean>;
  /** Lets a scope see content that is there: call it when the registry has confirmed that who asks may. */
  grant(digest: Digest, scope: string): Promise<void>;
  /** Remembers a short text (at most 4096 bytes) under a name, for this scope alone. */
  writeNote(name: string, scope: string, text: string): Promise<void>;
  readNote(name: string, scope: string): Promise<string | undefined>;
  statistics(): CacheStatistics;
  /** Removes least recently used content until at most `maxBytes` (default: the bound) are left. */
  prune(options?: { maxBytes?: number }): Promise<PruneResult>;
  /** Reads every file and removes those whose bytes are not their name. */
  verify(options?: { signal?: AbortSignal }): Promise<VerifyResult>;
  info(): Promise<CacheInfo>;
  /** Waits for writes under way. */
  close(): Promise<void>;
}

export interface ContentStoreOptions {
  directory: string;
  /** Bytes of content that the folder may hold. */
  maxBytes: number;
  log: Log;
  clock?: CacheClock;
}
