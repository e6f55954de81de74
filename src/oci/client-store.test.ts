import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createContentStore } from "../cache/index.ts";
import { type Digest, silentLog, toDigest, toHex } from "../types/index.ts";
import type { Credential } from "./credential.ts";
import { type Answer, type createTestClient, json, noSignal, ociImage, plain } from "./fake-registry.fixture.ts";
import { parseReference, toPinned } from "./reference.ts";
import type { RegistryClient } from "./registry-client.ts";
import { useFakeRegistry, useTestClients } from "./test-run.fixture.ts";

const signal = noSignal;
const content = randomBytes(200_000);
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "client-store-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));
const registry = useFakeRegistry();
const connect = useTestClients();

/** A client as a run of its own has it, over the common folder. */
function startRun(options: Parameters<typeof createTestClient>[0] = {}): RegistryClient {
  const store = createContentStore({ directory, maxBytes: 10_000_000, log: silentLog });
  return connect({ store, ...options });
}

const location = () => ({ registry: registry.host, repository: "team/app" });
const limits = { maxBytes: 1_000_000, signal };
const reference = () => parseReference(`${registry.host}/team/app:v1`);
const holding = (password: string) => ({
  credentials: { find: async (): Promise<Credential> => ({ kind: "basic", username: "u", password }) },
});

async function read(client: RegistryClient, digest: Digest, repository = "team/app"): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  const ref = { registry: registry.host, repository };
  for await (const piece of await client.openBlob(ref, { digest, size: content.length }, limits)) pieces.push(piece);
  return Buffer.concat(pieces);
}

describe("blobs on disk", () => {
  it("are fetched once for all runs", async () => {
    const digest = registry.addBlob("team/app", content);
    const first = startRun();
    expect(await read(first, digest)).toEqual(content);
    await first.close();
    const second = startRun();
    expect(await read(second, digest)).toEqual(content);
    expect(Buffer.from(await second.fetchBlob(location(), { digest, size: content.length }, limits))).toEqual(content);
    expect(registry.seen).toHaveLength(1);
    expect(second.statistics()[registry.host]).toMatchObject({ requests: 0, cacheHits: 2 });
  });

  it("are fetched once for all readers of a run", async () => {
    const digest = registry.addBlob("team/app", content);
    const client = startRun();
    const all = await Promise.all(Array.from({ length: 50 }, () => read(client, digest)));
    expect(all.every((bytes) => bytes.equals(content))).toBe(true);
    expect(registry.seen).toHaveLength(1);
  });

  it("are fetched again where they are damaged", async () => {
    const digest = registry.addBlob("team/app", content);
    const first = startRun();
    await read(first, digest);
    await first.close();
    await writeFile(join(directory, "v1", "blobs", toHex(digest).slice(0, 2), toHex(digest)), "damaged");
    expect(await read(startRun(), digest)).toEqual(content);
    expect(registry.seen).toHaveLength(2);
  });

  it("are taken from the cache with pull: always, and manifests are fetched again", async () => {
    const digest = registry.addBlob("team/app", content);
    const first = startRun();
    await read(first, digest);
    await first.close();
    const second = startRun({ pull: "always" });
    expect(await read(second, digest)).toEqual(content);
    expect(registry.countOf(`GET /v2/team/app/blobs/${digest}`)).toBe(1);
    expect(second.statistics()[registry.host]).toMatchObject({ requests: 0, cacheHits: 1 });
    const { digest: manifest } = registry.addManifest("team/app", ociImage);
    await startRun().fetchManifest(toPinned(location(), manifest), { signal });
    await startRun({ pull: "always" }).fetchManifest(toPinned(location(), manifest), { signal });
    expect(registry.countOf(`GET /v2/team/app/manifests/${manifest}`)).toBe(2);
  });

  it("are shown to others when the registry says that they may, and not before", async () => {
    const digest = registry.addBlob("team/app", content);
    const first = startRun(holding("one"));
    await read(first, digest);
    await first.close();
    expect(await read(startRun(holding("two")), digest)).toEqual(content);
    expect(registry.seen.map(({ method }) => method)).toEqual(["GET", "HEAD"]);
    registry.on(`HEAD /v2/team/app/blobs/${digest}`, plain(403));
    registry.on(`GET /v2/team/app/blobs/${digest}`, plain(403));
    await expect(read(startRun(holding("three")), digest)).rejects.toMatchObject({ code: "forbidden" });
    expect(await read(startRun({ ...holding("one"), offline: true }), digest)).toEqual(content);
    await expect(read(startRun({ ...holding("three"), offline: true }), digest)).rejects.toMatchObject({
      code: "offline",
    });
  });

  it.each([
    ["a web page", { "content-type": "text/html" }],
    ["another blob", { "docker-content-digest": toDigest(Buffer.from("other")) }],
  ])("are not shown to others where %s answers whether they may", async (_name, headers) => {
    const digest = registry.addBlob("team/app", content);
    await read(startRun(holding("one")), digest);
    registry.on(`HEAD /v2/team/app/blobs/${digest}`, plain(200, "<html>", headers));
    registry.on(`GET /v2/team/app/blobs/${digest}`, plain(403));
    await expect(read(startRun(holding("two")), digest)).rejects.toMatchObject({ code: "forbidden" });
  });

  it.each([
    ["more", content.length + 1],
    ["less", content.length - 1],
    ["nothing", 0],
  ])("are wrong for those alone whose descriptor says %s, whoever asks first", async (_name, size) => {
    const small = Buffer.from("small");
    for (const bytes of [content, small]) {
      const digest = registry.addBlob("team/app", bytes);
      const right = { digest, size: bytes.length };
      const wrong = {
        digest,
        size: bytes.length + size - content.length < 0 ? 0 : bytes.length + size - content.length,
      };
      const client = startRun();
      for (const descriptors of [
        [wrong, right, wrong],
        [right, wrong],
      ]) {
        const all = await Promise.allSettled(descriptors.map((one) => client.fetchBlob(location(), one, limits)));
        expect(all.map((one) => (one.status === "fulfilled" ? "read" : one.reason.code))).toEqual(
          descriptors.map((one) => (one === right ? "read" : "digest-mismatch")),
        );
      }
      const later = startRun();
      await expect(later.fetchBlob(location(), wrong, limits)).rejects.toMatchObject({ code: "digest-mismatch" });
      expect(Buffer.from(await later.fetchBlob(location(), right, limits))).toEqual(bytes);
    }
  });

  it("are too large for those alone who take less, whoever asks first", async () => {
    const digest = registry.addBlob("team/app", content);
    const client = startRun();
    const all = [100, 1_000_000, 100].map((maxBytes) => client.fetchBlob(location(), { digest }, { maxBytes, signal }));
    expect((await Promise.allSettled(all)).map(({ status }) => status)).toEqual(["rejected", "fulfilled", "rejected"]);
    expect(registry.seen).toHaveLength(1);
  });

  it("are downloaded once for repositories that share them, large or small, one after the other or all at once", async () => {
    const repositories = Array.from({ length: 8 }, (_, index) => `team/app-${index}`);
    for (const bytes of [content, Buffer.from("small")]) {
      const digest = toDigest(bytes);
      for (const repository of repositories) registry.addBlob(repository, bytes);
      const client = startRun();
      const open = async (repository: string) =>
        Buffer.from(await client.fetchBlob({ registry: registry.host, repository }, { digest }, limits));
      const early = await Promise.all(repositories.slice(0, 6).map(open));
      const late = [await open("team/app-6"), await open("team/app-7")];
      for (const read of [...early, ...late]) expect(read).toEqual(bytes);
      const asked = registry.seen.splice(0).map(({ method }) => method);
      expect(asked.sort()).toEqual(["GET", ...Array(7).fill("HEAD")]);
      expect(client.statistics()[registry.host]?.cacheHits).toBe(7);
      await client.close();
    }
  });

  it("are not asked about by those who wait for a download of their own repository", async () => {
    const digest = registry.addBlob("team/app", content);
    const client = startRun();
    const stream = (await client.openBlob(location(), { digest }, limits))[Symbol.asyncIterator]();
    await stream.next();
    expect(await read(client, digest)).toEqual(content);
    await stream.return?.();
    expect(registry.seen.map(({ method }) => method)).toEqual(["GET"]);
  });

  it("are downloaded for oneself where the registry does not say yes while they are on their way to others", async () => {
    const digest = registry.addBlob("team/app", content);
    registry.addBlob("team/other", content);
    registry.on(`HEAD /v2/team/other/blobs/${digest}`, plain(404));
    const client = startRun();
    const stream = (await client.openBlob(location(), { digest }, limits))[Symbol.asyncIterator]();
    await stream.next();
    expect(await read(client, digest, "team/other")).toEqual(content);
    registry.on(`GET /v2/team/third/blobs/${digest}`, plain(403));
    await expect(read(client, digest, "team/third")).rejects.toMatchObject({ code: "forbidden" });
    await stream.return?.();
    expect(registry.countOf(`GET /v2/team/other/blobs/${digest}`)).toBe(1);
  });

  it.each([
    ["forbidden", plain(403)],
    ["not-found", plain(404)],
    ["digest-mismatch", plain(200, "other")],
    ["unavailable", plain(503)],
    [
      "unavailable",
      (_request, response) => {
        response.writeHead(200, { "content-length": content.length });
        response.write(content.subarray(0, 100_000), () => setTimeout(() => response.destroy(), 50));
      },
    ],
  ] as [string, Answer][])(
    "are not refused to one because they are to another who asked first: %s",
    async (code, refusal) => {
      const digest = registry.addBlob("team/other", content);
      let refuse = () => {};
      registry.on(`GET /v2/team/app/blobs/${digest}`, (request, response) => {
        refuse = () => refusal(request, response);
      });
      const client = startRun({ retry: { maxRetries: 0, baseMs: 1, maxWaitMs: 1, factor: 1, jitter: 0 } });
      // The first answer of a registry is waited for by all.
      await client.findTag(reference(), { signal });
      const first = read(client, digest).catch((thrown: unknown) => thrown);
      await expect.poll(() => registry.countOf(`GET /v2/team/app/blobs/${digest}`), { timeout: 20_000 }).toBe(1);
      const second = read(client, digest, "team/other").catch((thrown: unknown) => thrown);
      await expect.poll(() => registry.countOf(`HEAD /v2/team/other/blobs/${digest}`), { timeout: 20_000 }).toBe(1);
      await new Promise(setImmediate);
      refuse();
      expect(await first).toMatchObject({ code });
      // Who has wrong bytes of the other's already cannot give them back.
      if (code === "digest-mismatch") expect(await second).toMatchObject({ code: "unavailable", retryable: true });
      else expect(await second).toEqual(content);
      expect(await read(client, digest, "team/other")).toEqual(content);
      await client.close();
      expect(await read(startRun({ offline: true }), digest, "team/other")).toEqual(content);
    },
  );

  it("leave no secret in the folder's names", async () => {
    const digest = registry.addBlob("team/app", content);
    const client = startRun(holding("pa55word"));
    await read(client, digest);
    await client.close();
    expect((await readdir(directory, { recursive: true })).join(" ")).not.toContain("pa55word");
  });

  it("keep to each reader's limit", async () => {
    const digest = registry.addBlob("team/app", content);
    const client = startRun();
    await read(client, digest);
    const asked = client.fetchBlob(location(), { digest }, { maxBytes: 199_999, signal });
    await expect(asked).rejects.toMatchObject({ code: "too-large" });
  });

  it("go on for others when the first reader gives up", async () => {
    const digest = registry.addBlob("team/app", content);
    let finish = () => {};
    const controller = new AbortController();
    registry.on(`GET /v2/team/app/blobs/${digest}`, (_request, response) => {
      response.writeHead(200, { "content-length": content.length });
      response.write(content.subarray(0, 1000));
      finish = () => response.end(content.subarray(1000));
    });
    const client = startRun();
    const open = async (reader: AbortSignal) =>
      (await client.openBlob(location(), { digest }, { maxBytes: 1_000_000, signal: reader }))[Symbol.asyncIterator]();
    const first = await open(controller.signal);
    await first.next();
    const second = await open(signal);
    const { value: start } = await second.next();
    controller.abort();
    await expect(first.next()).rejects.toMatchObject({ code: "aborted" });
    finish();
    const pieces: Uint8Array[] = [start];
    for await (const piece of { [Symbol.asyncIterator]: () => second }) pieces.push(piece);
    expect(Buffer.concat(pieces)).toEqual(content);
    expect(registry.seen).toHaveLength(1);
  });
});

describe("tags", () => {
  async function runOnce(): Promise<Digest> {
    const { digest } = registry.addManifest("team/app", ociImage, "v1");
    const client = startRun();
    await client.resolve(reference(), { signal });
    await client.findTag(parseReference(`${registry.host}/team/app:absent`), { signal });
    await client.close();
    registry.seen.length = 0;
    return digest;
  }

  it.each([
    ["if-newer", 1],
    ["always", 1],
    ["if-missing", 0],
  ] as const)("with pull: %s, an earlier answer leads to %d requests", async (pull, requests) => {
    const digest = await runOnce();
    const client = startRun({ pull });
    expect((await client.resolve(reference(), { signal })).digest).toBe(digest);
    expect(registry.seen).toHaveLength(requests);
    const unasked = requests === 0 ? [{ reference: `${registry.host}/team/app:v1`, digest }] : [];
    expect(client.unaskedAnswers()).toEqual(unasked);
    expect(await client.findMovedTags({ signal })).toEqual([]);
  });

  it("are known offline, absent ones too, and the unknown ones are an error", async () => {
    const digest = await runOnce();
    const client = startRun({ offline: true });
    const tag = (name: string) => parseReference(`${registry.host}/team/app:${name}`);
    expect((await client.resolve(tag("v1"), { signal })).digest).toBe(digest);
    expect(await client.findTag(tag("absent"), { signal })).toBeUndefined();
    await expect(client.resolve(tag("absent"), { signal })).rejects.toMatchObject({ code: "not-found" });
    await expect(client.findTag(tag("v2"), { signal })).rejects.toMatchObject({ code: "offline" });
    expect(client.unaskedAnswers()).toEqual([
      { reference: `${registry.host}/team/app:v1`, digest },
      { reference: `${registry.host}/team/app:absent`, digest: "absent" },
    ]);
    expect(registry.seen).toHaveLength(0);
  });

  it("that were absent are asked again with pull: if-missing", async () => {
    await runOnce();
    expect(
      await startRun({ pull: "if-missing" }).findTag(parseReference(`${registry.host}/team/app:absent`), { signal }),
    ).toBeUndefined();
    expect(registry.seen).toHaveLength(1);
  });
});

describe("referrers", () => {
  it("are known offline, and always asked otherwise", async () => {
    const { digest } = registry.addManifest("team/app", ociImage);
    const entry = { mediaType: String(ociImage.mediaType), digest, size: 5 };
    registry.on(`GET /v2/team/app/referrers/${digest}`, json(200, { schemaVersion: 2, manifests: [entry] }));
    const ask = (client: RegistryClient) => client.fetchReferrers(toPinned(location(), digest), { signal });
    await ask(startRun());
    const offline = startRun({ offline: true });
    expect(await ask(offline)).toEqual([entry]);
    const list = toDigest(Buffer.from(JSON.stringify([entry])));
    expect(offline.unaskedAnswers()).toEqual([
      { reference: `${registry.host}/team/app@${digest} (referrers)`, digest: list },
    ]);
    await ask(startRun({ pull: "if-missing" }));
    expect(registry.seen).toHaveLength(2);
  });

  const image = toDigest(Buffer.from("image"));
  const route = `GET /v2/team/app/referrers/${image}`;
  const ask = (client: RegistryClient, artifactType?: string) =>
    client.fetchReferrers(toPinned(location(), image), {
      signal,
      ...(artifactType === undefined ? {} : { artifactType }),
    });

  async function noteLongList() {
    const entries = Array.from({ length: 500 }, (_, number) => ({
      mediaType: String(ociImage.mediaType),
      digest: toDigest(Buffer.from(String(number))),
      size: number,
      annotations: { padding: "x".repeat(1000) },
    }));
    registry.on(route, json(200, { schemaVersion: 2, manifests: entries }));
    const client = startRun();
    expect(await ask(client)).toEqual(entries);
    await client.close();
    registry.seen.length = 0;
    return { entries, digest: toDigest(Buffer.from(JSON.stringify(entries))) };
  }

  it("are known offline also where the list is long", async () => {
    const { entries } = await noteLongList();
    expect(await ask(startRun({ offline: true }))).toEqual(entries);
    expect(registry.seen).toHaveLength(0);
  });

  it("are read also where they cannot be kept", async () => {
    const entry = { mediaType: String(ociImage.mediaType), digest: toDigest(Buffer.from("one")), size: 1 };
    const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
    const text = JSON.stringify({ schemaVersion: 2, manifests: [entry] }).replace('"size":1', `"size":1,"x":${deep}`);
    registry.on(route, plain(200, text, { "content-type": "application/json" }));
    expect(await ask(startRun())).toEqual([entry]);
    await expect(ask(startRun({ offline: true }))).rejects.toMatchObject({ code: "offline" });
  });

  it.each(["gone", "damaged"])("are an error offline that names them where a long list is %s", async (what) => {
    const { digest } = await noteLongList();
    const path = join(directory, "v1", "blobs", toHex(digest).slice(0, 2), toHex(digest));
    await (what === "gone" ? rm(path) : writeFile(path, "[]"));
    await expect(ask(startRun({ offline: true }))).rejects.toMatchObject({
      code: "offline",
      message: expect.stringContaining(`team/app@${image} (referrers): not in the cache`),
    });
  });

  it("of one type are known offline, also where all were asked for", async () => {
    const { digest, bytes } = registry.addManifest("team/app", { ...ociImage, artifactType: "a/b" });
    const other = registry.addManifest("team/app", { ...ociImage, artifactType: "c/d" });
    const entry = { mediaType: String(ociImage.mediaType), digest, size: bytes.length, artifactType: "a/b" };
    const otherEntry = { ...entry, digest: other.digest, artifactType: "c/d" };
    registry.on(route, json(200, { schemaVersion: 2, manifests: [entry, otherEntry] }));
    await ask(startRun(), "a/b");
    registry.seen.length = 0;
    expect(await ask(startRun({ offline: true }), "a/b")).toEqual([entry]);
    await expect(ask(startRun({ offline: true }))).rejects.toMatchObject({ code: "offline" });
    const client = startRun();
    await ask(client);
    await client.fetchManifest(toPinned(location(), other.digest), { signal });
    registry.seen.length = 0;
    expect(await ask(startRun({ offline: true }), "c/d")).toEqual([otherEntry]);
    expect(registry.seen).toHaveLength(0);
  });
});

describe("offline", () => {
  const digest = toDigest(Buffer.from("never fetched"));
  it.each([
    ["a tag", "team/app:v1", (client) => client.resolve(reference(), { signal })],
    ["a tag that may be absent", "team/app:v1", (client) => client.findTag(reference(), { signal })],
    ["a manifest", `team/app@${digest}`, (client) => client.fetchManifest(toPinned(location(), digest), { signal })],
    ["a blob", `team/app@${digest}`, (client) => client.fetchBlob(location(), { digest }, limits)],
    ["a blob as a stream", `team/app@${digest}`, (client) => read(client, digest)],
    [
      "referrers",
      `team/app@${digest} (referrers)`,
      (client) => client.fetchReferrers(toPinned(location(), digest), { signal }),
    ],
    ["a list of tags", "team/app (tags)", (client) => client.listTags(location(), { signal })],
  ] as [string, string, (client: RegistryClient) => Promise<unknown>][])(
    "names %s that the cache does not hold",
    async (_name, subject, ask) => {
      for (const pull of ["if-newer", "if-missing"] as const) {
        await expect(ask(startRun({ offline: true, pull }))).rejects.toMatchObject({
          name: "OciError",
          code: "offline",
          retryable: false,
          message: `${registry.host}/${subject}: not in the cache, and ${registry.host} is not asked because of --offline`,
        });
      }
      await expect(ask(connect({ offline: true }))).rejects.toMatchObject({ code: "offline" });
      expect(registry.seen).toHaveLength(0);
    },
  );
});
