import { createHash } from "node:crypto";
import { setMaxListeners } from "node:events";
import type { Digest } from "../types/index.ts";
import { createByteWindow } from "./byte-window.ts";
import { createChangeSignal } from "./change-signal.ts";
import type { ByteSource, ByteStream } from "./content-store.ts";
import { CacheError } from "./errors.ts";
import { createFlightDisk, type FlightDiskOptions, type FlightFile } from "./flight-disk.ts";

/** What a flight has passed on so far. */
export interface FlightProgress {
  /** `sha256:...` of the bytes so far. */
  digest(): string;
  /** Aborts when nobody reads any more. */
  readonly signal: AbortSignal;
  /** What comes from now on is passed on alone. */
  stopKeeping(): void;
}

/** Where a flight's bytes come from. */
export interface Arrival {
  bytes: ByteStream;
  /** Where they are kept; without, they are only passed on. */
  kept?: FlightFile;
  /** Called at the end where the bytes were those of the digest. */
  onWhole?(): Promise<void>;
}

export interface FlightOptions extends FlightDiskOptions {
  begin(progress: FlightProgress): Promise<Arrival>;
}

export interface FlightReadOptions {
  signal: AbortSignal | undefined;
  /** Of a longer stream this reader wants nothing. */
  maxBytes: number | undefined;
}

export interface Flight {
  /** Whether a newcomer can still have all of it. */
  canJoin(): boolean;
  read(options: FlightReadOptions): AsyncGenerator<Uint8Array>;
  /** Fulfilled when the content is stored or that is given up; never rejected. Readers may still be reading. */
  readonly done: Promise<void>;
}

/** Bytes that are kept in memory for readers and until they are written. */
export const windowLimits = { bytes: 2 * 1024 * 1024, pieces: 512 };

interface Reader {
  position: number;
  maxBytes: number;
}

/**
 * One download with any number of readers. The source is read as fast as it comes; each piece is in a window in memory
 * until it is in the file, and readers that are slower than the window read on from the file. Memory is bounded by the
 * window. Where the file fails, pieces stay in the window until every reader has had them: caching ends, reading does
 * not. It ends where it is longer than any of its readers wants.
 */
export function startFlight(options: FlightOptions): Flight {
  const controller = new AbortController();
  const change = createChangeSignal();
  const window = createByteWindow(windowLimits);
  const readers = new Set<Reader>();
  const disk = createFlightDisk(options);
  let onWhole: Arrival["onWhole"];
  /** Bytes that came, those included that were too many to be kept. */
  let come = 0;
  let end: { error?: unknown } | undefined;

  function dropFromWindow(): void {
    let slowest = window.end;
    for (const { position } of readers) slowest = Math.min(slowest, position);
    window.drop((position) => {
      if (disk.isKeeping) return position <= disk.written && (window.isFull() || position <= slowest);
      // Without a file, what a newcomer could not have any more is kept while there is room.
      return position <= slowest && (disk.file !== undefined || window.start > 0 || window.isFull());
    });
  }

  function onWritten(): void {
    dropFromWindow();
    change.notify();
  }

  async function accept(piece: Uint8Array): Promise<void> {
    window.push(piece);
    disk.write(window, onWritten);
    onWritten();
    while (window.isFull() && readers.size > 0) {
      await change.next();
      dropFromWindow();
    }
  }

  /** Where nobody reads any more, the signal ends it. */
  function assertWanted(): void {
    let most = 0;
    for (const { maxBytes } of readers) most = Math.max(most, maxBytes);
    if (readers.size > 0 && come > most) throw tooLong(options.digest, most);
  }

  async function pump(): Promise<void> {
    const hash = createHash("sha256");
    const digest = () => `sha256:${hash.copy().digest("hex")}`;
    const arrival = await options.begin({ digest, signal: controller.signal, stopKeeping: disk.giveUp });
    disk.keep(arrival.kept);
    onWhole = arrival.onWhole;
    for await (const piece of arrival.bytes) {
      hash.update(piece);
      come += piece.length;
      assertWanted();
      if (piece.length > 0 && !controller.signal.aborted) await accept(piece);
      if (controller.signal.aborted) return;
    }
    if (digest() !== options.digest) throw wrongBytes(options.digest);
  }

  async function fly(): Promise<void> {
    try {
      await pump();
      end = {};
    } catch (error) {
      end = { error };
    }
    change.notify();
    const isGood = !("error" in end) && !controller.signal.aborted;
    await disk.finish(window.end, isGood);
    if (isGood) await onWhole?.();
  }

  async function closeFile(): Promise<void> {
    while (readers.size > 0) await change.next();
    await disk.file?.close().catch(() => {}); // Complete or removed: nothing is lost by this.
  }

  async function nextPiece({ position }: Reader): Promise<Uint8Array> {
    if (position < window.start) return disk.read(position, window.start);
    return window.at(position) ?? new Uint8Array();
  }

  async function* read(reader: Reader, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
    const wake = () => change.notify();
    // Many readers may share a signal, which Node 20 takes for a leak.
    if (signal) setMaxListeners(0, signal);
    signal?.addEventListener("abort", wake, { once: true });
    try {
      for (;;) {
        signal?.throwIfAborted();
        if (come > reader.maxBytes) throw tooLong(options.digest, reader.maxBytes);
        if (reader.position < window.end) {
          const piece = await nextPiece(reader);
          reader.position += piece.length;
          change.notify();
          yield piece;
        } else if (end) {
          if ("error" in end) throw end.error;
          return;
        } else await change.next();
      }
    } finally {
      signal?.removeEventListener("abort", wake);
      readers.delete(reader);
      if (readers.size === 0 && !end) controller.abort();
      change.notify();
    }
  }

  const done = fly();
  void done.then(closeFile);
  const isWhole = () => window.start === 0 || (disk.file !== undefined && window.start <= disk.written);
  return {
    done,
    canJoin: () => !controller.signal.aborted && isWhole() && !(end && "error" in end),
    read({ signal, maxBytes = Number.POSITIVE_INFINITY }) {
      const reader: Reader = { position: 0, maxBytes };
      readers.add(reader);
      return read(reader, signal);
    },
  };
}

/** Begins to read a source, which learns when nobody reads any more. */
export function startSource(source: ByteSource, { signal }: FlightProgress): ByteStream {
  return typeof source === "function" ? source(signal) : source;
}

function wrongBytes(digest: Digest): CacheError {
  return new CacheError(`expected the bytes of ${digest}, got others`, { code: "digest-mismatch", subject: digest });
}

function tooLong(digest: Digest, maxBytes: number): CacheError {
  return new CacheError(`${digest}: expected at most ${maxBytes} bytes, got more`, {
    code: "too-large",
    subject: digest,
  });
}
