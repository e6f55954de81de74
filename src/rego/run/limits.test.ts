import { Worker } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import { compileModules } from "../compile/index.ts";
import { parseModule } from "../syntax/index.ts";
import { largePrograms, slowPrograms } from "./limits.fixture.ts";
import { loadPolicy } from "./load.ts";

const timeMs = 200;

function start(body: string, limits: { timeMs?: number; steps?: number }) {
  const module = parseModule("t.rego", `package t\n\n${body}\n`);
  const loaded = loadPolicy(compileModules([module], { entrypoints: [["t", "p"]] }));
  return loaded.start({ nowNs: 0n, limits });
}

describe("time", () => {
  it.each(Object.entries(slowPrograms))("%s ends within 1.2 times its limit and 0.5 s", (_, body) => {
    const evaluation = start(body, { timeMs });
    const before = process.threadCpuUsage();
    expect(() => evaluation.step()).toThrow(expect.objectContaining({ code: "limit_time" }));
    const { user, system } = process.threadCpuUsage(before);
    // Time of the processor: other processes may take the clock's.
    expect((user + system) / 1000).toBeLessThan(timeMs * 1.2 + 500);
  });
});

describe("steps", () => {
  it.each([
    "comparing values that share structure",
    "writing a value that shares structure",
    "json.marshal of it",
    "set operations in a loop",
    "net.cidr_contains_matches",
  ])("count the work inside of calls: %s", (name) => {
    const evaluation = start(slowPrograms[name] ?? "", { steps: 100_000 });
    expect(() => evaluation.step()).toThrow(expect.objectContaining({ code: "limit_steps" }));
  });
});

/** Evaluates in a thread with a small heap: one that runs out of it ends with an error of its own. */
const code = `
const { parentPort, workerData } = require("node:worker_threads");
import(workerData.engine).then(({ compileModules, loadPolicy, parseModule, RegoError }) => {
  const module = parseModule("t.rego", workerData.text);
  const loaded = loadPolicy(compileModules([module], { entrypoints: [["t", "p"]] }));
  try {
    parentPort.postMessage(loaded.start({ nowNs: 0n, limits: { timeMs: 20000 } }).step().kind);
  } catch (thrown) {
    parentPort.postMessage(thrown instanceof RegoError ? thrown.code : String(thrown));
  }
});`;

function evaluateInThread(body: string): Promise<string> {
  const engine = new URL("../index.ts", import.meta.url).href;
  return new Promise((resolve) => {
    const worker = new Worker(code, {
      eval: true,
      execArgv: ["--disable-warning=MODULE_TYPELESS_PACKAGE_JSON"],
      workerData: { engine, text: `package t\n\n${body}\n` },
      resourceLimits: { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 12 },
    });
    worker.once("message", resolve);
    worker.once("error", (error) => resolve(String(error)));
  });
}

describe("memory", () => {
  it.each(Object.entries(largePrograms))(
    "%s ends before the heap does",
    async (_, body) => {
      expect(await evaluateInThread(body)).toBe("limit_output");
    },
    60_000,
  );
});
