import { createHash } from "node:crypto";
import { type Digest, toErrorMessage } from "../types/index.ts";
import type { Arrivals } from "./arrivals.ts";
import type { ByteSource, ByteStream, TeeOptions } from "./content-store.ts";
import type { Contents } from "./contents.ts";
import { unreadable } from "./errors.ts";
import { type Flight, type FlightProgress, type FlightReadOptions, startFlight, startSource } from "./flight.ts";
import type { StoreContext } from "./store-context.ts";

/** Content on its way into the store. */
export interface Departures {
  tee(digest: Digest, scope: string, source: ByteSource, options?: TeeOptions): ByteStream;
  isUnderWay(digest: Digest): boolean;
  /** Lets a scope join, and read what is there or becomes of it. */
  grant(digest: Digest, scope: string): Promise<void>;
}

/** A flight, and who may join it. */
interface Departed {
  flight: Flight;
  scopes: Set<string>;
  /** Whose source it reads. */
  owner: string;
}

/** So many flights of others may fail for one reader before it reads its own source alone. */
const maxLostFlights = 4;

export function createDepartures(context: StoreContext, contents: Contents, arrivals: Arrivals): Departures {
  const { attempt, counts } = context;
  const flights = new Map<Digest, Departed>();

  const isUnderWay = (digest: Digest) => flights.get(digest)?.flight.canJoin() ?? false;

  async function grant(digest: Digest, scope: string): Promise<void> {
    flights.get(digest)?.scopes.add(scope);
    if (!(await context.isReady())) return;
    await attempt("note who may read", () => context.keepPending(contents.grant(digest, scope)));
  }

  function depart(
    digest: Digest,
    scope: string,
    { source, confirm }: { source: ByteSource; confirm: () => Promise<boolean> },
  ): Flight {
    const scopes = new Set([scope]);
    const flight = startFlight({
      digest,
      begin: (progress) => arrivals.begin({ digest, scope, scopes, source, confirm }, progress),
      maxBytes: context.maxBytes,
      onWriteFault(thrown) {
        counts.writeFaults += 1;
        context.warn(`could not write ${digest}: ${toErrorMessage(thrown)}; not stored`);
      },
    });
    const entry = { flight, scopes, owner: scope };
    flights.set(digest, entry);
    context.keepPending(flight.done).then(() => {
      if (flights.get(digest) === entry) flights.delete(digest);
    });
    return flight;
  }

  /** Under way for somebody else: a download of one's own, not stored twice, shows that one may read it. */
  async function* readAlone(digest: Digest, scope: string, source: ByteSource, options: FlightReadOptions) {
    const begin = async (progress: FlightProgress) => ({ bytes: startSource(source, progress) });
    yield* startFlight({ digest, begin, maxBytes: context.maxBytes, onWriteFault() {} }).read(options);
    await grant(digest, scope);
  }

  /** `lost`: so many flights of others have failed for this reader. */
  async function* tee(
    digest: Digest,
    scope: string,
    source: ByteSource,
    options: TeeOptions,
    lost: number,
  ): ByteStream {
    const { signal, maxBytes } = options;
    const reading = { signal, maxBytes };
    let answer: Promise<boolean> | undefined;
    const confirm = async () => {
      answer ??= options.confirm?.();
      return (await answer) ?? false;
    };
    const isOthers = isUnderWay(digest) && !flights.get(digest)?.scopes.has(scope);
    const isConfirmed = isOthers && (await confirm());
    if (isConfirmed) await grant(digest, scope);
    const known = flights.get(digest);
    // It may be another flight by now, of the same content.
    if (isConfirmed) known?.scopes.add(scope);
    if (!known?.flight.canJoin()) {
      yield* depart(digest, scope, { source, confirm }).read(reading);
    } else if (!known.scopes.has(scope) || lost === maxLostFlights) {
      yield* readAlone(digest, scope, source, reading);
    } else {
      counts.shared += 1;
      const pieces = known.flight.read(reading);
      if (known.owner === scope) yield* pieces;
      else yield* readOthers(pieces, { digest, signal }, () => tee(digest, scope, source, options, lost + 1));
    }
  }

  return {
    tee: (digest, scope, source, options = {}) => tee(digest, scope, source, options, 0),
    isUnderWay,
    grant,
  };
}

/**
 * A flight of others can fail for what is between them and their source (they may not have it, it is not there for
 * them), which says nothing to this reader: it goes on behind what it has, by itself.
 */
async function* readOthers(
  pieces: ByteStream,
  { digest, signal }: { digest: Digest; signal: AbortSignal | undefined },
  next: () => ByteStream,
): AsyncGenerator<Uint8Array> {
  const hash = createHash("sha256");
  let position = 0;
  try {
    for await (const piece of pieces) {
      hash.update(piece);
      position += piece.length;
      yield piece;
    }
    return;
  } catch {
    signal?.throwIfAborted(); // Otherwise what follows says what is to be said.
  }
  yield* readBehind(next(), position, { digest, given: hash.digest("hex") });
}

/** A stream behind its first bytes, which have to be those that were given already. */
async function* readBehind(
  pieces: ByteStream,
  position: number,
  { digest, given }: { digest: Digest; given: string },
): AsyncGenerator<Uint8Array> {
  const hash = createHash("sha256");
  let offset = 0;
  for await (const piece of pieces) {
    const before = piece.subarray(0, Math.max(0, position - offset));
    if (before.length > 0) hash.update(before);
    offset += piece.length;
    if (before.length > 0 && offset >= position && hash.digest("hex") !== given) throw unreadable(digest, undefined);
    if (piece.length > before.length) yield piece.subarray(before.length);
  }
  if (offset < position) throw unreadable(digest, undefined);
}
