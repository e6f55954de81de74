// go-containerregistry's crane with the embedded registry.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import type { PushedImage, PushedIndex } from "../../../src/demo/index.ts";
import { createNoise } from "../registries/content.ts";
import { type Bench, openBench, pushPair, readManifest } from "./programs.ts";

const peers = inject("peers");

describe.skipIf(peers === undefined)("crane", () => {
  let bench: Bench;
  let host: string;
  let index: PushedIndex;
  let images: readonly [PushedImage, PushedImage];

  beforeAll(async () => {
    bench = await openBench();
    host = bench.registry.host;
    ({ index, images } = await pushPair(host, "team/app"));
  });
  afterAll(() => bench?.close());

  const crane = async (...args: string[]) => (await bench.run(peers?.crane ?? "", args)).stdout;
  const craneFails = (...args: string[]) => bench.runToFailure(peers?.crane ?? "", args);

  it("reads digests, manifests, configurations and tags", async () => {
    expect(await crane("digest", `${host}/team/app:multi`)).toBe(`${index.digest}\n`);
    const stored = await readManifest(host, "team/app", "multi");
    expect((await crane("manifest", `${host}/team/app:multi`)).trimEnd()).toBe(stored?.text);
    const config = JSON.parse(await crane("config", `${host}/team/app:multi`, "--platform", "linux/arm64"));
    expect(config).toMatchObject({ os: "linux", architecture: "arm64" });
    expect(await crane("ls", `${host}/team/app`)).toBe("amd64\narm64\nmulti\n");
    expect((await bench.run(peers?.crane ?? "", ["validate", "--remote", `${host}/team/app:multi`])).stdout).toBe(
      `PASS: ${host}/team/app:multi\n`,
    );
  });

  it("copies an index with all platforms to another repository, and every blob is mounted", async () => {
    bench.takeRequests();
    await crane("copy", `${host}/team/app:multi`, `${host}/all/app:v1`);
    const requests = bench.takeRequests();
    expect((await readManifest(host, "all/app", "v1"))?.digest).toBe(index.digest);
    for (const { digest } of images) expect((await readManifest(host, "all/app", digest))?.digest).toBe(digest);
    // Two configurations, and the layer that the two share.
    expect(requests.filter((request) => request === "POST blobs/uploads/?mount 201")).toHaveLength(3);
    expect(requests.filter((request) => request.startsWith("PATCH"))).toEqual([]);
  });

  it("copies the image of one platform", async () => {
    await crane("copy", "--platform", "linux/arm64", `${host}/team/app:multi`, `${host}/one/app:v1`);
    expect((await readManifest(host, "one/app", "v1"))?.digest).toBe(images[1].digest);
    expect(await readManifest(host, "one/app", images[0].digest)).toBeUndefined();
  });

  it("pulls a layout and pushes it again; every blob is there already", async () => {
    const layout = join(bench.folder, "layout");
    await crane("pull", "--format", "oci", `${host}/team/app:multi`, layout);
    const { manifests } = JSON.parse(readFileSync(join(layout, "index.json"), "utf8"));
    expect(manifests.map(({ digest }: { digest: string }) => digest)).toEqual([index.digest]);
    const pushed = await crane("push", "--index", layout, `${host}/pushed/app:v1`);
    const digest = pushed.trim().split("@")[1] ?? "";
    expect((await readManifest(host, "pushed/app", "v1"))?.digest).toBe(digest);
    expect((await readManifest(host, "pushed/app", index.digest))?.digest).toBe(index.digest);
    bench.takeRequests();
    expect(await crane("push", "--index", layout, `${host}/pushed/app:v2`)).toContain(digest);
    expect(bench.takeRequests().filter((request) => /^(?:POST|PATCH)/.test(request))).toEqual([]);
  });

  it("uploads a new layer as a stream, and gets its bytes back", async () => {
    await crane("export", `${host}/team/app:multi`, "--platform", "linux/amd64", "files.tar");
    bench.takeRequests();
    const grown = (
      await crane("append", "-b", `${host}/team/app:amd64`, "-f", "files.tar", "-t", `${host}/new/app:v1`)
    ).trim();
    const requests = bench.takeRequests();
    for (const step of ["POST blobs/uploads/ 202", "PATCH blobs/uploads/ID 202", "PUT blobs/uploads/ID 201"]) {
      expect(requests).toContain(step);
    }
    expect(await crane("validate", "--remote", grown)).toBe(`PASS: ${grown}\n`);
  });

  it("sets and deletes tags, and deletes a manifest with all its tags", async () => {
    await crane("copy", `${host}/team/app:amd64`, `${host}/gone/app:a`);
    await crane("tag", `${host}/gone/app:a`, "b");
    await crane("tag", `${host}/gone/app:a`, "c");
    await crane("delete", `${host}/gone/app:b`);
    expect(await crane("ls", `${host}/gone/app`)).toBe("a\nc\n");
    await crane("delete", `${host}/gone/app@${images[0].digest}`);
    expect(await crane("ls", `${host}/gone/app`)).toBe("");
    expect(await craneFails("manifest", `${host}/gone/app:a`)).toContain(
      "MANIFEST_UNKNOWN: expected a manifest that was pushed, gone/app holds no a",
    );
  });

  it("is told what is not there", async () => {
    expect(await craneFails("digest", `${host}/nobody/app:v1`)).toMatch(/404 Not Found|NAME_UNKNOWN/);
    expect(await craneFails("catalog", host)).toContain("UNSUPPORTED");
  });

  it("is told that a layer is too large, also while it has much more to send", async () => {
    const small = await openBench({ maxBlobBytes: 100_000 });
    try {
      writeFileSync(join(small.folder, "noise"), createNoise(20_000_000, "too large"));
      const image = `${small.registry.host}/app:v1`;
      const said = await small.runToFailure(peers?.crane ?? "", ["append", "-f", "noise", "-t", image]);
      expect(said).toContain("SIZE_INVALID: expected a blob of at most 100000 bytes");
    } finally {
      await small.close();
    }
  });
});
