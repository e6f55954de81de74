// Manifests by digest.
import { describe, expect, it } from "vitest";
import { toDigest } from "../types/index.ts";
import { noSignal, ociImage, plain } from "./fake-registry.fixture.ts";
import { maxManifestBytes } from "./manifest.ts";
import { toPinned } from "./reference.ts";
import { useFakeRegistry, useTestClients } from "./test-run.fixture.ts";

const signal = noSignal;
const registry = useFakeRegistry();
const connect = useTestClients();
const pinned = (digest: ReturnType<typeof toDigest>) =>
  toPinned({ registry: registry.host, repository: "team/app" }, digest);
const at = (digest: string) => `/v2/team/app/manifests/${digest}`;

describe("fetchManifest", () => {
  it("fetches a digest once, in parallel and later", async () => {
    const { digest, bytes } = registry.addManifest("team/app", ociImage);
    const client = connect();
    const all = await Promise.all(Array.from({ length: 10 }, () => client.fetchManifest(pinned(digest), { signal })));
    expect((await client.fetchManifest(pinned(digest), { signal })).kind).toBe("image");
    expect(Buffer.from(all[3]?.bytes ?? [])).toEqual(bytes);
    expect(registry.seen).toHaveLength(1);
    expect(client.statistics()[registry.host]).toMatchObject({
      requests: 1,
      retries: 0,
      bytesReceived: bytes.length,
      cacheHits: 1,
    });
  });

  it("does not share what a repository holds with another repository", async () => {
    const { digest } = registry.addManifest("team/app", ociImage);
    const client = connect();
    await client.fetchManifest(pinned(digest), { signal });
    const other = toPinned({ registry: registry.host, repository: "other/app" }, digest);
    await expect(client.fetchManifest(other, { signal })).rejects.toMatchObject({ code: "not-found" });
  });

  const schema1 = Buffer.from(JSON.stringify({ schemaVersion: 1, name: "a", fsLayers: [] }));
  const both = Buffer.from(JSON.stringify({ ...ociImage, manifests: [] }));
  const huge = Buffer.concat([Buffer.from(JSON.stringify(ociImage)), Buffer.alloc(maxManifestBytes, " ")]);
  const cases: [string, Buffer, Buffer, string][] = [
    ["other bytes than the digest's", Buffer.from(JSON.stringify(ociImage)), Buffer.from("{}"), "digest-mismatch"],
    ["schema 1", schema1, schema1, "invalid-response"],
    ["a document that is image and index", both, both, "invalid-response"],
    ["HTML", Buffer.from("<html>"), Buffer.from("<html>"), "invalid-response"],
    ["more than 4 MiB", huge, huge, "too-large"],
  ];
  it.each(cases)("refuses %s", async (_name, named, sent, code) => {
    const digest = toDigest(named);
    registry.on(`GET ${at(digest)}`, plain(200, sent));
    await expect(connect().fetchManifest(pinned(digest), { signal })).rejects.toMatchObject({ code });
  });

  it("refuses more than 4 MiB that come without a length", async () => {
    const digest = toDigest(huge);
    registry.on(`GET ${at(digest)}`, (_request, response) => {
      response.writeHead(200);
      response.end(huge);
    });
    await expect(connect().fetchManifest(pinned(digest), { signal })).rejects.toMatchObject({ code: "too-large" });
  });

  it("leaves a caller that gives up, and goes on for the others", async () => {
    const { digest, bytes } = registry.addManifest("team/app", ociImage);
    const client = connect();
    const controller = new AbortController();
    let answerNow = () => {};
    registry.on(`GET ${at(digest)}`, (_request, response) => {
      answerNow = () => response.end(bytes);
      controller.abort();
    });
    const leaving = client.fetchManifest(pinned(digest), { signal: controller.signal });
    const staying = client.fetchManifest(pinned(digest), { signal });
    await expect(leaving).rejects.toMatchObject({ code: "aborted" });
    answerNow();
    expect((await staying).descriptor.digest).toBe(digest);
    expect(registry.seen).toHaveLength(1);
  });
});
