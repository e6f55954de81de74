import { afterEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { type RegistryOptions, type RunningRegistry, startRegistry } from "../registry/index.ts";
import type { Snapshot } from "../types/index.ts";
import { createDemo } from "./demo.ts";
import type { EvidenceFormat } from "./evidence.ts";
import { exampleDataFiles } from "./policy-files.ts";
import { createHttpTarget } from "./target.ts";

const open: RunningRegistry[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((registry) => registry.close()));
});

async function start(options: RegistryOptions = {}) {
  const registry = await startRegistry(options);
  open.push(registry);
  return { registry, target: createHttpTarget({ registry: registry.host }) };
}

describe("createDemo", () => {
  it("names four components that are there, and expects something of each and of the index' children", async () => {
    const { registry, target } = await start();
    const demo = await createDemo(target);
    const snapshot = JSON.parse(demo.snapshotJson) as Snapshot;
    expect(snapshot.components.map(({ name }) => name)).toEqual(["storefront", "payments", "reports", "gateway"]);
    for (const { containerImage } of snapshot.components) {
      const [repository, tag] = containerImage.slice(registry.host.length + 1).split(":");
      const response = await fetch(`${registry.url}/v2/${repository}/manifests/${tag}`);
      const digest = response.headers.get("docker-content-digest");
      expect(demo.expectations.find((expected) => expected.digest === digest)?.name).toBe(repository?.split("/")[1]);
    }
    expect(demo.expectations.map(({ name, success }) => [name.replace(/sha256:\w{64}/, "DIGEST"), success])).toEqual([
      ["storefront", true],
      ["payments", false],
      ["reports", false],
      ["gateway", true],
      ["gateway-DIGEST-amd64", true],
      ["gateway-DIGEST-arm64", true],
    ]);
    for (const { success, violations, warnings, shows } of demo.expectations) {
      expect(success).toBe(violations.length === 0);
      expect([...violations].sort()).toEqual(violations);
      expect([...warnings].sort()).toEqual(warnings);
      expect(shows).toMatch(/\w/);
    }
  });

  const forms: { format: EvidenceFormat; suffixes: string[]; referrers: number }[] = [
    { format: "tag", suffixes: [".att", ".sig"], referrers: 0 },
    { format: "bundle", suffixes: [], referrers: 2 },
  ];
  it.each(forms)("signs and attests every image in the form $format", async ({ format, suffixes, referrers }) => {
    const { registry, target } = await start();
    const demo = await createDemo(target, { format, prefix: "team/x" });
    for (const { digest, name } of demo.expectations) {
      const repository = `team/x/${name.split("-")[0]}`;
      const { tags } = (await (await fetch(`${registry.url}/v2/${repository}/tags/list`)).json()) as { tags: string[] };
      const evidence = tags.filter((tag) => tag.startsWith(digest.replace(":", "-")));
      expect(evidence).toEqual(suffixes.map((suffix) => `${digest.replace(":", "-")}${suffix}`));
      const listed = (await (await fetch(`${registry.url}/v2/${repository}/referrers/${digest}`)).json()) as {
        manifests: unknown[];
      };
      expect(listed.manifests).toHaveLength(referrers);
    }
  });

  it("configures the example policy out of the registry, or out of what it is given", async () => {
    const { registry, target } = await start();
    const { policyConfiguration, publicKeyPem } = await createDemo(target);
    expect(JSON.parse(policyConfiguration)).toMatchObject({
      publicKey: publicKeyPem,
      sources: [
        {
          policy: [`oci::${registry.host}/demo/policy:v1`],
          data: [`oci::${registry.host}/demo/policy-data:v1`],
          config: { include: ["@release"] },
        },
      ],
    });
    expect((await fetch(`${registry.url}/v2/demo/policy/manifests/v1`)).status).toBe(200);
    const other = await createDemo(target, { sources: { policy: ["./policy"], data: ["./data"] } });
    expect(JSON.parse(other.policyConfiguration)).toMatchObject({
      sources: [{ policy: ["./policy"], data: ["./data"] }],
    });
  });

  it("fills a registry with few requests", async () => {
    const { registry, target } = await start();
    await createDemo(target);
    expect(registry.requestCount).toBeLessThan(200);
  });
});

describe("the example data", () => {
  it("is one document with the values that the rules ask for", () => {
    const data = parse(exampleDataFiles["rule_data.yaml"] ?? "") as { rule_data: Record<string, string[]> };
    expect(Object.keys(data)).toEqual(["rule_data"]);
    expect(data.rule_data.required_tasks).toContain("scan-malware");
  });
});
