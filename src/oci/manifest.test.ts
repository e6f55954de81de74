import { describe, expect, it } from "vitest";
import { type JsonObject, toDigest } from "../types/index.ts";
import { emptyConfig, ociImage } from "./fake-registry.fixture.ts";
import { parseDescriptor, parseImageManifest, parseIndex, parseManifest } from "./manifest.ts";
import { dockerList, dockerManifest, ociIndex, ociManifest } from "./media-types.ts";

const digest = toDigest(Buffer.from("x"));
const toBytes = (body: unknown) => Buffer.from(JSON.stringify(body));
const dockerConfig = { ...emptyConfig, mediaType: "application/vnd.docker.container.image.v1+json" };
const refusal = expect.objectContaining({ name: "OciError", code: "invalid-response" });

describe("parseManifest", () => {
  const kinds: [string, JsonObject, string, string][] = [
    ["an OCI image", ociImage, ociManifest, "image"],
    [
      "a Docker image",
      { schemaVersion: 2, mediaType: dockerManifest, config: dockerConfig, layers: [] },
      dockerManifest,
      "image",
    ],
    ["an OCI index", { schemaVersion: 2, mediaType: ociIndex, manifests: [] }, ociIndex, "index"],
    ["a Docker list", { schemaVersion: 2, mediaType: dockerList, manifests: [] }, dockerList, "index"],
    ["an image that does not say", { schemaVersion: 2, config: emptyConfig, layers: [] }, ociManifest, "image"],
    [
      "a Docker image that does not say",
      { schemaVersion: 2, config: dockerConfig, layers: [] },
      dockerManifest,
      "image",
    ],
    ["an index that does not say", { schemaVersion: 2, manifests: null }, ociIndex, "index"],
  ];
  it.each(kinds)("knows %s", (_name, body, mediaType, kind) => {
    expect(parseManifest(toBytes(body), "x")).toEqual({ body, mediaType, kind });
  });

  const refused: [string, unknown][] = [
    ["a list", []],
    ["schema 1", { schemaVersion: 1, fsLayers: [] }],
    ["no version", { mediaType: ociManifest, config: emptyConfig, layers: [] }],
    ["an image with manifests", { ...ociImage, manifests: [] }],
    ["an index with layers", { schemaVersion: 2, mediaType: ociIndex, manifests: [], layers: [] }],
    ["an index that says it is an image", { schemaVersion: 2, mediaType: ociManifest, manifests: [] }],
    ["an image that says it is an index", { ...ociImage, mediaType: ociIndex }],
    ["another media type", { ...ociImage, mediaType: "application/vnd.oci.artifact.manifest.v1+json" }],
    ["a media type that is none", { ...ociImage, mediaType: 2 }],
    ["a media type that JavaScript knows", { ...ociImage, mediaType: "constructor" }],
    ["nothing that tells", { schemaVersion: 2 }],
  ];
  it.each(refused)("refuses %s", (_name, body) => {
    expect(() => parseManifest(toBytes(body), "x")).toThrow(refusal);
  });

  it.each([
    [
      "an artifact manifest of OCI 1.1's drafts",
      { mediaType: "application/vnd.oci.artifact.manifest.v1+json", blobs: [] },
    ],
    ["one of ORAS", { mediaType: "application/vnd.cncf.oras.artifact.manifest.v1+json", blobs: [] }],
  ])("names the media type of %s, which has no schemaVersion", (_name, body) => {
    expect(() => parseManifest(toBytes(body), "x")).toThrow(
      `x: expected an image manifest or index of OCI or Docker (schema 2), got "${body.mediaType}"`,
    );
  });

  it("refuses bytes that are no UTF-8", () => {
    expect(() => parseManifest(Buffer.from([0x22, 0xff, 0x22]), "x")).toThrow(refusal);
  });
});

describe("parseImageManifest and parseIndex", () => {
  it("read what there is", () => {
    const descriptor = {
      mediaType: "a/b",
      digest,
      size: 3,
      annotations: { k: "v" },
      urls: ["https://x"],
      data: "eA==",
    };
    const common = { artifactType: "t/t", subject: descriptor, annotations: { a: "b" } };
    const image = { ...ociImage, layers: [descriptor], ...common };
    expect(parseImageManifest(image)).toEqual({
      mediaType: ociManifest,
      config: emptyConfig,
      layers: [descriptor],
      ...common,
    });
    const platform = { os: "linux", architecture: "arm", variant: "v7", "os.version": "1", "os.features": ["f"] };
    const index = { schemaVersion: 2, manifests: [{ ...descriptor, platform }], ...common };
    expect(parseIndex(index)).toEqual({ mediaType: ociIndex, manifests: [{ ...descriptor, platform }], ...common });
  });

  it("take null for nothing, as Go writes it", () => {
    expect(parseImageManifest({ ...ociImage, layers: null, annotations: null, subject: null })).toEqual({
      mediaType: ociManifest,
      config: emptyConfig,
      layers: [],
    });
    expect(parseIndex({ manifests: null })).toEqual({ mediaType: ociIndex, manifests: [] });
  });

  it.each([
    ["no config", { ...ociImage, config: null }],
    ["layers that are no list", { ...ociImage, layers: {} }],
    ["a layer that is none", { ...ociImage, layers: [1] }],
    ["layers nested too deep", { ...ociImage, layers: JSON.parse(`${"[".repeat(100_000)}${"]".repeat(100_000)}`) }],
    ["too many layers", { ...ociImage, layers: Array(10_001).fill(emptyConfig) }],
    ["annotations that are no texts", { ...ociImage, annotations: { a: 1 } }],
  ] as [string, JsonObject][])("refuse %s", (_name, body) => {
    expect(() => parseImageManifest(body)).toThrow(refusal);
  });

  it.each([
    ["no digest", { digest: undefined }],
    ["a digest with a path", { digest: `sha256:../../${"a".repeat(58)}` }],
    ["another algorithm", { digest: `sha512:${"a".repeat(128)}` }],
    ["a negative size", { size: -1 }],
    ["a size that is no number", { size: "3" }],
    ["a size beyond counting", { size: 2 ** 60 }],
    ["no media type", { mediaType: null }],
  ])("refuse descriptors with %s", (_name, change) => {
    expect(() => parseDescriptor({ ...emptyConfig, ...change } as unknown as JsonObject, "x")).toThrow(refusal);
  });
});
