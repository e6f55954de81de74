import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { createHttpTarget } from "../../../src/demo/index.ts";
import { type RegistryClient, toPinned } from "../../../src/oci/index.ts";
import { startRegistry } from "../../../src/registry/index.ts";
import type { Descriptor, Platform } from "../../../src/types/index.ts";
import { type PeerServer, startDistribution, startOlareg } from "../servers.ts";
import { createUnknownDigest, mediaTypes, pushContent, pushList } from "./content.ts";
import { codeOf, createTestClient, parseReference, signal } from "./test-client.ts";

const peers = inject("peers");
const debianRegistry = inject("debianRegistry");
const repository = "sparse/app";
const amd64: Platform = { os: "linux", architecture: "amd64" };
const arm64: Platform = { os: "linux", architecture: "arm64" };

interface Case {
  name: string;
  /** Undefined: skipped. */
  binary: string | undefined;
  start(binary: string): Promise<PeerServer>;
  /** Whether an index is taken whose arm64 child, or amd64 child, is missing. */
  takes: { withoutArm64: boolean; withoutAmd64: boolean };
}

const none = { withoutArm64: true, withoutAmd64: true };
const listed = { withoutArm64: true, withoutAmd64: false };
const complete = { withoutArm64: false, withoutAmd64: false };

async function startEmbedded(platforms: "all" | "none" | readonly Platform[]): Promise<PeerServer> {
  const { host, close } = await startRegistry({ platforms });
  return { host, stop: close };
}

const distributionWith = (indexes: object) => (binary: string) =>
  startDistribution(binary, () => ({ validation: { manifests: { indexes } } }));

const cases: Case[] = [
  { name: "the embedded registry, none", binary: "", start: () => startEmbedded("none"), takes: none },
  { name: "the embedded registry, a list", binary: "", start: () => startEmbedded([amd64]), takes: listed },
  { name: "the embedded registry, all", binary: "", start: () => startEmbedded("all"), takes: complete },
  {
    name: "CNCF distribution 3, none",
    binary: peers?.registry,
    start: distributionWith({ platforms: "none" }),
    takes: none,
  },
  {
    name: "CNCF distribution 3, a list",
    binary: peers?.registry,
    start: distributionWith({ platforms: "list", platformlist: [amd64] }),
    takes: listed,
  },
  { name: "CNCF distribution 3, all", binary: peers?.registry, start: startDistribution, takes: complete },
  { name: "Debian's distribution 2.8", binary: debianRegistry, start: startDistribution, takes: complete },
  { name: "olareg", binary: peers?.olareg, start: startOlareg, takes: complete },
];

describe.each(cases)("sparse indexes and $name", ({ binary, start, takes }) => {
  let server: PeerServer;
  let client: RegistryClient;
  let present: Descriptor;

  beforeAll(async () => {
    if (binary === undefined) return;
    server = await start(binary);
    client = createTestClient();
    const target = createHttpTarget({ registry: server.host });
    present = (await pushContent(target, { repository, name: "present" })).descriptor;
  });
  afterAll(async () => {
    await client?.close();
    await server?.stop();
  });

  const children = [
    { tag: "without-arm64", isTaken: takes.withoutArm64, presentPlatform: amd64, absentPlatform: arm64 },
    { tag: "without-amd64", isTaken: takes.withoutAmd64, presentPlatform: arm64, absentPlatform: amd64 },
  ];

  it.skipIf(binary === undefined).each(children)("$tag", async ({ tag, isTaken, presentPlatform, absentPlatform }) => {
    const digest = createUnknownDigest(tag);
    const absent = { mediaType: mediaTypes.ociImage, digest, size: 500, platform: absentPlatform };
    const list = { repository, tag, children: [{ ...present, platform: presentPlatform }, absent] };
    const pushed = pushList(createHttpTarget({ registry: server.host }), list);
    if (!isTaken) {
      expect(await codeOf(pushed)).toBe("registry_refused");
      return;
    }
    const index = await pushed;
    const reference = parseReference(`${server.host}/${repository}:${tag}`);
    expect(await client.resolve(reference, { signal })).toEqual(index);
    const { kind, body } = await client.fetchManifest(toPinned(reference, index.digest), { signal });
    expect({ kind, count: Array.isArray(body.manifests) && body.manifests.length }).toEqual({
      kind: "index",
      count: 2,
    });
    const child = await client.fetchManifest(toPinned(reference, present.digest), { signal });
    expect(child.descriptor).toEqual(present);
    expect(await codeOf(client.fetchManifest(toPinned(reference, digest), { signal }))).toBe("not-found");
    expect(await client.fetchReferrers(toPinned(reference, digest), { signal })).toEqual([]);
  });
});
