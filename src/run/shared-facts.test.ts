import { describe, expect, it } from "vitest";
import { createSharedFacts } from "./shared-facts.ts";

function countingFinder(outcomes: readonly (string | Error)[]) {
  let calls = 0;
  const find = async () => {
    const outcome = outcomes[calls] ?? "late";
    calls += 1;
    await Promise.resolve();
    if (outcome instanceof Error) throw outcome;
    return outcome;
  };
  return { find, calls: () => calls };
}

describe("createSharedFacts", () => {
  it("looks up once for all holders of a key", async () => {
    const facts = createSharedFacts<string>(["a", "a", "b"]);
    const finder = countingFinder(["one"]);
    expect(await Promise.all([facts.find("a", finder.find), facts.find("a", finder.find)])).toEqual(["one", "one"]);
    expect(finder.calls()).toBe(1);
  });

  it("does not share a failure: the next holder tries again", async () => {
    const facts = createSharedFacts<string>(["a", "a", "a"]);
    const finder = countingFinder([new Error("flaky"), "good"]);
    const results = await Promise.allSettled([1, 2, 3].map(() => facts.find("a", finder.find)));
    expect(results.map((result) => result.status)).toEqual(["rejected", "fulfilled", "fulfilled"]);
    expect(finder.calls()).toBe(2);
  });

  it("forgets a key when its last holder is done", async () => {
    const facts = createSharedFacts<string>(["a", "a", undefined]);
    const finder = countingFinder(["one", "two"]);
    await facts.find("a", finder.find);
    facts.release("a");
    expect(await facts.find("a", finder.find)).toBe("one");
    facts.release("a");
    expect(await facts.find("a", finder.find)).toBe("two");
  });
});
