// Registries that speak TLS on hosts that may be asked over plain HTTP, too: Go's answers to who speaks the wrong one.
import { execFile, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { createHttpTarget } from "../../../src/demo/index.ts";
import { type RegistryClient, toPinned } from "../../../src/oci/index.ts";
import { findFreePort } from "../../fixtures/free-port.ts";
import { type PeerServer, startDistribution } from "../servers.ts";
import { type PushedContent, pushContent } from "./content.ts";
import { codeOf, createTestClient, parseReference, signal } from "./test-client.ts";

const peers = inject("peers");
const repository = "tls/app";
const run = promisify(execFile);

/** Distribution with TLS over a folder that another fills. */
async function startTls(binary: string, folder: string): Promise<{ port: number; ca: string; stop(): Promise<void> }> {
  const [key, certificate, configuration] = ["tls.key", "tls.crt", "tls.yml"].map((name) => join(folder, name));
  const names = "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:0.0.0.0";
  const request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=x", "-addext", names];
  await run("openssl", [...request, "-keyout", key ?? "", "-out", certificate ?? ""]);
  const port = await findFreePort();
  const settings = {
    version: "0.1",
    log: { level: "error", accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(folder, "storage") } },
    http: { addr: `127.0.0.1:${port}`, tls: { key, certificate } },
  };
  writeFileSync(configuration ?? "", JSON.stringify(settings));
  const child = spawn(binary, ["serve", configuration ?? ""], { stdio: "ignore" });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  for (let attempt = 0; attempt < 200 && !(await isListening(port)); attempt += 1) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return {
    port,
    ca: readFileSync(certificate ?? "", "utf8"),
    async stop() {
      child.kill();
      await ended;
    },
  };
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

describe.skipIf(peers === undefined)("CNCF distribution with TLS", () => {
  const folder = mkdtempSync(join(tmpdir(), "sealcheck-tls-"));
  let filler: PeerServer;
  let server: Awaited<ReturnType<typeof startTls>>;
  let pushed: PushedContent;
  let client: RegistryClient | undefined;

  beforeAll(async () => {
    const storage = { filesystem: { rootdirectory: join(folder, "storage") } };
    filler = await startDistribution(peers?.registry ?? "", () => ({ storage }));
    pushed = await pushContent(createHttpTarget({ registry: filler.host }), { repository, name: "one", tag: "v1" });
    server = await startTls(peers?.registry ?? "", folder);
  });
  afterAll(async () => {
    await client?.close();
    await server?.stop();
    await filler?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it.each([
    ["on loopback", "localhost", []],
    ["on loopback, by its address", "127.0.0.1", []],
    ["that --insecure-registry names", "0.0.0.0", ["0.0.0.0"]],
    ["that is like any other", "0.0.0.0", []],
  ])("is asked over it, %s", async (_name, host, insecureRegistries) => {
    const registry = `${host}:${server.port}`;
    client = createTestClient({ extraCaPem: server.ca, insecureRegistries });
    const { digest } = await client.resolve(parseReference(`${registry}/${repository}:v1`), { signal });
    expect(digest).toBe(pushed.descriptor.digest);
    await client.fetchManifest(toPinned({ registry, repository }, digest), { signal });
    // The HEAD and the GET, and nothing of what was said in plain words.
    expect(client.statistics()[registry]).toMatchObject({ requests: 2, retries: 0 });
    await client.close();
  });

  it.each([
    ["on loopback", "localhost", []],
    ["that --insecure-registry names", "0.0.0.0", ["0.0.0.0"]],
  ])("is not asked %s where its certificate is not trusted", async (_name, host, insecureRegistries) => {
    client = createTestClient({ insecureRegistries });
    const asked = client.resolve(parseReference(`${host}:${server.port}/${repository}:v1`), { signal });
    expect(await codeOf(asked)).toBe("insecure-registry");
    await client.close();
  });

  it("is not there, and what is there speaks none: plain HTTP for a host that --insecure-registry names", async () => {
    const registry = filler.host.replace("127.0.0.1", "0.0.0.0");
    client = createTestClient({ extraCaPem: server.ca, insecureRegistries: [registry] });
    const found = await client.resolve(parseReference(`${registry}/${repository}:v1`), { signal });
    expect(found.digest).toBe(pushed.descriptor.digest);
    expect(client.statistics()[registry]).toMatchObject({ requests: 1, retries: 0 });
    await client.close();
  });
});
