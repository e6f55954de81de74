import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { createMemoryStore } from "./memory-store.ts";
import { describeRegistry } from "./registry.contract.ts";

describe("registry on a memory store", () => describeRegistry(createMemoryStore));

describe("a memory store", () => {
  it("gives back the memory of bytes that are taken back", async () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const mebibyte = 1024 * 1024;
    const usedMebibytes = () => {
      collect();
      return process.memoryUsage().arrayBuffers / mebibyte;
    };
    const store = createMemoryStore();
    const id = await store.uploads.start("app");
    const append = async (count: number) =>
      await store.uploads.append(
        "app",
        id,
        (async function* () {
          for (let piece = 0; piece < count; piece += 1) yield Buffer.alloc(mebibyte, piece);
        })(),
      );
    await append(1);
    const before = usedMebibytes();
    await append(100);
    expect(usedMebibytes()).toBeGreaterThan(before + 70);
    await store.uploads.truncate("app", id, mebibyte);
    // What buffers held is swept a while after they are collected.
    await expect.poll(usedMebibytes, { timeout: 20_000 }).toBeLessThan(before + 50);
    expect(await store.uploads.size("app", id)).toBe(mebibyte);
  });
});
