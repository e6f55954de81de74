import { open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { toErrorMessage } from "../../types/index.ts";
import { EntryError } from "../errors.ts";

interface ReadOptions {
  maxBytes: number;
  signal?: AbortSignal;
}

/** The local disk, with bounds on what is read. Errors are EntryError with "file-unreadable", "file-too-large", "too-many-files". */
export const localFiles = {
  async kindOf(path: string): Promise<"file" | "directory" | undefined> {
    try {
      const found = await stat(path);
      return found.isDirectory() ? "directory" : "file";
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw toUnreadable(path, error);
    }
  },

  /** Reads one file; pipes and devices (`/dev/stdin`, process substitution) work too. */
  async read(path: string, options: ReadOptions): Promise<Uint8Array> {
    const chunks: Buffer[] = [];
    let size = 0;
    try {
      const handle = await open(path, "r");
      for await (const chunk of handle.createReadStream(
        options.signal === undefined ? {} : { signal: options.signal },
      )) {
        size += chunk.length;
        if (size > options.maxBytes) break;
        chunks.push(chunk);
      }
    } catch (error) {
      options.signal?.throwIfAborted();
      throw toUnreadable(path, error);
    }
    if (size > options.maxBytes) {
      throw new EntryError(`${path} is larger than ${options.maxBytes} bytes, the most that is read of such a file`, {
        code: "file-too-large",
        subject: path,
      });
    }
    return Buffer.concat(chunks);
  },

  async list(path: string, options: { maxFiles: number; signal?: AbortSignal }): Promise<readonly string[]> {
    const files: string[] = [];
    const folders = [""];
    for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
      options.signal?.throwIfAborted();
      for (const name of await listFolder(join(path, folder))) {
        const below = folder === "" ? name : `${folder}/${name}`;
        const kind = await localFiles.kindOf(join(path, below));
        if (kind === "directory") folders.push(below);
        else if (kind === "file") files.push(below);
        if (files.length > options.maxFiles || folders.length > options.maxFiles)
          throw toTooMany(path, options.maxFiles);
      }
    }
    return files.sort();
  },
};

async function listFolder(path: string): Promise<string[]> {
  try {
    return (await readdir(path)).sort();
  } catch (error) {
    throw toUnreadable(path, error);
  }
}

function isMissing(error: unknown): boolean {
  return (
    error instanceof Error &&
    "code" in error &&
    (error.code === "ENOENT" || error.code === "ENOTDIR" || error.code === "ENAMETOOLONG")
  );
}

function toUnreadable(path: string, error: unknown): EntryError {
  return new EntryError(`${path} could not be read: ${toErrorMessage(error)}`, {
    code: "file-unreadable",
    subject: path,
    cause: error,
  });
}

function toTooMany(path: string, maxFiles: number): EntryError {
  return new EntryError(`${path} holds more than ${maxFiles} files, the most that is read below one path`, {
    code: "too-many-files",
    subject: path,
  });
}
