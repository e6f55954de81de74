// The embedded registry, killed at random points of chunked uploads, mounts, pushes of manifests, referrers and indexes, and
// deletions by clients that share repositories: no name ever stands for other bytes, what lists name is there, uploads
// go on, and a later start leaves nothing that nobody needs.
//
//     npm run test:torture
//     SEALCHECK_TORTURE_SEED=7 npm test -- test/torture/registry.test.ts
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createRandom, pick, type Random, seed, toRounds } from "./extent.ts";
import {
  createClient,
  digestOf,
  imageType,
  indexType,
  type OpenUpload,
  repositories,
} from "./registry-client.fixture.ts";

const rounds = toRounds({ full: 60, brief: 6 });
/** Kills of one folder: what is looked at after each grows with what was pushed. */
const roundsEach = 6;
const clients = 6;
const maxFatalStep = 500;

const script = fileURLToPath(new URL("./registry-server.fixture.ts", import.meta.url));
let root: string;
let directory: string;
let program: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "sealcheck-registry-torture-"));
  program = join(root, "server.mjs");
  await build({ entryPoints: [script], outfile: program, bundle: true, platform: "node", format: "esm" });
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function start(): Promise<{ child: ChildProcess; url: string }> {
  const child = fork(program, [directory], { stdio: ["ignore", "pipe", "inherit", "ipc"] });
  const [line] = (await once(child.stdout as NonNullable<typeof child.stdout>, "data")) as [Buffer];
  return { child, url: `http://${line.toString("utf8").trim()}` };
}

async function kill(child: ChildProcess): Promise<void> {
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}

/** Lets clients work until the registry is killed, at the given step of any of them or some moments later. */
async function workUntilKilled(random: Random, open: OpenUpload[], done: Set<string>): Promise<void> {
  const { child, url } = await start();
  const fatalStep = 50 + pick(random, maxFatalStep);
  let steps = 0;
  let killed: Promise<void> | undefined;
  const isKilled = () => killed !== undefined;
  const step = () => {
    steps += 1;
    if (steps >= fatalStep) killed ??= kill(child);
  };
  try {
    await Promise.all(
      Array.from({ length: clients }, async () => {
        const client = createClient({ url, random, step, isKilled, open, done });
        while (!isKilled()) await client.act();
      }),
    );
  } finally {
    await (killed ?? kill(child));
  }
}

async function listFiles(folder: string): Promise<string[]> {
  const entries = await readdir(join(directory, folder), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** Every file that goes by a digest has its bytes, also one on its way out. */
async function expectWholeContent(what: string): Promise<void> {
  for (const path of await listFiles("content")) {
    expect(digestOf(await readFile(path)), what).toBe(`sha256:${basename(path, ".removed")}`);
  }
}

/** What the registry says of itself after a start: what it lists is there, and lists itself where it belongs. */
async function expectConsistent(url: string, what: string): Promise<void> {
  const get = async (path: string) => {
    const response = await fetch(`${url}${path}`, { headers: { accept: `${imageType}, ${indexType}` } });
    return { status: response.status, bytes: Buffer.from(await response.arrayBuffer()) };
  };
  const linked = await listFiles("repositories");
  const digestsOf = (kind: string) =>
    new Set(linked.filter((path) => path.split(/[\\/]/).at(-2) === kind).map((path) => `sha256:${basename(path)}`));
  for (const repository of repositories) {
    const tags = await get(`/v2/${repository}/tags/list`);
    if (tags.status === 404) continue;
    for (const tag of (JSON.parse(tags.bytes.toString("utf8")) as { tags: string[] }).tags) {
      expect((await get(`/v2/${repository}/manifests/${tag}`)).status, `${tag} of ${repository}, ${what}`).toBe(200);
    }
    for (const digest of digestsOf("blobs")) {
      const { status, bytes } = await get(`/v2/${repository}/blobs/${digest}`);
      expect(status === 404 || (status === 200 && digestOf(bytes) === digest), `${digest}, ${what}`).toBe(true);
    }
    for (const digest of digestsOf("manifests")) {
      const { status, bytes } = await get(`/v2/${repository}/manifests/${digest}`);
      if (status === 404) continue;
      expect([status, digestOf(bytes)], what).toEqual([200, digest]);
      const { subject } = JSON.parse(bytes.toString("utf8")) as { subject?: { digest: string } };
      if (subject === undefined) continue;
      const listed = await get(`/v2/${repository}/referrers/${subject.digest}`);
      const { manifests } = JSON.parse(listed.bytes.toString("utf8")) as { manifests: { digest: string }[] };
      expect(
        manifests.map((referrer) => referrer.digest),
        `referrers, ${what}`,
      ).toContain(digest);
      for (const referrer of manifests) {
        expect((await get(`/v2/${repository}/manifests/${referrer.digest}`)).status, `referrer, ${what}`).toBe(200);
      }
    }
  }
}

it(`keeps its folder sound over ${rounds} kills, seed ${seed}`, { timeout: 60_000 + rounds * 10_000 }, async () => {
  const random = createRandom(seed);
  const done = new Set<string>();
  for (let first = 0; first < rounds; first += roundsEach) {
    directory = join(root, `registry-${first}`);
    const open: OpenUpload[] = [];
    for (let round = first; round < first + roundsEach; round += 1) {
      const what = `round ${round}, seed ${seed}`;
      await workUntilKilled(random, open, done);
      await expectWholeContent(what);
      const { child, url } = await start();
      await expectConsistent(url, what).finally(() => kill(child));
    }
    await expectClean(`after round ${first + roundsEach}, seed ${seed}`);
  }
  const happened = ["chunk 202", "commit 201", "cancel 204", "mount 201", "manifest 201", "remove 202", "untag 202"];
  for (const name of [...happened, "remove blob 202", "ask 204"]) expect([...done]).toContain(name);
});

/** Much later, a start leaves what is linked and nothing else. */
async function expectClean(what: string): Promise<void> {
  const old = new Date(Date.now() - 48 * 60 * 60 * 1000);
  for (const folder of ["temporary", "uploads", "repositories"]) {
    for (const path of await listFiles(folder)) await utimes(path, old, old);
  }
  const { child, url } = await start();
  await expectConsistent(url, what).finally(() => kill(child));
  expect([await listFiles("temporary"), await listFiles("uploads")], what).toEqual([[], []]);
  const links = (await listFiles("repositories")).filter((path) => /[\\/](?:blobs|manifests)[\\/]/.test(path));
  const stored = (await listFiles("content")).map((path) => basename(path));
  expect(new Set(stored), what).toEqual(new Set(links.map((path) => basename(path))));
}
