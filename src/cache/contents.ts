import { createHash } from "node:crypto";
import { join } from "node:path";
import { type Digest, toDigest } from "../types/index.ts";
import type { ByteStream } from "./content-store.ts";
import { CacheError } from "./errors.ts";
import { removeContent } from "./eviction.ts";
import type { CacheFile, FileState } from "./files.ts";
import type { Leases } from "./leases.ts";
import { hasDigest, readFile, readWhole } from "./reading.ts";
import type { StoreContext } from "./store-context.ts";
import { createTemporaryFile, renameFinished } from "./temporary-file.ts";

/** Content of at most so many bytes is read in one piece: then it is in memory, and not in use. */
const maxSmallBytes = 256 * 1024;

interface LeasedFile {
  file: CacheFile;
  release(): void;
}

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
}

export function createContents(context: StoreContext, leases: Leases): Contents {
  const { files, layout, attempt } = context;
  const checkedSizes = new Map<Digest, number>();
  const toGrantPath = (digest: Digest, scope: string) =>
    join(layout.grantFolder(digest), layout.grantName(digest, scope));

  async function dropCorrupt(digest: Digest): Promise<void> {
    context.counts.corrupt += 1;
    checkedSizes.delete(digest);
    context.warn(`the bytes of ${digest} are not its own`);
    await removeContent(context, digest);
  }

  /** The state of content that a scope may see. */
  async function findState(digest: Digest, scope: string): Promise<FileState | undefined> {
    if (!(await context.isReady()) || !(await files.state(toGrantPath(digest, scope)))) return undefined;
    const state = await files.state(layout.blob(digest));
    // Nobody with this bound has stored it; reading all of it would only tell that it is wrong.
    return state && state.bytes <= context.maxBytes ? state : undefined;
  }

  async function readWholeChecked(digest: Digest, maxBytes: number): Promise<Uint8Array | undefined> {
    const file = await files.open(layout.blob(digest));
    const whole = file && (await readWhole(file, maxBytes).finally(() => file.close()));
    if (whole === undefined || toDigest(whole) === digest) return whole;
    await dropCorrupt(digest);
    return undefined;
  }

  /** Checks the bytes before the first one is given away, once in a process. */
  async function openChecked(digest: Digest): Promise<CacheFile | undefined> {
    const file = await files.open(layout.blob(digest));
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

  /** Content that is in use from before its file is opened. */
  async function openLeased(digest: Digest): Promise<LeasedFile | undefined> {
    const release = await leases.take(digest);
    const file = await openChecked(digest).catch((thrown: unknown) => {
      release();
      throw thrown;
    });
    if (!file) release();
    return file && { file, release };
  }

  async function* stream(digest: Digest, { file, release }: LeasedFile): AsyncGenerator<Uint8Array> {
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
      await file.close().catch(() => {}); // Only read from.
      release();
    }
  }

  return {
    async find(digest, scope) {
      const found = await attempt(`read ${digest}`, async () => {
        const state = await findState(digest, scope);
        if (!state) return undefined;
        if (state.bytes > maxSmallBytes) return openLeased(digest);
        return readWholeChecked(digest, maxSmallBytes);
      });
      if (!found) return undefined;
      context.touch(layout.blob(digest));
      return found instanceof Uint8Array ? inOnePiece(found) : stream(digest, found);
    },

    readAll: (digest, scope, maxBytes) =>
      attempt(`read ${digest}`, async () => {
        const whole = (await findState(digest, scope)) && (await readWholeChecked(digest, maxBytes));
        if (whole) context.touch(layout.blob(digest));
        return whole;
      }),

    async grant(digest, scope) {
      const path = toGrantPath(digest, scope);
      if (await files.state(path)) return;
      const { path: temporary, file } = await createTemporaryFile(files, layout);
      try {
        await file.close();
        await renameFinished(files, temporary, { path, bytes: 0 });
      } catch (thrown) {
        await files.remove(temporary).catch(() => {}); // Found abandoned when this process has gone.
        throw thrown;
      }
    },

    async exists(digest) {
      const state = await attempt(`look for ${digest}`, async () =>
        (await context.isReady()) ? files.state(layout.blob(digest)) : undefined,
      );
      return state !== undefined;
    },

    dropCorrupt,
    markChecked: (digest, bytes) => void checkedSizes.set(digest, bytes),
  };
}

async function* inOnePiece(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.length > 0) yield bytes;
}

function changed(digest: Digest): CacheError {
  return new CacheError(`${digest}: the cache's file changed while it was read`, {
    code: "unreadable",
    subject: digest,
    retryable: true,
  });
}
