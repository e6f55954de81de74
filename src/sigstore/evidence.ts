import type { RegistryClient } from "../oci/index.ts";
import type { Digest, RefusedEvidence } from "../types/index.ts";

/** The part of the registry client that evidence is read with. */
export type EvidenceClient = Pick<RegistryClient, "findTag" | "fetchManifest" | "fetchBlob" | "fetchReferrers">;

/** One layer of a `.sig` or `.att` tag, or one Sigstore bundle: found, not yet judged. */
export interface EvidenceCandidate {
  readonly format: "legacy-signature" | "legacy-attestation" | "bundle";
  /** A tag reference with the layer's place, or a referrer's pinned reference. */
  readonly location: string;
  readonly mediaType: string;
  readonly annotations: Readonly<Record<string, string>>;
  readonly bytes: Uint8Array;
}

/** What hangs on an image's digest, in both storages. Plain data: it can be cached and handed to another thread. */
export interface ImageEvidence {
  readonly digest: Digest;
  /** Signature layers, attestation layers, bundles, each in the registry's order. */
  readonly candidates: readonly EvidenceCandidate[];
  /** What was found and could not be read as evidence. */
  readonly refused: readonly RefusedEvidence[];
}

export interface EvidenceLimits {
  /** Most layers of one tag. */
  readonly maxLayers: number;
  /** Most referrers of one image. */
  readonly maxReferrers: number;
  /** Most bytes of one signature, attestation or bundle. */
  readonly maxAttachmentBytes: number;
  /** Most bytes of all of them, in each storage (the two tags, the bundles). */
  readonly maxTotalBytes: number;
}

export const defaultEvidenceLimits: EvidenceLimits = {
  maxLayers: 1000,
  maxReferrers: 1000,
  maxAttachmentBytes: 64 * 1024 * 1024,
  maxTotalBytes: 128 * 1024 * 1024,
};
