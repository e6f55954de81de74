import { describe, expect, it } from "vitest";
import { toDigest } from "../types/index.ts";
import { type Answer, json, noSignal, ociImage, plain } from "./fake-registry.fixture.ts";
import { parseReference, toPinned } from "./reference.ts";
import type { RegistryClient } from "./registry-client.ts";
import { useFakeRegistry, useTestClients } from "./test-run.fixture.ts";

const signal = noSignal;
const registry = useFakeRegistry();
const connect = useTestClients();
const location = () => ({ registry: registry.host, repository: "team/app" });
const reference = (tag = "v1") => parseReference(`${registry.host}/team/app:${tag}`);
const digest = toDigest(Buffer.from("absent"));
const referrersPath = `/v2/team/app/referrers/${digest}`;
const fallbackPath = `/v2/team/app/manifests/${digest.replace(":", "-")}`;

const page = plain(404, "<html>not here</html>", { "content-type": "text/html; charset=utf-8" });
const line = plain(404, "404 page not found\n", { "content-type": "text/plain" });
const own = json(404, { errors: [{ code: "MANIFEST_UNKNOWN" }] });

const questions: [string, string[], (client: RegistryClient) => Promise<unknown>][] = [
  ["a tag", ["HEAD /v2/team/app/manifests/v1"], (client) => client.findTag(reference(), { signal })],
  [
    "a manifest",
    [`GET /v2/team/app/manifests/${digest}`],
    (client) => client.fetchManifest(toPinned(location(), digest), { signal }),
  ],
  [
    "a blob",
    [`GET /v2/team/app/blobs/${digest}`],
    (client) => client.fetchBlob(location(), { digest }, { maxBytes: 99, signal }),
  ],
  [
    "referrers",
    [`GET ${referrersPath}`, `GET ${fallbackPath}`],
    (client) => client.fetchReferrers(toPinned(location(), digest), { signal }),
  ],
  ["tags", ["GET /v2/team/app/tags/list"], (client) => client.listTags(location(), { signal })],
];

const outages: [string, Answer, Answer][] = [
  ["a web page", page, page],
  ["a line of text", line, line],
  ["a web page while the registry is down", page, plain(503)],
];

describe("a proxy's 404", () => {
  it.each(questions.flatMap(([what, routes, ask]) => outages.map((outage) => [what, routes, ask, ...outage] as const)))(
    "is no absence of %s: %s",
    async (_what, routes, ask, _how, answer, root) => {
      for (const route of routes) registry.on(route, answer);
      registry.on("GET /v2/", root);
      await expect(ask(connect())).rejects.toMatchObject({ code: "unavailable", retryable: true });
    },
  );

  it("is asked again: the registry may be back", async () => {
    const { digest: manifest, bytes } = registry.addManifest("team/app", ociImage, "v1");
    const headers = { "content-type": String(ociImage.mediaType), "docker-content-digest": manifest };
    registry.on("HEAD /v2/team/app/manifests/v1", page, plain(200, bytes, headers));
    registry.on("GET /v2/", page, plain(200));
    expect((await connect().resolve(reference(), { signal })).digest).toBe(manifest);
    const listed = { mediaType: String(ociImage.mediaType), digest: manifest, size: bytes.length };
    registry.on(`GET ${referrersPath}`, page, json(200, { schemaVersion: 2, manifests: [listed] }));
    registry.on("GET /v2/", page, plain(200));
    const found = await connect().fetchReferrers(toPinned(location(), digest), { signal });
    expect(found.map((one) => one.digest)).toEqual([manifest]);
  });
});

describe("a registry's own 404", () => {
  it.each([200, 401])("may be a web page, where /v2/ answers %d: it is believed", async (status) => {
    registry.on("HEAD /v2/team/app/manifests/v1", page);
    registry.on("GET /v2/", plain(status));
    expect(await connect().findTag(reference(), { signal })).toBeUndefined();
    expect(registry.seen.map(({ method, url }) => `${method} ${url}`)).toEqual([
      "HEAD /v2/team/app/manifests/v1",
      "GET /v2/",
    ]);
    expect(registry.seen.at(-1)?.headers.authorization).toBeUndefined();
  });

  it("is believed at once in JSON, and of the referrers' API as a line of text", async () => {
    registry.on("HEAD /v2/team/app/manifests/v1", own);
    registry.on(`GET ${referrersPath}`, line);
    // Some say JSON as text, and that they are a registry.
    const headers = { "content-type": "text/plain; charset=utf-8", "docker-distribution-api-version": "registry/2.0" };
    registry.on(`GET ${fallbackPath}`, plain(404, "{}", headers));
    const client = connect();
    expect(await client.findTag(reference(), { signal })).toBeUndefined();
    expect(await client.fetchReferrers(toPinned(location(), digest), { signal })).toEqual([]);
    expect(registry.countOf("GET /v2/")).toBe(0);
  });
});

describe("a token service", () => {
  const challenge = () => plain(401, "", { "www-authenticate": `Bearer realm="http://${registry.host}/token"` });
  it.each([
    ["404", plain(404, "{}")],
    ["404 as a web page", page],
    ["400", json(400, { error: "invalid_grant" })],
    ["a redirect", plain(302, "", { location: "/login" })],
    ["a web page", plain(200, "<html>", { "content-type": "text/html" })],
    ["no token", json(200, {})],
  ])("says nothing about images: %s", async (_name, answer) => {
    registry.on("GET /token", answer);
    for (const [, routes, ask] of questions) {
      for (const route of routes) registry.on(route, challenge());
      await expect(ask(connect())).rejects.toMatchObject({ code: "unavailable", retryable: true });
    }
  });
});
