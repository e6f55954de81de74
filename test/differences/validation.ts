import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createHttpTarget, createKeyPair, type KeyPair, type PushTarget } from "../../src/demo/index.ts";
import { runProgram } from "../../src/entry/ports/programs.ts";
import { wireRun } from "../../src/entry/wiring.ts";
import { parseCommandLine } from "../../src/inputs/index.ts";
import { createMemoryStore, type Intercept, type RunningRegistry, startRegistry } from "../../src/registry/index.ts";
import { decideExitCode } from "../../src/report/index.ts";
import { validateImages } from "../../src/run/index.ts";
import { type Report, silentLog } from "../../src/types/index.ts";

export interface Validated {
  report: Report;
  exitCode: number;
  /** How often trust material was asked for. */
  trustAsked: number;
  /** What registries were asked for, as "GET /v2/...". */
  asked: readonly string[];
}

/** A registry of its own, a key, and validations of what is in the one by the other. */
export interface World {
  registry: RunningRegistry;
  target: PushTarget;
  key: KeyPair;
  /** Folder that outlives the validations. */
  cacheDirectory: string;
  /** What meddles with the registry from now on. */
  meddle(intercept: Intercept | undefined): void;
  validate(...args: readonly string[]): Promise<Validated>;
  close(): Promise<void>;
}

export async function createWorld(): Promise<World> {
  let meddling: Intercept | undefined;
  const registry = await startRegistry({
    store: createMemoryStore(),
    intercept: (request) => meddling?.(request),
  });
  const key = createKeyPair();
  const cacheDirectory = await mkdtemp(join(tmpdir(), "sealcheck-differences-"));
  return {
    registry,
    target: createHttpTarget({ registry: registry.host }),
    key,
    cacheDirectory,
    meddle(intercept) {
      meddling = intercept;
    },
    validate: async (...args) => await validate(registry, key, args),
    async close() {
      await registry.close();
      await rm(cacheDirectory, { recursive: true });
    },
  };
}

async function validate(registry: RunningRegistry, key: KeyPair, args: readonly string[]): Promise<Validated> {
  const own = [`--public-key=${key.publicKeyPem}`, "--ignore-rekor", "--retry-max-retry=0", "--cache-dir=none"];
  const command = parseCommandLine(["validate", "image", ...own, ...args], {});
  if (command.kind !== "validate-image") throw new Error(command.kind);
  const { configuration } = command;
  registry.forgetRequests();
  const run = await wireRun(configuration, { env: {}, log: silentLog, runProgram });
  let trustAsked = 0;
  const trust: typeof run.ports.trust = {
    async get(options) {
      trustAsked += 1;
      return await run.ports.trust.get(options);
    },
  };
  try {
    const report = await validateImages(configuration, { ...run.ports, trust }, new AbortController().signal);
    const asked = registry.requests.map(({ method, path }) => `${method} ${path}`);
    return { report, exitCode: decideExitCode(report, configuration.run), trustAsked, asked };
  } finally {
    await run.close();
  }
}
