// Streams that are longer than their readers want: what hostile registries send, and what one reader expects wrongly.
import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { silentLog, toDigest } from "../types/index.ts";
import type { ByteStream, ContentStore, ContentStoreOptions } from "./content-store.ts";
import { createContentStore } from "./directory-store.ts";
import { type CacheFiles, diskFiles } from "./files.ts";

const scope = "registry/app anonymous";
const content = randomBytes(400_000);
const digest = toDigest(content);
const tooLarge = { name: "CacheError", code: "too-large", retryable: false };
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "wanted-length-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

function open(options: Partial<ContentStoreOptions> = {}): ContentStore {
  return createContentStore({ directory, maxBytes: 1e9, log: silentLog, ...options });
}

async function read(stream: ByteStream): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces);
}

async function* inPieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let offset = 0; offset < bytes.length; offset += 10_000) yield bytes.subarray(offset, offset + 10_000);
}

/** A download without an end; `ended` when it is not read any more. */
function createEndless() {
  let end = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  async function* source(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) yield content.subarray(0, 30_000);
    } finally {
      end();
    }
  }
  return { source, ended };
}

/** The disk, and how far it was written to. */
function createWatchedDisk(): CacheFiles & { readonly end: number } {
  let end = 0;
  return {
    ...diskFiles,
    get end() {
      return end;
    },
    async create(path) {
      const file = await diskFiles.create(path);
      return {
        ...file,
        async write(pieces, position) {
          end = Math.max(end, position + pieces.reduce((sum, piece) => sum + piece.length, 0));
          await file.write(pieces, position);
        },
      };
    },
  };
}

const full: Partial<CacheFiles> = {
  create: async () => {
    throw Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
  },
};

describe("a stream without an end", () => {
  it.each([100_000, 5_000_000])(
    "ends by itself behind %d wanted bytes, on the disk too, though the reader waits",
    async (maxBytes) => {
      const files = createWatchedDisk();
      const store = open({ files });
      const { source, ended } = createEndless();
      const reader = store.tee(digest, scope, source, { maxBytes })[Symbol.asyncIterator]();
      expect((await reader.next()).value).toHaveLength(30_000);
      await ended;
      await expect(reader.next()).rejects.toMatchObject(tooLarge);
      await store.close();
      expect(files.end).toBeGreaterThan(0);
      expect(files.end).toBeLessThanOrEqual(maxBytes);
      expect(await readdir(join(directory, "v1", "tmp"))).toEqual([]);
      expect(await store.has(digest)).toBe(false);
    },
  );

  it("ends for a reader that reads too, with what it wanted at most", async () => {
    const store = open();
    let length = 0;
    const reading = async () => {
      for await (const piece of store.tee(digest, scope, createEndless().source, { maxBytes: 1_000_000 })) {
        length += piece.length;
      }
    };
    await expect(reading()).rejects.toMatchObject(tooLarge);
    expect(length).toBeLessThanOrEqual(1_000_000);
    await store.close();
  });

  it("ends where nothing can be written", async () => {
    const store = open({ files: { ...diskFiles, ...full } });
    const stream = store.tee(digest, scope, createEndless().source, { maxBytes: 1_000_000 });
    await expect(read(stream)).rejects.toMatchObject(tooLarge);
    await store.close();
  });

  it("ends for those who follow it from another process, and for the writer at its own limit", async () => {
    const [one, two] = [open(), open()];
    const { source } = createEndless();
    const ends = await Promise.allSettled([
      read(one.tee(digest, scope, source, { maxBytes: 6_000_000 })),
      read(two.tee(digest, scope, source, { maxBytes: 100_000 })),
    ]);
    const refused = { status: "rejected", reason: expect.objectContaining(tooLarge) };
    expect(ends).toEqual([refused, refused]);
    await Promise.all([one.close(), two.close()]);
    expect(await readdir(join(directory, "v1", "tmp"))).toEqual([]);
  });
});

describe("what one reader wants", () => {
  it.each(["a disk that works", "a full disk"])("is nothing to another one, with %s", async (disk) => {
    const store = open(disk === "a full disk" ? { files: { ...diskFiles, ...full } } : {});
    const source = () => inPieces(content);
    const short = { maxBytes: content.length - 1 };
    const all = await Promise.allSettled([
      read(store.tee(digest, scope, source, short)),
      read(store.tee(digest, scope, source)),
      read(store.tee(digest, scope, source, { maxBytes: 10 })),
      read(store.tee(digest, scope, source, { maxBytes: content.length })),
    ]);
    const right = { status: "fulfilled", value: content };
    const refused = { status: "rejected", reason: expect.objectContaining(tooLarge) };
    expect(all).toEqual([refused, right, refused, right]);
    await store.close();
    expect(await store.has(digest)).toBe(disk !== "a full disk");
  });
});
