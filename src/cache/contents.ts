import { createHash } from "node:crypto";
import { join } from "node:path";
import { type Digest, toDigest } from "../types/index.ts";
import type { ByteStream } from "./content-store.ts";
import { CacheError } from "./errors.ts";
import { removeContent } from "./eviction.ts";
import type { CacheFile } from "./files.ts";
import { hasDigest, readFile, readWhole } from "./reading.ts";
import type { StoreContext } from "./store-context.ts";
import { createTemporaryFile, renameFinished } from "./temporary-file.ts";

/** Finished content, and who may read it. */
export interface Contents {
  find(digest: Digest, scope: string): Promise<ByteStream | undefined>;
  readAll(digest: Digest, scope: string, maxBytes: number): Promise<Uint8Array | undefined>;
  grant(digest: Digest, scope: string): Promise<void>;
  /** Whether there is a file for some scope. Its bytes are not checked. */
  exists(digest: Digest): Promise<boolean>;
  /** Removes content whose bytes are not its name. */
  dropCorrupt(digest: Digest): Promise<void>;
  /** This process has seen the bytes of a file of this size. */
  markChecked(digest: Digest, bytes: number): void;
  isInUse(digest: Digest): boolean;
}

export function createContents(context: StoreContext): Contents {
  const { files, layout, attempt } = context;
  const inUse = new Map<Digest, number>();
  const checkedSizes = new Map<Digest, number>();
  const toGrantPath = (digest: Digest, scope: string) =>
    join(layout.grantFolder(digest), layout.grantName(digest, scope));

  async function dropCorrupt(digest: Digest): Promise<void> {
    context.counts.corrupt += 1;
    checkedSizes.delete(digest);
    context.warn(`the bytes of ${digest} are not its own; removed`);
    await removeContent(files, layout, digest);
  }

  async function open(digest: Digest, scope: string): Promise<CacheFile | undefined> {
    if (!(await context.isReady()) || !(await files.state(toGrantPath(digest, scope)))) return undefined;
    return files.open(layout.blob(digest));
  }

  /** Checks the bytes before the first one is given away, once in a process. */
  async function openChecked(digest: Digest, scope: string): Promise<CacheFile | undefined> {
    const file = await open(digest, scope);
    if (!file) return undefined;
    let isGood = false;
    try {
      const bytes = await file.size();
      isGood = checkedSizes.get(digest) === bytes || (await hasDigest(file, digest));
      if (isGood) checkedSizes.set(digest, bytes);
      else await dropCorrupt(digest);
    } finally {
      if (!isGood) await file.close();
    }
    return isGood ? file : undefined;
  }

  async function* stream(digest: Digest, file: CacheFile): AsyncGenerator<Uint8Array> {
    inUse.set(digest, (inUse.get(digest) ?? 0) + 1);
    const hash = createHash("sha256");
    try {
      for await (const piece of readFile(file)) {
        hash.update(piece);
        yield piece;
      }
      if (`sha256:${hash.digest("hex")}` !== digest) {
        await attempt("remove corrupt content", () => dropCorrupt(digest));
        throw changed(digest);
      }
    } finally {
      const rest = (inUse.get(digest) ?? 1) - 1;
      if (rest > 0) inUse.set(digest, rest);
      else inUse.delete(digest);
      await file.close().catch(() => {}); // Only read from.
    }
  }

  return {
    async find(digest, scope) {
      const file = await attempt(`read ${digest}`, () => openChecked(digest, scope));
      if (file) context.touch(layout.blob(digest));
      return file && stream(digest, file);
    },

    readAll: (digest, scope, maxBytes) =>
      attempt(`read ${digest}`, async () => {
        const file = await open(digest, scope);
        const whole = file && (await readWhole(file, maxBytes).finally(() => file.close()));
        if (whole === undefined) return undefined;
        if (toDigest(whole) === digest) {
          context.touch(layout.blob(digest));
          return whole;
        }
        await dropCorrupt(digest);
        return undefined;
      }),

    async grant(digest, scope) {
      const path = toGrantPath(digest, scope);
      if (await files.state(path)) return;
      const { path: temporary, file } = await createTemporaryFile(files, layout);
      await file.close();
      await renameFinished(files, temporary, { path, bytes: 0 });
    },

    async exists(digest) {
      const state = await attempt(`look for ${digest}`, async () =>
        (await context.isReady()) ? files.state(layout.blob(digest)) : undefined,
      );
      return state !== undefined;
    },

    dropCorrupt,
    markChecked: (digest, bytes) => void checkedSizes.set(digest, bytes),
    isInUse: (digest) => inUse.has(digest),
  };
}

function changed(digest: Digest): CacheError {
  return new CacheError(`${digest}: the cache's file changed while it was read`, {
    code: "unreadable",
    subject: digest,
    retryable: true,
  });
}
