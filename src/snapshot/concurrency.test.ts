import { describe, expect, it } from "vitest";
import { mapBounded } from "./concurrency.ts";

const { signal } = new AbortController();

describe("mapBounded", () => {
  it("keeps the order and never has more calls under way than allowed", async () => {
    let underWay = 0;
    let most = 0;
    const results = await mapBounded([1, 2, 3, 4, 5, 6, 7], { concurrency: 3, signal }, async (item) => {
      underWay++;
      most = Math.max(most, underWay);
      await Promise.resolve();
      underWay--;
      return item * 2;
    });
    expect(results).toEqual([2, 4, 6, 8, 10, 12, 14]);
    expect(most).toBe(3);
  });

  it("starts nothing more after a rejection", async () => {
    const started: number[] = [];
    const mapping = mapBounded([1, 2, 3], { concurrency: 1, signal }, async (item) => {
      started.push(item);
      throw new Error(`no ${item}`);
    });
    await expect(mapping).rejects.toThrow("no 1");
    expect(started).toEqual([1]);
  });

  it("works on nothing", async () => {
    expect(await mapBounded([], { concurrency: 0, signal }, async () => 1)).toEqual([]);
  });
});
