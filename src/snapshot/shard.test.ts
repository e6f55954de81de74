import { describe, expect, it } from "vitest";
import { SnapshotError } from "./errors.ts";
import { parseShard, shard } from "./shard.ts";

describe("shards", () => {
  it("together are everything, each once, and differ in size by one at most", () => {
    const items = Array.from({ length: 23 }, (_, position) => position);
    const parts = [1, 2, 3, 4, 5].map((index) => shard(items, { index, count: 5 }));
    expect(parts.flat().sort((left, right) => left - right)).toEqual(items);
    expect(parts.map((part) => part.length)).toEqual([5, 5, 5, 4, 4]);
    expect(parts[1]).toEqual([1, 6, 11, 16, 21]);
  });

  it("reads a part", () => {
    expect(parseShard("2/5")).toEqual({ index: 2, count: 5 });
  });

  it.each(["", "0/5", "6/5", "1", "1/0", "-1/2", "1/1001", "1.5/2", "1/2/3"])("refuses %j", (text) => {
    expect(() => parseShard(text)).toThrow(expect.objectContaining({ code: "SHARD_INVALID" }));
    expect(() => parseShard(text)).toThrow(SnapshotError);
  });
});
