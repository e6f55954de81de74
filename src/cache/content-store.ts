import type { Digest, Log } from "../types/index.ts";
import type { CacheFiles } from "./files.ts";

/** Bytes in the order of their stream. To be read to the end, or closed (`break` out of `for await`). */
export type ByteStream = AsyncIterable<Uint8Array>;

/** A stream, or how to start one; the signal aborts when nobody reads it any more. */
export type ByteSource = ByteStream | ((signal: AbortSignal) => ByteStream);

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

export interface TeeOptions {
  signal?: AbortSignal;
  /** A stream of more bytes ends with CacheError `too-large` as soon as more have come, read or not. */
  maxBytes?: number;
  confirm?(): Promise<boolean>;
}

/**
 * Content-addressed files in a folder with a size bound, for any number of readers, writers and processes. Whatever
 * goes wrong with the folder is a miss and a line in the log; only the source of a stream can fail a reader. `prune`,
 * `verify` and `info` throw CacheError `unusable` where they cannot do their work; a folder that is not there is empty.
 *
 * A scope is an opaque text that says who asks (registry, repository, credential identity): content is only served to
 * scopes that stored it or were granted it.
 */
export interface ContentStore {
  /**
   * Finished content; undefined is a miss. The bytes were checked before the first one is given, and are checked again
   * while read. Content on its way is a miss here: `tee` joins it.
   */
  get(digest: Digest, scope: string): Promise<ByteStream | undefined>;
  /** As `get`, in one piece; content of more than `maxBytes` is a miss. */
  readAll(digest: Digest, scope: string, maxBytes: number): Promise<Uint8Array | undefined>;
  /**
   * Passes a stream through and stores it. Readers of the same digest and scope share one flight, those of other processes
   * over the same folder included: only the first one's `source` is read, once, as fast as it comes, and each reader
   * follows at its own pace. A flight of another process that fails is gone on with by `source`. Ends with CacheError
   * `digest-mismatch` where the bytes are not those of the digest; the source's errors reach every reader of the process. A reader
   * whose signal aborts gets the signal's reason, and the others go on. The source is read on, and written, up to the
   * `maxBytes` of the reader that takes most. `confirm` is asked where the content is there, or
   * on its way, for other scopes alone: whether this scope may have it too; else it reads a source of its own.
   */
  tee(digest: Digest, scope: string, source: ByteSource, options?: TeeOptions): ByteStream;
  /** Whether the content is there, or on its way, for some scope. Its bytes are not checked. */
  has(digest: Digest): Promise<boolean>;
  /** Lets a scope see content that is there: to be called when the registry has confirmed that who asks may. */
  grant(digest: Digest, scope: string): Promise<void>;
  /** Remembers a text of at most 256 KiB under a name, for this scope alone. */
  writeNote(name: string, scope: string, text: string): Promise<void>;
  readNote(name: string, scope: string): Promise<string | undefined>;
  statistics(): CacheStatistics;
  /** Removes what was used least recently until at most `maxBytes` (default: the bound) are left; nothing in use, by this process or another. */
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
  /** The disk; default is the real one. */
  files?: CacheFiles;
  /** Another process' download that gives nothing for so long is not waited for any more; default 30 seconds. */
  stallMs?: number;
}
