// Kills `sealcheck registry` again and again in the middle of concurrent pushes and deletions: what it confirmed must be
// there after the next start, what it deleted must not, and nothing may ever have other bytes than its digest says.
//
//     SEALCHECK_TORTURE_ROUNDS=200 SEALCHECK_TORTURE_SEED=7 npm test -- test/registry/torture.test.ts
import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { createLane, createModel, type Model } from "./lane.ts";
import { digestOf, type RunningProgram, startProgram } from "./running.ts";

const rounds = Number(process.env.SEALCHECK_TORTURE_ROUNDS ?? "20");
const seed = Number(process.env.SEALCHECK_TORTURE_SEED ?? "1");
const lanes = 4;

const directory = mkdtempSync(join(tmpdir(), "sealcheck-torture-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Numbers from 0 up to 1, the same for the same seed (mulberry32). */
function createRandom(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Lets every lane work until the registry is killed at the given step of any of them. */
async function workUntilKilled(program: RunningProgram, model: Model, random: () => number): Promise<void> {
  const fatalStep = 1 + Math.floor(random() * 150);
  let steps = 0;
  let killed: Promise<unknown> | undefined;
  const isKilled = () => killed !== undefined;
  const step = () => {
    steps += 1;
    if (steps === fatalStep) killed = program.stop("SIGKILL");
  };
  const work = Array.from({ length: lanes }, async (_, number) => {
    const lane = createLane({ url: program.url, repository: `team/lane-${number}`, model, random, step, isKilled });
    while (!isKilled()) await lane.act();
  });
  await Promise.all(work);
  await killed;
}

function listFiles(folder: string): string[] {
  return readdirSync(join(directory, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Every file that goes by a digest has its bytes, whatever happened to the process. */
function assertContentIsWhole(): void {
  for (const path of listFiles("content")) {
    const name = path.split(/[\\/]/).at(-1)?.replace(".removed", "");
    expect(digestOf(readFileSync(path))).toBe(`sha256:${name}`);
  }
}

/** What the registry says of everything that was ever pushed must be what it confirmed. */
async function assertModelHolds(url: string, model: Model): Promise<void> {
  for (const [path, { state, digest }] of model) {
    const response = await fetch(`${url}${path}`);
    const bytes = Buffer.from(await response.arrayBuffer());
    const seen = response.status === 200 ? "present" : response.status === 404 ? "absent" : `status ${response.status}`;
    expect(state === "unknown" ? ["present", "absent"] : [state], path).toContain(seen);
    if (seen === "present" && digest !== undefined) expect(digestOf(bytes), path).toBe(digest);
    if (seen === "present" && path.includes("sha256:")) expect(path.endsWith(digestOf(bytes)), path).toBe(true);
  }
}

it(`keeps what it confirmed over ${rounds} kills, seed ${seed}`, { timeout: 60_000 + rounds * 5_000 }, async () => {
  const random = createRandom(seed);
  const model = createModel();
  for (let round = 0; round < rounds; round += 1) {
    const program = await startProgram(`--dir=${directory}`);
    try {
      await assertModelHolds(program.url, model);
      await workUntilKilled(program, model, random);
    } finally {
      await program.stop("SIGKILL");
    }
    assertContentIsWhole();
  }
  expect(model.size).toBeGreaterThan(rounds);

  // Much later, a start leaves what is linked and nothing else.
  const old = new Date(Date.now() - 48 * 60 * 60 * 1000);
  for (const folder of ["temporary", "uploads", "repositories"]) {
    for (const path of listFiles(folder)) utimesSync(path, old, old);
  }
  const program = await startProgram(`--dir=${directory}`);
  await assertModelHolds(program.url, model);
  await program.stop("SIGKILL");
  expect([listFiles("temporary"), listFiles("uploads")]).toEqual([[], []]);
  const links = listFiles("repositories").filter((path) => /[\\/](?:blobs|manifests)[\\/]/.test(path));
  const linked = new Set(links.map((path) => path.split(/[\\/]/).at(-1)));
  expect(new Set(listFiles("content").map((path) => path.split(/[\\/]/).at(-1)))).toEqual(linked);
});
