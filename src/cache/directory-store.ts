import { createArrivals } from "./arrivals.ts";
import type { ContentStore, ContentStoreOptions, VerifyResult } from "./content-store.ts";
import { type Contents, createContents } from "./contents.ts";
import { createDepartures } from "./departures.ts";
import { unusable } from "./errors.ts";
import { listEntries } from "./eviction.ts";
import { createHousekeeping } from "./housekeeping.ts";
import { formatVersion } from "./layout.ts";
import { createLeases } from "./leases.ts";
import { createNotes } from "./notes.ts";
import { assertOwnFolders } from "./own-folders.ts";
import { hasDigest } from "./reading.ts";
import { createStoreContext, type StoreContext } from "./store-context.ts";

/** A store in a folder; made when first needed, shared with other processes. See ContentStore. */
export function createContentStore(options: ContentStoreOptions): ContentStore {
  const context = createStoreContext(options);
  const { files, layout, counts, maxBytes } = context;
  const { directory } = options;
  const leases = createLeases(context);
  const contents = createContents(context, leases);
  const housekeeping = createHousekeeping(context, leases);
  const arrivals = createArrivals({ context, contents, housekeeping, leases, stallMs: options.stallMs ?? 30_000 });
  const departures = createDepartures(context, contents, arrivals);
  const notes = createNotes(context, (bytes) => housekeeping.account(bytes));

  /** Work on the whole folder; there is none where the folder is not there, and the folder is not made for it. */
  async function maintain<T>(nothing: T, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    try {
      if ((await files.list(layout.root)).length === 0) return nothing;
      if (!(await context.isReady())) throw new Error("its subfolders cannot be made or used; the log says why");
      return await work();
    } catch (thrown) {
      signal?.throwIfAborted();
      throw unusable(directory, thrown);
    }
  }

  function count<T>(found: T | undefined): T | undefined {
    counts[found === undefined ? "misses" : "hits"] += 1;
    return found;
  }

  return {
    get: async (digest, scope) => count(await contents.find(digest, scope)),
    readAll: async (digest, scope, limit) => count(await contents.readAll(digest, scope, limit)),
    tee: departures.tee,

    has: async (digest) => departures.isUnderWay(digest) || contents.exists(digest),
    grant: departures.grant,

    writeNote: (name, scope, text) => context.keepPending(notes.write(name, scope, text)),
    readNote: notes.read,
    statistics: () => ({ ...counts }),

    prune: ({ maxBytes: limit = maxBytes } = {}) =>
      maintain({ removed: 0, freedBytes: 0 }, undefined, () => housekeeping.evict(limit)),
    verify: ({ signal } = {}) =>
      maintain({ checked: 0, corrupt: 0 }, signal, () => verifyAll(context, contents, signal)),

    async info() {
      try {
        await assertOwnFolders(files, layout);
        const entries = await listEntries({ files, layout });
        return {
          directory,
          formatVersion,
          entries: entries.length,
          bytes: entries.reduce((sum, { bytes }) => sum + bytes, 0),
          maxBytes,
          temporaryFiles: (await files.list(layout.temporary)).length,
        };
      } catch (thrown) {
        throw unusable(directory, thrown);
      }
    },

    close: context.settle,
  };
}

async function verifyAll(
  { files, layout }: StoreContext,
  contents: Contents,
  signal: AbortSignal | undefined,
): Promise<VerifyResult> {
  const result = { checked: 0, corrupt: 0 };
  for (const { digest, path } of await listEntries({ files, layout })) {
    const file = digest && (await files.open(path));
    if (!file) continue;
    result.checked += 1;
    const isGood = await hasDigest(file, digest, signal).finally(() => file.close());
    if (isGood) continue;
    result.corrupt += 1;
    await contents.dropCorrupt(digest);
  }
  return result;
}
