import { randomBytes } from "node:crypto";
import { pack } from "tar-stream";
import { describe, expect, it } from "vitest";
import { toDigest } from "../types/index.ts";
import { createFakeProxy } from "./fake-proxy.fixture.ts";
import { createFakeClock, type FakeRegistry, json, noSignal, ociImage, plain } from "./fake-registry.fixture.ts";
import { readBlobFiles } from "./layer-files.ts";
import { maxManifestBytes } from "./manifest.ts";
import { parseReference, toPinned } from "./reference.ts";
import type { RegistryClient } from "./registry-client.ts";
import { useFakeRegistry, useTestClients } from "./test-run.fixture.ts";

const signal = noSignal;
const registry = useFakeRegistry();
const connect = useTestClients();

const reference = (rest: string) => parseReference(`${registry.host}/${rest}`);
const pinned = (digest: ReturnType<typeof toDigest>) =>
  toPinned({ registry: registry.host, repository: "team/app" }, digest);
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

describe("retries", () => {
  it.each([408, 429, 500, 502, 503, 504])("tries again after %s", async (status) => {
    const { digest, bytes } = registry.addManifest("team/app", ociImage);
    registry.on(`GET ${at(digest)}`, plain(status, "<html>sorry</html>"), plain(status), plain(200, bytes));
    const clock = createFakeClock();
    const client = connect({ clock });
    expect((await client.fetchManifest(pinned(digest), { signal })).kind).toBe("image");
    expect(clock.slept).toEqual([100, 200]);
    expect(client.statistics()[registry.host]).toMatchObject({ requests: 3, retries: 2 });
  });

  it("tries again after a broken connection", async () => {
    const { digest, bytes } = registry.addManifest("team/app", ociImage);
    const breakOff = (_request: unknown, response: { socket: { destroy(): void } | null }) =>
      response.socket?.destroy();
    registry.on(`GET ${at(digest)}`, breakOff, plain(200, bytes));
    expect((await connect().fetchManifest(pinned(digest), { signal })).kind).toBe("image");
  });

  it("tries once with maxRetries 0", async () => {
    const { digest } = registry.addManifest("team/app", ociImage);
    registry.on(`GET ${at(digest)}`, plain(503));
    const client = connect({ retry: { maxRetries: 0, baseMs: 1, maxWaitMs: 1, factor: 1, jitter: 0 } });
    await expect(client.fetchManifest(pinned(digest), { signal })).rejects.toMatchObject({
      code: "unavailable",
      retryable: true,
    });
    expect(registry.seen).toHaveLength(1);
  });

  it.each([
    ["seconds", "7"],
    ["a date", "Thu, 01 Jan 2026 00:00:07 GMT"],
  ])("obeys Retry-After in %s, for all requests to the registry", async (_name, retryAfter) => {
    const { digest, bytes } = registry.addManifest("team/app", ociImage);
    registry.addManifest("team/app", ociImage, "v1");
    const headers = { "retry-after": retryAfter, date: "Thu, 01 Jan 2026 00:00:00 GMT" };
    registry.on(`GET ${at(digest)}`, plain(429, "slow down", headers), plain(200, bytes));
    const clock = createFakeClock();
    const client = connect({ clock });
    const startedAtMs = clock.nowMs();
    await client.fetchManifest(pinned(digest), { signal });
    await client.resolve(reference("team/app:v1"), { signal });
    expect(clock.nowMs() - startedAtMs).toBe(7000);
    expect(client.statistics()[registry.host]?.throttledMs).toBe(7000);
  });

  it("does not wait for hours, and says how long it would be", async () => {
    const { digest } = registry.addManifest("team/app", ociImage);
    registry.on(`GET ${at(digest)}`, plain(429, "", { "retry-after": "43200" }));
    const client = connect();
    await expect(client.fetchManifest(pinned(digest), { signal })).rejects.toMatchObject({ code: "rate-limited" });
    await expect(client.resolve(reference("team/app:v1"), { signal })).rejects.toThrow(/43200 s/);
    expect(registry.seen).toHaveLength(1);
  });

  it("gives up on a registry that does not answer", async () => {
    const { digest } = registry.addManifest("team/app", ociImage);
    registry.on(`GET ${at(digest)}`, () => {});
    const client = connect({
      requestTimeoutMs: 50,
      retry: { maxRetries: 1, baseMs: 1, maxWaitMs: 1, factor: 1, jitter: 0 },
    });
    await expect(client.fetchManifest(pinned(digest), { signal })).rejects.toMatchObject({ code: "timeout" });
    expect(client.statistics()[registry.host]).toMatchObject({ requests: 2, retries: 1 });
  });

  it("gives up on a small body that trickles", async () => {
    const { digest } = registry.addManifest("team/app", ociImage);
    registry.on(`GET ${at(digest)}`, (_request, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write(" "), 10);
      response.on("close", () => clearInterval(timer));
    });
    const client = connect({
      requestTimeoutMs: 60,
      retry: { maxRetries: 0, baseMs: 1, maxWaitMs: 1, factor: 1, jitter: 0 },
    });
    await expect(client.fetchManifest(pinned(digest), { signal })).rejects.toMatchObject({ code: "timeout" });
  });

  it("says what the registry said, without queries and secrets", async () => {
    const { digest } = registry.addManifest("team/app", ociImage);
    const message = "see https://u:p@host/x?token=secret\nplease";
    registry.on(`GET ${at(digest)}`, json(403, { errors: [{ code: "DENIED", message }] }));
    await expect(connect().fetchManifest(pinned(digest), { signal })).rejects.toThrow(
      /403 \(forbidden\): DENIED: see https:\/\/host\/x please/,
    );
  });
});

describe("fetchBlob and openBlob", () => {
  const content = randomBytes(300_000);
  const location = () => ({ registry: registry.host, repository: "team/app" });
  const limits = { maxBytes: 1_000_000, signal };

  async function readAll(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
    const pieces: Uint8Array[] = [];
    for await (const piece of source) pieces.push(piece);
    return Buffer.concat(pieces);
  }

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

describe("proxies", () => {
  const login = `Basic ${Buffer.from("me:p@ss").toString("base64")}`;

  async function through(
    options: { scheme?: "http" | "https"; login?: string; user?: string; hosts?: Record<string, FakeRegistry> },
    use: (client: RegistryClient, proxy: Awaited<ReturnType<typeof createFakeProxy>>) => Promise<void>,
  ) {
    const proxy = await createFakeProxy(options.hosts ?? { "registry.example": registry }, options.login);
    const url = proxy.url.replace("//", `//${options.user ?? ""}`);
    const insecureRegistries = options.scheme === "https" ? [] : ["registry.example", "registry.example:5000"];
    const retry = { maxRetries: 0, baseMs: 1, maxWaitMs: 1, factor: 1, jitter: 0 };
    const client = connect({ proxy: { http: url, https: url }, insecureRegistries, retry });
    try {
      await use(client, proxy);
    } finally {
      await client.close();
      await proxy.close();
    }
  }
  const ask = (client: RegistryClient, host = "registry.example") =>
    client.resolve(parseReference(`${host}/team/app:v1`), { signal });

  it("are asked for the whole address where a registry speaks plain HTTP", async () => {
    const { digest } = registry.addManifest("team/app", ociImage, "v1");
    await through({}, async (client, proxy) => {
      expect((await ask(client)).digest).toBe(digest);
      expect((await ask(client, "registry.example:5000")).digest).toBe(digest);
      expect(proxy.asked).toEqual([
        { url: `http://registry.example${at("v1")}`, host: "registry.example" },
        { url: `http://registry.example:5000${at("v1")}`, host: "registry.example:5000" },
      ]);
      // Whether there is TLS is asked once; there is none.
      expect(proxy.tunnels).toEqual(["registry.example:443", "registry.example:5000"]);
      expect(registry.seen.map(({ headers }) => headers["proxy-authorization"])).toEqual([undefined, undefined]);
    });
  });

  it("make a tunnel where a registry speaks HTTPS", async () => {
    await through({ scheme: "https" }, async (client, proxy) => {
      await expect(ask(client)).rejects.toThrow();
      expect(proxy.tunnels).toEqual(["registry.example:443"]);
      expect(proxy.asked).toEqual([]);
    });
  });

  it.each(["http", "https"] as const)("get the login of their address, and no registry gets it: %s", async (scheme) => {
    registry.addManifest("team/app", ociImage, "v1");
    await through({ scheme, login, user: "me:p%40ss@" }, async (client) => {
      const fault: unknown = await ask(client).catch((thrown: unknown) => thrown);
      // Behind the tunnel there is no TLS.
      expect(fault).toMatchObject(scheme === "http" ? { size: expect.any(Number) } : { code: "insecure-registry" });
      expect(JSON.stringify(registry.seen)).not.toContain(login);
    });
  });

  it.each(["http", "https"] as const)("that want a login are named, and where to write it: %s", async (scheme) => {
    await through({ scheme, login, user: "me:wrong@" }, async (client, proxy) => {
      const fault: unknown = await ask(client).catch((thrown: unknown) => thrown);
      const host = new URL(proxy.url).host;
      expect(fault).toMatchObject({ name: "OciError", code: "unauthorized", status: 407, retryable: false });
      expect(String(fault)).toContain(`the proxy ${host} on the way to registry.example`);
      expect(JSON.stringify([String(fault), fault])).not.toContain("wrong");
    });
  });

  it.each(["http", "https"] as const)("that refuse are a fault of the network: %s", async (scheme) => {
    await through({ scheme, hosts: {} }, async (client) => {
      await expect(ask(client)).rejects.toMatchObject({ code: "unavailable", retryable: true, status: 502 });
    });
  });

  it("that are not there are named", async () => {
    const client = connect({
      proxy: { http: "http://127.0.0.1:9", https: "http://127.0.0.1:9" },
      insecureRegistries: ["registry.example"],
    });
    await expect(ask(client)).rejects.toThrow(/registry\.example \(through the proxy 127\.0\.0\.1:9\)/);
  });

  it("lead to no more connections than a registry may have", async () => {
    const digests = Array.from({ length: 12 }, (_, index) => registry.addBlob("team/app", Buffer.from(`${index}`)));
    await through({}, async (client) => {
      const location = { registry: "registry.example", repository: "team/app" };
      const bytes = await Promise.all(
        digests.map((digest) => client.fetchBlob(location, { digest }, { maxBytes: 9, signal })),
      );
      expect(bytes.map((one) => Buffer.from(one).toString())).toEqual(digests.map((_, index) => `${index}`));
    });
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
