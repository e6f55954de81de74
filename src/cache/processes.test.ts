import { fork } from "node:child_process";
import { mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, it } from "vitest";
import { silentLog, toDigest } from "../types/index.ts";
import { createContentStore } from "./directory-store.ts";
import { toBlob } from "./numbered-blob.fixture.ts";
import { isGone, type Owner, readOwner, toUniqueName } from "./owners.ts";

const toTemporaryName = (owner: Owner) => `${toUniqueName(owner)}.part`;
const script = fileURLToPath(new URL("./writer.fixture.ts", import.meta.url));
const blobBytes = 1_000_000;
const numbers = [1, 2, 3, 4];
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "content-store-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** Runs a reader of all blobs; killed after so many pieces, if given. Gives how often it said what. */
function run(killAfterPieces = Number.POSITIVE_INFINITY): Promise<Map<unknown, number>> {
  return new Promise((resolve, reject) => {
    const child = fork(script, [directory, JSON.stringify(numbers), String(blobBytes)], { stdio: "ignore" });
    const said = new Map<unknown, number>();
    child.on("message", (message) => {
      said.set(message, (said.get(message) ?? 0) + 1);
      if (said.get("piece") === killAfterPieces) child.kill("SIGKILL");
    });
    child.on("error", reject);
    child.on("exit", () => resolve(said));
  });
}

async function expectSound(): Promise<void> {
  const store = createContentStore({ directory, maxBytes: 1e9, log: silentLog });
  const { corrupt } = await store.verify();
  expect(corrupt).toBe(0);
  expect(await readdir(join(directory, "v1", "tmp"))).toEqual([]);
  for (const number of numbers) {
    const blob = toBlob(number, blobBytes);
    const stored = await store.readAll(toDigest(blob), "scope", blobBytes);
    if (stored) expect(blob.equals(stored)).toBe(true);
  }
  await store.close();
}

it("shares its folder with other processes", async () => {
  const said = await Promise.all([run(), run(), run()]);
  for (const words of said) expect([words.get("done"), words.get("wrong")]).toEqual([1, undefined]);
  // Each blob was asked for once, by whichever came first.
  expect(said.reduce((sum, words) => sum + (words.get("asked") ?? 0), 0)).toBe(numbers.length);
  await expectSound();
  expect(await createContentStore({ directory, maxBytes: 1e9, log: silentLog }).info()).toMatchObject({ entries: 4 });
});

it.each([1, 17, 60, 200])("survives being killed after %d pieces, beside a process that goes on", async (pieces) => {
  const [killed, other] = await Promise.all([run(pieces), run()]);
  expect(killed.get("wrong")).toBeUndefined();
  expect([other.get("done"), other.get("wrong")]).toEqual([1, undefined]);
  await expectSound();
});

it("leaves the temporary files of living writers alone", async () => {
  const owner = await readOwner();
  const folder = join(directory, "v1", "tmp");
  const store = createContentStore({ directory, maxBytes: 1e9, log: silentLog });
  await store.writeNote("make", "the", "folder");
  const own = toTemporaryName(owner);
  const predecessor = toTemporaryName({ ...owner, startedAt: owner.startedAt - 1000 });
  const elsewhere = toTemporaryName({ ...owner, machine: "0123456789ab" });
  const forgotten = toTemporaryName({ ...owner, machine: "0123456789ac" });
  const foreign = "something else";
  for (const name of [own, predecessor, elsewhere, forgotten, foreign]) await writeFile(join(folder, name), "x");
  const longAgo = Date.now() / 1000 - 7200;
  await utimes(join(folder, forgotten), longAgo, longAgo);
  const next = createContentStore({ directory, maxBytes: 1e9, log: silentLog });
  await next.readNote("make", "the");
  expect((await readdir(folder)).sort()).toEqual([own, elsewhere, foreign].sort());
  await store.close();
});

it("knows a process that does not live any more", async () => {
  const owner = await readOwner();
  const gone = await new Promise<number>((resolve) => {
    const child = fork(script, ["", "[]", "0"], { stdio: "ignore", env: {} });
    const { pid = 0 } = child;
    child.on("exit", () => resolve(pid));
  });
  const known = { self: owner, readAgeMs: async () => 0 };
  expect(await isGone({ ...owner, processId: gone }, known)).toBe(true);
  expect(await isGone(owner, known)).toBe(false);
  expect(await isGone({ ...owner, startedAt: owner.startedAt - 1000 }, known)).toBe(true);
});
