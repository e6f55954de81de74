import { describe, expect, it } from "vitest";
import { OciError, type OciErrorCode, type RegistryClient } from "../oci/index.ts";
import { type JsonObject, type Log, parseDigest } from "../types/index.ts";
import { fetchImageDetails } from "./image-details.ts";
import { parsePinned } from "./registry-ports.ts";

const image = parsePinned(`registry.example/team/app@sha256:${"a".repeat(64)}`);
const configDigest = digestOf("c");
const layerDigest = digestOf("d");
const log: Log = { debug() {}, info() {}, warning() {}, error() {} };
const signal = new AbortController().signal;

const config = {
  config: { Env: ["A=1"], Labels: { "operators.operatorframework.io.bundle.manifests.v1": "manifests/" } },
};
const manifest: JsonObject = {
  schemaVersion: 2,
  config: { mediaType: "application/vnd.oci.image.config.v1+json", digest: configDigest, size: 2 },
  layers: [{ mediaType: "application/vnd.oci.image.layer.v1.tar", digest: layerDigest, size: 3 }],
};

function digestOf(digit: string) {
  const digest = parseDigest(`sha256:${digit.repeat(64)}`);
  if (digest === undefined) throw new Error("expected a digest");
  return digest;
}

const most = 2 ** 30;
const limits = {
  maxStoredBytes: most,
  maxInflatedBytes: most,
  maxRatio: most,
  maxEntries: most,
  maxNameCharacters: most,
  maxFileBytes: most,
  maxYamlBytes: most,
  maxTotalBytes: most,
  maxFiles: most,
};

/** An image whose manifest, configuration or layer the registry answers with an error. */
function detailsWith(fault: { at: "manifest" | "config" | "layer"; code: OciErrorCode }) {
  const fail = (at: string) => {
    if (at === fault.at) throw new OciError("the registry's answer", { code: fault.code });
  };
  const client: Partial<RegistryClient> = {
    fileLimits: limits,
    async fetchManifest() {
      fail("manifest");
      const bytes = new TextEncoder().encode(JSON.stringify(manifest));
      const mediaType = "application/vnd.oci.image.manifest.v1+json";
      return {
        body: manifest,
        kind: "image",
        bytes,
        descriptor: { mediaType, digest: image.digest, size: bytes.length },
      };
    },
    async fetchBlob() {
      fail("config");
      return new TextEncoder().encode(JSON.stringify(config));
    },
    async openBlob() {
      fail("layer");
      return (async function* () {})();
    },
  };
  return fetchImageDetails(image, { client: client as RegistryClient, log }, signal);
}

describe("fetchImageDetails", () => {
  const labels = config.config;
  it.each<["manifest" | "config" | "layer", OciErrorCode, unknown]>([
    ["manifest", "not-found", {}],
    ["config", "not-found", {}],
    ["config", "forbidden", {}],
    ["layer", "not-found", { config: labels }],
    ["layer", "invalid-response", { config: labels }],
  ])("takes a %s that is %s for absent", async (at, code, expected) => {
    expect(await detailsWith({ at, code })).toEqual(expected);
  });

  it.each<["manifest" | "config" | "layer", OciErrorCode]>([
    ["manifest", "too-large"],
    ["config", "too-large"],
    ["config", "digest-mismatch"],
    ["layer", "too-large"],
    ["layer", "digest-mismatch"],
    ["layer", "offline"],
    ["layer", "unavailable"],
    ["layer", "timeout"],
    ["layer", "aborted"],
  ])("does not take a %s that is %s for absent", async (at, code) => {
    await expect(detailsWith({ at, code })).rejects.toMatchObject({ code });
  });
});
