// What docs/registry-client.md says that each setting of --pull asks of the registry, request by request.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createContentStore } from "../cache/index.ts";
import { type Digest, silentLog, toDigest } from "../types/index.ts";
import { json, noSignal, ociImage, plain } from "./fake-registry.fixture.ts";
import { parseReference, toPinned } from "./reference.ts";
import type { PullPolicy, RegistryClient } from "./registry-client.ts";
import { useFakeRegistry, useTestClients } from "./test-run.fixture.ts";

const signal = noSignal;
const blob = Buffer.from("a layer");
let directory: string;
let image: Digest;
let index: Digest;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "pull-table-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));
const registry = useFakeRegistry();
const connect = useTestClients();
beforeEach(() => {
  ({ digest: image } = registry.addManifest("team/app", ociImage, "v1"));
  registry.addBlob("team/app", blob);
  registry.addBlob("team/other", blob);
  registry.on(`GET /v2/team/app/referrers/${image}`, json(200, { schemaVersion: 2, manifests: [] }));
  // This one has no referrers API.
  const empty = { schemaVersion: 2, mediaType: "application/vnd.oci.image.index.v1+json", manifests: [] };
  index = toDigest(Buffer.from("an image"));
  registry.addManifest("team/other", empty, index.replace(":", "-"));
  registry.on("GET /v2/team/app/tags/list", json(200, { tags: ["v1"] }));
});

const app = () => ({ registry: registry.host, repository: "team/app" });
const other = () => ({ registry: registry.host, repository: "team/other" });
const tag = (name: string) => parseReference(`${registry.host}/team/app:${name}`);
const limits = { maxBytes: 1000, signal };
const digest = toDigest(blob);

/** The table's rows. */
const questions = {
  tag: (client) => client.resolve(tag("v1"), { signal }),
  "tag that did not exist": (client) => client.findTag(tag("absent"), { signal }),
  manifest: (client) => client.fetchManifest(toPinned(app(), image), { signal }),
  "manifest as a reference": (client) => client.resolve(toPinned(app(), image), { signal }),
  blob: (client) => client.fetchBlob(app(), { digest }, limits),
  "blob of another repository": (client) => client.fetchBlob(other(), { digest }, limits),
  referrers: (client) => client.fetchReferrers(toPinned(app(), image), { signal }),
  "fallback tag": (client) => client.fetchReferrers(toPinned(other(), index), { signal }),
  "list of tags": (client) => client.listTags(app(), { signal }),
} satisfies Record<string, (client: RegistryClient) => Promise<unknown>>;
type Question = keyof typeof questions;
const names = Object.keys(questions) as Question[];

const cold: Record<Question, string> = {
  tag: "HEAD",
  "tag that did not exist": "HEAD",
  manifest: "GET",
  "manifest as a reference": "GET",
  blob: "GET",
  "blob of another repository": "GET",
  referrers: "GET",
  "fallback tag": "GET GET",
  "list of tags": "GET",
};
const warm: Record<Question, string> = {
  ...cold,
  manifest: "",
  "manifest as a reference": "",
  blob: "",
  "blob of another repository": "HEAD",
};
const offline: Record<Question, string> = {
  ...warm,
  tag: "",
  "tag that did not exist": "",
  "blob of another repository": "offline",
  referrers: "",
  "fallback tag": "",
  "list of tags": "offline",
};

const modes: [string, { pull: PullPolicy; offline: boolean }, typeof cold, typeof warm][] = [
  ["if-newer", { pull: "if-newer", offline: false }, cold, warm],
  ["always", { pull: "always", offline: false }, cold, { ...warm, manifest: "GET", "manifest as a reference": "GET" }],
  ["if-missing", { pull: "if-missing", offline: false }, cold, { ...warm, tag: "" }],
  [
    "--offline",
    { pull: "if-newer", offline: true },
    Object.fromEntries(names.map((name) => [name, "offline"])) as typeof cold,
    offline,
  ],
];

function startRun(options: { pull: PullPolicy; offline: boolean }): RegistryClient {
  return connect({ store: createContentStore({ directory, maxBytes: 1e6, log: silentLog }), ...options });
}

/** What is sent for a question, or the code of its error where nothing is. */
async function ask(client: RegistryClient, name: Question): Promise<string> {
  registry.seen.length = 0;
  const code = await questions[name](client).then(
    () => "",
    (thrown: { code: string }) => thrown.code,
  );
  return registry.seen.map(({ method }) => method).join(" ") || code;
}

describe.each(modes)("%s", (_mode, options, fromNothing, fromCache) => {
  it.each(names)("asks with an empty cache what the table says: %s", async (name) => {
    const client = startRun(options);
    expect(await ask(client, name)).toBe(fromNothing[name]);
    // Once in a run, but for the list of tags; what failed is not remembered.
    const again = fromNothing[name] === "offline" || name === "list of tags" ? fromNothing[name] : "";
    expect(await ask(client, name)).toBe(again);
  });

  it.each(names)("asks with a full cache what the table says: %s", async (name) => {
    const earlier = startRun({ pull: "if-newer", offline: false });
    for (const one of names) if (one !== "blob of another repository") await ask(earlier, one);
    await earlier.close();
    expect(await ask(startRun(options), name)).toBe(fromCache[name]);
  });

  it("asks at the end about the tags that it asked about", async () => {
    const earlier = startRun({ pull: "if-newer", offline: false });
    await earlier.resolve(tag("v1"), { signal });
    await earlier.close();
    const client = startRun(options);
    await client.resolve(tag("v1"), { signal });
    await client.findTag(tag("absent"), { signal }).catch(() => {});
    registry.seen.length = 0;
    expect(await client.findMovedTags({ signal })).toEqual([]);
    expect(registry.seen.map(({ method }) => method)).toEqual(fromCache.tag === "HEAD" ? ["HEAD"] : []);
  });
});

describe("a tag that moves in the middle of a run", () => {
  it("stands for one digest until its end, whoever asks, and how it is asked", async () => {
    const client = startRun({ pull: "if-newer", offline: false });
    const first = await client.resolve(tag("v1"), { signal });
    const { digest: moved } = registry.addManifest("team/app", { ...ociImage, annotations: { moved: "yes" } }, "v1");
    const asked = await Promise.all([
      client.resolve(tag("v1"), { signal }),
      client.findTag(tag("v1"), { signal }),
      client.resolve(parseReference(`${registry.host}/team/app:v1`), { signal }),
    ]);
    expect(asked.map((one) => one?.digest)).toEqual([first.digest, first.digest, first.digest]);
    expect((await client.fetchManifest(toPinned(app(), first.digest), { signal })).descriptor.digest).toBe(
      first.digest,
    );
    expect(await client.findMovedTags({ signal })).toEqual([
      { reference: `${registry.host}/team/app:v1`, before: first.digest, after: moved },
    ]);
  });

  it("between the HEAD and the GET of a registry whose HEAD tells nothing is what the GET gave", async () => {
    registry.on("HEAD /v2/team/app/manifests/v1", plain(200, "", { "content-type": String(ociImage.mediaType) }));
    const client = startRun({ pull: "if-newer", offline: false });
    expect((await client.resolve(tag("v1"), { signal })).digest).toBe(image);
    registry.seen.length = 0;
    expect((await client.fetchManifest(toPinned(app(), image), { signal })).descriptor.digest).toBe(image);
    expect(registry.seen).toEqual([]);
  });

  it("whose HEAD names another digest than its bytes have is the digest of HEAD, or nothing", async () => {
    const elsewhere = toDigest(Buffer.from("elsewhere"));
    const headers = { "content-type": String(ociImage.mediaType), "docker-content-digest": elsewhere };
    registry.on("HEAD /v2/team/app/manifests/v1", plain(200, Buffer.from(JSON.stringify(ociImage)), headers));
    registry.on(`GET /v2/team/app/manifests/${elsewhere}`, plain(200, Buffer.from(JSON.stringify(ociImage)), headers));
    const client = startRun({ pull: "if-newer", offline: false });
    const { digest: told } = await client.resolve(tag("v1"), { signal });
    expect(told).toBe(elsewhere);
    await expect(client.fetchManifest(toPinned(app(), told), { signal })).rejects.toMatchObject({
      code: "digest-mismatch",
    });
  });
});
