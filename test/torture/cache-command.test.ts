// `sealcheck cache`, beside processes that use the folder: this one.
import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ByteStream, type ContentStore, createContentStore } from "../../src/cache/index.ts";
import { type Digest, silentLog, toDigest, toHex } from "../../src/types/index.ts";
import { runSealcheck } from "../sealcheck.ts";

let directory: string;
let store: ContentStore;

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
const run = (action: string, ...flags: string[]) =>
  runSealcheck(["cache", action, `--cache-dir=${directory}`, ...flags]);

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

describe("beside a process that uses the folder, prune to nothing", () => {
  it("lets its reader read on, who fetches it anew the next time", async () => {
    const bytes = randomBytes(3_000_000);
    const digest = await put(bytes);
    const reader = begin(await store.get(digest, "scope"));
    const { value: first } = await reader.next();
    expect(await run("prune", "--cache-max-size=0")).toMatchObject({ stdout: "1 removed, 3000000 bytes freed\n" });
    expect(Buffer.concat([first, await read(reader)]).equals(bytes)).toBe(true);
    expect(await store.get(digest, "scope")).toBeUndefined();
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
