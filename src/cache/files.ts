import type { Dirent, Stats } from "node:fs";
import { constants, type FileHandle, link, lstat, lutimes, open, readdir, rename, unlink } from "node:fs/promises";
import { makeFolder } from "../disk/index.ts";

/** An open file. */
export interface CacheFile {
  /** Writes all of it, or throws. */
  write(pieces: readonly Uint8Array[], position: number): Promise<void>;
  /** Fills the buffer from the position as far as one read goes; 0 is the end. */
  read(buffer: Uint8Array, position: number): Promise<number>;
  size(): Promise<number>;
  close(): Promise<void>;
}

export interface FileState {
  bytes: number;
  /** Milliseconds since 1970. */
  modifiedAtMs: number;
}

/** What has a name in a folder; links are not followed. */
export type EntryKind = "file" | "folder" | "link" | "other";

/** What the cache needs of a disk. Links in place of files are not followed. */
export interface CacheFiles {
  makeDirectory(path: string): Promise<void>;
  /** A new file for writing and reading; throws where there is one of that name. */
  create(path: string): Promise<CacheFile>;
  /** Undefined where there is none. */
  open(path: string): Promise<CacheFile | undefined>;
  /** Replaces what is there. */
  rename(from: string, to: string): Promise<void>;
  /** Gives a file a second name; throws `EEXIST` where there is a file of that name. */
  link(from: string, to: string): Promise<void>;
  /** Not there is fine. */
  remove(path: string): Promise<void>;
  /** Names in a folder; none where there is no folder. */
  list(path: string): Promise<readonly string[]>;
  /** What is in a folder; nothing where there is no folder. */
  look(path: string): Promise<readonly { name: string; kind: EntryKind }[]>;
  /** Undefined where there is nothing. */
  kind(path: string): Promise<EntryKind | undefined>;
  /** Undefined where there is no file. */
  state(path: string): Promise<FileState | undefined>;
  touch(path: string, atMs: number): Promise<void>;
  /** Writes a file of one byte, anew or again; gives the time of that by the clock of whoever keeps the files. */
  mark(path: string): Promise<number>;
}

/** The code of a system error, such as `ENOSPC`. */
export function toErrorCode(thrown: unknown): string {
  return thrown instanceof Error && "code" in thrown && typeof thrown.code === "string" ? thrown.code : "";
}

/** Whether a name cannot be given or taken because somebody has the file open, or it is just being removed. */
export function isBusy(thrown: unknown): boolean {
  const code = toErrorCode(thrown);
  return code === "EBUSY" || (process.platform === "win32" && (code === "EPERM" || code === "EACCES"));
}

function toKind(entry: Dirent | Stats): EntryKind {
  if (entry.isFile()) return "file";
  if (entry.isDirectory()) return "folder";
  return entry.isSymbolicLink() ? "link" : "other";
}

async function orMissing<T, Missing>(promise: Promise<T>, missing: Missing): Promise<T | Missing> {
  try {
    return await promise;
  } catch (thrown) {
    if (toErrorCode(thrown) === "ENOENT") return missing;
    throw thrown;
  }
}

function toCacheFile(handle: FileHandle): CacheFile {
  return {
    async write(pieces, position) {
      const expected = pieces.reduce((sum, piece) => sum + piece.length, 0);
      const { bytesWritten } = await handle.writev([...pieces], position);
      if (bytesWritten !== expected) throw new Error(`wrote ${bytesWritten} of ${expected} bytes`);
    },
    read: async (buffer, position) => (await handle.read(buffer, 0, buffer.length, position)).bytesRead,
    size: async () => (await handle.stat()).size,
    close: () => handle.close(),
  };
}

/** The real disk. Files are for their owner alone. */
export const diskFiles: CacheFiles = {
  makeDirectory: (path) => makeFolder(path, 0o700),
  create: async (path) => toCacheFile(await open(path, "wx+", 0o600)),
  async open(path) {
    // A pipe that somebody put there would be waited at for ever otherwise, by one of the few threads for files.
    const flags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOFOLLOW ?? 0);
    const handle = await orMissing(open(path, flags), undefined);
    return handle && toCacheFile(handle);
  },
  rename,
  link,
  remove: (path) => orMissing(unlink(path), undefined),
  list: (path) => orMissing(readdir(path), []),
  async look(path) {
    const found = await orMissing(readdir(path, { withFileTypes: true }), []);
    return found.map((entry) => ({ name: entry.name, kind: toKind(entry) }));
  },
  async kind(path) {
    const found = await orMissing(lstat(path), undefined);
    return found && toKind(found);
  },
  async state(path) {
    const found = await orMissing(lstat(path), undefined);
    return found?.isFile() ? { bytes: found.size, modifiedAtMs: found.mtimeMs } : undefined;
  },
  async touch(path, atMs) {
    await lutimes(path, atMs / 1000, atMs / 1000);
  },
  async mark(path) {
    const handle = await open(path, "w", 0o600);
    try {
      await handle.write("\n");
      return (await handle.stat()).mtimeMs;
    } finally {
      await handle.close();
    }
  },
};
