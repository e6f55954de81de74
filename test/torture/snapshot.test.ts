// The same snapshot of components that share images and layers and read files from them, again and again, several runs at
// a time, with the cache on and off: the report does not depend on it, and each layer is downloaded once.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createMemoryStore, type RunningRegistry, startRegistry } from "../../src/registry/index.ts";
import type { Report } from "../../src/types/index.ts";
import { toRounds } from "./extent.ts";
import { pushSnapshot, type Snapshot, toFirst, validate, warningsEach } from "./shared-layers.fixture.ts";

const count = 40;
const runsAtOnce = toRounds({ full: 5, brief: 2 });
const repetitions = toRounds({ full: 5, brief: 1 });
const kinds = ["fresh", "used", "common", "none"] as const;
const runs = runsAtOnce * repetitions * kinds.length;

let root: string;
let registry: RunningRegistry;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "sealcheck-snapshot-"));
  registry = await startRegistry({ store: createMemoryStore() });
});
afterAll(async () => {
  await registry.close();
  await rm(root, { recursive: true, force: true });
});

/** How often each layer was downloaded since the record was last cleared. */
function countDownloads({ layers }: Snapshot): number[] {
  const downloads = new Map<string, number>();
  for (const { method, path, status } of registry.requests) {
    const digest = path.split("/").at(-1) ?? "";
    if (method === "GET" && status === 200) downloads.set(digest, (downloads.get(digest) ?? 0) + 1);
  }
  return [...layers].map((digest) => downloads.get(digest) ?? 0);
}

/** All of a report that the same question always has the same answer to. */
function toComparable({ createdAtMs: _, statistics: __, ...report }: Report): string {
  return JSON.stringify(report);
}

describe(`a snapshot of ${count} components that share layers`, { timeout: 60_000 + runs * 20_000 }, () => {
  let snapshot: Snapshot;
  let expected: string;
  const all = (folders: readonly string[]) => Promise.all(folders.map((folder) => validate(snapshot, folder)));

  beforeAll(async () => {
    snapshot = await pushSnapshot(registry, { count, folder: root });
  });

  it("has each layer downloaded once, by whichever component comes first", async () => {
    registry.forgetRequests();
    const report = await validate(snapshot, join(root, "used"));
    expect(report.components.flatMap(({ error, violations }) => [error ?? [], violations].flat())).toEqual([]);
    expect(report.components.map(({ warnings }) => warnings.length)).toEqual(Array(count).fill(warningsEach));
    expect(JSON.stringify(report.components)).toContain(`{\\"etc/base.json\\":{\\"base\\":true}}`);
    expect(registry.requests.length).toBe(registry.requestCount);
    expect(countDownloads(snapshot)).toEqual(Array(snapshot.layers.size).fill(1));
    expected = toComparable(report);
  });

  it(`has the same report ${runs} times, ${runsAtOnce} runs at a time`, async () => {
    const layers = snapshot.layers.size;
    for (let repetition = 0; repetition < repetitions; repetition += 1) {
      for (const kind of kinds) {
        registry.forgetRequests();
        const folders = Array.from({ length: runsAtOnce }, (_, number) =>
          kind === "none"
            ? "none"
            : join(root, kind === "used" ? "used" : `${kind}-${repetition}-${kind === "fresh" ? number : 0}`),
        );
        for (const report of await all(folders)) expect(toComparable(report) === expected, kind).toBe(true);
        const downloads = countDownloads(snapshot);
        if (kind === "fresh") expect(downloads).toEqual(Array(layers).fill(runsAtOnce));
        if (kind === "used") expect(downloads).toEqual(Array(layers).fill(0));
        // Runs over one folder share their downloads.
        if (kind === "common") expect(downloads).toEqual(Array(layers).fill(1));
        for (const folder of folders) {
          if (kind !== "used" && kind !== "none") await rm(folder, { recursive: true, force: true });
        }
      }
    }
  });
});

describe("memory", { timeout: 180_000 }, () => {
  const attestationBytes = 2_000_000;
  let snapshot: Snapshot;

  beforeAll(async () => {
    snapshot = await pushSnapshot(registry, { count, folder: root, attestationBytes });
  });

  function measure(): number {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    // One collection leaves the bytes of buffers to a sweep that goes on beside it: up to 20 MB more or less, by chance.
    for (let round = 0; round < 4; round += 1) collect();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  }

  /** What is held when the last component of a run is done, and the run is not. */
  async function measureAtEnd(part: Snapshot, folder: string): Promise<number> {
    let held = 0;
    await validate(part, folder, ({ done, total }) => {
      if (done === total) held = measure();
    });
    expect(held).toBeGreaterThan(0);
    return held;
  }

  it.each(["with", "without"])("keeps nothing of a finished component, %s a cache", async (how) => {
    const folder = how === "with" ? join(root, "memory") : "none";
    // What a first run loads and compiles is none of the components'.
    await measureAtEnd(toFirst(snapshot, 2), folder);
    const few = await measureAtEnd(toFirst(snapshot, count / 4), folder);
    const all = await measureAtEnd(snapshot, folder);
    // The other 30 components would each leave at least its attestation; what V8 keeps for itself differs by a few MB.
    expect(all - few).toBeLessThan((attestationBytes * count) / 4);
  });
});
