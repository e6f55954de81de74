import { setTimeout as sleep } from "node:timers/promises";
import type { CacheFile } from "./files.ts";

export interface FollowOptions {
  /** Where to begin. */
  position: number;
  /** Whether all is there already, as far as the bytes given so far can tell. */
  isWhole(): boolean;
  /** Whether the writer has ended, well or badly; asked when nothing has come for a moment. */
  hasEnded(): Promise<boolean>;
  stallMs: number;
  signal: AbortSignal;
}

const bufferBytes = 256 * 1024;
const minPauseMs = 2;
const maxPauseMs = 50;

/**
 * The bytes of a file that another process writes, while it does. Ends when they are whole or the writer has ended; gives
 * "stalled" where nothing comes for too long. Who reads has to compare the digest.
 */
export async function* followFile(
  file: CacheFile,
  { position: start, isWhole, hasEnded, stallMs, signal }: FollowOptions,
): AsyncGenerator<Uint8Array, "ended" | "stalled"> {
  let position = start;
  let pauseMs = minPauseMs;
  let lastByteAtMs = performance.now();
  let isLast = false;
  for (;;) {
    signal.throwIfAborted();
    const buffer = Buffer.allocUnsafe(bufferBytes);
    const length = await file.read(buffer, position);
    if (length > 0) {
      position += length;
      pauseMs = minPauseMs;
      yield buffer.subarray(0, length);
      // However long the reader took, the writer had that time too.
      lastByteAtMs = performance.now();
      continue;
    }
    // What was written before the end was seen has been read now.
    if (isLast || isWhole()) return "ended";
    isLast = await hasEnded();
    if (isLast) continue;
    if (performance.now() - lastByteAtMs > stallMs) return "stalled";
    await sleep(pauseMs, undefined, { signal });
    pauseMs = Math.min(pauseMs * 2, maxPauseMs);
  }
}
