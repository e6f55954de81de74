import { describe, expect, it } from "vitest";
import { maxDepth } from "./depth.ts";
import { parseJson } from "./json-reader.ts";
import { maxJsonValues } from "./json-size.ts";

describe("sizes of JSON", () => {
  it.each([
    ["too many values", `[${"0,".repeat(maxJsonValues)}0]`, "limit_output"],
    ["a depth that is too large", `${"[".repeat(300_000)}${"]".repeat(300_000)}`, "limit_depth"],
    [
      "a depth that is just too large",
      `${"[".repeat(maxDepth + 2)}${"]".repeat(maxDepth + 2)}${" ".repeat(300_000)}`,
      "limit_depth",
    ],
  ])("refuses %s", (_, text, code) => {
    expect(() => parseJson(text)).toThrow(expect.objectContaining({ code }));
  });

  it("does not count what stands in strings", () => {
    const text = "[".repeat(300_000);
    expect(parseJson(JSON.stringify([text, '\\"'.repeat(200_000)]))).toEqual([text, '\\"'.repeat(200_000)]);
  });
});
