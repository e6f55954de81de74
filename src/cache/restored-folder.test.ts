// A folder that was restored from elsewhere may hold anything: nothing outside it is read for content, changed or removed,
// its bound is kept, and nobody waits for what it says of processes that never were.
import {
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Digest, silentLog, toDigest, toHex } from "../types/index.ts";
import type { ByteStream, ContentStore, ContentStoreOptions } from "./content-store.ts";
import { createContentStore } from "./directory-store.ts";
import { type CacheFiles, diskFiles } from "./files.ts";
import { createLayout, toScopeName } from "./layout.ts";

const scope = "registry/app anonymous";
const content = Buffer.alloc(300_000, "content");
const digest = toDigest(content);
let root: string;
let directory: string;
let outside: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "restored-folder-"));
  directory = join(root, "cache");
  outside = join(root, "outside");
  await mkdir(outside);
});
afterEach(() => rm(root, { recursive: true, force: true }));

function open(options: Partial<ContentStoreOptions> = {}): ContentStore {
  return createContentStore({ directory, maxBytes: 10_000_000, log: silentLog, ...options });
}

async function read(stream: ByteStream | undefined): Promise<Buffer | undefined> {
  if (!stream) return undefined;
  const pieces: Uint8Array[] = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces);
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function put(store: ContentStore, bytes: Uint8Array = content): Promise<Digest> {
  const name = toDigest(bytes);
  await read(store.tee(name, scope, once(bytes)));
  await store.close();
  return name;
}

const pathOf = (name: Digest) => createLayout(directory).blob(name);
const longAgo = 1000;

/** All that can be done with a folder. */
async function useAll(store: ContentStore): Promise<void> {
  await store.get(digest, scope);
  expect(await read(store.tee(digest, scope, once(content)))).toEqual(content);
  await store.writeNote("name", scope, "text");
  await store.readNote("name", scope);
  await store.grant(digest, "other");
  await store.prune({ maxBytes: 0 }).catch(() => {});
  await store.verify().catch(() => {});
  await store.info().catch(() => {});
  await store.close();
}

describe.skipIf(process.platform === "win32")("links in place of folders", () => {
  const shard = toHex(digest).slice(0, 2);
  it.each([
    ["v1"],
    ["v1/tmp"],
    ["v1/leases"],
    ["v1/downloads"],
    ["v1/processes"],
    ["v1/blobs"],
    ["v1/notes"],
    ["v1/grants"],
    [`v1/blobs/${shard}`],
    [`v1/grants/${shard}`],
  ])("are not followed: %s", async (path) => {
    await put(open());
    await open().writeNote("name", scope, "text");
    const victim = join(outside, toHex(digest));
    await writeFile(victim, "mine");
    await mkdir(join(outside, "ab"));
    await writeFile(join(outside, "ab", "ab".repeat(32)), "mine");
    for (const name of [victim, join(outside, "ab", "ab".repeat(32))]) await utimes(name, longAgo, longAgo);
    await rm(join(directory, path), { recursive: true, force: true });
    await symlink(outside, join(directory, path));
    await useAll(open());
    const left = await readdir(outside, { recursive: true });
    expect(left.sort()).toEqual(["ab", `ab/${"ab".repeat(32)}`, toHex(digest)].sort());
    expect(await readFile(victim, "utf8")).toBe("mine");
    expect((await stat(victim)).mtimeMs).toBe(longAgo * 1000);
    expect((await lstat(join(directory, path))).isSymbolicLink()).toBe(true);
  });

  it("are said to be there, once", async () => {
    await put(open());
    await rm(join(directory, "v1", "tmp"), { recursive: true });
    await symlink(outside, join(directory, "v1", "tmp"));
    const warnings: string[] = [];
    await useAll(open({ log: { ...silentLog, warning: (message) => warnings.push(message) } }));
    expect(warnings).toEqual([expect.stringContaining(`${join("v1", "tmp")}: expected a folder`)]);
    await expect(open().prune()).rejects.toMatchObject({ code: "unusable" });
    await expect(open().info()).rejects.toMatchObject({ code: "unusable" });
  });

  it("are fine above: the cache's folder may be one", async () => {
    await symlink(outside, directory);
    await put(open());
    expect(await read(await open().get(digest, scope))).toEqual(content);
  });
});

describe.skipIf(process.platform === "win32")("links in place of files", () => {
  it("are no content, though the bytes are right, and are replaced by it", async () => {
    await put(open());
    const victim = join(outside, "content");
    await rename(pathOf(digest), victim);
    await utimes(victim, longAgo, longAgo);
    await symlink(victim, pathOf(digest));
    const store = open();
    expect(await store.get(digest, scope)).toBeUndefined();
    expect(await store.verify()).toEqual({ checked: 0, corrupt: 0 });
    await put(store);
    expect((await lstat(pathOf(digest))).isFile()).toBe(true);
    expect(await readFile(victim)).toEqual(content);
    expect((await stat(victim)).mtimeMs).toBe(longAgo * 1000);
  });

  it("are no notes, and no claims", async () => {
    await open().writeNote("name", scope, "text");
    const layout = createLayout(directory);
    const victim = join(outside, "note");
    await rename(layout.note("name", scope), victim);
    await symlink(victim, layout.note("name", scope));
    await symlink(victim, layout.download(digest));
    const store = open();
    expect(await store.readNote("name", scope)).toBeUndefined();
    expect(await read(store.tee(digest, scope, once(content)))).toEqual(content);
    await store.close();
    expect(await readFile(victim, "utf8")).toContain("text");
  });
});

describe("the bound is kept", () => {
  async function fill(): Promise<void> {
    for (let count = 0; count < 4; count += 1) await put(open(), Buffer.alloc(100_000, `content ${count}`));
  }

  it("beside files in place of folders", async () => {
    await fill();
    for (const name of ["v1/blobs/zz", "v1/blobs/00", "v1/notes/00"]) {
      await mkdir(dirname(join(directory, name)), { recursive: true });
      await rm(join(directory, name), { recursive: true, force: true });
      await writeFile(join(directory, name), "");
    }
    expect(await open().info()).toMatchObject({ maxBytes: 10_000_000 });
    await open().prune({ maxBytes: 150_000 });
    expect((await open().info()).bytes).toBeLessThanOrEqual(150_000);
  });

  it("where the oldest file cannot be removed", async () => {
    const first = await put(open());
    await utimes(pathOf(first), longAgo, longAgo);
    await fill();
    const files: CacheFiles = {
      ...diskFiles,
      rename: (from, to) => (from === pathOf(first) ? deny() : diskFiles.rename(from, to)),
    };
    expect(await open({ files }).prune({ maxBytes: 300_000 })).toEqual({ removed: 4, freedBytes: 400_000 });
    await expect(open({ files }).prune({ maxBytes: 0 })).rejects.toMatchObject({ code: "unusable" });
  });

  it("where a folder cannot be read, though nobody says then how much there is", async () => {
    const first = await put(open());
    await fill();
    const shard = dirname(pathOf(first));
    const files: CacheFiles = { ...diskFiles, list: (path) => (path === shard ? deny() : diskFiles.list(path)) };
    expect(await open({ files }).prune({ maxBytes: 200_000 })).toMatchObject({ removed: 2 });
    await expect(open({ files }).info()).rejects.toMatchObject({ code: "unusable" });
    await expect(open({ files }).verify()).rejects.toMatchObject({ code: "unusable" });
  });

  it("where a lease is from the future", async () => {
    await put(open());
    const path = join(directory, "v1", "leases", `${toHex(digest)}.0123456789ab-1-1-${"0".repeat(16)}`);
    await writeFile(path, "");
    const later = Date.now() / 1000 + 1e8;
    await utimes(path, later, later);
    expect(await open().prune({ maxBytes: 0 })).toMatchObject({ removed: 1 });
  });

  it("where a sign of life is from the future", async () => {
    await put(open());
    const owner = "0123456789ab-1-1";
    const paths = [
      join(directory, "v1", "leases", `${toHex(digest)}.${owner}-${"0".repeat(16)}`),
      join(directory, "v1", "processes", `${owner}-${"1".repeat(16)}`),
    ];
    for (const [index, path] of paths.entries()) {
      await writeFile(path, "");
      const time = index === 0 ? longAgo : Date.now() / 1000 + 1e8;
      await utimes(path, time, time);
    }
    expect(await open().prune({ maxBytes: 0 })).toMatchObject({ removed: 1 });
  });
});

function deny(): Promise<never> {
  return Promise.reject(Object.assign(new Error("EACCES: permission denied"), { code: "EACCES" }));
}

describe("a clock that is set back", () => {
  it("does not keep a use from being noted", async () => {
    let now = Date.now();
    const store = open({ clock: { nowMs: () => now } });
    await put(store);
    for (const then of [now + 1e8, now - 1e8]) {
      now = then;
      await read(await store.get(digest, scope));
      await store.close();
      expect((await stat(pathOf(digest))).mtimeMs).toBeCloseTo(then, -1);
    }
  });
});

describe.skipIf(process.platform === "win32")("what cannot be followed", () => {
  const layout = () => createLayout(directory);
  it.each([
    ["a folder in place of a claim", () => mkdir(join(layout().download(digest), "below"), { recursive: true })],
    [
      "a link in place of the file that is said to grow",
      async () => {
        const part = `0123456789ab-1-1-${"0".repeat(16)}.part`;
        await writeFile(layout().download(digest), `${part} ${toScopeName(scope)}\n`);
        await symlink("/dev/zero", join(layout().temporary, part));
      },
    ],
  ])("is not tried again and again: %s", async (_, damage) => {
    await put(open(), Buffer.alloc(1000));
    await damage();
    const warnings: string[] = [];
    const store = open({ log: { ...silentLog, warning: (message) => warnings.push(message) } });
    await put(store);
    expect(await store.has(digest)).toBe(true);
    expect(warnings).toEqual([expect.stringContaining("could not follow a download")]);
  });
});

describe("what is larger than the bound", () => {
  it("is not read to see whether it is right", async () => {
    await put(open());
    await truncate(pathOf(digest), 1e12);
    const store = open();
    expect(await store.get(digest, scope)).toBeUndefined();
    expect(await store.readAll(digest, scope, 1000)).toBeUndefined();
    expect(await read(store.tee(digest, scope, once(content)))).toEqual(content);
    await store.close();
    expect(await read(await open().get(digest, scope))).toEqual(content);
  });
});

describe("a disk that fails in between", () => {
  it("brings back what was put aside when it could not be said whether it is in use", async () => {
    await put(open());
    let isAside = false;
    const files: CacheFiles = {
      ...diskFiles,
      async rename(from, to) {
        await diskFiles.rename(from, to);
        isAside = from === pathOf(digest);
      },
      list: (path) =>
        isAside && path.endsWith("leases")
          ? Promise.reject(Object.assign(new Error("EMFILE: too many open files"), { code: "EMFILE" }))
          : diskFiles.list(path),
    };
    const store = open({ files });
    await expect(store.prune({ maxBytes: 0 })).rejects.toMatchObject({ code: "unusable" });
    expect(await store.has(digest)).toBe(true);
    expect(await readdir(join(directory, "v1", "tmp"))).toEqual([]);
    await store.close();
  });

  it("leaves no temporary file of a grant that could not be made", async () => {
    await put(open());
    const store = open({ files: { ...diskFiles, rename: deny } });
    await store.grant(digest, "other");
    expect(await readdir(join(directory, "v1", "tmp"))).toEqual([]);
    await store.close();
  });

  it("removes what a killed process left beside what it cannot remove", async () => {
    await put(open());
    const names = ["a", "b", "c"].map((letter) =>
      join(directory, "v1", "tmp", `0123456789ab-1-1-${letter.repeat(16)}.part`),
    );
    for (const name of names) {
      await writeFile(name, "half");
      await utimes(name, longAgo, longAgo);
    }
    const remove: CacheFiles["remove"] = (path) => (path === names[0] ? deny() : diskFiles.remove(path));
    const store = open({ files: { ...diskFiles, remove } });
    expect(await store.get(digest, scope)).toBeDefined();
    expect(await readdir(join(directory, "v1", "tmp"))).toHaveLength(1);
    await store.close();
  });
});
