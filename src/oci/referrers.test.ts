import { beforeEach, describe, expect, it } from "vitest";
import { type JsonObject, toDigest, toHex } from "../types/index.ts";
import { type Answer, json, noSignal, ociImage, plain } from "./fake-registry.fixture.ts";
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

  it("refuses an image at the fallback tag", async () => {
    registry.addManifest("team/app", ociImage, `sha256-${toHex(digest)}`);
    await expect(ask()).rejects.toMatchObject({ code: "invalid-response" });
  });

  it("leaves out what it could not fetch", async () => {
    registry.on(route, asIndex(index({ ...entry("1"), digest: `sha512:${"a".repeat(128)}` }, entry("2"))));
    expect(await ask()).toEqual([entry("2")]);
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

  it("stops at a number of pages", async () => {
    registry.on(route, asIndex(index(), { link: `<${path()}?page=next>; rel="next"` }));
    await expect(ask()).rejects.toMatchObject({ code: "too-large" });
  });

  it("does not follow a link out of the registry's paths", async () => {
    registry.on(route, asIndex(index(), { link: '</admin>; rel="next"' }));
    await expect(ask()).rejects.toMatchObject({ code: "invalid-response" });
  });
});
