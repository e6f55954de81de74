// What is in use stays, whoever uses it and whoever makes room.
import { type ChildProcess, fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Digest, silentLog, toDigest, toHex } from "../types/index.ts";
import type { ByteStream, ContentStore, ContentStoreOptions } from "./content-store.ts";
import { createContentStore } from "./directory-store.ts";
import { diskFiles } from "./files.ts";
import { type Owner, readOwner, toOwnerName, toUniqueName } from "./owners.ts";

const script = fileURLToPath(new URL("./reader.fixture.ts", import.meta.url));
const content = randomBytes(3_000_000);
const digest = toDigest(content);
let directory: string;
let children: ChildProcess[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "leases-"));
  children = [];
});
afterEach(async () => {
  for (const child of children) child.kill("SIGKILL");
  await rm(directory, { recursive: true, force: true });
});

const open = (options: Partial<ContentStoreOptions> = {}) =>
  createContentStore({ directory, maxBytes: 1e9, log: silentLog, ...options });

async function put(store: ContentStore, bytes: Uint8Array = content): Promise<Digest> {
  async function* source() {
    yield bytes;
  }
  for await (const _ of store.tee(toDigest(bytes), "scope", source));
  await store.close();
  return toDigest(bytes);
}

async function startReader(): Promise<ChildProcess> {
  const execArgv = ["--disable-warning=MODULE_TYPELESS_PACKAGE_JSON"];
  const child = fork(script, [directory, digest], { stdio: ["ignore", "ignore", "inherit", "ipc"], execArgv });
  children.push(child);
  expect(await once(child, "message")).toEqual(["reading", undefined]);
  return child;
}

const list = (folder: string) => readdir(join(directory, "v1", folder));
const begin = (stream: ByteStream | undefined) => (stream as ByteStream)[Symbol.asyncIterator]();
const nothing = { removed: 0, freedBytes: 0 };
const all = { removed: 1, freedBytes: content.length };

describe("what another process reads", () => {
  it("is not removed by prune, and is when it has been read", async () => {
    await put(open());
    const [reader, second] = [await startReader(), await startReader()];
    expect(await open().prune({ maxBytes: 0 })).toEqual(nothing);
    for (const child of [reader, second]) {
      const [said, exited] = [once(child, "message"), once(child, "exit")];
      expect(await open().prune({ maxBytes: 0 })).toEqual(nothing);
      child.send("go on");
      expect((await said)[0]).toBe("right");
      await exited;
    }
    const store = open();
    expect(await store.prune({ maxBytes: 0 })).toEqual(all);
    await store.close();
    expect(await Promise.all(["leases", "processes", "tmp", "downloads"].map(list))).toEqual([[], [], [], []]);
  });

  it("is not removed to make room, though it was used least recently", async () => {
    const store = open({ maxBytes: 5_000_000 });
    await put(store);
    const reader = await startReader();
    await utimes(join(directory, "v1", "blobs", toHex(digest).slice(0, 2), toHex(digest)), 1000, 1000);
    const later: Digest[] = [];
    for (let count = 0; count < 3; count += 1) later.push(await put(store, randomBytes(900_000)));
    expect(await Promise.all([digest, ...later].map((name) => store.has(name)))).toEqual([true, false, false, true]);
    const said = once(reader, "message");
    reader.send("go on");
    expect((await said)[0]).toBe("right");
  });

  it("is removed as soon as that process was killed, and so is its lease", async () => {
    await put(open());
    const reader = await startReader();
    expect([(await list("leases")).length, (await list("processes")).length]).toEqual([1, 1]);
    const exited = once(reader, "exit");
    reader.kill("SIGKILL");
    await exited;
    const store = open();
    expect(await store.prune({ maxBytes: 0 })).toEqual(all);
    await store.close();
    expect(await Promise.all(["leases", "processes"].map(list))).toEqual([[], []]);
  });
});

describe("what this process reads", () => {
  it("is in use from the first reader to the last", async () => {
    const store = open();
    await put(store);
    const readers = [begin(await store.get(digest, "scope")), begin(await store.get(digest, "scope"))];
    for (const reader of readers) await reader.next();
    for (const reader of readers) {
      expect([await store.prune({ maxBytes: 0 }), await open().prune({ maxBytes: 0 })]).toEqual([nothing, nothing]);
      await reader.return?.();
    }
    expect(await store.prune({ maxBytes: 0 })).toEqual(all);
    await store.close();
  });

  it("is in use where no lease can be written too, for this process", async () => {
    const full = async () => {
      throw Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
    };
    await put(open());
    const store = open({ files: { ...diskFiles, create: full, mark: full } });
    const reader = begin(await store.get(digest, "scope"));
    await reader.next();
    expect(await store.prune({ maxBytes: 0 })).toEqual(nothing);
    await reader.return?.();
    expect(await store.prune({ maxBytes: 0 })).toEqual(all);
    await store.close();
  });

  it("is in use while it is downloaded and until its slowest reader has ended", async () => {
    const store = open();
    const large = randomBytes(6_000_000);
    async function* source() {
      for (let offset = 0; offset < large.length; offset += 100_000) yield large.subarray(offset, offset + 100_000);
    }
    const slow = begin(store.tee(toDigest(large), "scope", source));
    await slow.next();
    for await (const _ of store.tee(toDigest(large), "scope", source));
    await expect.poll(() => list("downloads")).toEqual([]);
    expect(await open().prune({ maxBytes: 0 })).toEqual(nothing);
    await slow.return?.();
    await store.close();
    await expect.poll(() => open().prune({ maxBytes: 0 })).toEqual({ removed: 1, freedBytes: large.length });
  });

  it("comes back where its reader comes at the very moment at which it is removed", async () => {
    const reading = open();
    await put(reading);
    let reader: AsyncIterator<Uint8Array> | undefined;
    const store = open({
      files: {
        ...diskFiles,
        async rename(from, to) {
          reader ??= begin(await reading.get(digest, "scope"));
          await diskFiles.rename(from, to);
        },
      },
    });
    expect(await store.prune({ maxBytes: 0 })).toEqual(nothing);
    expect(await store.has(digest)).toBe(true);
    expect(await list("tmp")).toEqual([]);
    await reader?.return?.();
    await reading.close();
    await store.close();
  });

  it("is a miss for a reader that comes a moment later, never half of it", async () => {
    const reading = open();
    await put(reading);
    let found: ByteStream | undefined;
    const store = open({
      files: {
        ...diskFiles,
        async rename(from, to) {
          await diskFiles.rename(from, to);
          found = await reading.get(digest, "scope");
        },
      },
    });
    expect(await store.prune({ maxBytes: 0 })).toEqual(all);
    expect(found).toBeUndefined();
    await Promise.all([reading.close(), store.close()]);
  });
});

describe("the lease of a process elsewhere", () => {
  const elsewhere = async (): Promise<Owner> => ({ ...(await readOwner()), machine: "0123456789ab" });
  /** Writes a file whose time is so many seconds ago. */
  async function leave(folder: string, name: string, ageSeconds: number): Promise<void> {
    const path = join(directory, "v1", folder, name);
    await mkdir(join(directory, "v1", folder), { recursive: true });
    await writeFile(path, "");
    const then = Date.now() / 1000 - ageSeconds;
    await utimes(path, then, then);
  }

  it.each([
    ["is good while it is young", 60, undefined, nothing],
    ["is good while that process gives signs of life", 7200, 60, nothing],
    ["ends two minutes after the last one", 7200, 130, all],
    ["ends two minutes after it was written where there never was one", 130, undefined, all],
  ])("%s", async (_, leaseSeconds, signSeconds, expected) => {
    await put(open());
    const owner = await elsewhere();
    await leave("leases", `${toHex(digest)}.${toUniqueName(owner)}`, leaseSeconds);
    if (signSeconds !== undefined) await leave("processes", toUniqueName(owner), signSeconds);
    const store = open();
    expect(await store.prune({ maxBytes: 0 })).toEqual(expected);
    await store.close();
    expect((await list("leases")).length).toBe(expected === nothing ? 1 : 0);
    expect((await list("processes")).length).toBe(signSeconds === 60 ? 1 : 0);
  });

  it("does not depend on what this machine's clock says", async () => {
    await put(open());
    await leave("leases", `${toHex(digest)}.${toUniqueName(await elsewhere())}`, 60);
    for (const skewMs of [-86_400_000, 86_400_000]) {
      const store = open({ clock: { nowMs: () => Date.now() + skewMs } });
      expect(await store.prune({ maxBytes: 0 })).toEqual(nothing);
      await store.close();
    }
  });

  it("is not this process' own, which gives a sign of life as long as it uses something", async () => {
    const store = open();
    await put(store);
    const reader = begin(await store.get(digest, "scope"));
    await reader.next();
    const own = toOwnerName(await readOwner());
    expect(await list("processes")).toEqual([expect.stringContaining(own)]);
    await reader.return?.();
    await store.close();
    expect(await list("processes")).toEqual([]);
  });
});
