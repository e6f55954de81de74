// What tags stand for, and which there are.
import { describe, expect, it } from "vitest";
import { type FakeRegistry, json, noSignal, ociImage, plain } from "./fake-registry.fixture.ts";
import { parseReference } from "./reference.ts";
import { useFakeRegistry, useTestClients } from "./test-run.fixture.ts";

const signal = noSignal;
const registry = useFakeRegistry();
const connect = useTestClients();
const reference = (rest: string) => parseReference(`${registry.host}/${rest}`);
const at = (digest: string) => `/v2/team/app/manifests/${digest}`;

describe("resolve", () => {
  it("asks a tag once in a run, whoever asks", async () => {
    const { digest, bytes } = registry.addManifest("team/app", ociImage, "v1");
    const client = connect();
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => client.resolve(reference("team/app:v1"), { signal })),
    );
    expect(answers[19]).toEqual({ mediaType: ociImage.mediaType, digest, size: bytes.length });
    expect(await client.findTag(reference("team/app:v1"), { signal })).toEqual(answers[0]);
    expect(registry.seen).toHaveLength(1);
    expect(registry.seen[0]?.method).toBe("HEAD");
  });

  const quirks: [string, (fake: FakeRegistry, bytes: Buffer, digest: string) => void][] = [
    [
      "HEAD without digest",
      (fake, bytes) => fake.on(`HEAD ${at("v1")}`, plain(200, bytes, { "content-type": String(ociImage.mediaType) })),
    ],
    [
      "HEAD without a media type",
      (fake, bytes, digest) => fake.on(`HEAD ${at("v1")}`, plain(200, bytes, { "docker-content-digest": digest })),
    ],
    [
      "HEAD with a digest that is none",
      (fake, bytes) => fake.on(`HEAD ${at("v1")}`, plain(200, bytes, { "docker-content-digest": "sha256:../x" })),
    ],
    ["HEAD not allowed", (fake) => fake.on(`HEAD ${at("v1")}`, plain(405))],
  ];
  it.each(quirks)("takes the digest of the bytes: %s", async (_name, arrange) => {
    const { digest, bytes } = registry.addManifest("team/app", ociImage, "v1");
    arrange(registry, bytes, digest);
    const found = await connect().resolve(reference("team/app:v1"), { signal });
    expect(found).toEqual({ mediaType: ociImage.mediaType, digest, size: bytes.length });
  });

  it("asks again after a failure, and only then", async () => {
    const { bytes } = registry.addManifest("team/app", ociImage);
    const client = connect();
    await expect(client.resolve(reference("team/app:v1"), { signal })).rejects.toMatchObject({
      code: "not-found",
      retryable: false,
    });
    registry.addManifest("team/app", ociImage, "v1");
    expect((await client.resolve(reference("team/app:v1"), { signal })).size).toBe(bytes.length);
  });

  it("sees tags that moved", async () => {
    const before = registry.addManifest("team/app", ociImage, "v1").digest;
    const client = connect();
    await client.resolve(reference("team/app:v1"), { signal });
    expect(await client.findMovedTags({ signal })).toEqual([]);
    const after = registry.addManifest("team/app", { ...ociImage, annotations: { a: "b" } }, "v1").digest;
    expect(await client.findMovedTags({ signal })).toEqual([
      { reference: `${registry.host}/team/app:v1`, before, after },
    ]);
  });
});

describe("findMovedTags", () => {
  it("tells a tag that is gone from one that could not be asked, and does not ask what it did not resolve", async () => {
    for (const tag of ["gone", "down", "same", "only-found"]) registry.addManifest("team/app", ociImage, tag);
    const client = connect({ retry: { maxRetries: 0, baseMs: 1, maxWaitMs: 1, factor: 1, jitter: 0 } });
    for (const tag of ["gone", "down", "same"]) await client.resolve(reference(`team/app:${tag}`), { signal });
    await client.findTag(reference("team/app:only-found"), { signal });
    const { digest: before } = await client.resolve(reference("team/app:same"), { signal });
    await client.resolve(reference(`team/app@${before}`), { signal });
    registry.on(`HEAD ${at("gone")}`, plain(404));
    registry.on(`HEAD ${at("down")}`, plain(503));
    registry.seen.length = 0;
    expect(await client.findMovedTags({ signal })).toEqual([
      { reference: `${registry.host}/team/app:gone`, before },
      { reference: `${registry.host}/team/app:down`, before, fault: expect.stringContaining("503") },
    ]);
    expect(registry.seen.map(({ method, url }) => `${method} ${url}`)).toEqual([
      `HEAD ${at("gone")}`,
      `HEAD ${at("down")}`,
      `HEAD ${at("same")}`,
    ]);
    await expect(client.findMovedTags({ signal: AbortSignal.abort() })).rejects.toThrow();
  });
});

describe("findTag", () => {
  it("takes 404 for an answer and remembers it", async () => {
    const client = connect();
    expect(await client.findTag(reference("team/app:none"), { signal })).toBeUndefined();
    expect(await client.findTag(reference("team/app:none"), { signal })).toBeUndefined();
    expect(registry.seen).toHaveLength(1);
  });

  it.each([
    [401, "unauthorized"],
    [403, "forbidden"],
    [500, "unavailable"],
    [418, "invalid-response"],
  ] as const)("takes %s for a fault: %s", async (status, code) => {
    registry.on(`HEAD ${at("v1")}`, plain(status));
    await expect(connect().findTag(reference("team/app:v1"), { signal })).rejects.toMatchObject({
      name: "OciError",
      code,
    });
  });
});

describe("listTags", () => {
  it("follows pages on the same registry", async () => {
    registry.on(
      "GET /v2/team/app/tags/list",
      json(
        200,
        { tags: ["a", "b"] },
        { link: '<https://elsewhere.example/v2/team/app/tags/list?last=b&n=2>; rel="next"' },
      ),
      json(200, { tags: ["c"] }),
    );
    expect(await connect().listTags({ registry: registry.host, repository: "team/app" }, { signal })).toEqual([
      "a",
      "b",
      "c",
    ]);
    expect(registry.seen[1]?.url).toBe("/v2/team/app/tags/list?last=b&n=2");
  });

  it("stops at a bound", async () => {
    const tags = Array.from({ length: 1000 }, (_, index) => `t${index}`);
    registry.on(
      "GET /v2/team/app/tags/list",
      json(200, { tags }, { link: '</v2/team/app/tags/list?last=x>; rel="next"' }),
    );
    const asked = connect().listTags({ registry: registry.host, repository: "team/app" }, { signal });
    await expect(asked).rejects.toMatchObject({ code: "too-large" });
  });
});

describe("offline", () => {
  it("asks nobody", async () => {
    registry.addManifest("team/app", ociImage, "v1");
    const client = connect({ offline: true });
    await expect(client.resolve(reference("team/app:v1"), { signal })).rejects.toMatchObject({ code: "offline" });
    expect(registry.seen).toHaveLength(0);
  });
});
