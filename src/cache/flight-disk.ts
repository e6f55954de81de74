import { setImmediate as turn } from "node:timers/promises";
import type { Digest } from "../types/index.ts";
import type { ByteWindow } from "./byte-window.ts";
import { unreadable } from "./errors.ts";
import type { CacheFile } from "./files.ts";

/** Where a flight's bytes are kept; faults of `commit` and `discard` are the keeper's to log. */
export interface FlightFile {
  file: CacheFile;
  /** Gives the finished file its name. */
  commit(bytes: number): Promise<void>;
  /** Removes the file. */
  discard(): Promise<void>;
  /** It will not be stored; readers may still read what is written. */
  giveUp(): void;
}

export interface FlightDiskOptions {
  digest: Digest;
  /** Content of more bytes is not stored. */
  maxBytes: number;
  onWriteFault(thrown: unknown): void;
}

const readBufferBytes = 128 * 1024;

/**
 * The file side of a flight: writes what is in the window behind what is written, one write at a time. A write takes all
 * that came since the last one began, and all that the event loop has ready: a fast download makes large writes, while a
 * piece of a slow one is written as soon as it is there.
 */
export function createFlightDisk({ digest, maxBytes, onWriteFault }: FlightDiskOptions) {
  let kept: FlightFile | undefined;
  let isKeeping = false;
  let written = 0;
  let writing: Promise<void> | undefined;

  function giveUp(): void {
    isKeeping = false;
    kept?.giveUp();
  }

  async function writePending(window: ByteWindow, onWritten: () => void): Promise<void> {
    while (kept && isKeeping && written < window.end) {
      await turn();
      if (!isKeeping) break;
      const pieces = window.from(written);
      try {
        await kept.file.write(pieces, written);
        written += pieces.reduce((sum, piece) => sum + piece.length, 0);
      } catch (thrown) {
        giveUp();
        onWriteFault(thrown);
      }
      onWritten();
    }
    writing = undefined;
  }

  return {
    get isKeeping() {
      return isKeeping;
    },
    /** Bytes that can be read back, also when writing has ended. */
    get written() {
      return written;
    },
    get file() {
      return kept?.file;
    },
    giveUp,
    keep(file: FlightFile | undefined): void {
      kept = file;
      isKeeping = kept !== undefined;
    },
    write(window: ByteWindow, onWritten: () => void): void {
      if (isKeeping && window.end > maxBytes) giveUp();
      if (isKeeping) writing ??= writePending(window, onWritten);
    },
    async read(position: number, limit: number): Promise<Uint8Array> {
      const buffer = Buffer.allocUnsafe(Math.min(readBufferBytes, limit - position));
      const length = await kept?.file.read(buffer, position).catch((cause: unknown) => {
        throw unreadable(digest, cause);
      });
      if (!length) throw unreadable(digest, undefined);
      return buffer.subarray(0, length);
    },
    async finish(bytes: number, isGood: boolean): Promise<void> {
      await writing;
      if (isGood && isKeeping) await kept?.commit(bytes);
      else await kept?.discard();
    },
  };
}
