import { toErrorMessage } from "../types/index.ts";
import { removeAbandoned } from "./abandoned.ts";
import type { CacheStatistics, ContentStoreOptions } from "./content-store.ts";
import { type CacheFiles, diskFiles } from "./files.ts";
import { createLayout, type Layout } from "./layout.ts";
import { assertOwnFolders } from "./own-folders.ts";
import { createPresence, type Presence } from "./presence.ts";

/** How long a file's time may lag behind its last use. */
const touchIntervalMs = 60_000;
/** A folder that does not work is said so often; then only in the debug log. */
const maxWarnings = 20;

/** What the parts of a store share. */
export interface StoreContext {
  readonly files: CacheFiles;
  readonly layout: Layout;
  readonly maxBytes: number;
  readonly counts: CacheStatistics;
  readonly presence: Presence;
  /** Makes the folder on first use; false where there can be none. */
  isReady(): Promise<boolean>;
  /** The cache's faults are misses: undefined, and a line in the log. */
  attempt<T>(what: string, work: () => Promise<T>): Promise<T | undefined>;
  warn(message: string): void;
  /** Notes that a file was used. */
  touch(path: string): void;
  /** Work that `settle` waits for. */
  keepPending<T>(work: Promise<T>): Promise<T>;
  /** Also takes back this process' sign of life. */
  settle(): Promise<void>;
}

export function createStoreContext(options: ContentStoreOptions): StoreContext {
  const { log, directory, maxBytes } = options;
  const files = options.files ?? diskFiles;
  const layout = createLayout(directory);
  const nowMs = () => options.clock?.nowMs() ?? Date.now();
  const presence = createPresence(files, layout, nowMs);
  const touchedAtMs = new Map<string, number>();
  const pending = new Set<Promise<unknown>>();
  let ready: Promise<boolean> | undefined;
  let warnings = 0;

  function warn(message: string): void {
    warnings += 1;
    const text = `cache in ${directory}: ${message}`;
    if (warnings <= maxWarnings) log.warning(text);
    else log.debug(text);
  }

  const attempt: StoreContext["attempt"] = async (what, work) => {
    try {
      return await work();
    } catch (thrown) {
      warn(`could not ${what}: ${toErrorMessage(thrown)}; going on without`);
      return undefined;
    }
  };

  async function prepare(): Promise<boolean> {
    const isUsable = await attempt("make or use the folder", async () => {
      await assertOwnFolders(files, layout);
      const { temporary, leases, downloads, processes } = layout;
      for (const path of [temporary, leases, downloads, processes]) await files.makeDirectory(path);
      return true;
    });
    if (!isUsable) return false;
    await attempt("remove what other processes left", async () => {
      const removed = await removeAbandoned({ files, layout, presence });
      if (removed > 0) log.debug(`cache in ${directory}: removed ${removed} files that other processes left`);
    });
    return true;
  }

  function keepPending<T>(work: Promise<T>): Promise<T> {
    const forget = () => pending.delete(work);
    pending.add(work);
    work.then(forget, forget);
    return work;
  }

  return {
    files,
    layout,
    maxBytes,
    counts: { hits: 0, misses: 0, stored: 0, shared: 0, corrupt: 0, writeFaults: 0, evicted: 0 },
    isReady() {
      ready ??= prepare();
      return ready;
    },
    presence,
    attempt,
    warn,
    touch(path) {
      const now = nowMs();
      // A clock that is set back would not reach the last use for a long time.
      if (Math.abs(now - (touchedAtMs.get(path) ?? 0)) < touchIntervalMs) return;
      touchedAtMs.set(path, now);
      // Another process may have removed it: then there is nothing to touch.
      keepPending(files.touch(path, now).catch(() => {}));
    },
    keepPending,
    async settle() {
      while (pending.size > 0) await Promise.allSettled(pending);
      await presence.end();
    },
  };
}
