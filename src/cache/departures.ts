import { type Digest, toErrorMessage } from "../types/index.ts";
import type { ByteSource, ByteStream, TeeOptions } from "./content-store.ts";
import type { Contents } from "./contents.ts";
import { type Flight, type FlightFile, startFlight } from "./flight.ts";
import type { Housekeeping } from "./housekeeping.ts";
import type { StoreContext } from "./store-context.ts";
import { createTemporaryFile, renameFinished } from "./temporary-file.ts";

/** Content on its way into the store. */
export interface Departures {
  tee(digest: Digest, scope: string, source: ByteSource, options?: TeeOptions): ByteStream;
  isUnderWay(digest: Digest): boolean;
  /** Lets a scope join, and read what is there or becomes of it. */
  grant(digest: Digest, scope: string): Promise<void>;
}

export function createDepartures(context: StoreContext, contents: Contents, housekeeping: Housekeeping): Departures {
  const { files, layout, attempt, counts } = context;
  const flights = new Map<Digest, { flight: Flight; scopes: Set<string> }>();

  const isUnderWay = (digest: Digest) => flights.get(digest)?.flight.canJoin() ?? false;

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

  async function grant(digest: Digest, scope: string): Promise<void> {
    flights.get(digest)?.scopes.add(scope);
    if (!(await context.isReady())) return;
    await attempt("note who may read", () => context.keepPending(contents.grant(digest, scope)));
  }

  async function findFinished(digest: Digest, scope: string, confirm: () => Promise<boolean>) {
    const found = await contents.find(digest, scope);
    if (found || !(await contents.exists(digest))) return found;
    // Whoever asks may give up; others may have joined by then, who read the source.
    if (!(await confirm().catch(() => false))) return undefined;
    await grant(digest, scope);
    return contents.find(digest, scope);
  }

  function depart(
    digest: Digest,
    scope: string,
    { source, confirm }: { source: ByteSource; confirm: () => Promise<boolean> },
  ): Flight {
    const scopes = new Set([scope]);
    const flight = startFlight({
      digest,
      findFinished: () => findFinished(digest, scope, confirm),
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
    async *tee(digest, scope, source, options = {}) {
      const { signal } = options;
      let answer: Promise<boolean> | undefined;
      const confirm = async () => {
        answer ??= options.confirm?.();
        return (await answer) ?? false;
      };
      const isOthers = isUnderWay(digest) && !flights.get(digest)?.scopes.has(scope);
      if (isOthers && (await confirm())) await grant(digest, scope);
      const known = flights.get(digest);
      if (!known?.flight.canJoin()) {
        yield* depart(digest, scope, { source, confirm }).read(signal);
      } else if (known.scopes.has(scope)) {
        counts.shared += 1;
        yield* known.flight.read(signal);
      } else {
        // Under way for somebody else: a download of one's own, not stored twice, shows that one may read it.
        yield* startFlight({ digest, source, maxBytes: context.maxBytes, ...withoutFile }).read(signal);
        await grant(digest, scope);
      }
    },
    isUnderWay,
    grant,
  };
}

const withoutFile = {
  findFinished: async () => undefined,
  createFile: async () => undefined,
  onWriteFault() {},
};
