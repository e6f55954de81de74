import { spawnSync } from "node:child_process";
import { describe, expect, it, vi } from "vitest";

vi.setConfig({ testTimeout: 60_000 });

interface Outcome {
  /** Whether V8 found the function worth to be optimised. */
  isHot: boolean;
  /** What V8 has to say about its settings. */
  said: string;
}

/** Calls a function 700 times in a process of its own: V8's flags are the process's. */
function run(settings: string): Outcome {
  const address = JSON.stringify(new URL("./optimizer.ts", import.meta.url).href);
  const program = `
    import * as optimizer from ${address};
    ${settings}
    let sum = 0;
    Array.from({ length: 700 }).forEach(function addSquare(_, count) { sum += count * count; });`;
  const flags = ["--trace-opt", "--no-concurrent-recompilation", "--no-warnings", "--input-type=module"];
  const { stdout, stderr } = spawnSync(process.execPath, [...flags, "-e", program], { encoding: "utf8" });
  return { isHot: /^\[marking .*<JSFunction addSquare /m.test(stdout), said: stderr };
}

describe("optimizeLater", () => {
  it("leaves a function as it is that V8 by itself would optimise", () => {
    expect(run("")).toEqual({ isHot: true, said: "" });
    expect(run("optimizer.optimizeLater();")).toEqual({ isHot: false, said: "" });
  });
});

describe("optimizeAsUsual", () => {
  it("is what V8 does by itself", () => {
    expect(run("optimizer.optimizeLater(); optimizer.optimizeAsUsual();")).toEqual({ isHot: true, said: "" });
  });
});
