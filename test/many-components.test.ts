import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  attestImage,
  createHttpTarget,
  createKeyPair,
  createProvenance,
  pushImage,
  signImage,
} from "../src/demo/index.ts";
import { runProgram } from "../src/entry/ports/programs.ts";
import { startThread } from "../src/entry/ports/threads.ts";
import { wireRun } from "../src/entry/wiring.ts";
import { parseCommandLine, type ValidateImageConfiguration } from "../src/inputs/index.ts";
import { createMemoryStore, type RunningRegistry, startRegistry } from "../src/registry/index.ts";
import { type PoolThread, type Progress, validateImages } from "../src/run/index.ts";
import { silentLog } from "../src/types/index.ts";
import { goodLabels, root } from "./sealcheck.ts";

const count = 50;
const workers = 2;

/** A thread that ends, as by a crash, when it is given the component of this name. */
function crashOn(name: string, thread: PoolThread): PoolThread {
  return {
    terminate: () => thread.terminate(),
    on: ((event: "message", listener: (message: unknown) => void) => thread.on(event, listener)) as PoolThread["on"],
    postMessage(message) {
      const { start } = message as { start?: { component: { name: string } } };
      if (start?.component.name === name) void thread.terminate();
      else thread.postMessage(message);
    },
  };
}

describe(`a snapshot of ${count} components`, { timeout: 120_000 }, () => {
  let registry: RunningRegistry;
  let configuration: ValidateImageConfiguration;
  const names = Array.from({ length: count }, (_, index) => `component-${(index * 7) % count}`);

  beforeAll(async () => {
    registry = await startRegistry({ store: createMemoryStore() });
    const target = createHttpTarget({ registry: registry.host });
    const key = createKeyPair();
    const components = [];
    for (const name of names) {
      const image = await pushImage(target, { repository: `many/${name}`, tag: "v1", labels: goodLabels });
      await signImage(target, image, key);
      const statement = createProvenance({ image: `${registry.host}/many/${name}`, digest: image.digest });
      await attestImage(target, image, statement, key);
      components.push({ name, containerImage: `${registry.host}/many/${name}:v1` });
    }
    components.push({ name: "missing", containerImage: `${registry.host}/many/nowhere:v1` });
    const policy = {
      sources: [{ policy: [join(root, "examples", "policy")], data: [join(root, "examples", "data")] }],
    };
    const command = parseCommandLine(
      [
        "validate",
        "image",
        `--images=${JSON.stringify({ components })}`,
        `--policy=${JSON.stringify(policy)}`,
        `--public-key=${key.publicKeyPem}`,
        "--ignore-rekor",
        `--workers=${workers}`,
      ],
      {},
    );
    if (command.kind !== "validate-image") throw new Error(command.kind);
    configuration = command.configuration;
  });

  afterAll(() => registry.close());

  async function validate(options: { crash?: string; maxDocumentBytes?: number }) {
    registry.forgetRequests();
    const run = await wireRun(configuration, { env: {}, log: silentLog, runProgram });
    let threads = 0;
    const progress: Progress[] = [];
    try {
      const report = await validateImages(
        configuration,
        {
          ...run.ports,
          ...(options.maxDocumentBytes === undefined ? {} : { maxDocumentBytes: options.maxDocumentBytes }),
          onProgress: (step) => progress.push(step),
          startThread(prepared) {
            threads += 1;
            const thread = startThread(prepared);
            return options.crash === undefined ? thread : crashOn(options.crash, thread);
          },
        },
        new AbortController().signal,
      );
      return { report, threads, progress };
    } finally {
      await run.close();
    }
  }

  it("passes through a bounded pool, in the snapshot's order, with progress", async () => {
    const { report, threads, progress } = await validate({});
    expect(report.components.map((component) => component.name)).toEqual([...names, "missing"]);
    const undecided = report.components.filter((component) => component.error !== undefined);
    expect(undecided.map((component) => component.error)).toEqual([]);
    const violations = report.components.slice(0, count).flatMap((component) => component.violations);
    expect(violations).toEqual([]);
    expect(report.components.filter((component) => component.success)).toHaveLength(count);
    expect(report.components.at(-1)?.violations.map((violation) => violation.metadata?.code)).toEqual([
      "builtin.image.accessible",
    ]);
    expect(threads).toBe(workers);
    expect(progress.map((step) => step.done)).toEqual(Array.from({ length: count + 1 }, (_, index) => index + 1));
  });

  it("evaluates no policy input that is larger than the memory allows", async () => {
    const { report, threads } = await validate({ maxDocumentBytes: 1000 });
    const codes = new Set(report.components.slice(0, count).map((component) => component.error?.code));
    expect([...codes]).toEqual(["too-large"]);
    expect([report.success, threads]).toEqual([false, 0]);
  });

  it("leaves the others untouched when one crashes its worker", async () => {
    const { report, threads } = await validate({ crash: "component-21" });
    const crashed = report.components.filter((component) => component.error !== undefined);
    expect(crashed.map((component) => [component.name, component.error?.code, component.success])).toEqual([
      ["component-21", "worker-crashed", false],
    ]);
    expect(report.components.filter((component) => component.success)).toHaveLength(count - 1);
    expect(report.success).toBe(false);
    expect(threads).toBe(workers + 1);
  });
});
