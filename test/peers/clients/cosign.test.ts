// cosign with the embedded registry: signatures as tags and as referrers.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import type { PushedIndex } from "../../../src/demo/index.ts";
import { type Bench, openBench, pushPair } from "./programs.ts";

const peers = inject("peers");
const env = { COSIGN_PASSWORD: "" };
const bundleType = "application/vnd.dev.sigstore.bundle.v0.3+json";

describe.skipIf(peers === undefined)("cosign", () => {
  let bench: Bench;
  let host: string;

  beforeAll(async () => {
    bench = await openBench();
    host = bench.registry.host;
    await cosign("generate-key-pair");
    await cosign("signing-config", "create", "--out", "no-services.json");
    writeFileSync(join(bench.folder, "predicate.json"), JSON.stringify({ made: "here" }));
  });
  afterAll(() => bench?.close());

  const cosign = (...args: string[]) => bench.run(peers?.cosign3 ?? "", args, { env });

  /** How cosign keeps what it signs, and what the registry holds afterwards. */
  const formats = {
    "as tags": ["--use-signing-config=false", "--tlog-upload=false", "--new-bundle-format=false"],
    "as referrers": ["--signing-config=no-services.json"],
  } as const;

  async function sign(repository: string, format: keyof typeof formats): Promise<PushedIndex> {
    const { index } = await pushPair(host, repository);
    const reference = `${host}/${repository}@${index.digest}`;
    const common = ["--key=cosign.key", "--allow-http-registry", "-y", ...formats[format]];
    await cosign("sign", ...common, reference);
    await cosign("attest", ...common, "--type=custom", "--predicate=predicate.json", reference);
    return index;
  }

  async function verify(reference: string): Promise<void> {
    const common = ["--key=cosign.pub", "--insecure-ignore-tlog", "--allow-http-registry"];
    const signed = await cosign("verify", ...common, reference);
    expect(signed.stdout).toContain(reference.split("@")[1]);
    const attested = await cosign("verify-attestation", "--type=custom", ...common, reference);
    expect(JSON.parse(attested.stdout.trim().split("\n")[0] ?? "")).toHaveProperty("payload");
  }

  async function readTags(repository: string): Promise<string[]> {
    const response = await fetch(`http://${host}/v2/${repository}/tags/list`);
    return ((await response.json()) as { tags: string[] }).tags;
  }

  async function readReferrers(repository: string, digest: string): Promise<string[]> {
    const response = await fetch(`http://${host}/v2/${repository}/referrers/${digest}`);
    const { manifests } = (await response.json()) as { manifests: { artifactType: string }[] };
    return manifests.map(({ artifactType }) => artifactType);
  }

  it("signs and attests as tags, verifies, and copies them along", async () => {
    const { digest } = await sign("tags/app", "as tags");
    const hex = digest.slice("sha256:".length);
    await verify(`${host}/tags/app@${digest}`);
    const expected = ["amd64", "arm64", "multi", `sha256-${hex}.att`, `sha256-${hex}.sig`];
    expect(await readTags("tags/app")).toEqual(expected);
    await cosign("copy", "--allow-http-registry", `${host}/tags/app:multi`, `${host}/copied/app:v1`);
    await verify(`${host}/copied/app@${digest}`);
  });

  it("signs and attests as referrers, and verifies; no tag is written", async () => {
    const { digest } = await sign("referrers/app", "as referrers");
    await verify(`${host}/referrers/app@${digest}`);
    expect(await readTags("referrers/app")).toEqual(["amd64", "arm64", "multi"]);
    expect(await readReferrers("referrers/app", digest)).toEqual([bundleType, bundleType]);
  });
});
