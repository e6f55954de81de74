// What registries, and proxies in front of them, do against the specification or at its edges.
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateRawSync, gzipSync } from "node:zlib";
import { describe, expect, it, vi } from "vitest";
import { createContentStore } from "../cache/index.ts";
import { type Digest, silentLog, toDigest } from "../types/index.ts";
import { type Answer, json, noSignal, ociImage, plain, raw, readAll } from "./fake-registry.fixture.ts";
import { maxManifestBytes } from "./manifest.ts";
import { parseReference, toPinned } from "./reference.ts";
import type { RegistryClient } from "./registry-client.ts";
import { useFakeRegistry, useTestClients } from "./test-run.fixture.ts";

const signal = noSignal;
const registry = useFakeRegistry();
const elsewhere = useFakeRegistry();
const connect = useTestClients();

const location = () => ({ registry: registry.host, repository: "team/app" });
const pinned = (digest: Digest) => toPinned(location(), digest);
const reference = () => parseReference(`${registry.host}/team/app:v1`);
const manifestPath = (name: string) => `/v2/team/app/manifests/${name}`;
const blobPath = (digest: Digest) => `/v2/team/app/blobs/${digest}`;
const manifestType = String(ociImage.mediaType);
const once = { maxRetries: 0, baseMs: 1, maxWaitMs: 1, factor: 1, jitter: 0 };

async function read(client: RegistryClient, descriptor: { digest: Digest; size?: number }): Promise<Buffer> {
  return readAll(await client.openBlob(location(), descriptor, { maxBytes: 1_000_000, signal }));
}

describe("content codings that nobody asked for", () => {
  const bytes = Buffer.from(JSON.stringify(ociImage));
  const digest = toDigest(bytes);
  const coded = (coding: string, body: Uint8Array) =>
    plain(200, body, { "content-encoding": coding, "content-type": manifestType });

  it("are not asked for", async () => {
    registry.addManifest("team/app", ociImage);
    await connect().fetchManifest(pinned(digest), { signal });
    expect(registry.seen[0]?.headers["accept-encoding"]).toBe("identity");
  });

  it.each([
    ["gzip", "gzip", gzipSync(bytes)],
    ["gzip under its old name", "X-GZIP", gzipSync(bytes)],
    ["gzip by name alone", "gzip", bytes],
    ["identity", "identity", bytes],
  ])("are undone for manifests: %s", async (_name, coding, body) => {
    registry.on(`GET ${manifestPath(digest)}`, coded(coding, body));
    expect((await connect().fetchManifest(pinned(digest), { signal })).descriptor).toMatchObject({
      digest,
      size: bytes.length,
    });
  });

  it("do not stand for the manifest's length", async () => {
    const headers = { "content-encoding": "gzip", "content-type": manifestType, "docker-content-digest": digest };
    registry.on(`HEAD ${manifestPath("v1")}`, plain(200, gzipSync(bytes), headers));
    registry.on(`GET ${manifestPath("v1")}`, plain(200, gzipSync(bytes), headers));
    expect(await connect().resolve(reference(), { signal })).toEqual({
      mediaType: manifestType,
      digest,
      size: bytes.length,
    });
  });

  const huge = Buffer.alloc(maxManifestBytes + 1, " ");
  it.each([
    ["another", "br", bytes, "invalid-response"],
    ["two", "gzip, gzip", gzipSync(gzipSync(bytes)), "invalid-response"],
    ["damaged gzip", "gzip", gzipSync(bytes).subarray(0, -9), "invalid-response"],
    ["gzip of other bytes", "gzip", gzipSync("{}"), "digest-mismatch"],
    ["gzip of more than 4 MiB", "gzip", gzipSync(huge), "too-large"],
  ])("are refused: %s", async (_name, coding, body, code) => {
    registry.on(`GET ${manifestPath(digest)}`, coded(coding, body));
    await expect(connect().fetchManifest(pinned(digest), { signal })).rejects.toMatchObject({ code });
  });

  it("do not count for blobs, whose bytes are what their digest says", async () => {
    const layer = gzipSync(randomBytes(1000));
    registry.on(`GET ${blobPath(toDigest(layer))}`, plain(200, layer, { "content-encoding": "gzip" }));
    expect(await read(connect(), { digest: toDigest(layer), size: layer.length })).toEqual(layer);
    const inflated = deflateRawSync("other");
    registry.on(`GET ${blobPath(digest)}`, plain(200, inflated, { "content-encoding": "deflate" }));
    await expect(read(connect(), { digest })).rejects.toMatchObject({ code: "digest-mismatch" });
  });
});

describe("lengths", () => {
  const bytes = Buffer.from(JSON.stringify(ociImage));
  const digest = toDigest(bytes);
  const head = (length: number | string) =>
    `HTTP/1.1 200 OK\r\ncontent-type: ${manifestType}\r\ncontent-length: ${length}\r\n\r\n`;

  it("may be absent: a manifest in chunks", async () => {
    registry.on(`GET ${manifestPath(digest)}`, (_request, response) => {
      response.writeHead(200);
      response.write(bytes.subarray(0, 10));
      response.end(bytes.subarray(10));
    });
    expect((await connect().fetchManifest(pinned(digest), { signal })).descriptor.size).toBe(bytes.length);
    expect(registry.seen).toHaveLength(1);
  });

  it("end a body, whatever follows it, and what follows is no answer to the next question", async () => {
    const forged = `HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nforged`;
    registry.on(
      `GET ${manifestPath(digest)}`,
      raw(Buffer.concat([Buffer.from(head(bytes.length)), bytes, Buffer.from(forged)])),
    );
    const blob = registry.addBlob("team/app", Buffer.from("genuine"));
    const client = connect({ maxConnectionsPerRegistry: 1 });
    expect((await client.fetchManifest(pinned(digest), { signal })).descriptor.digest).toBe(digest);
    expect((await read(client, { digest: blob })).toString()).toBe("genuine");
  });

  it.each([
    ["more comes than is told", raw(Buffer.concat([Buffer.from(head(bytes.length - 1)), bytes])), "digest-mismatch"],
    [
      "less comes than is told",
      raw(Buffer.concat([Buffer.from(head(bytes.length + 1)), bytes]), { ends: true }),
      "unavailable",
    ],
    ["the length is none", raw(Buffer.concat([Buffer.from(head("many")), bytes]), { ends: true }), "unavailable"],
    [
      "there are two lengths",
      raw(`HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n123456`, { ends: true }),
      "unavailable",
    ],
    ["there is nothing", plain(200), "digest-mismatch"],
  ] as [string, Answer, string][])("are not believed against the digest: %s", async (_name, answer, code) => {
    registry.on(`GET ${manifestPath(digest)}`, answer);
    await expect(connect({ retry: once }).fetchManifest(pinned(digest), { signal })).rejects.toMatchObject({ code });
  });

  it("of HEAD are asked for again with GET where they are zero", async () => {
    registry.addManifest("team/app", ociImage, "v1");
    registry.on(
      `HEAD ${manifestPath("v1")}`,
      plain(200, "", { "content-type": manifestType, "docker-content-digest": digest }),
    );
    expect((await connect().resolve(reference(), { signal })).size).toBe(bytes.length);
  });
});

describe("media types", () => {
  it("are what the bytes say, whatever the header says", async () => {
    const { digest, bytes } = registry.addManifest("team/app", ociImage);
    const headers = { "content-type": "application/vnd.oci.image.index.v1+json", "docker-content-digest": digest };
    registry.on(`GET ${manifestPath(digest)}`, plain(200, bytes, headers));
    const manifest = await connect().fetchManifest(pinned(digest), { signal });
    expect([manifest.kind, manifest.descriptor.mediaType]).toEqual(["image", manifestType]);
  });

  it.each(["application/octet-stream", "text/html; charset=utf-8", ""])("that are none, of HEAD: %j", async (type) => {
    const { digest, bytes } = registry.addManifest("team/app", ociImage, "v1");
    registry.on(
      `HEAD ${manifestPath("v1")}`,
      plain(200, bytes, { "content-type": type, "docker-content-digest": digest }),
    );
    expect((await connect().resolve(reference(), { signal })).mediaType).toBe(manifestType);
  });

  it.each([
    ["plain", "v1+json", (bytes: Buffer) => toDigest(bytes)],
    // The digest of a signed one is that of the part that is signed.
    ["signed", "v1+prettyjws", () => toDigest(Buffer.from("what is signed"))],
  ])("of Docker's schema 1 are refused with what to do, by tag and by digest: %s", async (_name, type, toOwn) => {
    const body = { schemaVersion: 1, name: "team/app", tag: "v1", fsLayers: [], history: [], signatures: [] };
    const bytes = Buffer.from(JSON.stringify(body));
    const own = toOwn(bytes);
    const headers = {
      "content-type": `application/vnd.docker.distribution.manifest.${type}`,
      "docker-content-digest": own,
    };
    for (const method of ["HEAD", "GET"]) {
      for (const name of ["v1", own]) registry.on(`${method} ${manifestPath(name)}`, plain(200, bytes, headers));
    }
    const refusal = {
      code: "invalid-response",
      message: expect.stringContaining("schema 1 is not supported: push the image again"),
    };
    await expect(connect().resolve(reference(), { signal })).rejects.toMatchObject(refusal);
    await expect(connect().fetchManifest(pinned(own), { signal })).rejects.toMatchObject(refusal);
  });
});

describe("web pages with status 200", () => {
  const page = plain(200, "<html>Log in to this network</html>", { "content-type": "text/html" });
  const digest = toDigest(Buffer.from("wanted"));
  it.each([
    ["a tag", `HEAD ${manifestPath("v1")}`, (client) => client.resolve(reference(), { signal }), "invalid-response"],
    [
      "a tag that may be absent",
      `HEAD ${manifestPath("v1")}`,
      (client) => client.findTag(reference(), { signal }),
      "invalid-response",
    ],
    [
      "a manifest",
      `GET ${manifestPath(digest)}`,
      (client) => client.fetchManifest(pinned(digest), { signal }),
      "digest-mismatch",
    ],
    ["a blob", `GET ${blobPath(digest)}`, (client) => read(client, { digest }), "digest-mismatch"],
    ["tags", "GET /v2/team/app/tags/list", (client) => client.listTags(location(), { signal }), "invalid-response"],
  ] as [string, string, (client: RegistryClient) => Promise<unknown>, string][])(
    "are no %s",
    async (_name, route, ask, code) => {
      registry.on(route, page);
      registry.on(`GET ${manifestPath("v1")}`, page);
      await expect(ask(connect())).rejects.toMatchObject({ name: "OciError", code });
    },
  );
});

describe("downloads that break and go on", () => {
  const content = randomBytes(300_000);
  const digest = toDigest(content);
  const other = Buffer.concat([content.subarray(0, 200_000), randomBytes(100_000)]);
  const breakAfter =
    (length: number, headers = {}): Answer =>
    (_request, response) => {
      response.writeHead(200, { "content-length": content.length, etag: '"one"', ...headers });
      response.write(content.subarray(0, length), () => response.socket?.destroy());
    };
  const part = (body: Buffer, range: string): Answer => plain(206, body, { "content-range": range, etag: '"two"' });

  it.each([
    ["other bytes, with another ETag", part(other.subarray(100_000), "bytes 100000-299999/300000"), { size: 300_000 }],
    ["other bytes, of a length that nobody told", part(other.subarray(100_000), "bytes 100000-299999/*"), {}],
    ["other bytes from the start", plain(200, other), { size: 300_000 }],
    ["less bytes", part(content.subarray(100_000, 200_000), "bytes 100000-199999/200000"), {}],
    [
      "more bytes than the descriptor says",
      part(Buffer.concat([content.subarray(100_000), content]), "bytes 100000-599999/600000"),
      { size: 300_000 },
    ],
    [
      "more bytes, of a length that nobody told",
      part(Buffer.concat([content.subarray(100_000), content]), "bytes 100000-599999/600000"),
      {},
    ],
  ] as [string, Answer, { size?: number }][])("with %s end in digest-mismatch", async (_name, answer, descriptor) => {
    registry.on(`GET ${blobPath(digest)}`, breakAfter(100_000), answer);
    await expect(read(connect(), { digest, ...descriptor })).rejects.toMatchObject({
      code: "digest-mismatch",
      retryable: false,
    });
  });

  it("with other bytes leave nothing in the cache", async () => {
    const directory = await mkdtemp(join(tmpdir(), "misbehaviour-"));
    const store = createContentStore({ directory, maxBytes: 10_000_000, log: silentLog });
    const client = connect({ store });
    registry.on(
      `GET ${blobPath(digest)}`,
      breakAfter(100_000),
      part(other.subarray(100_000), "bytes 100000-299999/300000"),
      plain(200, content),
    );
    await expect(read(client, { digest, size: 300_000 })).rejects.toMatchObject({ code: "digest-mismatch" });
    expect(await store.has(digest)).toBe(false);
    expect(await read(client, { digest, size: 300_000 })).toEqual(content);
    await client.close();
    await rm(directory, { recursive: true, force: true });
  });

  it("ask where they were sent first, not where the link led that may have expired", async () => {
    registry.on(
      `GET ${blobPath(digest)}`,
      plain(307, "", { location: `http://${elsewhere.host}/first` }),
      plain(307, "", { location: `http://${elsewhere.host}/second` }),
    );
    elsewhere.on("GET /first", breakAfter(100_000));
    elsewhere.on("GET /second", part(content.subarray(100_000), "bytes 100000-299999/300000"));
    expect(await read(connect(), { digest, size: 300_000 })).toEqual(content);
    expect(elsewhere.seen.map(({ url, headers }) => [url, headers.range])).toEqual([
      ["/first", undefined],
      ["/second", "bytes=100000-"],
    ]);
  });

  it("after the last byte are complete", async () => {
    registry.on(
      `GET ${blobPath(digest)}`,
      breakAfter(content.length, { "content-length": content.length + 1 }),
      plain(416),
    );
    registry.on(
      `GET ${blobPath(digest)}`,
      breakAfter(content.length, { "content-length": content.length + 1 }),
      plain(416),
      plain(200, content),
    );
    expect(await read(connect(), { digest })).toEqual(content);
  });

  it("end where the descriptor says that they do, however much comes", async () => {
    let isCut = false;
    registry.on(`GET ${blobPath(digest)}`, (_request, response) => {
      response.on("close", () => {
        isCut = true;
      });
      response.writeHead(200);
      const write = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536)));
      };
      response.on("drain", write);
      write();
    });
    const limits = { maxBytes: Number.MAX_SAFE_INTEGER, signal };
    const asked = connect().fetchBlob(location(), { digest, size: 300_000 }, limits);
    await expect(asked).rejects.toMatchObject({ code: "digest-mismatch" });
    await vi.waitFor(() => expect(isCut).toBe(true), 10_000);
  });

  it("do not do so for ever", async () => {
    const dribble: Answer = (request, response) => {
      const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "bytes=0-")?.[1]);
      response.writeHead(start === 0 ? 200 : 206, {
        "content-length": content.length - start,
        "content-range": `bytes ${start}-299999/300000`,
      });
      response.write(content.subarray(start, start + 1), () => response.socket?.destroy());
    };
    registry.on(`GET ${blobPath(digest)}`, dribble);
    await expect(read(connect(), { digest })).rejects.toMatchObject({ code: "unavailable" });
    expect(registry.seen).toHaveLength(65);
  });
});

describe("addresses that a manifest names", () => {
  it("are never asked for a blob", async () => {
    const digest = toDigest(Buffer.from("foreign"));
    elsewhere.on("GET /layer", plain(200, "foreign"));
    const layer = { mediaType: "x", digest, size: 7, urls: [`http://${elsewhere.host}/layer`] };
    await expect(read(connect(), layer)).rejects.toMatchObject({ code: "not-found" });
    expect(registry.seen.map(({ url }) => url)).toEqual([blobPath(digest)]);
    expect(elsewhere.seen).toEqual([]);
  });
});

describe("answers that grow", () => {
  it("are cut where headers have more than 16 KiB", async () => {
    const headers = { "content-type": manifestType, "x-padding": "x".repeat(17_000) };
    registry.on(`HEAD ${manifestPath("v1")}`, plain(200, "{}", headers));
    await expect(connect({ retry: once }).resolve(reference(), { signal })).rejects.toMatchObject({
      code: "unavailable",
    });
  });

  it("are cut where a token has more than 1 MiB", async () => {
    const realm = `Bearer realm="http://${registry.host}/token"`;
    registry.on(`HEAD ${manifestPath("v1")}`, plain(401, "", { "www-authenticate": realm }));
    registry.on("GET /token", json(200, { token: "t".repeat(1024 * 1024) }));
    await expect(connect().resolve(reference(), { signal })).rejects.toMatchObject({ code: "too-large" });
  });

  it("are cut where an error's page does not end", async () => {
    const { digest } = registry.addManifest("team/app", ociImage);
    registry.on(`GET ${manifestPath(digest)}`, (_request, response) => {
      response.writeHead(403);
      const write = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536)));
      };
      response.on("drain", write);
      write();
    });
    await expect(connect().fetchManifest(pinned(digest), { signal })).rejects.toMatchObject({ code: "forbidden" });
  });

  it("are not followed where pages of tags lead in a circle", async () => {
    const link = { link: '</v2/team/app/tags/list?last=x>; rel="next"' };
    registry.on("GET /v2/team/app/tags/list", json(200, { tags: [] }, link));
    await expect(connect().listTags(location(), { signal })).rejects.toMatchObject({ code: "too-large" });
    expect(registry.seen.length).toBeLessThanOrEqual(201);
  });
});
