import { RegistryError } from "./errors.ts";
import { createKeyedLock } from "./keyed-lock.ts";
import type { Settings } from "./settings.ts";

/**
 * Begins uploads, one at a time so that they are counted. Those that nothing was written to for their lifetime are dropped
 * every now and then, and at once where all places are taken; if none is, one too many is refused.
 */
export function createStarts(settings: Settings): (repository: string) => Promise<string> {
  const { store, maxUploads, uploadLifetimeMs } = settings;
  const locked = createKeyedLock();
  let lookedMs = settings.now();
  return (repository) =>
    locked("", async () => {
      const nowMs = settings.now();
      const isFull = (await store.uploads.count()) >= maxUploads;
      if (isFull || nowMs - lookedMs >= uploadLifetimeMs / 24) {
        lookedMs = nowMs;
        const dropped = await store.uploads.expire(nowMs - uploadLifetimeMs);
        if (isFull && dropped === 0) throw createTooMany(maxUploads);
        if (dropped > 0)
          settings.log.info(`registry: ${dropped} uploads dropped, nothing was written to them for long`);
      }
      return await store.uploads.start(repository);
    });
}

function createTooMany(limit: number): RegistryError {
  return new RegistryError(`expected at most ${limit} uploads under way; finish or cancel some`, {
    code: "TOOMANYREQUESTS",
    status: 429,
    headers: { "retry-after": "1" },
  });
}
