import { describe, expect, it } from "vitest";
import type { Platform } from "../types/index.ts";
import { createMemoryStore } from "./memory-store.ts";
import type { RegistryOptions } from "./options.ts";
import {
  createOpener,
  digestOf,
  indexType,
  manifestType,
  pushBlob,
  putManifest,
  readCodes,
} from "./registry.contract.ts";
import { startRegistry } from "./server.ts";

const open = createOpener(createMemoryStore);

describe("an index with missing children", () => {
  const platforms: Platform[] = [
    { os: "linux", architecture: "amd64" },
    { os: "linux", architecture: "arm64", variant: "v8" },
    { os: "windows", architecture: "amd64" },
  ];
  const children = [...platforms, undefined].map((platform, position) => ({
    mediaType: manifestType,
    digest: digestOf(`child ${position}`),
    size: 100,
    ...(platform === undefined ? {} : { platform }),
  }));
  const index = { schemaVersion: 2, mediaType: indexType, manifests: children };
  const cases: { name: string; platforms: NonNullable<RegistryOptions["platforms"]>; missing: string[] }[] = [
    { name: "all", platforms: "all", missing: ["linux/amd64", "linux/arm64/v8", "windows/amd64", "unknown"] },
    { name: "none", platforms: "none", missing: [] },
    { name: "one platform", platforms: [{ os: "linux", architecture: "amd64" }], missing: ["linux/amd64"] },
    { name: "any variant", platforms: [{ os: "linux", architecture: "arm64" }], missing: ["linux/arm64/v8"] },
    {
      name: "the usual variant",
      platforms: [{ os: "linux", architecture: "amd64", variant: "v1" }],
      missing: ["linux/amd64"],
    },
    { name: "another variant", platforms: [{ os: "linux", architecture: "arm64", variant: "v9" }], missing: [] },
    { name: "a platform that the index has not", platforms: [{ os: "linux", architecture: "s390x" }], missing: [] },
  ];
  it("is looked for once, however often an index names it", async () => {
    const store = createMemoryStore();
    let lookups = 0;
    const manifests = {
      ...store.manifests,
      get: (...args: Parameters<typeof store.manifests.get>) => {
        lookups += 1;
        return store.manifests.get(...args);
      },
    };
    const registry = await startRegistry({ store: { ...store, manifests } });
    const digest = digestOf("absent");
    const many = Array.from({ length: 1000 }, () => ({ mediaType: manifestType, digest, size: 1 }));
    const index = { schemaVersion: 2, mediaType: indexType, manifests: many };
    const response = await putManifest(registry, "app", "many", index, indexType);
    expect((await readCodes(response)).length).toBe(1000);
    expect(lookups).toBe(1);
    await registry.close();
  });

  it.each(cases)("platforms $name: refused for $missing", async ({ platforms: required, missing }) => {
    const registry = await open({ platforms: required });
    const response = await putManifest(registry, "app", "v1", index, indexType);
    if (missing.length === 0) {
      expect(response.status).toBe(201);
      return;
    }
    expect(response.status).toBe(400);
    const { errors } = (await response.json()) as { errors: { code: string; message: string; detail: object }[] };
    expect(errors.map(({ code }) => code)).toEqual(missing.map(() => "MANIFEST_BLOB_UNKNOWN"));
    expect(errors.map(({ detail }) => detail)).toEqual(
      children
        .map(({ digest, platform }) => ({
          digest,
          platform: [platform?.os ?? "unknown", platform?.architecture, platform?.variant].filter(Boolean).join("/"),
          mediaType: manifestType,
        }))
        .filter(({ platform }) => missing.includes(platform)),
    );
    for (const [position, platform] of missing.entries()) expect(errors[position]?.message).toContain(platform);
  });
});

describe("an index that lists blobs, as build caches do", () => {
  const cacheType = "application/vnd.buildkit.cacheconfig.v0";
  const toIndex = (mediaType: string, digest: string) => ({
    schemaVersion: 2,
    mediaType: indexType,
    manifests: [{ mediaType, digest, size: 5 }],
  });

  it("is complete with those blobs", async () => {
    const registry = await open();
    const digest = await pushBlob(registry, "app", "layer");
    const response = await putManifest(registry, "app", "cache", toIndex(cacheType, digest), indexType);
    expect(response.status).toBe(201);
  });

  it.each([
    ["they are not there", cacheType, "other"],
    ["what should be an image is a blob", manifestType, "layer"],
  ])("is refused where %s", async (_, mediaType, content) => {
    const registry = await open();
    await pushBlob(registry, "app", "layer");
    const response = await putManifest(registry, "app", "cache", toIndex(mediaType, digestOf(content)), indexType);
    expect([response.status, await readCodes(response)]).toEqual([400, ["MANIFEST_BLOB_UNKNOWN"]]);
  });
});

describe("an image whose blobs are missing", () => {
  it("is accepted where that is allowed", async () => {
    const registry = await open({ acceptMissingBlobs: true, platforms: "none" });
    const config = { mediaType: "application/x", digest: digestOf("x"), size: 1 };
    const image = { schemaVersion: 2, mediaType: manifestType, config, layers: [config] };
    expect((await putManifest(registry, "app", "v1", image)).status).toBe(201);
  });
});
