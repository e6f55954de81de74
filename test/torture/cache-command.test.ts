// `sealcheck cache`, beside processes that use the folder: this one. The program is built from the sources that this
// process runs.
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmod, mkdir, mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type ByteStream, type ContentStore, createContentStore } from "../../src/cache/index.ts";
import { type Digest, silentLog, toDigest, toHex } from "../../src/types/index.ts";
import { root } from "../sealcheck.ts";

let program: string;
let directory: string;
let store: ContentStore;

beforeAll(async () => {
  program = await mkdtemp(join(tmpdir(), "sealcheck-program-"));
  await promisify(execFile)(process.execPath, [join(root, "scripts", "build.mjs"), program], { cwd: root });
}, 60_000);
afterAll(() => rm(program, { recursive: true, force: true }));

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "sealcheck-cache-"));
  store = createContentStore({ directory, maxBytes: 1e9, log: silentLog });
});
afterEach(async () => {
  await store.close();
  await rm(directory, { recursive: true, force: true });
});

const pathOf = (digest: Digest) => join(directory, "v1", "blobs", toHex(digest).slice(0, 2), toHex(digest));

async function* inPieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let offset = 0; offset < bytes.length; offset += 10_000) yield bytes.subarray(offset, offset + 10_000);
}

async function put(bytes: Uint8Array): Promise<Digest> {
  const digest = toDigest(bytes);
  for await (const _ of store.tee(digest, "scope", inPieces(bytes)));
  await store.close();
  return digest;
}

/** The rest of a stream. */
async function read(stream: AsyncIterator<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of { [Symbol.asyncIterator]: () => stream }) pieces.push(piece);
  return Buffer.concat(pieces);
}

const begin = (stream: ByteStream | undefined) => (stream as ByteStream)[Symbol.asyncIterator]();

function run(action: string, ...flags: string[]): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  const args = [join(program, "index.js"), "cache", action, `--cache-dir=${directory}`, ...flags];
  return new Promise((resolve) => {
    const child = execFile(process.execPath, args, (_error, stdout, stderr) =>
      resolve({ exitCode: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}

async function info(...flags: string[]): Promise<unknown> {
  const { exitCode, stdout } = await run("info", ...flags);
  expect(exitCode).toBe(0);
  return JSON.parse(stdout);
}

describe("sealcheck cache", () => {
  it("info tells what is there, also where there is nothing", async () => {
    const nothing = { directory, formatVersion: 1, entries: 0, bytes: 0, temporaryFiles: 0 };
    expect(await info()).toEqual({ ...nothing, maxBytes: 2 ** 31 });
    await put(randomBytes(1000));
    await put(randomBytes(2000));
    await store.writeNote("name", "scope", "x".repeat(435));
    expect(await info("--cache-max-size=1MiB")).toEqual({ ...nothing, entries: 3, bytes: 3500, maxBytes: 2 ** 20 });
  });

  it("verify removes what is damaged, and says so by its exit code", async () => {
    const [good, damaged] = [await put(randomBytes(1000)), await put(randomBytes(1000))];
    expect(await run("verify")).toMatchObject({ exitCode: 0, stdout: "2 checked, 0 corrupt and removed\n" });
    await writeFile(pathOf(damaged), randomBytes(1000));
    expect(await run("verify")).toMatchObject({ exitCode: 1, stdout: "2 checked, 1 corrupt and removed\n" });
    expect(await run("verify")).toMatchObject({ exitCode: 0, stdout: "1 checked, 0 corrupt and removed\n" });
    expect(await store.has(good)).toBe(true);
  });

  it("prune keeps what any process used last", async () => {
    const digests: Digest[] = [];
    for (let age = 3; age > 0; age -= 1) digests.push(await put(randomBytes(1000)));
    for (const [index, digest] of digests.entries()) await utimes(pathOf(digest), 1000 + index, 1000 + index);
    const other = createContentStore({ directory, maxBytes: 1e9, log: silentLog });
    await read(begin(await other.get(digests[0] as Digest, "scope")));
    await other.close();
    expect(await run("prune", "--cache-max-size=2000")).toMatchObject({
      exitCode: 0,
      stdout: "1 removed, 1000 bytes freed\n",
    });
    expect(await Promise.all(digests.map((digest) => store.has(digest)))).toEqual([true, false, true]);
    expect(await run("prune", "--cache-max-size=0")).toMatchObject({ stdout: "2 removed, 2000 bytes freed\n" });
    const left = await readdir(directory, { recursive: true, withFileTypes: true });
    expect(left.filter((entry) => entry.isFile())).toEqual([]);
  });
});

describe("a folder that is not as it should be", () => {
  it("is nothing where it is missing, and is not made", async () => {
    await rm(directory, { recursive: true });
    expect(await info()).toMatchObject({ entries: 0, bytes: 0 });
    expect(await run("verify")).toMatchObject({ exitCode: 0, stdout: "0 checked, 0 corrupt and removed\n" });
    expect(await run("prune")).toMatchObject({ exitCode: 0, stdout: "0 removed, 0 bytes freed\n" });
    await expect(readdir(directory)).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("keeps files that are not the cache's, and another version's", async () => {
    await put(randomBytes(1000));
    const foreign = [
      "README",
      "v2/blobs/ab/x",
      "v1/blobs/stray",
      "v1/blobs/ab/README",
      `v1/blobs/zz/${"0".repeat(64)}`,
    ];
    for (const name of foreign) {
      await mkdir(join(directory, dirname(name)), { recursive: true });
      await writeFile(join(directory, name), "mine");
    }
    expect(await info()).toMatchObject({ entries: 1, bytes: 1000 });
    expect(await run("verify")).toMatchObject({ exitCode: 0, stdout: "1 checked, 0 corrupt and removed\n" });
    expect(await run("prune", "--cache-max-size=0")).toMatchObject({ stdout: "1 removed, 1000 bytes freed\n" });
    const left = await readdir(directory, { recursive: true, withFileTypes: true });
    expect(left.filter((entry) => entry.isFile())).toHaveLength(foreign.length);
  });

  it("is wrong usage where it is a file", async () => {
    await rm(directory, { recursive: true });
    await writeFile(directory, "");
    for (const action of ["info", "verify", "prune"]) {
      const { exitCode, stdout, stderr } = await run(action);
      expect([exitCode, stdout], action).toEqual([2, ""]);
      expect(stderr).toContain("expected a cache folder that can be read and written, got: ENOTDIR");
    }
  });

  // The superuser may write everywhere, and Windows has other permissions.
  it.skipIf(process.platform === "win32" || process.getuid?.() === 0)("is read where it is read-only", async () => {
    const damaged = await put(randomBytes(1000));
    const shard = dirname(pathOf(damaged));
    await chmod(shard, 0o500);
    try {
      expect(await info()).toMatchObject({ entries: 1 });
      expect(await run("verify")).toMatchObject({ exitCode: 0, stdout: "1 checked, 0 corrupt and removed\n" });
      expect(await run("prune", "--cache-max-size=0")).toMatchObject({ exitCode: 2, stdout: "" });
      await writeFile(pathOf(damaged), randomBytes(1000));
      const { exitCode, stderr } = await run("verify");
      expect(exitCode).toBe(2);
      expect(stderr).toContain(`the bytes of ${damaged} are not its own`);
    } finally {
      await chmod(shard, 0o700);
    }
  });
});

describe("beside a process that uses the folder, prune to nothing", () => {
  it("leaves alone what it reads, and removes it when that was read", async () => {
    const bytes = randomBytes(3_000_000);
    const digest = await put(bytes);
    const reader = begin(await store.get(digest, "scope"));
    const { value: first } = await reader.next();
    expect(await run("prune", "--cache-max-size=0")).toMatchObject({ stdout: "0 removed, 0 bytes freed\n" });
    expect(Buffer.concat([first, await read(reader)]).equals(bytes)).toBe(true);
    await store.close();
    expect(await run("prune", "--cache-max-size=0")).toMatchObject({ stdout: "1 removed, 3000000 bytes freed\n" });
    expect(await store.get(digest, "scope")).toBeUndefined();
  });

  it("and a look at every file do not disturb its reads and writes", async () => {
    const contents = Array.from({ length: 12 }, (_, number) => randomBytes(400_000 + number));
    let isDone = false;
    const work = Promise.all(
      contents.map(async (bytes) => {
        for (let count = 0; count < 12; count += 1) {
          const stream = store.tee(toDigest(bytes), "scope", () => inPieces(bytes));
          expect((await read(begin(stream))).equals(bytes)).toBe(true);
        }
      }),
    ).finally(() => {
      isDone = true;
    });
    while (!isDone) {
      const [pruned, verified] = [run("prune", "--cache-max-size=1MiB"), run("verify")];
      expect(await verified).toMatchObject({ exitCode: 0, stderr: "" });
      expect(await pruned).toMatchObject({ exitCode: 0, stderr: "" });
    }
    await work;
    expect(store.statistics()).toMatchObject({ corrupt: 0, writeFaults: 0 });
  });

  it("leaves its download alone, and removes what a killed one left", async () => {
    const bytes = randomBytes(100_000);
    const digest = toDigest(bytes);
    let finish = () => {};
    const paused = new Promise<void>((resolve) => {
      finish = resolve;
    });
    async function* download(): AsyncGenerator<Uint8Array> {
      yield bytes.subarray(0, 50_000);
      await paused;
      yield bytes.subarray(50_000);
    }
    const reader = begin(store.tee(digest, "scope", download));
    const { value: first } = await reader.next();
    const [own = ""] = await readdir(join(directory, "v1", "tmp"));
    // The same machine, and a process number beyond those that there are.
    const abandoned = own.replace(/-\d+-/, "-4194305-");
    await writeFile(join(directory, "v1", "tmp", abandoned), "half");
    expect(await info()).toMatchObject({ temporaryFiles: 2 });
    await run("prune", "--cache-max-size=0");
    expect(await readdir(join(directory, "v1", "tmp"))).toEqual([own]);
    finish();
    expect(Buffer.concat([first, await read(reader)]).equals(bytes)).toBe(true);
    await store.close();
    expect(await run("verify")).toMatchObject({ exitCode: 0, stdout: "1 checked, 0 corrupt and removed\n" });
  });
});
