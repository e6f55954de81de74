import { beforeEach, describe, expect, it } from "vitest";
import { type JsonObject, silentLog, toDigest, toHex } from "../types/index.ts";
import { type Answer, emptyConfig, json, noSignal, ociImage, plain } from "./fake-registry.fixture.ts";
import { toPinned } from "./reference.ts";
import { maxReferrers } from "./referrers.ts";
import type { RegistryClient } from "./registry-client.ts";
import { useFakeRegistry, useTestClients } from "./test-run.fixture.ts";

const signal = noSignal;
const digest = toDigest(Buffer.from("image"));
const otherDigest = toDigest(Buffer.from("other image"));
const indexType = "application/vnd.oci.image.index.v1+json";
const entry = (name: string) => ({
  mediaType: String(ociImage.mediaType),
  digest: toDigest(Buffer.from(name)),
  size: 1,
  artifactType: "a/b",
});
const index = (...manifests: JsonObject[]): JsonObject => ({ schemaVersion: 2, mediaType: indexType, manifests });
const path = (of = digest) => `/v2/team/app/referrers/${of}`;
const route = `GET ${path()}`;
const registry = useFakeRegistry();
const connect = useTestClients();
let client: RegistryClient;

beforeEach(() => {
  client = connect();
});

const ask = (of = digest) =>
  client.fetchReferrers(toPinned({ registry: registry.host, repository: "team/app" }, of), { signal });
const asIndex = (body: JsonObject, headers = {}) => json(200, body, { "content-type": indexType, ...headers });

/** Manifests of two types in turn, listed with the types that a test says. */
function addReferrers(...listedTypes: (string | undefined)[]) {
  return listedTypes.map((artifactType, number) => {
    const own = number % 2 === 0 ? "wanted/type" : "other/type";
    const annotations = { number: String(number) };
    const { digest, bytes } = registry.addManifest("team/app", { ...ociImage, artifactType: own, annotations });
    const listed = artifactType === undefined ? {} : { artifactType };
    return { mediaType: String(ociImage.mediaType), digest, size: bytes.length, ...listed };
  });
}

describe("fetchReferrers of one type", () => {
  const filtered = `${path()}?artifactType=wanted%2Ftype`;
  const askFor = (artifactType = "wanted/type") =>
    client.fetchReferrers(toPinned({ registry: registry.host, repository: "team/app" }, digest), {
      signal,
      artifactType,
    });
  const listUrls = () => registry.seen.map(({ url }) => url).filter((url) => !url.includes("/manifests/sha256:"));

  it("asks the registry for it, on each page as the registry links it, and once in a run", async () => {
    const [one, , two] = addReferrers("wanted/type", "other/type", "wanted/type");
    const headers = { "oci-filters-applied": "artifactType" };
    registry.on(
      route,
      asIndex(index(one as JsonObject), { ...headers, link: `<${filtered}&page=2>; rel="next"` }),
      asIndex(index(two as JsonObject), headers),
    );
    expect(await askFor()).toEqual([one, two]);
    expect(await askFor()).toEqual([one, two]);
    expect(listUrls()).toEqual([filtered, `${filtered}&page=2`]);
  });

  it.each([
    ["that did not filter", {}],
    ["that says it filtered, and did not", { "oci-filters-applied": "artifactType" }],
    ["that filtered by something else", { "oci-filters-applied": "annotation" }],
  ])("opens the manifests of a registry %s: what it lists as their type does not count", async (_name, headers) => {
    const entries = addReferrers(
      "other/type",
      "wanted/type",
      undefined,
      undefined,
      "application/vnd.oci.empty.v1+json",
    );
    registry.on(route, asIndex(index(...(entries as JsonObject[])), headers));
    const expected = [0, 2, 4].map((number) => ({ ...entries[number], artifactType: "wanted/type" }));
    expect(await askFor()).toEqual(expected);
  });

  it("knows an image by its configuration's type where it has no other", async () => {
    const config = { ...emptyConfig, mediaType: "wanted/type" };
    const { digest: own, bytes } = registry.addManifest("team/app", { ...ociImage, artifactType: "", config });
    const listed = { mediaType: String(ociImage.mediaType), digest: own, size: bytes.length };
    registry.on(route, asIndex(index(listed)));
    expect(await askFor()).toEqual([{ ...listed, artifactType: "wanted/type" }]);
  });

  it("keeps what is listed and cannot be opened, and does not decide where that may pass", async () => {
    registry.on(route, asIndex(index(entry("absent"))));
    expect(await askFor()).toEqual([entry("absent")]);
    registry.on(`GET /v2/team/app/manifests/${entry("absent").digest}`, plain(503));
    await expect(askFor("another/type")).rejects.toMatchObject({ code: "unavailable" });
  });

  it("opens what the fallback tag lists, too", async () => {
    const entries = addReferrers("wanted/type", "wanted/type");
    registry.addManifest("team/app", index(...(entries as JsonObject[])), `sha256-${toHex(digest)}`);
    expect(await askFor()).toEqual([entries[0]]);
    expect(listUrls()).toEqual([filtered, path(), `/v2/team/app/manifests/sha256-${toHex(digest)}`]);
  });

  it("asks again without the filter where that is not known", async () => {
    const entries = addReferrers("wanted/type", "other/type");
    registry.on(route, (request, response) =>
      (request.url.includes("?") ? plain(400) : asIndex(index(...(entries as JsonObject[]))))(request, response),
    );
    expect(await askFor()).toEqual([entries[0]]);
    expect(await ask()).toEqual(entries);
  });
});

describe("fetchReferrers", () => {
  it("reads all pages, each entry once, and asks once in a run", async () => {
    registry.on(
      route,
      asIndex(index(entry("1"), entry("2")), { link: `<${path()}?page=2>; rel="next"` }),
      asIndex(index(entry("2"), entry("3"))),
    );
    expect(await ask()).toEqual([entry("1"), entry("2"), entry("3")]);
    await ask();
    expect(registry.seen.map(({ url }) => url)).toEqual([path(), `${path()}?page=2`]);
  });

  it("takes an empty list for an answer", async () => {
    registry.on(route, asIndex(index()));
    expect(await ask()).toEqual([]);
    expect(registry.seen).toHaveLength(1);
  });

  const unsupported: [string, Answer][] = [
    ["404", json(404, { errors: [{ code: "MANIFEST_UNKNOWN" }] })],
    ["404 with a page", plain(404, "404 page not found\n", { "content-type": "text/plain" })],
    ["303 to a web page", plain(303, "", { location: "https://github.com/-/v2/packages" })],
    ["406", plain(406)],
    ["405", plain(405)],
    ["HTML", plain(200, "<html>", { "content-type": "text/html" })],
  ];
  it.each(unsupported)(
    "falls back to the tag, and does not ask the registry for the API again: %s",
    async (_name, answer) => {
      registry.on(route, answer);
      registry.addManifest("team/app", index(entry("1")), `sha256-${toHex(digest)}`);
      expect(await ask()).toEqual([entry("1")]);
      expect(await ask(otherDigest)).toEqual([]);
      expect(registry.seen.map(({ url }) => url)).toEqual([
        path(),
        `/v2/team/app/manifests/sha256-${toHex(digest)}`,
        `/v2/team/app/manifests/sha256-${toHex(otherDigest)}`,
      ]);
    },
  );

  it("does not judge a registry by a repository that it does not know", async () => {
    registry.on(route, json(404, { errors: [{ code: "NAME_UNKNOWN" }] }));
    registry.on(`GET ${path(otherDigest)}`, asIndex(index(entry("1"))));
    expect(await ask()).toEqual([]);
    expect(await ask(otherDigest)).toEqual([entry("1")]);
  });

  it.each([401, 403, 500])("never takes %s for an absence", async (status) => {
    registry.on(route, plain(status));
    await expect(ask()).rejects.toMatchObject({ name: "OciError", status });
  });

  it("asks again after a failure", async () => {
    registry.on(route, plain(403), asIndex(index(entry("1"))));
    await expect(ask()).rejects.toMatchObject({ code: "forbidden" });
    expect(await ask()).toEqual([entry("1")]);
  });

  it.each([404, 406, 410])(
    "that break off with %s are no answer, neither then nor when asked again",
    async (status) => {
      const first = asIndex(index(entry("1")), { link: `<${path()}?page=2>; rel="next"` });
      registry.on(route, first, plain(status, "{}"), first, asIndex(index(entry("2"))));
      await expect(ask()).rejects.toMatchObject({ code: "invalid-response" });
      expect(await ask()).toEqual([entry("1"), entry("2")]);
    },
  );

  it("refuses an image at the fallback tag", async () => {
    registry.addManifest("team/app", ociImage, `sha256-${toHex(digest)}`);
    await expect(ask()).rejects.toMatchObject({ code: "invalid-response" });
  });

  it("leaves out what it could not fetch, and names it once", async () => {
    const foreign = `sha512:${"a".repeat(128)}`;
    registry.on(route, asIndex(index({ ...entry("1"), digest: foreign }, entry("2"))));
    const warnings: string[] = [];
    const own = connect({ log: { ...silentLog, warning: (line) => warnings.push(line) } });
    const image = toPinned({ registry: registry.host, repository: "team/app" }, digest);
    expect(await own.fetchReferrers(image, { signal })).toEqual([entry("2")]);
    await own.fetchReferrers(image, { signal, artifactType: "a/b" });
    expect(registry.countOf(route)).toBe(2);
    expect(warnings).toEqual([
      expect.stringContaining(`${digest}: a referrer's digest is not SHA-256 and is left out: ${foreign}`),
    ]);
  });

  it.each([
    ["an entry without a digest", index({ mediaType: "a/b", size: 1 })],
    ["an entry with a path for a digest", index({ ...entry("1"), digest: "sha256:../../x" })],
    ["JSON that is no index", { errors: [] }],
  ])("refuses %s", async (_name, body) => {
    registry.on(route, asIndex(body));
    await expect(ask()).rejects.toMatchObject({ code: "invalid-response" });
  });

  it("stops at a number of entries", async () => {
    registry.on(
      route,
      asIndex(index(...Array.from({ length: maxReferrers + 1 }, (_, number) => entry(String(number))))),
    );
    await expect(ask()).rejects.toMatchObject({ code: "too-large" });
  });

  it("stops at a number of bytes, of all pages together", async () => {
    const padded = { ...entry("1"), annotations: { padding: "x".repeat(3_500_000) } };
    registry.on(route, asIndex(index(padded), { link: `<${path()}?page=next>; rel="next"` }));
    await expect(ask()).rejects.toMatchObject({ code: "too-large", message: expect.stringContaining("bytes") });
    expect(registry.seen).toHaveLength(5);
  });

  it("stops at a number of pages", async () => {
    registry.on(route, asIndex(index(), { link: `<${path()}?page=next>; rel="next"` }));
    await expect(ask()).rejects.toMatchObject({ code: "too-large" });
  });

  it("does not follow a link out of the registry's paths", async () => {
    registry.on(route, asIndex(index(), { link: '</admin>; rel="next"' }));
    await expect(ask()).rejects.toMatchObject({ code: "invalid-response" });
  });
});
