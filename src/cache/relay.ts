import { createHash } from "node:crypto";
import type { Digest } from "../types/index.ts";
import type { ByteSource, ByteStream } from "./content-store.ts";
import { unreadable } from "./errors.ts";
import type { CacheFile } from "./files.ts";
import { type Arrival, type FlightProgress, startSource } from "./flight.ts";
import type { FlightFile } from "./flight-disk.ts";
import { type FollowOptions, followFile } from "./following.ts";

/** Another process' download: the file that it fills, and how to know when it has ended. */
export interface Followed {
  kind: "followed";
  file: CacheFile;
  hasEnded: FollowOptions["hasEnded"];
  /** Nothing came for too long: the download is anybody's. */
  dispossess(): Promise<void>;
}

/** Where bytes can come from. `alone`: from the source, and nothing is kept. */
export type Way =
  | { kind: "finished"; bytes: ByteStream }
  | { kind: "own"; kept: FlightFile }
  | Followed
  | { kind: "alone" };

export interface RelayOptions {
  digest: Digest;
  source: ByteSource;
  progress: FlightProgress;
  stallMs: number;
  /** Where the rest can come from when a writer has ended without. */
  findNext(): Promise<Way>;
  /** The bytes were those of the digest: who asked may read them from now on. */
  onWhole(): Promise<void>;
}

/** So many writers may fail one after the other before the bytes come from the source alone. */
const maxHandovers = 4;

/**
 * Follows another process' download. Where that ends without all bytes (it was killed, it failed, it stalled), goes on
 * behind what it gave: with the next process' download, or with one of its own.
 */
export function createRelay(first: Followed, options: RelayOptions): Arrival {
  const legs: { start: number; file: CacheFile }[] = [];
  let own: FlightFile | undefined;
  /** The own file has all that others gave: until then, writing behind that would leave a hole for those who follow it. */
  let isOwnComplete = false;
  let fault: { thrown: unknown } | undefined;

  async function* pass(): AsyncGenerator<Uint8Array> {
    let way: Way = first;
    let position = 0;
    for (let handovers = 0; way.kind === "followed"; handovers += 1) {
      legs.push({ start: position, file: way.file });
      for await (const piece of followWriter(way, position, options)) {
        position += piece.length;
        yield piece;
      }
      if (isWhole(position, options)) return;
      way = handovers < maxHandovers ? await options.findNext() : { kind: "alone" };
    }
    if (way.kind === "own") {
      own = way.kept;
      isOwnComplete = position === 0;
      legs.push({ start: position, file: own.file });
    } else options.progress.stopKeeping();
    yield* skip(way.kind === "finished" ? way.bytes : startSource(options.source, options.progress), position, {
      ...options,
      keep: keepPrefix,
      onSkipped() {
        isOwnComplete = true;
      },
    });
    if (options.progress.digest() !== options.digest) throw unreadable(options.digest, undefined);
  }

  async function keepPrefix(piece: Uint8Array, position: number): Promise<void> {
    if (fault) return;
    await own?.file.write([piece], position).catch((thrown: unknown) => {
      fault = { thrown };
    });
  }

  const file: CacheFile = {
    async write(pieces, position) {
      if (fault) throw fault.thrown;
      if (isOwnComplete) await own?.file.write(pieces, position);
    },
    async read(buffer, position) {
      const index = legs.findLastIndex(({ start }) => start <= position);
      const end = legs[index + 1]?.start ?? Number.POSITIVE_INFINITY;
      return legs[index]?.file.read(buffer.subarray(0, Math.min(buffer.length, end - position)), position) ?? 0;
    },
    size: async () => legs.at(-1)?.file.size() ?? 0,
    async close() {
      for (const leg of legs) await leg.file.close();
    },
  };
  return {
    bytes: pass(),
    kept: {
      file,
      commit: async (bytes) => own?.commit(bytes),
      discard: async () => own?.discard(),
      giveUp: () => own?.giveUp(),
    },
    onWhole: options.onWhole,
  };
}

/** Nothing is never whole: a writer that failed at once has given as much. */
function isWhole(position: number, { digest, progress }: RelayOptions): boolean {
  return position > 0 && progress.digest() === digest;
}

async function* followWriter(writer: Followed, position: number, options: RelayOptions): AsyncGenerator<Uint8Array> {
  const { signal } = options.progress;
  let end = position;
  const pieces = followFile(writer.file, {
    position,
    isWhole: () => isWhole(end, options),
    hasEnded: writer.hasEnded,
    stallMs: options.stallMs,
    signal,
  });
  for (;;) {
    const next = await pieces.next().catch(() => {
      signal.throwIfAborted();
      return undefined; // The file cannot be read any more: as good as a writer that failed.
    });
    if (!next) return;
    if (next.done) {
      if (next.value === "stalled") await writer.dispossess();
      return;
    }
    end += next.value.length;
    yield next.value;
  }
}

interface SkipOptions extends RelayOptions {
  keep(piece: Uint8Array, position: number): Promise<void>;
  onSkipped(): void;
}

/** A stream behind `position`. What comes before must be what was given already. */
async function* skip(bytes: ByteStream, position: number, options: SkipOptions): AsyncGenerator<Uint8Array> {
  const hash = createHash("sha256");
  let offset = 0;
  for await (const piece of bytes) {
    const before = piece.subarray(0, Math.max(0, position - offset));
    if (before.length > 0) {
      hash.update(before);
      await options.keep(before, offset);
    }
    offset += piece.length;
    if (before.length > 0 && offset >= position) {
      if (`sha256:${hash.digest("hex")}` !== options.progress.digest()) throw unreadable(options.digest, undefined);
      options.onSkipped();
    }
    if (piece.length > before.length) yield piece.subarray(before.length);
  }
}
