import { describe, expect, it } from "vitest";
import { formatPinned, parseReference, toPinned } from "../oci/index.ts";
import { toDigest, toHex } from "../types/index.ts";
import type { EvidenceCandidate } from "./evidence.ts";
import { defaultEvidenceLimits, type EvidenceLimits } from "./evidence.ts";
import { fetchEvidence } from "./evidence-fetch.ts";
import { makeClient } from "./testing/client.ts";

const digest = toDigest(Buffer.from("an image"));
const image = toPinned(parseReference("registry.test/app"), digest);
const sigTag = `sha256-${toHex(digest)}.sig`;
const attTag = `sha256-${toHex(digest)}.att`;
const bundleType = "application/vnd.dev.sigstore.bundle.v0.3+json";
const signal = new AbortController().signal;

const layer = (content: string, mediaType = "text/plain", annotations = {}): EvidenceCandidate => ({
  format: "bundle",
  location: "",
  mediaType,
  annotations,
  bytes: Buffer.from(content),
});

const limitsOf = (changes: Partial<EvidenceLimits>): EvidenceLimits => ({ ...defaultEvidenceLimits, ...changes });
const texts = (candidates: readonly EvidenceCandidate[]) =>
  candidates.map(({ bytes }) => Buffer.from(bytes).toString());

describe("fetchEvidence", () => {
  it("reads both tags and the bundles among the referrers", async () => {
    const client = makeClient();
    client.push([layer("signature 1", "text/plain", { a: "b" }), layer("signature 2")], { tag: sigTag });
    client.push([layer("attestation")], { tag: attTag });
    const bundle = client.push([layer("bundle", bundleType)]);
    client.refer(bundle);
    client.refer(client.push([layer("an SBOM")]));
    const evidence = await fetchEvidence(client, image, { signal });
    expect(evidence.digest).toBe(digest);
    expect(evidence.refused).toEqual([]);
    expect(
      evidence.candidates.map(({ format, location, bytes }) => [format, location, Buffer.from(bytes).toString()]),
    ).toEqual([
      ["legacy-signature", `registry.test/app:${sigTag} (layer 1)`, "signature 1"],
      ["legacy-signature", `registry.test/app:${sigTag} (layer 2)`, "signature 2"],
      ["legacy-attestation", `registry.test/app:${attTag} (layer 1)`, "attestation"],
      ["bundle", formatPinned(toPinned(image, bundle.digest)), "bundle"],
    ]);
    expect(evidence.candidates[0]?.annotations).toEqual({ a: "b" });
  });

  it("finds nothing where nothing is, after four questions at most", async () => {
    const client = makeClient();
    expect(await fetchEvidence(client, image, { signal })).toEqual({ digest, candidates: [], refused: [] });
    expect(client.requests.sort()).toEqual(["referrers", "tag att", "tag sig"]);
  });

  it("opens the manifest whatever the listing says of its type", async () => {
    const client = makeClient();
    client.refer({ ...client.push([layer("bundle", bundleType)]), artifactType: "application/spdx+json" });
    client.refer({ ...client.push([layer("SBOM", "application/spdx+json")]), artifactType: bundleType });
    expect(texts((await fetchEvidence(client, image, { signal })).candidates)).toEqual(["bundle"]);
  });

  it.each([
    ["tag sig", "unavailable"],
    ["tag att", "rate-limited"],
    ["referrers", "unavailable"],
    ["referrers", "unauthorized"],
    ["tag sig", "timeout"],
    ["tag att", "digest-mismatch"],
  ] as const)("never takes a failing question (%s, %s) for no evidence", async (request, code) => {
    const client = makeClient();
    client.fail(request, code);
    await expect(fetchEvidence(client, image, { signal })).rejects.toMatchObject({ code });
  });

  it("does not take a failing manifest or blob for no evidence", async () => {
    const client = makeClient();
    const descriptor = client.push([layer("signature")], { tag: sigTag });
    client.fail(`manifest ${toHex(descriptor.digest)}`, "unavailable");
    await expect(fetchEvidence(client, image, { signal })).rejects.toMatchObject({ code: "unavailable" });
    const other = makeClient();
    other.push([layer("signature")], { tag: sigTag });
    other.fail(`blob ${toHex(toDigest(Buffer.from("signature")))}`, "forbidden");
    await expect(fetchEvidence(other, image, { signal })).rejects.toMatchObject({ code: "forbidden" });
  });

  it("lists what is there and cannot be read, beside what can", async () => {
    const client = makeClient();
    client.push([], { tag: sigTag, kind: "index" });
    client.push([layer("gone"), layer("good")], { tag: attTag });
    client.fail(`blob ${toHex(toDigest(Buffer.from("gone")))}`, "not-found");
    client.refer({ mediaType: "x", digest: toDigest(Buffer.from("nowhere")), size: 1, artifactType: bundleType });
    client.refer({ mediaType: "x", digest: toDigest(Buffer.from("nothing of ours")), size: 1 });
    client.refer(client.push([layer("two", bundleType), layer("layers")]));
    client.refer(client.push([layer("old", "application/vnd.dev.sigstore.bundle+json;version=0.1")]));
    const evidence = await fetchEvidence(client, image, { signal });
    expect(texts(evidence.candidates)).toEqual(["good"]);
    expect(evidence.refused.map(({ kind, reason }) => [kind, reason.replace(/[0-9a-f]{64}/, "...")])).toEqual([
      ["signature", "it is an image index; an image manifest was expected"],
      ["attestation", "blob ...: not-found"],
      ["attestation", "sha256:... is not there"],
      ["attestation", "2 layers; a bundle is the only layer of its manifest"],
      ["attestation", "it is a bundle of an unknown version: application/vnd.dev.sigstore.bundle+json;version=0.1"],
    ]);
  });

  it("stops at too many layers", async () => {
    const client = makeClient();
    client.push([layer("1"), layer("2"), layer("3")], { tag: sigTag });
    const limits = limitsOf({ maxLayers: 2 });
    await expect(fetchEvidence(client, image, { signal, limits })).rejects.toMatchObject({
      code: "evidence_too_large",
    });
    expect(client.requests.some((request) => request.startsWith("blob"))).toBe(false);
  });

  it("stops at a thousand layers", async () => {
    const client = makeClient();
    client.push(
      Array.from({ length: 1001 }, (_, index) => layer(String(index))),
      { tag: attTag },
    );
    await expect(fetchEvidence(client, image, { signal })).rejects.toMatchObject({ code: "evidence_too_large" });
  });

  it("stops at too many referrers", async () => {
    const client = makeClient();
    for (const content of ["1", "2", "3"]) client.refer(client.push([layer(content, bundleType)]));
    const limits = limitsOf({ maxReferrers: 2 });
    await expect(fetchEvidence(client, image, { signal, limits })).rejects.toMatchObject({
      code: "evidence_too_large",
    });
  });

  it("does not fetch what is too large, and reads what lies beside it", async () => {
    const client = makeClient();
    client.push([layer("x".repeat(100)), layer("small")], { tag: sigTag });
    const evidence = await fetchEvidence(client, image, { signal, limits: limitsOf({ maxAttachmentBytes: 99 }) });
    expect(texts(evidence.candidates)).toEqual(["small"]);
    expect(evidence.refused).toMatchObject([
      { kind: "signature", reason: expect.stringMatching(/^100 bytes; at most 99/) },
    ]);
    expect(client.requests.filter((request) => request.startsWith("blob"))).toHaveLength(1);
  });

  it("reads small ones first where all together are too large", async () => {
    const client = makeClient();
    for (const size of [60, 50, 10]) client.refer(client.push([layer("x".repeat(size), bundleType)]));
    const evidence = await fetchEvidence(client, image, { signal, limits: limitsOf({ maxTotalBytes: 60 }) });
    expect(evidence.candidates.map(({ bytes }) => bytes.length)).toEqual([50, 10]);
    expect(evidence.refused).toHaveLength(1);
  });
});
