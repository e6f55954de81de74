import { createHash } from "node:crypto";
import { type Log, toErrorMessage } from "../types/index.ts";

/** What is used of `@actions/cache`. */
export interface CacheService {
  isFeatureAvailable(): boolean;
  restoreCache(paths: string[], primaryKey: string, restoreKeys?: string[]): Promise<string | undefined>;
  saveCache(paths: string[], key: string): Promise<number>;
}

/** Changes with the layout of the folder: what another version wrote is not restored. */
const keyPrefix = "sealcheck-1-";

/**
 * Restores the folder that earlier runs left. What comes back is untrusted: it is content under its digest, hashed again
 * when it is read. A fault is a miss.
 *
 * @returns the key that was found
 */
export async function restoreRunCache(service: CacheService, directory: string, log: Log): Promise<string | undefined> {
  try {
    if (!service.isFeatureAvailable()) return undefined;
    // The wanted key is not known before the run: the newest entry with the prefix is taken.
    return await service.restoreCache([directory], `${keyPrefix}newest`, [keyPrefix]);
  } catch (error) {
    log.warning(`the cache of earlier runs could not be restored, everything is fetched: ${toErrorMessage(error)}`);
    return undefined;
  }
}

/**
 * Saves the folder for later runs, under a key that tells its contents: an unchanged folder is not saved again.
 * A fault costs the next run time, and nothing else.
 */
export async function saveRunCache(
  service: CacheService,
  directory: string,
  options: { restoredKey: string | undefined; listing: string; log: Log },
): Promise<void> {
  try {
    if (!service.isFeatureAvailable()) return;
    const key = `${keyPrefix}${createHash("sha256").update(options.listing).digest("hex").slice(0, 32)}`;
    if (key === options.restoredKey) return;
    await service.saveCache([directory], key);
  } catch (error) {
    options.log.warning(`the cache could not be saved for later runs: ${toErrorMessage(error)}`);
  }
}
