// Blobs from the registry, whole and broken off.
import { randomBytes } from "node:crypto";
import { pack } from "tar-stream";
import { describe, expect, it } from "vitest";
import { toDigest } from "../types/index.ts";
import { type FakeRegistry, noSignal, ociImage, plain, readAll } from "./fake-registry.fixture.ts";
import { readBlobFiles } from "./layer-files.ts";
import { toPinned } from "./reference.ts";
import { useFakeRegistry, useTestClients } from "./test-run.fixture.ts";

const signal = noSignal;
const registry = useFakeRegistry();
const connect = useTestClients();
const pinned = (digest: ReturnType<typeof toDigest>) =>
  toPinned({ registry: registry.host, repository: "team/app" }, digest);

describe("fetchBlob and openBlob", () => {
  const content = randomBytes(300_000);
  const location = () => ({ registry: registry.host, repository: "team/app" });
  const limits = { maxBytes: 1_000_000, signal };

  it("fetches and checks a blob", async () => {
    const digest = registry.addBlob("team/app", content);
    const client = connect();
    expect(Buffer.from(await client.fetchBlob(location(), { digest, size: content.length }, limits))).toEqual(content);
    expect(await readAll(await client.openBlob(location(), { digest }, limits))).toEqual(content);
  });

  it("keeps small blobs in memory", async () => {
    const digest = registry.addBlob("team/app", Buffer.from("{}"));
    const client = connect();
    await client.fetchBlob(location(), { digest }, limits);
    await client.fetchBlob(location(), { digest }, limits);
    expect(registry.seen).toHaveLength(1);
  });

  it("ends with an error where the bytes are wrong", async () => {
    const digest = toDigest(content);
    registry.on(`GET /v2/team/app/blobs/${digest}`, plain(200, "something else"));
    const stream = await connect().openBlob(location(), { digest }, limits);
    await expect(readAll(stream)).rejects.toMatchObject({ code: "digest-mismatch", retryable: false });
  });

  it.each([
    ["a descriptor's size", { size: 300_000 }, true],
    ["the told length", {}, true],
    ["the bytes that come", {}, false],
  ])("keeps to the limit: %s", async (_name, descriptor, hasLength) => {
    const digest = toDigest(content);
    registry.on(`GET /v2/team/app/blobs/${digest}`, (_request, response) => {
      response.writeHead(200, hasLength ? { "content-length": content.length } : {});
      response.end(content);
    });
    const asked = connect().fetchBlob(location(), { digest, ...descriptor }, { maxBytes: 299_999, signal });
    await expect(asked).rejects.toMatchObject({ code: "too-large" });
  });

  function breakAfter(length: number): Parameters<FakeRegistry["on"]>[1] {
    return (_request, response) => {
      response.writeHead(200, { "content-length": content.length });
      response.write(content.subarray(0, length), () => response.socket?.destroy());
    };
  }
  const rest = (request: { headers: { range?: string | undefined } }) =>
    Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1]);
  const resumes: [string, Parameters<FakeRegistry["on"]>[1][]][] = [
    [
      "by range",
      [
        (request, response) => {
          const start = rest(request);
          response.writeHead(206, { "content-range": `bytes ${start}-${content.length - 1}/${content.length}` });
          response.end(content.subarray(start));
        },
      ],
    ],
    ["where ranges are ignored", [plain(200, content)]],
    ["where ranges are refused", [plain(416), plain(200, content)]],
    [
      "where another range comes",
      [plain(206, content.subarray(5), { "content-range": "bytes 5-299999/300000" }), plain(200, content)],
    ],
  ];
  it("goes on after ranges that are shorter than was asked for, though nobody knows the size", async () => {
    const digest = toDigest(content);
    registry.on(`GET /v2/team/app/blobs/${digest}`, breakAfter(100_000), (request, response) => {
      const start = rest(request);
      const end = Math.min(start + 90_000, content.length);
      response.writeHead(206, { "content-range": `bytes ${start}-${end - 1}/${content.length}` });
      response.end(content.subarray(start, end));
    });
    expect(await readAll(await connect().openBlob(location(), { digest }, limits))).toEqual(content);
    expect(registry.seen).toHaveLength(4);
  });

  it.each(resumes)("goes on after a break: %s", async (_name, answers) => {
    const digest = toDigest(content);
    registry.on(`GET /v2/team/app/blobs/${digest}`, breakAfter(100_000), ...answers);
    const client = connect();
    expect(await readAll(await client.openBlob(location(), { digest, size: content.length }, limits))).toEqual(content);
    expect(client.statistics()[registry.host]?.retries).toBe(1);
  });

  it("stops mending a download that never gets on", async () => {
    const digest = toDigest(content);
    registry.on(`GET /v2/team/app/blobs/${digest}`, breakAfter(0));
    const stream = await connect().openBlob(location(), { digest }, limits);
    await expect(readAll(stream)).rejects.toMatchObject({ code: "unavailable" });
    expect(registry.seen).toHaveLength(4);
  });

  it("frees the connection of a stream that is not read to the end", async () => {
    const digest = registry.addBlob("team/app", randomBytes(1_000_000));
    const client = connect({ maxConnectionsPerRegistry: 1 });
    for await (const _ of await client.openBlob(location(), { digest }, { maxBytes: 2_000_000, signal })) break;
    const { digest: manifest } = registry.addManifest("team/app", ociImage);
    expect((await client.fetchManifest(pinned(manifest), { signal })).kind).toBe("image");
  });

  it("never has more requests in flight than allowed", async () => {
    let current = 0;
    let most = 0;
    const digests = Array.from({ length: 30 }, (_, index) => toDigest(Buffer.from(`blob ${index}`)));
    for (const [index, digest] of digests.entries()) {
      registry.on(`GET /v2/team/app/blobs/${digest}`, (_request, response) => {
        current += 1;
        most = Math.max(most, current);
        setImmediate(() => {
          current -= 1;
          response.end(`blob ${index}`);
        });
      });
    }
    const client = connect({ maxConnectionsPerRegistry: 3 });
    await Promise.all(digests.map((digest) => client.fetchBlob(location(), { digest }, limits)));
    expect(most).toBeLessThanOrEqual(3);
  });
});

describe("files in blobs", () => {
  it("keep to the documents that the client may parse", async () => {
    const document = JSON.stringify({ text: "x".repeat(2000) });
    const archive = pack();
    archive.entry({ name: "a.json" }, document);
    archive.finalize();
    const pieces: Buffer[] = [];
    for await (const piece of archive) pieces.push(piece as Buffer);
    const ref = pinned(registry.addBlob("team/app", Buffer.concat(pieces)));
    const ask = (maxDocumentBytes: number) => readBlobFiles(connect({ maxDocumentBytes }), ref, ["a.json"], { signal });
    expect(await ask(document.length)).toEqual({ "a.json": { text: "x".repeat(2000) } });
    await expect(ask(document.length - 1)).rejects.toMatchObject({ code: "too-large" });
  });
});
