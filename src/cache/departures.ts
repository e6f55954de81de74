import { type Digest, toErrorMessage } from "../types/index.ts";
import type { Arrivals } from "./arrivals.ts";
import type { ByteSource, ByteStream, TeeOptions } from "./content-store.ts";
import type { Contents } from "./contents.ts";
import { type Flight, type FlightProgress, startFlight, startSource } from "./flight.ts";
import type { StoreContext } from "./store-context.ts";

/** Content on its way into the store. */
export interface Departures {
  tee(digest: Digest, scope: string, source: ByteSource, options?: TeeOptions): ByteStream;
  isUnderWay(digest: Digest): boolean;
  /** Lets a scope join, and read what is there or becomes of it. */
  grant(digest: Digest, scope: string): Promise<void>;
}

export function createDepartures(context: StoreContext, contents: Contents, arrivals: Arrivals): Departures {
  const { attempt, counts } = context;
  const flights = new Map<Digest, { flight: Flight; scopes: Set<string> }>();

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
    const entry = { flight, scopes };
    flights.set(digest, entry);
    context.keepPending(flight.done).then(() => {
      if (flights.get(digest) === entry) flights.delete(digest);
    });
    return flight;
  }

  return {
    async *tee(digest, scope, source, options = {}) {
      const { signal } = options;
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
        yield* depart(digest, scope, { source, confirm }).read(signal);
      } else if (known.scopes.has(scope)) {
        counts.shared += 1;
        yield* known.flight.read(signal);
      } else {
        // Under way for somebody else: a download of one's own, not stored twice, shows that one may read it.
        const begin = async (progress: FlightProgress) => ({ bytes: startSource(source, progress) });
        yield* startFlight({ digest, begin, maxBytes: context.maxBytes, onWriteFault() {} }).read(signal);
        await grant(digest, scope);
      }
    },
    isUnderWay,
    grant,
  };
}
