import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { createHttpTarget, type PushedImage, type PushedIndex, pushImage, pushIndex } from "../../../src/demo/index.ts";
import {
  openDirectoryStore,
  type RegistryOptions,
  type RunningRegistry,
  startRegistry,
} from "../../../src/registry/index.ts";
import type { Platform } from "../../../src/types/index.ts";

const run = promisify(execFile);

/** What a client printed. */
export interface Printed {
  stdout: string;
  stderr: string;
}

/** Somebody else's client with a home of its own, and the embedded registry on a folder. */
export interface Bench {
  /** An empty folder for files. */
  folder: string;
  registry: RunningRegistry;
  /** Runs a program to its end; rejects with what it printed where it fails. */
  run(binary: string, args: readonly string[], options?: RunOptions): Promise<Printed>;
  /** What a program says that must fail. */
  runToFailure(binary: string, args: readonly string[], options?: RunOptions): Promise<string>;
  /** Methods, paths without names and ids, and statuses of the requests since the last call. */
  takeRequests(): readonly string[];
  close(): Promise<void>;
}

export interface RunOptions {
  env?: Readonly<Record<string, string>>;
  /** Written to the program's standard input. */
  input?: Uint8Array;
}

export async function openBench(options: RegistryOptions = {}): Promise<Bench> {
  const root = mkdtempSync(join(tmpdir(), "sealcheck-clients-"));
  const folder = mkdtempSync(join(root, "files-"));
  const registry = await startRegistry({ store: await openDirectoryStore(join(root, "store")), ...options });
  async function start(binary: string, args: readonly string[], { env, input }: RunOptions = {}): Promise<Printed> {
    const running = run(binary, args, {
      cwd: folder,
      env: { PATH: process.env.PATH ?? "", HOME: folder, DOCKER_CONFIG: join(folder, ".docker"), ...env },
      maxBuffer: 64 * 1024 * 1024,
    });
    running.child.stdin?.end(input);
    return await running;
  }
  return {
    folder,
    registry,
    run: start,
    async runToFailure(binary, args, runOptions) {
      const printed = await start(binary, args, runOptions).then(
        ({ stdout }) => Promise.reject(new Error(`expected ${args[0]} to fail, it printed ${stdout}`)),
        (thrown: unknown) => thrown,
      );
      if (printed instanceof Error && "stderr" in printed) return String(printed.stderr);
      throw printed;
    },
    takeRequests() {
      const requests = registry.requests.map(({ method, path, query, status }) => {
        const end = path.replace(/^\/v2\/(?:.*\/)?(?=blobs|manifests|tags|referrers)/, "");
        const what = end.replace(/(?<=uploads\/).+/, "ID").replace(/sha\d+:[0-9a-f]+/, "DIGEST");
        return `${method} ${what}${query.includes("mount=") ? "?mount" : ""} ${status}`;
      });
      registry.forgetRequests();
      return requests;
    },
    async close() {
      await registry.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

export const amd64: Platform = { os: "linux", architecture: "amd64" };
export const arm64: Platform = { os: "linux", architecture: "arm64" };

/** An index of two images, `amd64` and `arm64`, each tagged too. */
export async function pushPair(
  host: string,
  repository: string,
): Promise<{ index: PushedIndex; images: readonly [PushedImage, PushedImage] }> {
  const target = createHttpTarget({ registry: host });
  const images = [
    await pushImage(target, { repository, tag: "amd64", platform: amd64 }),
    await pushImage(target, { repository, tag: "arm64", platform: arm64 }),
  ] as const;
  return { index: await pushIndex(target, { repository, tag: "multi", children: images }), images };
}

/** What the registry answers for a manifest; undefined where it has none. */
export async function readManifest(host: string, repository: string, reference: string) {
  const response = await fetch(`http://${host}/v2/${repository}/manifests/${reference}`);
  const text = await response.text();
  if (response.status === 404) return undefined;
  return { text, digest: response.headers.get("docker-content-digest"), type: response.headers.get("content-type") };
}
