import { type Digest, toErrorMessage } from "../types/index.ts";
import type { ByteSource, ByteStream } from "./content-store.ts";
import type { Contents } from "./contents.ts";
import { type Flight, type FlightFile, startFlight } from "./flight.ts";
import type { Housekeeping } from "./housekeeping.ts";
import type { StoreContext } from "./store-context.ts";
import { createTemporaryFile, renameFinished } from "./temporary-file.ts";

/** Content on its way into the store. */
export interface Departures {
  tee(digest: Digest, scope: string, source: ByteSource, options?: { signal?: AbortSignal }): ByteStream;
  isUnderWay(digest: Digest): boolean;
  /** Lets a scope join, and read what becomes of it. */
  addScope(digest: Digest, scope: string): void;
}

export function createDepartures(context: StoreContext, contents: Contents, housekeeping: Housekeeping): Departures {
  const { files, layout, attempt, counts } = context;
  const flights = new Map<Digest, { flight: Flight; scopes: Set<string> }>();

  function countFault<T>(result: T | undefined): T | undefined {
    if (result === undefined) counts.writeFaults += 1;
    return result;
  }

  async function commit(path: string, digest: Digest, { bytes, scopes }: { bytes: number; scopes: Set<string> }) {
    const isStored = await attempt(`store ${digest}`, async () => {
      await renameFinished(files, path, { path: layout.blob(digest), bytes });
      contents.markChecked(digest, bytes);
      for (const scope of scopes) await contents.grant(digest, scope);
      return true;
    }).then(countFault);
    if (isStored) {
      counts.stored += 1;
      await housekeeping.account(bytes);
    } else await attempt("remove a temporary file", () => files.remove(path));
  }

  async function createFile(digest: Digest, scopes: Set<string>): Promise<FlightFile | undefined> {
    if (!(await context.isReady())) return undefined;
    const temporary = countFault(await attempt("create a file", () => createTemporaryFile(files, layout)));
    return (
      temporary && {
        file: temporary.file,
        commit: (bytes) => commit(temporary.path, digest, { bytes, scopes }),
        async discard() {
          await attempt("remove a temporary file", () => files.remove(temporary.path));
        },
      }
    );
  }

  function depart(digest: Digest, scope: string, source: ByteSource): Flight {
    const scopes = new Set([scope]);
    const flight = startFlight({
      digest,
      findFinished: () => contents.find(digest, scope),
      source,
      createFile: () => createFile(digest, scopes),
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
    async *tee(digest, scope, source, { signal } = {}) {
      const known = flights.get(digest);
      if (!known?.flight.canJoin()) {
        yield* depart(digest, scope, source).read(signal);
      } else if (known.scopes.has(scope)) {
        counts.shared += 1;
        yield* known.flight.read(signal);
      } else {
        // Under way for somebody else: a download of one's own, not stored twice, shows that one may read it.
        yield* startFlight({ digest, source, maxBytes: context.maxBytes, ...withoutFile }).read(signal);
        known.scopes.add(scope);
        await attempt("note who may read", () => context.keepPending(contents.grant(digest, scope)));
      }
    },
    isUnderWay: (digest) => flights.get(digest)?.flight.canJoin() ?? false,
    addScope: (digest, scope) => void flights.get(digest)?.scopes.add(scope),
  };
}

const withoutFile = {
  findFinished: async () => undefined,
  createFile: async () => undefined,
  onWriteFault() {},
};
