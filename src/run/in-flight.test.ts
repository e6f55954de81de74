import { describe, expect, it } from "vitest";
import { mapInFlight } from "./in-flight.ts";

describe("mapInFlight", () => {
  it("keeps the items' order and the limit", async () => {
    let running = 0;
    let most = 0;
    const results = await mapInFlight([5, 1, 4, 2, 3], 2, async (item) => {
      running += 1;
      most = Math.max(most, running);
      for (let turn = 0; turn < item; turn += 1) await Promise.resolve();
      running -= 1;
      return item * 10;
    });
    expect([results, most]).toEqual([[50, 10, 40, 20, 30], 2]);
  });

  it("starts nothing more after a failure, and waits for what runs", async () => {
    const started: number[] = [];
    const ended: number[] = [];
    const mapping = mapInFlight([0, 1, 2, 3], 2, async (item) => {
      started.push(item);
      await Promise.resolve();
      if (item === 0) throw new Error("first");
      await Promise.resolve();
      ended.push(item);
      return item;
    });
    await expect(mapping).rejects.toThrow("first");
    expect([started, ended]).toEqual([[0, 1], [1]]);
  });

  it("does nothing for no items", async () => {
    expect(await mapInFlight([], 3, async (item) => item)).toEqual([]);
  });
});
