import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Digest, silentLog, toDigest, toHex } from "../types/index.ts";
import type { ByteSource, ByteStream, ContentStore, ContentStoreOptions } from "./content-store.ts";
import { createContentStore } from "./directory-store.ts";
import { type CacheFile, type CacheFiles, diskFiles } from "./files.ts";
import { createLayout } from "./layout.ts";

const scope = "registry/app anonymous";
const content = randomBytes(300_000);
const digest = toDigest(content);
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "content-store-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

function open(options: Partial<ContentStoreOptions> = {}): ContentStore {
  return createContentStore({ directory, maxBytes: 10_000_000, log: silentLog, ...options });
}

async function* inPieces(bytes: Uint8Array, size = 10_000): AsyncGenerator<Uint8Array> {
  for (let offset = 0; offset < bytes.length; offset += size) yield bytes.subarray(offset, offset + size);
}

async function read(stream: ByteStream | undefined): Promise<Buffer | undefined> {
  if (!stream) return undefined;
  const pieces: Uint8Array[] = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces);
}

async function put(store: ContentStore, bytes: Uint8Array = content): Promise<Digest> {
  const name = toDigest(bytes);
  await read(store.tee(name, scope, inPieces(bytes)));
  await store.close();
  return name;
}

const pathOf = (name: Digest) => join(directory, "v1", "blobs", toHex(name).slice(0, 2), toHex(name));
const temporaryFiles = () => readdir(join(directory, "v1", "tmp"));
/** A source that must not be asked. */
async function* forbidden(): AsyncGenerator<Uint8Array> {
  yield await Promise.reject(new Error("asked again"));
}

/** A source that waits for the test before each piece. */
function createValve(bytes: Uint8Array) {
  const gates: (() => void)[] = [];
  let opened = 0;
  return {
    async *source() {
      for await (const piece of inPieces(bytes, bytes.length / 4)) {
        if (opened > 0) opened -= 1;
        else await new Promise<void>((resolve) => gates.push(resolve));
        yield piece;
      }
    },
    open(count = 1) {
      for (let index = 0; index < count; index += 1) {
        const gate = gates.shift();
        if (gate) gate();
        else opened += 1;
      }
    },
  };
}

describe("content", () => {
  it("is a miss, then passes through, then is a hit, also for the next process", async () => {
    const store = open();
    expect(await store.get(digest, scope)).toBeUndefined();
    expect(await read(store.tee(digest, scope, inPieces(content)))).toEqual(content);
    await store.close();
    expect(await read(await store.get(digest, scope))).toEqual(content);
    expect(await read(await open().get(digest, scope))).toEqual(content);
    expect(store.statistics()).toMatchObject({ hits: 1, misses: 1, stored: 1 });
    expect(await temporaryFiles()).toEqual([]);
  });

  it("may be empty", async () => {
    const store = open();
    const name = await put(store, new Uint8Array());
    expect(await read(await store.get(name, scope))).toEqual(Buffer.alloc(0));
  });

  it("is read in one piece up to a limit", async () => {
    const store = open();
    await put(store);
    expect(Buffer.from((await store.readAll(digest, scope, content.length)) ?? [])).toEqual(content);
    expect(await store.readAll(digest, scope, content.length - 1)).toBeUndefined();
  });

  it("is not asked for where it came up in the meantime", async () => {
    const store = open();
    await put(store);
    expect(await read(store.tee(digest, scope, forbidden()))).toEqual(content);
  });

  it("has no name that Windows would refuse", async () => {
    await put(open());
    for (const name of await readdir(directory, { recursive: true })) expect(name).not.toMatch(/[:*?"<>|]/);
  });
});

describe("wrong bytes", () => {
  it("are not stored, and end with an error", async () => {
    const store = open();
    await expect(read(store.tee(digest, scope, inPieces(Buffer.from("other"))))).rejects.toMatchObject({
      name: "CacheError",
      code: "digest-mismatch",
    });
    await store.close();
    expect(await store.get(digest, scope)).toBeUndefined();
    expect(await temporaryFiles()).toEqual([]);
  });

  const damages: [string, (path: string) => Promise<void>][] = [
    [
      "changed",
      (path) => writeFile(path, Buffer.concat([content.subarray(0, -1), Buffer.from([0x00, 0x01])]).subarray(1)),
    ],
    ["cut", (path) => writeFile(path, content.subarray(0, 1000))],
    ["lengthened", (path) => writeFile(path, Buffer.concat([content, content]))],
    ["emptied", (path) => writeFile(path, "")],
  ];
  it.each(damages)("on the disk are a miss before the first is given, and removed: %s", async (_name, damage) => {
    await put(open());
    await damage(pathOf(digest));
    const store = open();
    expect(await store.get(digest, scope)).toBeUndefined();
    expect(store.statistics().corrupt).toBe(1);
    expect(await store.has(digest)).toBe(false);
    expect(await read(store.tee(digest, scope, inPieces(content)))).toEqual(content);
  });

  it.each(damages)("on the disk are a miss in one piece too: %s", async (_name, damage) => {
    await put(open());
    await damage(pathOf(digest));
    const store = open();
    expect(await store.readAll(digest, scope, 1_000_000)).toBeUndefined();
    expect(await store.has(digest)).toBe(false);
  });

  it("that come while the file is read are an error at its end", async () => {
    const store = open();
    await put(store);
    const stream = await store.get(digest, scope);
    await writeFile(pathOf(digest), randomBytes(content.length));
    await expect(read(stream)).rejects.toMatchObject({ code: "unreadable", retryable: true });
    expect(await store.has(digest)).toBe(false);
  });

  it("are found by verify", async () => {
    const store = open();
    await put(store);
    const other = await put(store, randomBytes(1000));
    await writeFile(pathOf(other), "damaged");
    expect(await store.verify()).toEqual({ checked: 2, corrupt: 1 });
    expect(await store.verify()).toEqual({ checked: 1, corrupt: 0 });
  });
});

describe("readers of one download", () => {
  it("share it, however many and whenever they come", async () => {
    const store = open();
    const valve = createValve(content);
    let sources = 0;
    const source = () => {
      sources += 1;
      return valve.source();
    };
    const early = Array.from({ length: 20 }, () => read(store.tee(digest, scope, source)));
    valve.open(2);
    const first = store.tee(digest, scope, source)[Symbol.asyncIterator]();
    expect((await first.next()).value).toBeDefined();
    const late = Array.from({ length: 20 }, () => read(store.tee(digest, scope, source)));
    valve.open(2);
    for (const bytes of await Promise.all([...early, ...late])) expect(bytes).toEqual(content);
    expect(sources).toBe(1);
    expect(store.statistics().shared).toBe(40);
    await first.return?.();
    await store.close();
  });

  it("each have their own pace, through the file, with content larger than memory's share", async () => {
    const large = randomBytes(20_000_000);
    const name = toDigest(large);
    const store = open({ maxBytes: 100_000_000 });
    const slow = store.tee(name, scope, inPieces(large, 65_536))[Symbol.asyncIterator]();
    const { value } = await slow.next();
    const fast = await read(store.tee(name, scope, forbidden()));
    expect(fast?.equals(large)).toBe(true);
    const rest = await read({ [Symbol.asyncIterator]: () => slow });
    expect(Buffer.concat([value ?? Buffer.alloc(0), rest ?? Buffer.alloc(0)]).equals(large)).toBe(true);
    await store.close();
  });

  it("all get its error, and the next one tries again", async () => {
    const store = open();
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield content.subarray(0, 10);
      throw new Error("the network broke");
    }
    const all = await Promise.allSettled(Array.from({ length: 5 }, () => read(store.tee(digest, scope, broken()))));
    expect(all.map((one) => one.status === "rejected" && String(one.reason))).toEqual(
      Array(5).fill("Error: the network broke"),
    );
    expect(await read(store.tee(digest, scope, inPieces(content)))).toEqual(content);
    await store.close();
    expect(await temporaryFiles()).toEqual([]);
  });

  it("leave at once, also while nothing comes", async () => {
    const store = open();
    const valve = createValve(content);
    const controller = new AbortController();
    const waiting = read(store.tee(digest, scope, valve.source));
    const leaving = read(store.tee(digest, scope, valve.source, { signal: controller.signal }));
    for (let turns = 0; turns < 50; turns += 1) await turn();
    controller.abort(new Error("enough"));
    await expect(leaving).rejects.toThrow("enough");
    valve.open(4);
    expect(await waiting).toEqual(content);
    await store.close();
  });

  it("leave one by one, the first one too, and the last one ends it", async () => {
    const store = open();
    const valve = createValve(content);
    let aborted: AbortSignal | undefined;
    const source = (signal: AbortSignal) => {
      aborted = signal;
      return valve.source();
    };
    const controller = new AbortController();
    const first = read(store.tee(digest, scope, source, { signal: controller.signal }));
    const second = read(store.tee(digest, scope, source));
    valve.open(1);
    controller.abort(new Error("enough"));
    await expect(first).rejects.toThrow("enough");
    valve.open(3);
    expect(await second).toEqual(content);
    expect(aborted?.aborted).toBe(false);

    const other = randomBytes(1000);
    for await (const _ of store.tee(toDigest(other), scope, (signal) => {
      aborted = signal;
      return inPieces(other, 10);
    })) {
      break;
    }
    expect(aborted?.aborted).toBe(true);
    await store.close();
    expect(await store.has(toDigest(other))).toBe(false);
    expect(await temporaryFiles()).toEqual([]);
  });
});

describe("scopes", () => {
  const other = "registry/app somebody";

  it("see what they stored or were granted", async () => {
    const store = open();
    await put(store);
    expect(await store.get(digest, other)).toBeUndefined();
    expect(await store.readAll(digest, other, 1_000_000)).toBeUndefined();
    expect(await store.has(digest)).toBe(true);
    await store.grant(digest, other);
    expect(await read(await open().get(digest, other))).toEqual(content);
  });

  it("download for themselves what is on its way for others, and see it then", async () => {
    const store = open();
    const valve = createValve(content);
    const one = read(store.tee(digest, scope, valve.source()));
    valve.open(1);
    const another = read(store.tee(digest, other, inPieces(content)));
    expect(await another).toEqual(content);
    valve.open(3);
    expect(await one).toEqual(content);
    await store.close();
    expect(await read(await store.get(digest, other))).toEqual(content);
    expect(store.statistics()).toMatchObject({ stored: 1, shared: 0 });
  });

  it("join, or read what is there, when it is confirmed that they may; they are asked about once each", async () => {
    const store = open();
    const valve = createValve(content);
    const asked: string[] = [];
    const readAs = (name: string, answer: boolean, source: ByteSource = forbidden) => {
      const confirm = async () => {
        asked.push(name);
        return answer;
      };
      return read(store.tee(digest, name, source, { confirm }));
    };
    const first = readAs("first", true, valve.source);
    valve.open(1);
    const second = readAs("second", true);
    expect(await readAs("third", false, () => inPieces(content))).toEqual(content);
    valve.open(3);
    expect(await Promise.all([first, second])).toEqual([content, content]);
    await store.close();
    expect(await readAs("fourth", true)).toEqual(content);
    await expect(readAs("fifth", false)).rejects.toThrow("asked again");
    expect(await readAs("second", false)).toEqual(content);
    expect(asked).toEqual(["second", "third", "fourth", "fifth"]);
    expect(await store.get(digest, "fifth")).toBeUndefined();
    await store.close();
  });

  it("read the source where the one who asked for them gave up", async () => {
    const store = open();
    await put(store);
    const confirm = () => Promise.reject(new Error("gave up"));
    expect(await read(store.tee(digest, other, inPieces(content), { confirm }))).toEqual(content);
    await store.close();
  });

  it("join after a grant", async () => {
    const store = open();
    const valve = createValve(content);
    const one = read(store.tee(digest, scope, valve.source()));
    await store.grant(digest, other);
    const another = read(store.tee(digest, other, forbidden()));
    valve.open(4);
    expect(await one).toEqual(content);
    expect(await another).toEqual(content);
    await store.close();
  });
});

describe("the bound", () => {
  it("removes what was used least recently, nothing in use, and its grants", async () => {
    let now = Date.now();
    const store = open({ maxBytes: 2_500_000, clock: { nowMs: () => now } });
    const blobs = Array.from({ length: 3 }, () => randomBytes(1_000_000));
    const [first, second, third] = blobs.map((blob) => toDigest(blob)) as [Digest, Digest, Digest];
    await put(store, blobs[0]);
    await put(store, blobs[1]);
    await utimes(pathOf(first), 1000, 1000);
    await utimes(pathOf(second), 2000, 2000);
    now += 120_000;
    const reading = (await store.get(first, scope))?.[Symbol.asyncIterator]();
    await reading?.next();
    await store.close();
    await utimes(pathOf(first), 1000, 1000);
    await put(store, blobs[2]);
    expect(await Promise.all([first, second, third].map((name) => store.has(name)))).toEqual([true, false, true]);
    for await (const piece of { [Symbol.asyncIterator]: () => reading as AsyncIterator<Uint8Array> }) {
      expect(piece.length).toBeGreaterThan(0);
    }
    expect(await readdir(join(directory, "v1", "grants", toHex(second).slice(0, 2)))).not.toContainEqual(
      expect.stringContaining(toHex(second)),
    );
    expect((await store.info()).bytes).toBeLessThanOrEqual(2_500_000);
  });

  it("keeps out what is larger than it", async () => {
    const store = open({ maxBytes: 100_000 });
    expect(await read(store.tee(digest, scope, inPieces(content)))).toEqual(content);
    await store.close();
    expect(await store.info()).toMatchObject({ entries: 0, temporaryFiles: 0 });
  });

  it("is kept by prune, down to nothing", async () => {
    const store = open();
    await put(store);
    expect(await store.prune()).toEqual({ removed: 0, freedBytes: 0 });
    expect(await store.prune({ maxBytes: 0 })).toEqual({ removed: 1, freedBytes: content.length });
    expect(await store.info()).toMatchObject({ entries: 0, bytes: 0, formatVersion: 1 });
  });
});

describe("a disk that fails", () => {
  const full = () => Promise.reject(Object.assign(new Error("no space left on device"), { code: "ENOSPC" }));

  /** A disk on which so many bytes can be written. */
  function createFullDisk(room: number): CacheFiles {
    return {
      ...diskFiles,
      async create(path) {
        const file = await diskFiles.create(path);
        return {
          ...file,
          write: (pieces, position) =>
            position + pieces.reduce((sum, piece) => sum + piece.length, 0) > room
              ? full()
              : file.write(pieces, position),
        };
      },
    };
  }

  const large = randomBytes(6_000_000);
  it.each([0, 100, 1_000_000, 5_999_999])("is full after %d bytes: everything passes through", async (room) => {
    const warnings: string[] = [];
    const log = { ...silentLog, warning: (message: string) => warnings.push(message) };
    const store = open({ files: createFullDisk(room), log });
    const name = toDigest(large);
    const readers = Array.from({ length: 3 }, () => read(store.tee(name, scope, inPieces(large, 50_000))));
    for (const bytes of await Promise.all(readers)) expect(bytes?.equals(large)).toBe(true);
    await store.close();
    expect(await store.has(name)).toBe(false);
    expect(await temporaryFiles()).toEqual([]);
    expect(store.statistics().writeFaults).toBe(1);
    expect(warnings).toEqual([expect.stringContaining("no space left on device")]);
  });

  it("gives a reader that comes too late a download of its own", async () => {
    const store = open({ files: createFullDisk(1_000_000) });
    const name = toDigest(large);
    const first = store.tee(name, scope, inPieces(large, 50_000))[Symbol.asyncIterator]();
    const pieces: Uint8Array[] = [];
    for (let count = 0; count < 100; count += 1) pieces.push((await first.next()).value ?? new Uint8Array());
    const late = await read(store.tee(name, scope, inPieces(large, 50_000)));
    expect(late?.equals(large)).toBe(true);
    for await (const piece of { [Symbol.asyncIterator]: () => first }) pieces.push(piece);
    expect(Buffer.concat(pieces).equals(large)).toBe(true);
    await store.close();
  });

  it("lets a reader join while memory has all that came", async () => {
    const store = open({ files: { ...diskFiles, create: full } });
    const valve = createValve(content);
    const first = store.tee(digest, scope, valve.source)[Symbol.asyncIterator]();
    valve.open(1);
    const { value } = await first.next();
    const second = read(store.tee(digest, scope, forbidden));
    valve.open(3);
    expect(Buffer.concat([value, (await read({ [Symbol.asyncIterator]: () => first })) ?? value])).toEqual(content);
    expect(await second).toEqual(content);
    await store.close();
  });

  it("makes the source wait for the slowest reader: memory has a bound", async () => {
    const store = open({ files: { ...diskFiles, create: full } });
    let sent = 0;
    async function* source(): AsyncGenerator<Uint8Array> {
      for await (const piece of inPieces(large, 65_536)) {
        sent += piece.length;
        yield piece;
      }
    }
    const reader = store.tee(toDigest(large), scope, source)[Symbol.asyncIterator]();
    const { value } = await reader.next();
    for (let turns = 0; turns < 1000; turns += 1) await turn();
    expect(sent).toBeLessThan(2.5 * 1024 * 1024);
    const rest = await read({ [Symbol.asyncIterator]: () => reader });
    expect(Buffer.concat([value, rest ?? value]).equals(large)).toBe(true);
    await store.close();
  });

  it("gets back every file that was opened", async () => {
    let held = 0;
    const count = (file: CacheFile): CacheFile => {
      held += 1;
      return {
        ...file,
        async close() {
          held -= 1;
          await file.close();
        },
      };
    };
    const files: CacheFiles = {
      ...diskFiles,
      create: async (path) => count(await diskFiles.create(path)),
      async open(path) {
        const file = await diskFiles.open(path);
        return file && count(file);
      },
    };
    const store = open({ files });
    await put(store);
    for await (const _ of (await store.get(digest, scope)) ?? []) break;
    for await (const _ of store.tee(toDigest(large), scope, inPieces(large))) break;
    await expect(read(store.tee(toDigest(large), scope, inPieces(content)))).rejects.toThrow("got others");
    await store.readAll(digest, scope, 1_000_000);
    await store.writeNote("a", scope, "b");
    await store.readNote("a", scope);
    await store.grant(digest, "other");
    await store.verify();
    await store.close();
    await expect.poll(() => held).toBe(0);
  });

  const faults: [string, Partial<CacheFiles>][] = [
    ["no folder", { makeDirectory: full }],
    ["no new files", { create: full }],
    ["no renaming", { rename: full }],
    ["no opening", { open: full }],
    ["no listing", { list: full }],
  ];
  it.each(faults)("is no reason to fail: %s", async (_name, fault) => {
    const store = open({ files: { ...diskFiles, ...fault } });
    expect(await store.get(digest, scope)).toBeUndefined();
    expect(await read(store.tee(digest, scope, inPieces(content)))).toEqual(content);
    expect(await read(store.tee(digest, "other", inPieces(content)))).toEqual(content);
    await store.writeNote("a", scope, "b");
    await store.grant(digest, scope);
    await store.close();
  });

  it("lets readers go on where a file of that name cannot be replaced but is there", async () => {
    await put(open());
    const busy = () => Promise.reject(Object.assign(new Error("busy"), { code: "EPERM" }));
    const store = open({ files: { ...diskFiles, rename: busy, open: async () => undefined } });
    expect(await read(store.tee(digest, scope, inPieces(content)))).toEqual(content);
    await store.close();
    expect(store.statistics().stored).toBe(1);
    expect(await temporaryFiles()).toEqual([]);
  });
});

// A folder that came from elsewhere may hold anything.
describe.skipIf(process.platform === "win32")("pipes in place of files", () => {
  it("are waited at by nobody", async () => {
    const layout = createLayout(directory);
    await put(open());
    await open().writeNote("name", scope, "text");
    const other = randomBytes(1000);
    const paths = [pathOf(digest), layout.note("name", scope), layout.download(toDigest(other))];
    for (const path of paths) {
      await rm(path, { force: true });
      execFileSync("mkfifo", [path]);
    }
    const store = open();
    expect(await store.readNote("name", scope)).toBeUndefined();
    expect(await store.get(digest, scope)).toBeUndefined();
    expect(await read(store.tee(digest, scope, inPieces(content)))).toEqual(content);
    expect(await read(store.tee(toDigest(other), scope, inPieces(other)))).toEqual(other);
    await store.verify();
    await store.prune({ maxBytes: 0 });
    await store.close();
  });
});

describe("notes", () => {
  it("are for their scope, and checked", async () => {
    const store = open();
    await store.writeNote("tag a", scope, "one");
    await store.writeNote("tag a", scope, "two");
    expect(await open().readNote("tag a", scope)).toBe("two");
    expect(await store.readNote("tag a", "other")).toBeUndefined();
    expect(await store.readNote("tag b", scope)).toBeUndefined();
    for (const name of await readdir(join(directory, "v1", "notes"), { recursive: true, withFileTypes: true })) {
      if (!name.isFile()) continue;
      const path = join(name.parentPath, name.name);
      await writeFile(path, (await readFile(path, "utf8")).replace("two", "six"));
    }
    expect(await store.readNote("tag a", scope)).toBeUndefined();
  });

  it("have a bound", async () => {
    const store = open();
    await store.writeNote("a", scope, "x".repeat(256 * 1024));
    expect(await store.readNote("a", scope)).toBeUndefined();
  });
});
