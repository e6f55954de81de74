// What the registry client must do with every registry: run by the tests of each, through a proxy that can misbehave.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { PushTarget } from "../../../src/demo/index.ts";
import { type CredentialStore, type RegistryClientOptions, toPinned } from "../../../src/oci/index.ts";
import type { Descriptor } from "../../../src/types/index.ts";
import {
  createNoise,
  createUnknownDigest,
  mediaTypes,
  type PushedContent,
  pushContent,
  pushList,
  pushReferrers,
} from "./content.ts";
import { type MeddlingProxy, startMeddlingProxy } from "./meddling-proxy.ts";
import { always, codeOf, collect, createTestClient, createTestStore, parseReference, signal } from "./test-client.ts";

/** A registry that is up, and how to fill it. */
export interface TestedRegistry {
  /** `127.0.0.1:PORT`. */
  host: string;
  target: PushTarget;
  /** For pulling; default none. */
  credentials?: CredentialStore;
  stop(): Promise<void>;
}

export interface RegistryTraits {
  /** Pages of the referrers API; `size`: only where the list is long in bytes. */
  referrers: "fallback-tag" | "pages-by-count" | "pages-by-size";
  /** Whether `?n=` is kept. */
  hasTagPages: boolean;
}

interface Filled {
  images: Readonly<Record<keyof typeof mediaTypes, Descriptor>>;
  ociImage: PushedContent;
  large: PushedContent;
  referrers: readonly Descriptor[];
}

const repository = "contract/app";
const noise = createNoise(3 * 1024 * 1024 + 17, "a large layer");
const tags = ["v1", "v2", "v3", "v4", "v5", "v6", "v7"];

async function fill(target: PushTarget, { referrers: paging }: RegistryTraits): Promise<Filled> {
  const ociImage = await pushContent(target, { repository, name: "oci", tag: "ociImage" });
  const docker = await pushContent(target, {
    repository,
    name: "docker",
    tag: "dockerImage",
    mediaType: mediaTypes.dockerImage,
  });
  const platform = { os: "linux", architecture: "amd64" };
  const index = await pushList(target, {
    repository,
    tag: "ociIndex",
    children: [{ ...ociImage.descriptor, platform }],
  });
  const list = await pushList(target, {
    repository,
    tag: "dockerList",
    mediaType: mediaTypes.dockerList,
    children: [{ ...docker.descriptor, platform }],
  });
  const large = await pushContent(target, { repository, name: "large", tag: "large", layer: noise });
  const { referrers } = await pushReferrers(target, {
    repository,
    subject: large.descriptor,
    count: 5,
    paddingBytes: paging === "pages-by-size" ? 1_000_000 : 10,
  });
  await pushReferrers(target, { repository, subject: docker.descriptor, count: 2 });
  for (const tag of tags) await pushContent(target, { repository: "contract/tags", name: "tags", tag });
  const images = {
    ociImage: ociImage.descriptor,
    ociIndex: index,
    dockerImage: docker.descriptor,
    dockerList: list,
  };
  return { images, ociImage, large, referrers };
}

/** Describes the whole suite, once without and once with a disk cache. */
export function describeRegistryClient(
  name: string,
  subject: { isSkipped: boolean; traits: RegistryTraits; start(): Promise<TestedRegistry> },
): void {
  describe.skipIf(subject.isSkipped)(`the registry client and ${name}`, () => {
    let registry: TestedRegistry;
    let proxy: MeddlingProxy;
    let filled: Filled;

    beforeAll(async () => {
      registry = await subject.start();
      filled = await fill(registry.target, subject.traits);
      proxy = await startMeddlingProxy(registry.host);
    });
    afterAll(async () => {
      await proxy?.close();
      await registry?.stop();
    });

    const context: Context = {
      traits: subject.traits,
      get registry() {
        return registry;
      },
      get proxy() {
        return proxy;
      },
      get filled() {
        return filled;
      },
    };
    describe.each([{ cache: false }, { cache: true }])("disk cache: $cache", ({ cache }) => {
      const use = createUse(context, cache);
      describeManifests(context, use);
      describeBlobs(context, use);
      describeReferrers(context, use);
      describeTags(context, use);
    });
    describeCache(context);
  });
}

interface Context {
  readonly traits: RegistryTraits;
  readonly registry: TestedRegistry;
  readonly proxy: MeddlingProxy;
  readonly filled: Filled;
}

interface Use {
  client(options?: Partial<RegistryClientOptions>): ReturnType<typeof createTestClient>;
  /** Below the proxy. */
  at(rest: string): ReturnType<typeof parseReference>;
}

/** A client for each test, with a cache of its own where there is one. */
function createUse(context: Context, cache: boolean): Use {
  const clients: ReturnType<typeof createTestClient>[] = [];
  const stores: ReturnType<typeof createTestStore>[] = [];
  beforeEach(() => context.proxy.reset());
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
    for (const store of stores.splice(0)) store.remove();
  });
  return {
    client(options = {}) {
      const store = createTestStore();
      stores.push(store);
      const client = createTestClient({
        credentials: context.registry.credentials ?? always(undefined),
        ...(cache ? { store: store.openStore() } : {}),
        ...options,
      });
      clients.push(client);
      return client;
    },
    at: (rest) => parseReference(`${context.proxy.host}/${rest}`),
  };
}

/** Requests about content: without those that asked for tokens, or were told to. */
function contentRequests(proxy: MeddlingProxy): string[] {
  return proxy.seen
    .filter(({ status, url }) => status !== 401 && !url.startsWith("/token"))
    .map(({ method, url }) => `${method} ${url}`);
}

const kinds = Object.keys(mediaTypes) as (keyof typeof mediaTypes)[];

function describeManifests(context: Context, { client, at }: Use): void {
  it.each(kinds)("resolves a tag by one HEAD: %s", async (kind) => {
    const expected = context.filled.images[kind];
    const registry = client();
    expect(await registry.resolve(at(`${repository}:${kind}`), { signal })).toEqual(expected);
    expect(await registry.findTag(at(`${repository}:${kind}`), { signal })).toEqual(expected);
    expect(contentRequests(context.proxy)).toEqual([`HEAD /v2/${repository}/manifests/${kind}`]);
  });

  it.each([
    { what: "tells no digest", meddling: { hiddenHeaders: ["docker-content-digest"] } },
    { what: "tells no length", meddling: { hiddenHeaders: ["content-length"] } },
    { what: "is not known", meddling: { status: 405 } },
  ])("asks with GET where HEAD $what, and takes the digest of the bytes", async ({ meddling }) => {
    context.proxy.meddle(({ method }) => (method === "HEAD" ? meddling : undefined));
    expect(await client().resolve(at(`${repository}:ociIndex`), { signal })).toEqual(context.filled.images.ociIndex);
    expect(contentRequests(context.proxy)).toEqual([
      `HEAD /v2/${repository}/manifests/ociIndex`,
      `GET /v2/${repository}/manifests/ociIndex`,
    ]);
  });

  it.each(kinds)("fetches a manifest by digest, once: %s", async (kind) => {
    const { digest, mediaType, size } = context.filled.images[kind];
    const registry = client();
    const pinned = toPinned(at(`${repository}:${kind}`), digest);
    const [one, other] = await Promise.all([
      registry.fetchManifest(pinned, { signal }),
      registry.fetchManifest(pinned, { signal }),
    ]);
    expect(one.descriptor).toEqual({ digest, mediaType, size });
    expect(one.kind).toBe(kind === "ociIndex" || kind === "dockerList" ? "index" : "image");
    expect(one.bytes).toHaveLength(size);
    expect(other).toBe(one);
    expect(await registry.resolve(at(`${repository}:nothing@${digest}`), { signal })).toEqual(one.descriptor);
    expect(contentRequests(context.proxy)).toEqual([`GET /v2/${repository}/manifests/${digest}`]);
  });

  it.each([
    { what: "tag", rest: `${repository}:missing` },
    { what: "repository", rest: "contract/missing:latest" },
    { what: "digest", rest: `${repository}@${createUnknownDigest("manifest")}` },
    { what: "digest of a repository", rest: `contract/missing@${createUnknownDigest("manifest")}` },
  ])("says not-found for a missing $what", async ({ rest }) => {
    const registry = client();
    expect(await codeOf(registry.resolve(at(rest), { signal }))).toBe("not-found");
    if (!rest.includes("@")) expect(await registry.findTag(at(rest), { signal })).toBeUndefined();
  });

  it.each(["ociImage", "dockerList"] as const)("refuses a manifest with wrong bytes: %s", async (kind) => {
    const { digest } = context.filled.images[kind];
    context.proxy.meddle(({ method, url }) =>
      method === "GET" && url.includes("/manifests/") ? { corrupts: true } : undefined,
    );
    const registry = client();
    const pinned = toPinned(at(repository), digest);
    expect(await codeOf(registry.fetchManifest(pinned, { signal }))).toBe("digest-mismatch");
    context.proxy.reset();
    expect((await registry.fetchManifest(pinned, { signal })).descriptor.digest).toBe(digest);
  });

  it("refuses a tag whose bytes are not those of the digest that came with them", async () => {
    context.proxy.meddle(({ method }) => (method === "HEAD" ? { status: 405 } : { corrupts: true }));
    expect(await codeOf(client().resolve(at(`${repository}:ociImage`), { signal }))).toBe("digest-mismatch");
  });

  it.each([500, 502, 503, 504, 429, 408])("asks again after %s", async (status) => {
    context.proxy.meddle((_, earlier) => (earlier < 2 ? { status } : undefined));
    const registry = client();
    expect(await registry.resolve(at(`${repository}:ociImage`), { signal })).toEqual(context.filled.images.ociImage);
    expect(registry.statistics()[context.proxy.host]?.retries).toBeGreaterThanOrEqual(2);
  });
}

function describeBlobs(context: Context, { client, at }: Use): void {
  const maxBytes = noise.length;

  it("reads a blob whole and as a stream", async () => {
    const registry = client();
    const { layer } = context.filled.large;
    const stream = await registry.openBlob(at(repository), layer, { maxBytes, signal });
    expect((await collect(stream)).equals(noise)).toBe(true);
    const whole = await registry.fetchBlob(at(repository), layer, { maxBytes, signal });
    expect(Buffer.from(whole).equals(noise)).toBe(true);
  });

  it("says not-found for a missing blob", async () => {
    const missing = { digest: createUnknownDigest("blob"), size: 5 };
    expect(await codeOf(client().fetchBlob(at(repository), missing, { maxBytes, signal }))).toBe("not-found");
    const elsewhere = at("contract/missing");
    expect(await codeOf(client().fetchBlob(elsewhere, missing, { maxBytes, signal }))).toBe("not-found");
  });

  it.each([
    { what: "told by the descriptor", descriptor: (layer: Descriptor) => layer },
    { what: "told by nobody", descriptor: ({ digest }: Descriptor) => ({ digest }) },
  ])("refuses more than maxBytes, $what", async ({ descriptor }) => {
    const registry = client();
    const small = { maxBytes: maxBytes - 1, signal };
    const layer = descriptor(context.filled.large.layer);
    expect(await codeOf(registry.fetchBlob(at(repository), layer, small))).toBe("too-large");
    expect(await codeOf(registry.openBlob(at(repository), layer, small).then(collect))).toBe("too-large");
  });

  it("refuses a blob of another length than its descriptor says", async () => {
    const { digest, size } = context.filled.large.layer;
    const wrong = { digest, size: size - 1 };
    expect(await codeOf(client().fetchBlob(at(repository), wrong, { maxBytes, signal }))).toBe("digest-mismatch");
  });

  it("goes on by range where the connection breaks half-way, and breaks again", async () => {
    context.proxy.meddle(({ method, url, range }) => {
      if (method !== "GET" || !url.includes("/blobs/")) return undefined;
      if (range === undefined) return { cutAfterBytes: 1_000_000 };
      return range.startsWith("bytes=1000000-") ? { cutAfterBytes: 900_000 } : undefined;
    });
    const { layer } = context.filled.large;
    const stream = await client().openBlob(at(repository), layer, { maxBytes, signal });
    expect((await collect(stream)).equals(noise)).toBe(true);
    const ranges = context.proxy.seen.filter(({ status }) => status === 206).map(({ range }) => range);
    expect(ranges).toEqual(["bytes=1000000-", "bytes=1900000-"]);
  });

  it("begins again where the connection breaks and ranges are not known", async () => {
    context.proxy.meddle(({ url, range }) => {
      if (!url.includes("/blobs/")) return undefined;
      return { hiddenRequestHeaders: ["range"], ...(range === undefined ? { cutAfterBytes: 1_000_000 } : {}) };
    });
    const { layer } = context.filled.large;
    const stream = await client().openBlob(at(repository), layer, { maxBytes, signal });
    expect((await collect(stream)).equals(noise)).toBe(true);
  });

  it("gives up a download that breaks at the same byte each time", async () => {
    context.proxy.meddle(({ url, range }) =>
      url.includes("/blobs/") ? { cutAfterBytes: range === undefined ? 1000 : 0 } : undefined,
    );
    const { layer } = context.filled.large;
    expect(await codeOf(client().fetchBlob(at(repository), layer, { maxBytes, signal }))).toBe("unavailable");
  });

  it("refuses a blob with wrong bytes and keeps nothing of it", async () => {
    context.proxy.meddle(({ url }) => (url.includes("/blobs/") ? { corrupts: true } : undefined));
    const registry = client();
    const { layer } = context.filled.large;
    const ask = () => registry.fetchBlob(at(repository), layer, { maxBytes, signal });
    expect(await codeOf(ask())).toBe("digest-mismatch");
    const open = registry.openBlob(at(repository), layer, { maxBytes, signal });
    expect(await codeOf(open.then(collect))).toBe("digest-mismatch");
    context.proxy.reset();
    expect(Buffer.from(await ask()).equals(noise)).toBe(true);
  });
}

function describeReferrers(context: Context, { client, at }: Use): void {
  const byDigest = (one: { digest: string }, other: { digest: string }) => (one.digest < other.digest ? -1 : 1);

  it("lists what refers to an image, all pages of it, whatever its type", async () => {
    const { large, referrers } = context.filled;
    const subject = toPinned(at(repository), large.descriptor.digest);
    const found = await client().fetchReferrers(subject, { signal });
    const shown = found.map(({ mediaType, digest, size, artifactType }) => ({ mediaType, digest, size, artifactType }));
    expect(shown.sort(byDigest)).toEqual([...referrers].sort(byDigest));
    const asked = contentRequests(context.proxy);
    expect(asked.some((request) => request.includes("artifactType="))).toBe(false);
    const pages = asked.filter((request) => request.includes("/referrers/"));
    if (context.traits.referrers === "fallback-tag") {
      const tag = large.descriptor.digest.replace(":", "-");
      expect(asked.at(-1)).toBe(`GET /v2/${repository}/manifests/${tag}`);
    } else {
      expect(pages.length).toBeGreaterThan(1);
      expect(pages).toEqual(asked);
    }
  });

  it.each([0, 1])("lists those of one type, whether the registry filters or not: %d", async (number) => {
    const { large, referrers } = context.filled;
    const artifactType = `application/vnd.example.evidence.v${number}+json`;
    const subject = toPinned(at(repository), large.descriptor.digest);
    const found = await client().fetchReferrers(subject, { signal, artifactType });
    const expected = referrers.filter((referrer) => referrer.artifactType === artifactType);
    expect(found.map(({ digest, artifactType: own }) => ({ digest, own })).sort(byDigest)).toEqual(
      expected.map(({ digest, artifactType: own }) => ({ digest, own })).sort(byDigest),
    );
    const lists = contentRequests(context.proxy).filter((request) => request.includes("/referrers/"));
    expect(lists[0]).toContain(`?artifactType=${encodeURIComponent(artifactType)}`);
    // Those of the other type were not opened where the registry left them out.
    const opened = contentRequests(context.proxy).filter((request) => request.includes("/manifests/sha256:"));
    expect(opened).toHaveLength(context.traits.referrers === "fallback-tag" ? referrers.length : expected.length);
  });

  it("finds none where there are none", async () => {
    const { digest } = context.filled.images.ociImage;
    expect(await client().fetchReferrers(toPinned(at(repository), digest), { signal })).toEqual([]);
    const unknown = toPinned(at(repository), createUnknownDigest("subject"));
    expect(await client().fetchReferrers(unknown, { signal })).toEqual([]);
  });

  it("asks the API about one repository after another one had none", async () => {
    context.proxy.meddle(({ url }) => (url.includes("/contract/tags/referrers/") ? { status: 404 } : undefined));
    const asking = client();
    const { digest } = context.filled.images.dockerImage;
    expect(await asking.fetchReferrers(toPinned(at("contract/tags"), digest), { signal })).toEqual([]);
    expect(await asking.fetchReferrers(toPinned(at(repository), digest), { signal })).toHaveLength(2);
  });

  it.each([500, 403])("does not take %s for no referrers", async (status) => {
    context.proxy.meddle(() => ({ status }));
    const { digest } = context.filled.large.descriptor;
    const code = await codeOf(client().fetchReferrers(toPinned(at(repository), digest), { signal }));
    expect(code).toBe(status === 500 ? "unavailable" : "forbidden");
  });
}

function describeTags(context: Context, { client, at }: Use): void {
  it("lists tags", async () => {
    const found = await client().listTags(at("contract/tags"), { signal });
    expect([...found].sort()).toEqual(tags);
  });

  it("lists tags page by page", async () => {
    if (!context.traits.hasTagPages) return expect(context.traits.hasTagPages).toBe(false);
    context.proxy.meddle(({ url }) =>
      url.includes("/tags/list") ? { url: url.replace(/\bn=\d+/, "n=3") } : undefined,
    );
    const found = await client().listTags(at("contract/tags"), { signal });
    expect([...found].sort()).toEqual(tags);
    expect(contentRequests(context.proxy).length).toBeGreaterThanOrEqual(3);
  });

  it("says not-found for the tags of a missing repository", async () => {
    const found = client().listTags(at("contract/missing"), { signal });
    // olareg makes no difference between a repository that is empty and one that is not there.
    expect(["not-found", "none"]).toContain(await codeOf(found));
  });

  it("tells of a tag that moved, and one that is the same", async () => {
    const { target } = context.registry;
    const move = (name: string) => pushContent(target, { repository: "contract/moving", name, tag: "moving" });
    const before = (await move("before")).descriptor;
    const registry = client();
    expect(await registry.resolve(at("contract/moving:moving"), { signal })).toEqual(before);
    await registry.resolve(at(`${repository}:ociImage`), { signal });
    expect(await registry.findMovedTags({ signal })).toEqual([]);
    const after = (await move("after")).descriptor;
    expect(await registry.resolve(at("contract/moving:moving"), { signal })).toEqual(before);
    const reference = `${context.proxy.host}/contract/moving:moving`;
    expect(await registry.findMovedTags({ signal })).toEqual([
      { reference, before: before.digest, after: after.digest },
    ]);
  });
}

function describeCache(context: Context): void {
  describe("disk cache between runs", () => {
    const maxBytes = noise.length;
    const { at } = createUse(context, true);
    const test = createTestStore();
    afterAll(() => test.remove());

    async function read(options: Partial<RegistryClientOptions>) {
      const credentials = context.registry.credentials ?? always(undefined);
      const registry = createTestClient({ credentials, store: test.openStore(), ...options });
      const { large } = context.filled;
      const pinned = toPinned(at(repository), large.descriptor.digest);
      try {
        const tag = await registry.resolve(at(`${repository}:large`), { signal });
        const manifest = await registry.fetchManifest(pinned, { signal });
        const layer = await collect(await registry.openBlob(pinned, large.layer, { maxBytes, signal }));
        const subject = toPinned(pinned, context.filled.images.dockerImage.digest);
        const referrers = await registry.fetchReferrers(subject, { signal });
        const missing = await codeOf(registry.resolve(at(`${repository}:never-asked`), { signal }));
        const unasked = registry.unaskedAnswers().map(({ reference }) => reference);
        return { tag, manifest: manifest.descriptor, isLayer: layer.equals(noise), referrers, missing, unasked };
      } finally {
        await registry.close();
      }
    }

    /** Kinds of requests, each once. */
    function askedFor(): string[] {
      const asked = contentRequests(context.proxy).filter((request) => !request.includes("never-asked"));
      return [...new Set(asked.map((request) => request.replace(/(?:sha256[:-][0-9a-f]{64}).*/, "DIGEST")))];
    }

    const referrerQuestions = () =>
      context.traits.referrers === "fallback-tag"
        ? [`GET /v2/${repository}/referrers/DIGEST`, `GET /v2/${repository}/manifests/DIGEST`]
        : [`GET /v2/${repository}/referrers/DIGEST`];
    const head = `HEAD /v2/${repository}/manifests/large`;

    it("asks what --pull and --offline say", async () => {
      const first = await read({ pull: "if-newer" });
      expect(first).toMatchObject({ tag: context.filled.large.descriptor, isLayer: true, missing: "not-found" });

      context.proxy.reset();
      expect(await read({ pull: "if-newer" })).toEqual(first);
      expect(askedFor()).toEqual([head, ...referrerQuestions()]);

      context.proxy.reset();
      const unasked = [`${context.proxy.host}/${repository}:large`];
      expect(await read({ pull: "if-missing" })).toEqual({ ...first, unasked });
      expect(askedFor()).toEqual(referrerQuestions());

      context.proxy.reset();
      // The first run asked for this tag, and was told that there is none.
      const { digest } = context.filled.images.dockerImage;
      unasked.push(
        `${context.proxy.host}/${repository}:never-asked`,
        `${context.proxy.host}/${repository}@${digest} (referrers)`,
      );
      expect(await read({ pull: "if-newer", offline: true })).toEqual({ ...first, unasked, missing: "not-found" });
      expect(context.proxy.seen).toEqual([]);
    });

    it("asks for manifests again with --pull always, and not for blobs", async () => {
      await read({ pull: "if-newer" });
      context.proxy.reset();
      expect(await read({ pull: "always" })).toMatchObject({ isLayer: true });
      const manifest = `GET /v2/${repository}/manifests/DIGEST`;
      expect(askedFor()).toEqual([...new Set([head, manifest, ...referrerQuestions()])]);
    });

    it("says offline for what it does not hold", async () => {
      const registry = createTestClient({ store: test.openStore(), offline: true });
      const { digest } = context.filled.images.ociIndex;
      expect(await codeOf(registry.resolve(at(`${repository}:other`), { signal }))).toBe("offline");
      expect(await codeOf(registry.fetchManifest(toPinned(at(repository), digest), { signal }))).toBe("offline");
      expect(await codeOf(registry.fetchReferrers(toPinned(at(repository), digest), { signal }))).toBe("offline");
      expect(await codeOf(registry.listTags(at(repository), { signal }))).toBe("offline");
      expect(context.proxy.seen).toEqual([]);
      await registry.close();
    });
  });
}
