import { createHash } from "node:crypto";
import type { Digest } from "../types/index.ts";
import type { ByteSource, ByteStream } from "./content-store.ts";
import { CacheError } from "./errors.ts";
import type { CacheFile } from "./files.ts";

/** Where a flight's bytes are kept; faults are the keeper's to log. */
export interface FlightFile {
  file: CacheFile;
  /** Gives the finished file its name. */
  commit(bytes: number): Promise<void>;
  /** Removes the file. */
  discard(): Promise<void>;
}

export interface FlightOptions {
  digest: Digest;
  /** Finished content that came up in the meantime; it is passed on and not written again. */
  findFinished(): Promise<ByteStream | undefined>;
  source: ByteSource;
  /** Undefined where nothing can be written; then the flight only passes on. */
  createFile(): Promise<FlightFile | undefined>;
  /** Content of more bytes is not stored. */
  maxBytes: number;
  onWriteFault(thrown: unknown): void;
}

export interface Flight {
  /** Whether a newcomer can still have all of it. */
  canJoin(): boolean;
  read(signal: AbortSignal | undefined): AsyncGenerator<Uint8Array>;
  /** Fulfilled when the content is stored or that is given up; never rejected. Readers may still be reading. */
  readonly done: Promise<void>;
}

/** Bytes that are kept in memory for readers and until they are written. */
const windowBytes = 2 * 1024 * 1024;
const windowPieces = 512;
const readBufferBytes = 128 * 1024;

interface Reader {
  position: number;
}

/**
 * One download with any number of readers. The source is read as fast as it comes; each piece is in a window in memory
 * until it is in the file, and readers that are slower than the window read on from the file. Memory is bounded by the
 * window. Where the file fails, pieces stay in the window until every reader has had them: caching ends, reading does
 * not.
 */
export function startFlight(options: FlightOptions): Flight {
  const controller = new AbortController();
  const readers = new Set<Reader>();
  const window: Uint8Array[] = [];
  let windowStart = 0;
  let received = 0;
  let written = 0;
  let kept: FlightFile | undefined;
  let isKeeping = false;
  let writing: Promise<void> | undefined;
  let end: { error?: unknown } | undefined;
  let change = createSignal();

  function notify(): void {
    const { fire } = change;
    change = createSignal();
    fire();
  }

  const isFull = () => received - windowStart > windowBytes || window.length > windowPieces;

  function dropFromWindow(): void {
    const slowest = Math.min(received, ...Array.from(readers, ({ position }) => position));
    for (let first = window[0]; first !== undefined; first = window[0]) {
      const next = windowStart + first.length;
      const isDone = isKeeping ? next <= written && (isFull() || next <= slowest) : next <= slowest;
      // What a newcomer could not have any more is kept while there is room.
      const isNeeded = kept === undefined && windowStart === 0 && !isFull();
      if (!isDone || isNeeded) return;
      window.shift();
      windowStart = next;
    }
  }

  async function writePending(): Promise<void> {
    while (kept && isKeeping && written < received) {
      const pieces = slice(window, windowStart, written);
      const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
      try {
        await kept.file.write(pieces, written);
        written += length;
      } catch (thrown) {
        stopKeeping();
        options.onWriteFault(thrown);
      }
      dropFromWindow();
      notify();
    }
    writing = undefined;
  }

  /** The file stays readable up to where it is written, for readers that are still there. */
  function stopKeeping(): void {
    isKeeping = false;
  }

  async function accept(piece: Uint8Array): Promise<void> {
    window.push(piece);
    received += piece.length;
    if (isKeeping && received > options.maxBytes) stopKeeping();
    if (isKeeping) writing ??= writePending();
    dropFromWindow();
    notify();
    while (isFull() && readers.size > 0) {
      await change.fired;
      dropFromWindow();
    }
  }

  async function pump(): Promise<void> {
    const finished = await options.findFinished();
    if (!finished) {
      kept = await options.createFile();
      isKeeping = kept !== undefined;
    }
    const hash = createHash("sha256");
    const { source } = options;
    const stream = finished ?? (typeof source === "function" ? source(controller.signal) : source);
    for await (const piece of stream) {
      if (controller.signal.aborted) return;
      hash.update(piece);
      if (piece.length > 0) await accept(piece);
      if (controller.signal.aborted) return;
    }
    if (`sha256:${hash.digest("hex")}` !== options.digest) {
      throw new CacheError(`expected the bytes of ${options.digest}, got others`, {
        code: "digest-mismatch",
        subject: options.digest,
      });
    }
  }

  async function fly(): Promise<void> {
    let isGood = false;
    try {
      await pump();
      isGood = !controller.signal.aborted;
      end = {};
    } catch (error) {
      end = { error };
    }
    notify();
    await writing;
    if (kept && isGood && isKeeping) await kept.commit(received);
    else await kept?.discard();
  }

  async function closeFile(): Promise<void> {
    while (readers.size > 0) await change.fired;
    await kept?.file.close().catch(() => {}); // Complete or removed: nothing is lost by this.
  }

  async function readFromFile(position: number): Promise<Uint8Array> {
    const buffer = Buffer.allocUnsafe(Math.min(readBufferBytes, windowStart - position));
    const length = await kept?.file.read(buffer, position).catch((cause: unknown) => {
      throw unreadable(options.digest, cause);
    });
    if (!length) throw unreadable(options.digest, undefined);
    return buffer.subarray(0, length);
  }

  async function nextPiece(reader: Reader): Promise<Uint8Array | undefined> {
    if (reader.position < windowStart) return readFromFile(reader.position);
    return slice(window, windowStart, reader.position)[0];
  }

  async function* read(reader: Reader, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
    const onAbort = () => notify();
    signal?.addEventListener("abort", onAbort, { once: true });
    try {
      for (;;) {
        signal?.throwIfAborted();
        if (reader.position < received) {
          const piece = (await nextPiece(reader)) ?? new Uint8Array();
          reader.position += piece.length;
          notify();
          yield piece;
        } else if (end) {
          if ("error" in end) throw end.error;
          return;
        } else await change.fired;
      }
    } finally {
      signal?.removeEventListener("abort", onAbort);
      leave(reader);
    }
  }

  function leave(reader: Reader): void {
    readers.delete(reader);
    if (readers.size === 0 && !end) controller.abort();
    notify();
  }

  const done = fly();
  void done.then(closeFile);
  const isWhole = () => windowStart === 0 || (kept !== undefined && windowStart <= written);
  return {
    done,
    canJoin: () => !controller.signal.aborted && isWhole() && !(end && "error" in end),
    read(signal) {
      const reader: Reader = { position: 0 };
      readers.add(reader);
      return read(reader, signal);
    },
  };
}

/** The pieces from a position on, the first one cut to it. */
function slice(pieces: readonly Uint8Array[], start: number, position: number): Uint8Array[] {
  let offset = start;
  for (const [index, piece] of pieces.entries()) {
    if (position < offset + piece.length) {
      return [piece.subarray(position - offset), ...pieces.slice(index + 1)];
    }
    offset += piece.length;
  }
  return [];
}

function createSignal(): { fired: Promise<void>; fire: () => void } {
  let fire = () => {};
  const fired = new Promise<void>((resolve) => {
    fire = resolve;
  });
  return { fired, fire };
}

function unreadable(digest: Digest, cause: unknown): CacheError {
  return new CacheError(`${digest}: the cache's file could not be read on`, {
    code: "unreadable",
    subject: digest,
    retryable: true,
    cause,
  });
}
