// Readers of the layer cache in several processes that are killed at any step, on a disk that fills up, over content that
// is damaged between the rounds: no wrong byte is ever read, and nothing is left behind after the next start. Where nobody is
// killed, each layer is downloaded once by all of them together, and what one reads no other removes.
//
//     npm run test:torture
//     SEALCHECK_TORTURE_SEED=7 npm test -- test/torture/cache.test.ts
import { fork, spawnSync } from "node:child_process";
import { type Dirent, existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CacheStatistics, createContentStore } from "../../src/cache/index.ts";
import { silentLog, toDigest } from "../../src/types/index.ts";
import type { ReadersEnd, ReadersOptions } from "./cache-readers.fixture.ts";
import { createRandom, pick, type Random, seed, toRounds } from "./extent.ts";
import { createLayers } from "./layers.fixture.ts";

const rounds = toRounds({ full: 200, brief: 10 });
const calmRounds = toRounds({ full: 50, brief: 2 });
const processes = 4;
const readersEach = 16;
const maxFatalStep = 400;
const smallDiskBytes = 6 * 1024 * 1024;

const script = fileURLToPath(new URL("./cache-readers.fixture.ts", import.meta.url));
let root: string;
/** The script in one file: hundreds of processes start faster so. */
let program: string;
let complaints: string;
/** A folder on a disk that is really small; undefined where none can be made. */
let smallDisk: string | undefined;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "sealcheck-cache-torture-"));
  complaints = join(root, "complaints");
  await writeFile(complaints, "");
  program = join(root, "readers.mjs");
  await build({ entryPoints: [script], outfile: program, bundle: true, platform: "node", format: "esm" });
  smallDisk = await mountSmallDisk(join(root, "small"));
});

afterAll(async () => {
  if (smallDisk !== undefined) spawnSync("umount", [smallDisk]);
  await rm(root, { recursive: true, force: true });
});

/** Only Linux's superuser can; others have the bound of the disk's port alone. */
async function mountSmallDisk(path: string): Promise<string | undefined> {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return undefined;
  await mkdir(path);
  const { status } = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${smallDiskBytes}`, "tmpfs", path]);
  return status === 0 ? path : undefined;
}

/** What a process did that was not killed. */
interface End extends Partial<ReadersEnd> {
  how: string;
}

function runReaders(options: ReadersOptions): Promise<End> {
  return new Promise((resolve, reject) => {
    const child = fork(program, [JSON.stringify(options)], { stdio: ["ignore", "ignore", "inherit", "ipc"] });
    let end: Partial<ReadersEnd> = {};
    child.on("message", (message) => {
      end = message as ReadersEnd;
    });
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      const isKilled = signal === "SIGKILL" || (process.platform === "win32" && code !== 0);
      resolve({ how: code === 0 ? "done" : isKilled ? "killed" : `ended with ${code ?? signal}`, ...end });
    });
  });
}

/** Files of content. There is no folder for them where every process was killed before the first was stored. */
async function findContent(directory: string): Promise<Dirent[]> {
  const blobs = join(directory, "v1", "blobs");
  if (!existsSync(blobs)) return [];
  const found = await readdir(blobs, { recursive: true, withFileTypes: true });
  return found.filter((entry) => entry.isFile());
}

/**
 * Damages or removes some of what is stored, as a failing disk, or somebody else, might. Gives the digests of what is damaged
 * now: where every process is killed early, nobody has read and removed it by the next look.
 */
async function damage(directory: string, random: Random): Promise<ReadonlySet<string>> {
  const damaged = new Set<string>();
  for (const { parentPath, name } of (await findContent(directory)).sort(byName)) {
    const path = join(parentPath, name);
    const bytes = await readFile(path);
    const kind = pick(random, 6);
    if (kind === 0) await rm(path);
    else if (kind === 1) {
      const length = pick(random, bytes.length + 1);
      await truncate(path, length);
      damaged.add(toDigest(bytes.subarray(0, length)));
    } else if (kind === 2 && bytes.length > 0) {
      const at = pick(random, bytes.length);
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      await writeFile(path, bytes);
      damaged.add(toDigest(bytes));
    }
  }
  return damaged;
}

/** Files of content whose bytes are not their name, but for those that were damaged from outside. */
async function findWrong(directory: string, damaged: ReadonlySet<string> = new Set()): Promise<string[]> {
  const wrong: string[] = [];
  for (const { parentPath, name } of await findContent(directory)) {
    const digest = toDigest(await readFile(join(parentPath, name)));
    if (digest !== `sha256:${name}` && !damaged.has(digest)) wrong.push(name);
  }
  return wrong;
}

function byName(one: { name: string }, other: { name: string }): number {
  return one.name < other.name ? -1 : 1;
}

/** What the next start finds and leaves. */
async function expectSound(directory: string, what: string, damaged?: ReadonlySet<string>): Promise<void> {
  const store = createContentStore({ directory, maxBytes: 1e9, log: silentLog });
  expect(await store.readNote("none", "nobody")).toBeUndefined();
  for (const folder of ["tmp", "leases", "downloads"]) {
    expect(await readdir(join(directory, "v1", folder)), `${folder}, ${what}`).toEqual([]);
  }
  expect(await findWrong(directory, damaged), what).toEqual([]);
  await store.verify();
  expect(await findWrong(directory), what).toEqual([]);
  await store.close();
}

it(`${rounds} rounds of ${processes * readersEach} readers, seed ${seed}`, {
  timeout: 30_000 + rounds * 10_000,
}, async () => {
  const random = createRandom(seed);
  /** By folder: what is damaged waits there until the folder has its turn again. */
  const damaged = new Map<string, ReadonlySet<string>>();
  const ends: End[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const isSmall = smallDisk !== undefined && round % 3 === 2;
    const directory = isSmall && smallDisk !== undefined ? smallDisk : join(root, "large");
    const hasEnd = !isSmall && pick(random, 2) === 0;
    const maxBytes = pick(random, 2) === 0 ? 4_000_000 : 1_000_000_000;
    const now = await Promise.all(
      Array.from({ length: processes }, () =>
        runReaders({
          directory,
          maxBytes,
          readers: readersEach,
          seed: pick(random, 2 ** 31),
          room: hasEnd ? pick(random, 12_000_000) : null,
          fatalStep: pick(random, 4) === 0 ? null : 1 + pick(random, maxFatalStep),
          isCalm: false,
          complaints,
        }),
      ),
    );
    const what = `round ${round}, seed ${seed}`;
    expect(await readFile(complaints, "utf8"), what).toBe("");
    const others = now.map(({ how }) => how).filter((how) => how !== "done" && how !== "killed");
    expect(others, what).toEqual([]);
    ends.push(...now);
    await expectSound(directory, what, damaged.get(directory));
    damaged.set(directory, await damage(directory, random));
  }
  // How early they were killed is chance: content that is damaged for certain, and readers that live to find it.
  const calm = { directory: join(root, "large"), maxBytes: 1e9, readers: readersEach, room: null, fatalStep: null };
  for (const round of [rounds, rounds + 1]) {
    ends.push(await runReaders({ ...calm, seed: pick(random, 2 ** 31), isCalm: false, complaints }));
    await expectSound(calm.directory, `round ${round}, seed ${seed}`, damaged.get(calm.directory));
    const [first] = (await findContent(calm.directory)).sort(byName);
    await writeFile(join(first?.parentPath ?? "", first?.name ?? ""), "damaged");
    damaged.set(calm.directory, new Set([toDigest(Buffer.from("damaged"))]));
  }
  expectHappened(ends, ["killed", "writeFaults", "corrupt", "shared", "hits"]);
});

/** All that was to happen did happen. */
function expectHappened(ends: readonly End[], names: readonly ("killed" | keyof CacheStatistics)[]): void {
  for (const name of names) {
    const count = ends.reduce((sum, { how, statistics }) => {
      return sum + (name === "killed" ? Number(how === "killed") : (statistics?.[name] ?? 0));
    }, 0);
    expect(count, name).toBeGreaterThan(0);
  }
}

describe(`${calmRounds} rounds in which nobody is killed, seed ${seed}`, {
  timeout: 30_000 + calmRounds * 10_000,
}, () => {
  async function runCalmly(round: number, random: Random, maxBytes: number): Promise<End[]> {
    const directory = join(root, `calm-${round}-${maxBytes}`);
    const options = {
      directory,
      maxBytes,
      readers: readersEach,
      room: null,
      fatalStep: null,
      isCalm: true,
      complaints,
    };
    const ends = await Promise.all(
      Array.from({ length: processes }, () => runReaders({ ...options, seed: pick(random, 2 ** 31) })),
    );
    const what = `calm round ${round}, seed ${seed}`;
    expect(await readFile(complaints, "utf8"), what).toBe("");
    expect(
      ends.map(({ how }) => how),
      what,
    ).toEqual(Array(processes).fill("done"));
    expect(await readdir(join(directory, "v1", "processes")), what).toEqual([]);
    await expectSound(directory, what);
    await rm(directory, { recursive: true });
    return ends;
  }

  it(`download each layer once over ${processes} processes`, async () => {
    const random = createRandom(seed);
    const ends: End[] = [];
    for (let round = 0; round < calmRounds; round += 1) {
      const now = await runCalmly(round, random, 1_000_000_000);
      const asked = createLayers().map(({ digest }) =>
        now.reduce((sum, { downloads }) => sum + (downloads?.[digest] ?? 0), 0),
      );
      expect(asked, `calm round ${round}, seed ${seed}`).toEqual(Array(asked.length).fill(1));
      ends.push(...now);
    }
    expectHappened(ends, ["shared", "hits"]);
  });

  it("do not remove what one of them reads, in a folder that is smaller than the layers", async () => {
    const random = createRandom(seed);
    const ends: End[] = [];
    for (let round = 0; round < calmRounds; round += 1) ends.push(...(await runCalmly(round, random, 6_000_000)));
    expectHappened(ends, ["shared", "hits", "evicted"]);
  });
});
