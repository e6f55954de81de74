import { execFileSync } from "node:child_process";
import { getHeapStatistics } from "node:v8";
import { describe, expect, it, vi } from "vitest";

vi.setConfig({ testTimeout: 60_000 });

/** Runs a program that may import threads.ts as `threads`, in a process of its own: V8's flags are the process's. */
function run(program: string, flags: readonly string[] = []): unknown {
  const address = JSON.stringify(new URL("./threads.ts", import.meta.url).href);
  const code = `import * as threads from ${address}; import { getHeapSpaceStatistics } from "node:v8"; ${program}`;
  return JSON.parse(
    execFileSync(process.execPath, [...flags, "--no-warnings", "--input-type=module", "-e", code]).toString(),
  );
}

/** Fills the space for new objects as much as it goes, and tells its size in MiB. */
const fill = `
  let kept = [];
  for (let count = 0; count < 1e6; count += 1) {
    if (kept.push({ count, list: [count] }) > 2e5) kept = [];
  }
  const space = getHeapSpaceStatistics().find(({ space_name }) => space_name === "new_space");
  const result = space.space_size / 2 ** 20;`;

describe("limitHeapGrowth", () => {
  it("keeps the main thread's space for new objects small", () => {
    expect(run(`threads.limitHeapGrowth(); ${fill} console.log(result);`)).toBeLessThanOrEqual(16);
  });
});

describe("startThread", () => {
  it("bounds what a thread may take", () => {
    const program = `
      const thread = threads.startThread({ groups: [], effectiveTimeNs: 0n, notes: [] });
      console.log(JSON.stringify(thread.resourceLimits));
      await thread.terminate();`;
    expect(run(program)).toMatchObject({ maxOldGenerationSizeMb: 1024, maxYoungGenerationSizeMb: 12 });
  });
});

describe("findMaxDocumentBytes", () => {
  it("leaves a heap 32 times a document's size, in a thread and in the main thread", () => {
    expect(run("console.log(threads.findMaxDocumentBytes(2 ** 40));")).toBe(2 ** 25);
    expect(run("console.log(threads.findMaxDocumentBytes(12_800));")).toBe(100);
    expect(run("console.log(threads.findMaxDocumentBytes());")).toBeLessThanOrEqual(
      getHeapStatistics().heap_size_limit / 32,
    );
  });

  // What takes most heap for its length. 128 MiB are asked for; what the limit says is larger, by the young objects' part.
  it.each(["[{}],", "{},"])("lets a small heap hold a document of %s", (item) => {
    const program = `
      const bytes = threads.findMaxDocumentBytes();
      const items = ${JSON.stringify(item)}.repeat(Math.floor(bytes / ${item.length}) - 1);
      const parsed = JSON.parse("[" + items.slice(0, -1) + "]");
      console.log(JSON.stringify([bytes, parsed.length]));`;
    const [bytes, members] = run(program, ["--max-old-space-size=128"]) as [number, number];
    expect(bytes).toBeGreaterThan(2 ** 21);
    expect(members).toBeGreaterThan(bytes / (2 * item.length));
  });
});
