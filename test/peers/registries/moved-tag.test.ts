import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import {
  attestImage,
  createHttpTarget,
  createKeyPair,
  createProvenance,
  pushImage,
  signImage,
} from "../../../src/demo/index.ts";
import { root, runSealcheck } from "../../sealcheck.ts";
import { type PeerServer, startDistribution, startOlareg } from "../servers.ts";
import { type MeddlingProxy, startMeddlingProxy } from "./meddling-proxy.ts";

const peers = inject("peers");
const servers = [
  { name: "CNCF distribution 3", start: () => startDistribution(peers?.registry ?? "") },
  { name: "olareg", start: () => startOlareg(peers?.olareg ?? "") },
];

const policy = JSON.stringify({
  sources: [{ policy: [join(root, "examples", "policy")], data: [join(root, "examples", "data")] }],
});

describe.skipIf(peers === undefined).each(servers)("a tag that moves while it is validated, on $name", ({ start }) => {
  const folder = mkdtempSync(join(tmpdir(), "sealcheck-moved-"));
  const repository = "moved/app";
  let server: PeerServer;
  let proxy: MeddlingProxy;

  beforeAll(async () => {
    server = await start();
    proxy = await startMeddlingProxy(server.host);
  });
  afterAll(async () => {
    await proxy?.close();
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it("is validated as the digest that it was resolved to, and the report names both", async () => {
    const target = createHttpTarget({ registry: server.host });
    const key = createKeyPair();
    writeFileSync(join(folder, "key.pub"), key.publicKeyPem);
    const push = (name: string, tag?: string) =>
      pushImage(target, { repository, labels: { name, version: "1" }, ...(tag === undefined ? {} : { tag }) });
    const first = await push("first", "latest");
    const image = `${proxy.host}/${repository}`;
    await signImage(target, first, key, { format: "tag" });
    await attestImage(target, first, createProvenance({ image, digest: first.digest }), key, { format: "tag" });
    const moved: string[] = [];
    proxy.meddle(({ method, url }, earlier) => {
      if (method !== "HEAD" || !url.endsWith("/manifests/latest") || earlier > 0) return undefined;
      return {
        async before() {
          // Nobody signed this one.
          moved.push((await push("second", "latest")).digest);
        },
      };
    });
    const outcome = await runSealcheck([
      "validate",
      "image",
      `--image=${image}:latest`,
      `--public-key=${join(folder, "key.pub")}`,
      `--policy=${policy}`,
      "--ignore-rekor",
      "--show-successes",
      "--output=json",
    ]);
    expect(outcome.stdout, outcome.stderr).not.toBe("");
    const report = JSON.parse(outcome.stdout);
    const [component] = report.components;
    expect(moved).toHaveLength(1);
    expect(moved[0]).not.toBe(first.digest);
    expect(component.containerImage).toBe(`${image}@${first.digest}`);
    expect(component.signatures).toHaveLength(1);
    expect(component.attestations).toHaveLength(1);
    const codes = (component.violations ?? []).map((result: { metadata: { code: string } }) => result.metadata.code);
    expect(codes.filter((code: string) => code.startsWith("builtin."))).toEqual([]);
    const note = report.notes.find((text: string) => text.includes("moved"));
    expect(note).toContain(`${image}:latest`);
    expect(note).toContain(first.digest);
    expect(note).toContain(moved[0]);
    const later = proxy.seen.filter(({ url }) => url.includes(moved[0] ?? ""));
    expect(later).toEqual([]);
  });
});
