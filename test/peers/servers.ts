import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findFreePort } from "../fixtures/free-port.ts";

/** A registry of somebody else's, on loopback, with a folder of its own. */
export interface PeerServer {
  /** `127.0.0.1:PORT` */
  host: string;
  stop(): Promise<void>;
}

/** Further keys of distribution's configuration; files that they name may be written into the folder. */
export type DistributionSettings = (folder: string) => Readonly<Record<string, unknown>>;

/** CNCF distribution's registry: no referrers API, clients keep an index at a fallback tag. */
export async function startDistribution(
  binary: string,
  toSettings: DistributionSettings = () => ({}),
): Promise<PeerServer> {
  return await start(binary, (folder, port) => {
    const configuration = join(folder, "registry.yml");
    const settings = {
      version: "0.1",
      log: { level: "error", accesslog: { disabled: true } },
      storage: { filesystem: { rootdirectory: join(folder, "storage") }, delete: { enabled: true } },
      http: { addr: `127.0.0.1:${port}` },
      ...toSettings(folder),
    };
    // JSON is YAML.
    writeFileSync(configuration, JSON.stringify(settings));
    return ["serve", configuration];
  });
}

/** olareg: a registry with the referrers API. */
export async function startOlareg(binary: string): Promise<PeerServer> {
  return await start(binary, (folder, port) => ["serve", "--port", String(port), "--dir", folder, "--api-delete"]);
}

async function start(binary: string, toArguments: (folder: string, port: number) => string[]): Promise<PeerServer> {
  const folder = mkdtempSync(join(tmpdir(), "sealcheck-registry-"));
  const port = await findFreePort();
  const child = spawn(binary, toArguments(folder, port), { stdio: "ignore" });
  const host = `127.0.0.1:${port}`;
  await waitUntilReady(child, host);
  return {
    host,
    async stop() {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill();
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function waitUntilReady(child: ChildProcess, host: string): Promise<void> {
  for (let attempt = 0; attempt < 200 && child.exitCode === null; attempt += 1) {
    const answer = await fetch(`http://${host}/v2/`).catch(() => undefined);
    if (answer?.ok || answer?.status === 401) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`the registry at ${host} did not start`);
}
