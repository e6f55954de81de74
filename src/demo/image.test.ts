import { gunzipSync } from "node:zlib";
import { extract } from "tar-stream";
import { afterEach, describe, expect, it } from "vitest";
import { type RegistryOptions, type RunningRegistry, startRegistry } from "../registry/index.ts";
import type { Descriptor } from "../types/index.ts";
import { DemoError } from "./errors.ts";
import { pushImage, pushIndex } from "./image.ts";
import { pushPolicy } from "./policy-bundle.ts";
import { exampleDataFiles, examplePolicyFiles } from "./policy-files.ts";
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

async function readTar(bytes: Uint8Array): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  const archive = extract();
  archive.end(bytes);
  for await (const entry of archive) {
    const pieces: Uint8Array[] = [];
    for await (const piece of entry) pieces.push(piece as Uint8Array);
    files[entry.header.name] = Buffer.concat(pieces).toString("utf8");
  }
  return files;
}

describe("pushImage", () => {
  it("pushes what a registry and a client understand", async () => {
    const { registry, target } = await start();
    const image = await pushImage(target, {
      repository: "team/app",
      tag: "v1",
      files: [{ "a.txt": "one\n", "b/c.txt": "two\n" }, { "a.txt": "three\n" }],
      labels: { owner: "us" },
      annotations: { note: "x" },
      platform: { os: "linux", architecture: "arm64", variant: "v8" },
      config: { User: "1001" },
    });
    expect(image.reference).toBe(`${registry.host}/team/app@${image.digest}`);
    expect(image.tagReference).toBe(`${registry.host}/team/app:v1`);
    const manifest = await (await fetch(`${registry.url}/v2/team/app/manifests/v1`)).text();
    expect(manifest.length).toBe(image.size);
    const { config, layers, annotations } = JSON.parse(manifest) as {
      config: Descriptor;
      layers: Descriptor[];
      annotations: object;
    };
    expect([config, layers, annotations]).toEqual([image.config, image.layers, { note: "x" }]);
    const blob = async (digest: string) =>
      Buffer.from(await (await fetch(`${registry.url}/v2/team/app/blobs/${digest}`)).arrayBuffer());
    expect(JSON.parse((await blob(config.digest)).toString("utf8"))).toMatchObject({
      os: "linux",
      architecture: "arm64",
      variant: "v8",
      config: { User: "1001", Labels: { owner: "us" } },
    });
    const files = await Promise.all(layers.map(async ({ digest }) => await readTar(gunzipSync(await blob(digest)))));
    expect(files).toEqual([{ "a.txt": "one\n", "b/c.txt": "two\n" }, { "a.txt": "three\n" }]);
  });

  it("gives the same digest for the same options, and another for other files", async () => {
    const { target } = await start();
    const push = async (files: Record<string, string>) =>
      (await pushImage(target, { repository: "app", files })).digest;
    const digest = await push({ a: "1", b: "2" });
    expect(await push({ b: "2", a: "1" })).toBe(digest);
    expect(await push({ a: "1", b: "3" })).not.toBe(digest);
  });

  it("uploads no blob twice", async () => {
    const { registry, target } = await start();
    await pushImage(target, { repository: "app", tag: "v1" });
    registry.forgetRequests();
    await pushImage(target, { repository: "app", tag: "v2" });
    expect(registry.requests.map(({ method }) => method)).toEqual(["HEAD", "HEAD", "PUT"]);
  });
});

describe("pushIndex", () => {
  it("names its children with their platforms", async () => {
    const { registry, target } = await start();
    const amd64 = await pushImage(target, { repository: "app" });
    const arm64 = await pushImage(target, { repository: "app", platform: { os: "linux", architecture: "arm64" } });
    const index = await pushIndex(target, { repository: "app", tag: "multi", children: [amd64, arm64] });
    const stored = await (await fetch(`${registry.url}/v2/app/manifests/multi`)).json();
    expect(stored).toMatchObject({
      manifests: [
        { digest: amd64.digest, size: amd64.size, platform: { os: "linux", architecture: "amd64" } },
        { digest: arm64.digest, size: arm64.size, platform: { os: "linux", architecture: "arm64" } },
      ],
    });
    expect(index.children).toEqual((stored as { manifests: unknown }).manifests);
  });

  it("can be sparse, where the registry allows it", async () => {
    const absent = [{ os: "linux", architecture: "s390x" }];
    const strict = await start();
    const child = await pushImage(strict.target, { repository: "app" });
    const refused = pushIndex(strict.target, { repository: "app", tag: "v1", children: [child], absent });
    await expect(refused).rejects.toThrow(DemoError);
    await expect(refused).rejects.toMatchObject({
      code: "registry_refused",
      message: expect.stringContaining("linux/s390x"),
    });
    const lax = await start({ platforms: [{ os: "linux", architecture: "amd64" }] });
    const other = await pushImage(lax.target, { repository: "app" });
    const index = await pushIndex(lax.target, { repository: "app", tag: "v1", children: [other], absent });
    expect(index.children.map(({ platform }) => platform?.architecture)).toEqual(["amd64", "s390x"]);
  });
});

describe("pushPolicy", () => {
  it("keeps every file's path as its layer's title", async () => {
    const { registry, target } = await start();
    const files = { ...examplePolicyFiles, ...exampleDataFiles };
    const policy = await pushPolicy(target, { repository: "policy", tag: "v1", files });
    const manifest = (await (await fetch(`${registry.url}/v2/policy/manifests/${policy.digest}`)).json()) as {
      layers: Descriptor[];
    };
    const read = await Promise.all(
      manifest.layers.map(async ({ digest, annotations }) => [
        annotations?.["org.opencontainers.image.title"],
        await (await fetch(`${registry.url}/v2/policy/blobs/${digest}`)).text(),
      ]),
    );
    expect(Object.fromEntries(read)).toEqual(files);
    expect(examplePolicyFiles["release/builder.rego"]).toContain("package builder");
  });
});

describe("createHttpTarget", () => {
  it("reads no answer without end", async () => {
    const endless = (async function* () {
      const piece = Buffer.alloc(1024 * 1024);
      while (true) yield piece;
    })();
    const { target } = await start({ intercept: () => ({ status: 200, body: endless }) });
    const answer = target.send({ method: "GET", path: "/v2/" });
    await expect(answer).rejects.toMatchObject({
      code: "registry_refused",
      message: expect.stringContaining("67108864 bytes"),
    });
  });

  it("says so when nobody answers, when it is cancelled and when credentials are missing", async () => {
    const { registry } = await start({
      auth: {
        scheme: "basic",
        accounts: [{ username: "u", password: "p", grants: [{ repository: "*", actions: ["pull", "push"] }] }],
      },
    });
    const anonymous = createHttpTarget({ registry: registry.host });
    await expect(pushImage(anonymous, { repository: "app" })).rejects.toMatchObject({ code: "registry_refused" });
    const authorization = `Basic ${Buffer.from("u:p").toString("base64")}`;
    const known = createHttpTarget({ registry: registry.host, authorization });
    expect((await pushImage(known, { repository: "app" })).reference).toContain(registry.host);
    const cancelled = createHttpTarget({ registry: registry.host, signal: AbortSignal.abort(new Error("enough")) });
    await expect(pushImage(cancelled, { repository: "app" })).rejects.toThrow("enough");
    await registry.close();
    await expect(pushImage(known, { repository: "app" })).rejects.toMatchObject({ code: "registry_unreachable" });
  });
});
