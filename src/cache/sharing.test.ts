// Two stores over one folder, as two processes have them: what one downloads, the other follows.
import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { silentLog, toDigest, toHex } from "../types/index.ts";
import type { ByteSource, ByteStream, ContentStore, ContentStoreOptions } from "./content-store.ts";
import { createContentStore } from "./directory-store.ts";
import { type CacheFiles, diskFiles } from "./files.ts";
import { toScopeName } from "./layout.ts";
import { readOwner, toUniqueName } from "./owners.ts";

const scope = "registry/app anonymous";
const other = "registry/app somebody";
const content = randomBytes(400_000);
const digest = toDigest(content);
let directory: string;
let stores: ContentStore[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "sharing-"));
  stores = [];
});
afterEach(async () => {
  await Promise.all(stores.map((store) => store.close()));
  const left = await readdir(join(directory, "v1"), { recursive: true, withFileTypes: true });
  const names = left.filter((entry) => entry.isFile() && !/blobs|grants/.test(entry.parentPath));
  expect(names.map(({ name }) => name)).toEqual([]);
  await rm(directory, { recursive: true, force: true });
});

function open(options: Partial<ContentStoreOptions> = {}): ContentStore {
  const store = createContentStore({ directory, maxBytes: 10_000_000, log: silentLog, ...options });
  stores.push(store);
  return store;
}

async function read(stream: ByteStream): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces);
}

async function* inPieces(bytes: Uint8Array, size = 10_000): AsyncGenerator<Uint8Array> {
  for (let offset = 0; offset < bytes.length; offset += size) yield bytes.subarray(offset, offset + size);
}

/** A source that must not be asked. */
async function* forbidden(): AsyncGenerator<Uint8Array> {
  yield await Promise.reject(new Error("asked again"));
}

/** A download that gives the first half, and the rest, or its end, when it is told. */
function createHalves(bytes: Uint8Array = content) {
  let tell: (end: { error?: Error; rest?: Uint8Array }) => void = () => {};
  const told = new Promise<{ error?: Error; rest?: Uint8Array }>((resolve) => {
    tell = resolve;
  });
  const half = bytes.length / 2;
  return {
    async *source(signal: AbortSignal) {
      yield bytes.subarray(0, half);
      const left = new Promise<never>((_, reject) => {
        signal.addEventListener("abort", () => reject(new Error("nobody reads")), { once: true });
      });
      const { error, rest } = await Promise.race([told, left]);
      if (error) throw error;
      yield rest ?? bytes.subarray(half);
    },
    finish: () => tell({}),
    fail: () => tell({ error: new Error("the network broke") }),
    lie: () => tell({ rest: randomBytes(half) }),
  };
}

/** Reads until half is there. */
async function begin(store: ContentStore, source: ByteSource, who = scope, confirm = async () => false) {
  const stream = store.tee(digest, who, source, { confirm })[Symbol.asyncIterator]();
  const pieces: Uint8Array[] = [];
  let length = 0;
  while (length < content.length / 2) {
    const { value } = await stream.next();
    pieces.push(value as Uint8Array);
    length += (value as Uint8Array).length;
  }
  return {
    async rest(): Promise<Buffer> {
      for await (const piece of { [Symbol.asyncIterator]: () => stream }) pieces.push(piece);
      return Buffer.concat(pieces);
    },
    leave: () => stream.return?.(undefined),
  };
}

/** Until somebody has claimed a download: who comes then follows it. */
async function untilClaimed(): Promise<void> {
  await expect.poll(() => readdir(join(directory, "v1", "downloads"))).toHaveLength(1);
}

const pathOfClaim = () => join(directory, "v1", "downloads", toHex(digest));

describe("a download of another process", () => {
  it("is followed while it comes, by any number of readers, and asked for once", async () => {
    const [one, two] = [open(), open()];
    const halves = createHalves();
    const first = await begin(one, halves.source);
    const followers = await Promise.all(Array.from({ length: 5 }, () => begin(two, forbidden)));
    const third = await begin(open(), forbidden);
    halves.finish();
    for (const reader of [first, ...followers, third]) expect(await reader.rest()).toEqual(content);
    await Promise.all([one.close(), two.close()]);
    expect(await read(two.tee(digest, scope, forbidden))).toEqual(content);
    expect([one.statistics().stored, two.statistics().stored]).toEqual([1, 0]);
    expect(two.statistics().shared).toBe(5);
  });

  it("lets its readers go each at their own pace, with content larger than memory's share", async () => {
    const large = randomBytes(8_000_000);
    const name = toDigest(large);
    const halves = createHalves(large);
    const one = open();
    const writing = read(one.tee(name, scope, halves.source));
    await untilClaimed();
    const two = open();
    const slow = two.tee(name, scope, forbidden)[Symbol.asyncIterator]();
    const { value } = await slow.next();
    halves.finish();
    expect((await read(two.tee(name, scope, forbidden))).equals(large)).toBe(true);
    const rest = await read({ [Symbol.asyncIterator]: () => slow });
    expect(Buffer.concat([value as Uint8Array, rest]).equals(large)).toBe(true);
    expect((await writing).equals(large)).toBe(true);
  });

  it("that its readers leave is gone on with by one's own, which is stored", async () => {
    const first = await begin(open(), createHalves().source);
    const two = open();
    const follower = await begin(two, () => inPieces(content));
    await first.leave();
    expect(await follower.rest()).toEqual(content);
    await two.close();
    expect(await read(open().tee(digest, scope, forbidden))).toEqual(content);
  });

  it("that fails is gone on with by one of those who follow, and the others follow that one", async () => {
    const halves = createHalves();
    const first = await begin(open(), halves.source);
    let asked = 0;
    const again = () => {
      asked += 1;
      return inPieces(content);
    };
    const followers = await Promise.all(Array.from({ length: 3 }, () => begin(open(), again)));
    halves.fail();
    for (const follower of followers) expect(await follower.rest()).toEqual(content);
    await expect(first.rest()).rejects.toThrow("network broke");
    expect(asked).toBe(1);
  });

  it("that stalls is not waited for, and comes to its end all the same", async () => {
    const halves = createHalves();
    const first = await begin(open(), halves.source);
    const two = open({ stallMs: 50 });
    const follower = await begin(two, () => inPieces(content));
    expect(await follower.rest()).toEqual(content);
    await two.close();
    halves.finish();
    expect(await first.rest()).toEqual(content);
  });

  it("whose own bytes were wrong is an error that may be retried, and nothing of it is kept", async () => {
    const halves = createHalves();
    const first = await begin(open(), halves.source);
    const two = open();
    const wrong = Buffer.concat([randomBytes(content.length / 2), content.subarray(content.length / 2)]);
    const follower = await begin(two, () => inPieces(wrong));
    halves.lie();
    await expect(first.rest()).rejects.toMatchObject({ code: "digest-mismatch" });
    await expect(follower.rest()).rejects.toMatchObject({ code: "unreadable", retryable: true });
    await two.close();
    expect(await two.has(digest)).toBe(false);
  });

  it("that ends in wrong bytes which were passed on is an error that may be retried", async () => {
    const halves = createHalves();
    const first = await begin(open(), halves.source);
    const two = open();
    const follower = await begin(two, () => inPieces(content));
    halves.lie();
    await expect(first.rest()).rejects.toMatchObject({ code: "digest-mismatch" });
    // What it has read of the second half, none or all, decides which.
    const end = await follower.rest().catch((thrown: unknown) => thrown);
    if (Buffer.isBuffer(end)) expect(end).toEqual(content);
    else expect(end).toMatchObject({ code: "unreadable", retryable: true });
    await two.close();
    expect(await two.verify()).toMatchObject({ corrupt: 0 });
  });

  it("is left at once by a reader that gives up, and goes on", async () => {
    const halves = createHalves();
    const first = await begin(open(), halves.source);
    const two = open();
    const controller = new AbortController();
    const stream = two.tee(digest, scope, forbidden, { signal: controller.signal })[Symbol.asyncIterator]();
    await stream.next();
    const next = stream.next();
    controller.abort(new Error("enough"));
    await expect(next).rejects.toThrow("enough");
    await two.close();
    halves.finish();
    expect(await first.rest()).toEqual(content);
  });

  it("of nothing is waited for to its end", async () => {
    const nothing = toDigest(new Uint8Array());
    let finish = () => {};
    const paused = new Promise<void>((resolve) => {
      finish = resolve;
    });
    async function* refused(): AsyncGenerator<Uint8Array> {
      yield await paused.then(() => Promise.reject(new Error("no access")));
    }
    const one = open();
    const first = read(one.tee(nothing, scope, refused));
    await untilClaimed();
    const follower = read(open().tee(nothing, scope, refused));
    finish();
    await expect(first).rejects.toThrow("no access");
    await expect(follower).rejects.toThrow("no access");
  });
});

describe("credentials", () => {
  it("that are others' follow when the registry says that they may, and may read it then", async () => {
    const halves = createHalves();
    const first = await begin(open(), halves.source);
    const asked: string[] = [];
    const two = open();
    const follower = await begin(two, forbidden, other, async () => asked.push("once") > 0);
    halves.finish();
    expect([await first.rest(), await follower.rest()]).toEqual([content, content]);
    await two.close();
    expect(asked).toEqual(["once"]);
    expect(await read(open().tee(digest, other, forbidden))).toEqual(content);
  });

  it("that are refused get nothing of another process' download", async () => {
    const halves = createHalves();
    const first = await begin(open(), halves.source);
    const two = open();
    async function* refused(): AsyncGenerator<Uint8Array> {
      yield await Promise.reject(new Error("no access"));
    }
    await expect(read(two.tee(digest, other, refused))).rejects.toThrow("no access");
    await expect(read(two.tee(digest, other, refused, { confirm: async () => false }))).rejects.toThrow("no access");
    halves.finish();
    expect(await first.rest()).toEqual(content);
    await two.close();
    expect(await two.get(digest, other)).toBeUndefined();
  });

  it("that may download but were not confirmed download for themselves, and may read it then", async () => {
    const halves = createHalves();
    const first = await begin(open(), halves.source);
    const two = open();
    expect(await read(two.tee(digest, other, inPieces(content)))).toEqual(content);
    halves.finish();
    expect(await first.rest()).toEqual(content);
    await two.close();
    expect(await read(two.tee(digest, other, forbidden))).toEqual(content);
  });

  it("that are the writer's own are not passed on by its failure", async () => {
    const halves = createHalves();
    const first = await begin(open(), halves.source);
    const two = open();
    async function* refused(): AsyncGenerator<Uint8Array> {
      yield await Promise.reject(new Error("no access"));
    }
    const follower = await begin(two, refused, other, async () => true);
    halves.fail();
    await expect(follower.rest()).rejects.toThrow("no access");
    await expect(first.rest()).rejects.toThrow("network broke");
    await two.close();
    expect(await two.has(digest)).toBe(false);
  });
});

describe("a disk that fails", () => {
  function createFullDisk(room: number): CacheFiles {
    return {
      ...diskFiles,
      async create(path) {
        const file = await diskFiles.create(path);
        return {
          ...file,
          async write(pieces, position) {
            const end = position + pieces.reduce((sum, piece) => sum + piece.length, 0);
            if (end > room) throw Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
            await file.write(pieces, position);
          },
        };
      },
    };
  }

  it.each([0, 1000, 150_000, 250_000])("is full after %d bytes for all: each downloads for itself", async (room) => {
    const stores = Array.from({ length: 3 }, () => open({ files: createFullDisk(room) }));
    const all = await Promise.all(stores.map((store) => read(store.tee(digest, scope, () => inPieces(content)))));
    for (const bytes of all) expect(bytes).toEqual(content);
    await Promise.all(stores.map((store) => store.close()));
    expect(await stores[0]?.has(digest)).toBe(false);
  });

  it("is full for the writer alone: who follows downloads and stores it", async () => {
    const halves = createHalves();
    const first = await begin(open({ files: createFullDisk(250_000) }), halves.source);
    const two = open();
    const follower = await begin(two, () => inPieces(content));
    halves.finish();
    expect([await first.rest(), await follower.rest()]).toEqual([content, content]);
    await two.close();
    expect(two.statistics().stored).toBe(1);
  });

  it("takes no file of who follows when the writer fails: a slow reader has all bytes all the same", async () => {
    const large = randomBytes(12_000_000);
    const name = toDigest(large);
    const halves = createHalves(large);
    const writing = read(open().tee(name, scope, halves.source));
    await untilClaimed();
    let isFull = false;
    const create: CacheFiles["create"] = async (path) => {
      if (isFull) throw Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
      return diskFiles.create(path);
    };
    const two = open({ files: { ...diskFiles, create } });
    const slow = two.tee(name, scope, () => inPieces(large, 100_000))[Symbol.asyncIterator]();
    const pieces = [(await slow.next()).value as Uint8Array];
    const fast = read(two.tee(name, scope, forbidden));
    isFull = true;
    halves.fail();
    await expect(writing).rejects.toThrow("network broke");
    for await (const piece of { [Symbol.asyncIterator]: () => slow }) {
      pieces.push(piece);
      for (let turns = 0; turns < 50; turns += 1) await turn();
    }
    expect(Buffer.concat(pieces).equals(large)).toBe(true);
    expect((await fast).equals(large)).toBe(true);
  });

  it("gives no file a second name: each downloads for itself", async () => {
    const link = async () => {
      throw Object.assign(new Error("not supported"), { code: "ENOTSUP" });
    };
    const halves = createHalves();
    const first = await begin(open({ files: { ...diskFiles, link } }), halves.source);
    expect(await read(open({ files: { ...diskFiles, link } }).tee(digest, scope, inPieces(content)))).toEqual(content);
    halves.finish();
    expect(await first.rest()).toEqual(content);
  });

  it("says that a name is taken which it has just given: the claim is one's own", async () => {
    const link: CacheFiles["link"] = async (from, to) => {
      await diskFiles.link(from, to);
      throw Object.assign(new Error("file exists"), { code: "EEXIST" });
    };
    const store = open({ files: { ...diskFiles, link } });
    const startedAt = performance.now();
    expect(await read(store.tee(digest, scope, inPieces(content)))).toEqual(content);
    await store.close();
    expect(performance.now() - startedAt).toBeLessThan(10_000);
    expect(store.statistics().stored).toBe(1);
  });

  it("does not hold what is larger than the bound: each downloads for itself", async () => {
    const stores = Array.from({ length: 3 }, () => open({ maxBytes: 100_000 }));
    const all = await Promise.all(stores.map((store) => read(store.tee(digest, scope, () => inPieces(content)))));
    for (const bytes of all) expect(bytes).toEqual(content);
    await Promise.all(stores.map((store) => store.close()));
    expect(await stores[0]?.has(digest)).toBe(false);
  });
});

describe("a claim", () => {
  const leave = async (text: string, age: number) => {
    await writeFile(pathOfClaim(), text);
    const then = Date.now() / 1000 - age;
    await utimes(pathOfClaim(), then, then);
  };
  const claimOf = async (change: Partial<Awaited<ReturnType<typeof readOwner>>>) =>
    `${toUniqueName({ ...(await readOwner()), ...change })}.part ${toScopeName(scope)}\n`;
  const left: [string, () => Promise<void>][] = [
    ["of a process that is gone", async () => leave(await claimOf({ processId: 4_194_305 }), 0)],
    ["of a predecessor with the same number", async () => leave(await claimOf({ startedAt: 1 }), 0)],
    ["without a sign of life from elsewhere", async () => leave(await claimOf({ machine: "0123456789ab" }), 130)],
    ["without a text", () => leave("", 0)],
    ["of a file outside", () => leave(`../../outside.part ${toScopeName(scope)}\n`, 0)],
    ["of which nobody knows what it is", () => leave("something else", 0)],
  ];
  it.each(left)("%s is taken over at once", async (_, leaveIt) => {
    const store = open();
    await store.readNote("make", "the folder");
    await leaveIt();
    const startedAt = performance.now();
    expect(await read(store.tee(digest, scope, () => inPieces(content)))).toEqual(content);
    await store.close();
    expect(await store.has(digest)).toBe(true);
    expect(performance.now() - startedAt).toBeLessThan(5000);
  });

  it("of a process elsewhere whose file never comes is waited for as long as for one that stalls", async () => {
    const store = open({ stallMs: 100 });
    await store.readNote("make", "the folder");
    await leave(await claimOf({ machine: "0123456789ab" }), 0);
    expect(await read(store.tee(digest, scope, () => inPieces(content)))).toEqual(content);
    await store.close();
    expect(await store.has(digest)).toBe(true);
    await rm(pathOfClaim());
  });

  it("is ended when its download is stored or given up", async () => {
    const store = open();
    await read(store.tee(digest, scope, inPieces(content)));
    await store.close();
    await expect(stat(pathOfClaim())).rejects.toMatchObject({ code: "ENOENT" });
  });
});
