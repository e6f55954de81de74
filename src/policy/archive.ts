import { gunzipSync, inflateRawSync } from "node:zlib";
import { extract } from "tar-stream";
import { toErrorMessage } from "../types/index.ts";
import { PolicyError } from "./errors.ts";
import type { SourceBounds, SourceFile } from "./ports.ts";

export type ArchiveKind = "tar" | "tar-gzip" | "zip";

/** What a file's name and first bytes say it is; undefined where it is no archive. */
export function classifyArchive(name: string, bytes: Uint8Array): ArchiveKind | undefined {
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const isZip = bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 0x03 && bytes[3] === 0x04;
  const isBzip2 = bytes[0] === 0x42 && bytes[1] === 0x5a && bytes[2] === 0x68;
  if (isBzip2 || (isGzip && !/\.(tar\.gz|tgz)$/.test(name))) {
    throw new PolicyError(`${name} is compressed in a form that is not read: use .tar, .tar.gz, .tgz or .zip`, {
      code: "archive-invalid",
      subject: name,
    });
  }
  if (isGzip) {
    return "tar-gzip";
  }
  if (isZip) {
    return "zip";
  }
  const magic = new TextDecoder("latin1").decode(bytes.subarray(257, 262));
  return magic === "ustar" ? "tar" : undefined;
}

function cleanPath(path: string, archive: string): string {
  const parts = path.split(/[/\\]/).filter((part) => part !== "" && part !== ".");
  if (parts.includes("..") || path.startsWith("/") || /^[a-zA-Z]:/.test(path)) {
    throw new PolicyError(`${archive} holds ${JSON.stringify(path)}, which leads out of the archive`, {
      code: "archive-invalid",
      subject: archive,
    });
  }
  return parts.join("/");
}

/** Counts what is read of a source, and refuses what goes past its bounds. */
export class SourceBudget {
  readonly #bounds: SourceBounds;
  readonly #subject: string;
  #files = 0;
  #bytes = 0;

  constructor(bounds: SourceBounds, subject: string) {
    this.#bounds = bounds;
    this.#subject = subject;
  }

  get bytesLeft(): number {
    return Math.max(0, this.#bounds.maxBytes - this.#bytes);
  }

  get filesLeft(): number {
    return Math.max(0, this.#bounds.maxFiles - this.#files);
  }

  /** Throws `source-limit`. */
  add(files: number, bytes: number): void {
    this.#files += files;
    this.#bytes += bytes;
    if (this.#files > this.#bounds.maxFiles || this.#bytes > this.#bounds.maxBytes) {
      throw new PolicyError(
        `${this.#subject} holds more than ${this.#bounds.maxFiles} files or ${this.#bounds.maxBytes} bytes`,
        { code: "source-limit", subject: this.#subject },
      );
    }
  }
}

async function readTar(bytes: Uint8Array, archive: string, budget: SourceBudget): Promise<SourceFile[]> {
  const files: SourceFile[] = [];
  const reader = extract();
  reader.end(bytes);
  for await (const entry of reader) {
    const isFile = entry.header.type === "file" || entry.header.type === "contiguous-file";
    if (isFile) {
      budget.add(1, entry.header.size ?? 0);
    }
    const chunks: Uint8Array[] = [];
    for await (const chunk of entry as AsyncIterable<Uint8Array>) {
      if (isFile) {
        chunks.push(chunk);
      }
    }
    if (isFile) {
      files.push({ path: cleanPath(entry.header.name, archive), bytes: Buffer.concat(chunks) });
    }
  }
  return files;
}

const endOfDirectory = 0x06054b50;
const directoryEntry = 0x02014b50;

function findDirectory(view: DataView): { entries: number; offset: number } {
  const lowest = Math.max(0, view.byteLength - 22 - 0xffff);
  for (let at = view.byteLength - 22; at >= lowest; at -= 1) {
    if (view.getUint32(at, true) === endOfDirectory) {
      return { entries: view.getUint16(at + 10, true), offset: view.getUint32(at + 16, true) };
    }
  }
  throw new RangeError("its directory is missing");
}

/** PKWARE's APPNOTE: the central directory, stored and deflated entries; no ZIP64, no encryption. */
function readZip(bytes: Uint8Array, archive: string, budget: SourceBudget): SourceFile[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const files: SourceFile[] = [];
  const directory = findDirectory(view);
  let at = directory.offset;
  for (let index = 0; index < directory.entries; index += 1) {
    if (view.getUint32(at, true) !== directoryEntry) {
      throw new RangeError("its directory is broken");
    }
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((field) => view.getUint16(at + field, true));
    const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + (nameLength ?? 0)));
    if (!name.endsWith("/")) {
      budget.add(1, view.getUint32(at + 24, true));
      files.push({ path: cleanPath(name, archive), bytes: readZipEntry(view, bytes, at) });
    }
    at += 46 + (nameLength ?? 0) + (extraLength ?? 0) + (commentLength ?? 0);
  }
  return files;
}

function readZipEntry(view: DataView, bytes: Uint8Array, at: number): Uint8Array {
  const method = view.getUint16(at + 10, true);
  const storedSize = view.getUint32(at + 20, true);
  const size = view.getUint32(at + 24, true);
  const local = view.getUint32(at + 42, true);
  const start = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
  const stored = bytes.subarray(start, start + storedSize);
  if (method === 0) {
    return stored;
  }
  if (method !== 8) {
    throw new RangeError(`compression method ${method} is not known`);
  }
  return inflateRawSync(stored, { maxOutputLength: Math.max(1, size) });
}

/**
 * Expands an archive.
 *
 * @throws {PolicyError} `archive-invalid` where it is broken or leads out of its folder, `source-limit`
 */
export async function expandArchive(
  kind: ArchiveKind,
  bytes: Uint8Array,
  archive: string,
  budget: SourceBudget,
): Promise<SourceFile[]> {
  try {
    switch (kind) {
      case "zip":
        return readZip(bytes, archive, budget);
      case "tar":
        return await readTar(bytes, archive, budget);
      case "tar-gzip":
        return await readTar(inflate(bytes, archive, budget), archive, budget);
    }
  } catch (error) {
    if (error instanceof PolicyError) {
      throw error;
    }
    throw new PolicyError(`${archive} cannot be expanded: ${toErrorMessage(error)}`, {
      code: "archive-invalid",
      subject: archive,
      cause: error,
    });
  }
}

function inflate(bytes: Uint8Array, archive: string, budget: SourceBudget): Uint8Array {
  // A tar has at most 1.5 KiB of headers and padding for each file.
  const maxOutputLength = Math.min(budget.bytesLeft + budget.filesLeft * 1536 + 10_240, 2 ** 31);
  try {
    return gunzipSync(bytes, { maxOutputLength });
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE") {
      budget.add(0, budget.bytesLeft + 1);
    }
    throw new PolicyError(`${archive} cannot be inflated: ${toErrorMessage(error)}`, {
      code: "archive-invalid",
      subject: archive,
      cause: error,
    });
  }
}
