import {
  type FetchedManifest,
  formatReference,
  OciError,
  type OciErrorCode,
  parseReference,
  type Reference,
} from "../../oci/index.ts";
import { type Descriptor, type Digest, type JsonObject, toDigest, toHex } from "../../types/index.ts";
import type { EvidenceCandidate, EvidenceClient } from "../evidence.ts";

/** A registry's content as the port sees it, with faults to order. */
export interface FakeClient extends EvidenceClient {
  readonly requests: string[];
  /** Stores a manifest of these layers; returns its descriptor. */
  push(
    layers: readonly EvidenceCandidate[],
    options?: { tag?: string; kind?: "image" | "index"; artifactType?: string },
  ): Descriptor;
  /** Adds a referrer to the image's list. */
  refer(descriptor: Descriptor): void;
  fail(request: string, code: OciErrorCode): void;
}

const manifestType = "application/vnd.oci.image.manifest.v1+json";

export function makeClient(): FakeClient {
  const tags = new Map<string, Descriptor>();
  const manifests = new Map<Digest, FetchedManifest>();
  const blobs = new Map<Digest, Uint8Array>();
  const referrers: Descriptor[] = [];
  const faults = new Map<string, OciErrorCode>();
  const requests: string[] = [];

  function request(name: string): void {
    requests.push(name);
    const code = faults.get(name);
    if (code !== undefined) throw new OciError(`${name}: ${code}`, { code });
  }

  return {
    requests,
    push(layers, { tag, kind = "image", artifactType } = {}) {
      const descriptors = layers.map(({ bytes, mediaType, annotations }) => {
        const digest = toDigest(bytes);
        blobs.set(digest, bytes);
        return { mediaType, digest, size: bytes.length, annotations };
      });
      const config = { mediaType: "application/vnd.oci.empty.v1+json", digest: toDigest(Buffer.from("{}")), size: 2 };
      const content = { schemaVersion: 2, mediaType: manifestType, config, layers: descriptors, nonce: manifests.size };
      const bytes = Buffer.from(JSON.stringify(content));
      const descriptor = {
        mediaType: manifestType,
        digest: toDigest(bytes),
        size: bytes.length,
        ...(artifactType ? { artifactType } : {}),
      };
      manifests.set(descriptor.digest, { descriptor, bytes, body: content as unknown as JsonObject, kind });
      if (tag !== undefined) tags.set(tag, descriptor);
      return descriptor;
    },
    refer: (descriptor) => void referrers.push(descriptor),
    fail: (name, code) => void faults.set(name, code),
    async findTag(reference: Reference) {
      request(`tag ${suffixOf(reference)}`);
      return tags.get(reference.tag ?? "");
    },
    async fetchManifest({ digest }) {
      request(`manifest ${toHex(digest)}`);
      const manifest = manifests.get(digest);
      if (manifest === undefined) throw new OciError(`${digest} is not there`, { code: "not-found" });
      return manifest;
    },
    async fetchBlob(_location, { digest }, { maxBytes }) {
      request(`blob ${toHex(digest)}`);
      const bytes = blobs.get(digest);
      if (bytes === undefined) throw new OciError(`${digest} is not there`, { code: "not-found" });
      if (bytes.length > maxBytes) throw new OciError(`${digest} is too large`, { code: "too-large" });
      return bytes;
    },
    async fetchReferrers() {
      request("referrers");
      return referrers;
    },
  };
}

function suffixOf(reference: Reference): string {
  return parseReference(formatReference(reference)).tag?.split(".")[1] ?? "";
}
