import { createHash } from "node:crypto";
import type { Digest } from "../types/index.ts";
import type { CacheFile } from "./files.ts";

const bufferBytes = 256 * 1024;

/** The bytes of a file from its beginning. Buffers are not used again. */
export async function* readFile(file: CacheFile): AsyncGenerator<Uint8Array> {
  for (let position = 0; ; ) {
    const buffer = Buffer.allocUnsafe(bufferBytes);
    const length = await file.read(buffer, position);
    if (length === 0) return;
    position += length;
    yield buffer.subarray(0, length);
  }
}

/** Whether a file's bytes are those of the digest. */
export async function hasDigest(file: CacheFile, digest: Digest, signal?: AbortSignal): Promise<boolean> {
  const hash = createHash("sha256");
  const buffer = Buffer.allocUnsafe(bufferBytes);
  for (let position = 0; ; ) {
    signal?.throwIfAborted();
    const length = await file.read(buffer, position);
    if (length === 0) break;
    hash.update(buffer.subarray(0, length));
    position += length;
  }
  return `sha256:${hash.digest("hex")}` === digest;
}

/** The whole file, where it has at most `maxBytes`. */
export async function readWhole(file: CacheFile, maxBytes: number): Promise<Uint8Array | undefined> {
  const bytes = await file.size();
  if (bytes > maxBytes) return undefined;
  const whole = new Uint8Array(bytes);
  for (let position = 0; position < bytes; ) {
    const length = await file.read(whole.subarray(position), position);
    if (length === 0) return undefined;
    position += length;
  }
  return whole;
}
