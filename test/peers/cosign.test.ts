import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { createHttpTarget, createProvenance, type PushedImage, pushImage } from "../../src/demo/index.ts";
import { goodLabels, root, runSealcheck } from "../sealcheck.ts";
import { type PeerServer, startDistribution, startOlareg } from "./servers.ts";

const run = promisify(execFile);
const peers = inject("peers");

const policy = JSON.stringify({
  sources: [{ policy: [join(root, "examples", "policy")], data: [join(root, "examples", "data")] }],
});

describe.skipIf(peers === undefined)("images signed by cosign", () => {
  const folder = mkdtempSync(join(tmpdir(), "sealcheck-cosign-"));
  const servers: Record<string, PeerServer> = {};
  const env = { ...process.env, COSIGN_PASSWORD: "", HOME: folder };

  beforeAll(async () => {
    if (peers === undefined) return;
    servers.distribution = await startDistribution(peers.registry);
    servers.olareg = await startOlareg(peers.olareg);
    for (const name of ["trusted", "other"]) {
      await run(peers.cosign3, ["generate-key-pair", "--output-key-prefix", join(folder, name)], { env });
    }
    await run(peers.cosign3, ["signing-config", "create", "--out", join(folder, "no-services.json")], { env });
  });

  afterAll(async () => {
    await Promise.all(Object.values(servers).map((server) => server.stop()));
    rmSync(folder, { recursive: true, force: true });
  });

  /** The ways in which cosign signs without a transparency log. */
  const writers = {
    "cosign 2, tags": { binary: "cosign2", options: ["--tlog-upload=false"] },
    "cosign 3, tags": {
      binary: "cosign3",
      options: ["--use-signing-config=false", "--tlog-upload=false", "--new-bundle-format=false"],
    },
    "cosign 3, bundles": { binary: "cosign3", options: ["--signing-config", join(folder, "no-services.json")] },
  } as const;

  const cases = Object.keys(writers).flatMap((writer) =>
    ["distribution", "olareg"].map((server) => ({ writer, server })),
  );

  async function pushSigned(writer: keyof typeof writers, server: string, key: string): Promise<PushedImage> {
    if (peers === undefined) throw new Error("no peers");
    const host = servers[server]?.host ?? "";
    const repository = `peers/${writer.replaceAll(/[^a-z0-9]+/g, "-")}-${key}`;
    const image = await pushImage(createHttpTarget({ registry: host }), {
      repository,
      tag: "latest",
      labels: goodLabels,
    });
    const reference = `${host}/${repository}@${image.digest}`;
    const provenance = createProvenance({ image: `${host}/${repository}`, digest: image.digest });
    const predicateFile = join(folder, `${repository.replaceAll("/", "-")}.json`);
    writeFileSync(predicateFile, JSON.stringify(provenance.predicate));
    const { binary, options } = writers[writer];
    const common = ["--key", join(folder, `${key}.key`), "--allow-http-registry", "-y", ...options];
    await run(peers[binary], ["sign", ...common, reference], { env });
    await run(
      peers[binary],
      ["attest", ...common, "--type", "slsaprovenance02", "--predicate", predicateFile, reference],
      { env },
    );
    return image;
  }

  async function validate(image: PushedImage) {
    const outcome = await runSealcheck([
      "validate",
      "image",
      `--image=${image.registry}/${image.repository}:latest`,
      `--public-key=${join(folder, "trusted.pub")}`,
      `--policy=${policy}`,
      "--ignore-rekor",
      "--show-successes",
      "--output=json",
    ]);
    if (outcome.stdout === "") throw new Error(outcome.stderr);
    return { exitCode: outcome.exitCode, component: JSON.parse(outcome.stdout).components[0] };
  }

  it.each(cases)("pass with the key that signed: $writer, on $server", async ({ writer, server }) => {
    const image = await pushSigned(writer as keyof typeof writers, server, "trusted");
    const { exitCode, component } = await validate(image);
    expect(component.violations ?? []).toEqual([]);
    expect(component.containerImage).toBe(`${image.registry}/${image.repository}@${image.digest}`);
    expect(component.signatures).toHaveLength(1);
    expect(component.attestations).toHaveLength(1);
    expect(exitCode).toBe(0);
  });

  it.each(cases)("fail with another key: $writer, on $server", async ({ writer, server }) => {
    const image = await pushSigned(writer as keyof typeof writers, server, "other");
    const { exitCode, component } = await validate(image);
    const codes = component.violations.map((violation: { metadata: { code: string } }) => violation.metadata.code);
    expect(codes).toContain("builtin.image.signature_check");
    expect(codes).toContain("builtin.attestation.signature_check");
    expect(exitCode).toBe(1);
  });

  it("are verified by cosign too: the demo's own signing writes what cosign reads", async () => {
    if (peers === undefined) return;
    const { attestImage, createKeyPair, signImage } = await import("../../src/demo/index.ts");
    const host = servers.distribution?.host ?? "";
    const target = createHttpTarget({ registry: host });
    const key = createKeyPair();
    writeFileSync(join(folder, "demo.pub"), key.publicKeyPem);
    for (const format of ["tag", "bundle"] as const) {
      const image = await pushImage(target, { repository: `peers/demo-${format}`, tag: "latest" });
      const reference = `${host}/${image.repository}@${image.digest}`;
      await signImage(target, image, key, { format });
      await attestImage(
        target,
        image,
        createProvenance({ image: `${host}/${image.repository}`, digest: image.digest }),
        key,
        { format },
      );
      const options = ["--key", join(folder, "demo.pub"), "--insecure-ignore-tlog", "--allow-http-registry", reference];
      const verified = await run(peers.cosign3, ["verify", ...options], { env });
      expect(verified.stdout, format).toContain(image.digest);
      const attested = await run(peers.cosign3, ["verify-attestation", "--type", "slsaprovenance", ...options], {
        env,
        maxBuffer: 64 * 1024 * 1024,
      });
      expect(attested.stdout.length, format).toBeGreaterThan(100);
    }
    expect(readFileSync(join(folder, "demo.pub"), "utf8")).toContain("BEGIN PUBLIC KEY");
  });
});
