import type { Descriptor, Digest, RefusedEvidence } from "../types/index.ts";

export interface EvidenceReference {
  readonly registry: string;
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: Digest;
}

export interface EvidenceImage extends EvidenceReference {
  readonly digest: Digest;
}

/** The part of the registry client that evidence is read with. */
export interface EvidenceClient {
  findTag(reference: EvidenceReference, options: { signal: AbortSignal }): Promise<Descriptor | undefined>;
  fetchManifest(
    image: EvidenceImage,
    options: { signal: AbortSignal },
  ): Promise<{ readonly descriptor: Descriptor; readonly bytes: Uint8Array; readonly body: unknown }>;
  fetchBlob(
    reference: EvidenceReference,
    descriptor: Descriptor,
    options: { maxBytes: number; signal: AbortSignal },
  ): Promise<Uint8Array>;
  fetchReferrers(image: EvidenceImage, options: { signal: AbortSignal }): Promise<readonly Descriptor[]>;
}

/** One layer of a `.sig` or `.att` tag, or one Sigstore bundle: found, not yet judged. */
export interface EvidenceCandidate {
  readonly format: "legacy-signature" | "legacy-attestation" | "bundle";
  /** A tag reference with the layer's digest, or a referrer's pinned reference. */
  readonly location: string;
  readonly mediaType: string;
  readonly annotations: Readonly<Record<string, string>>;
  readonly bytes: Uint8Array;
}

/** What hangs on an image's digest, in both storages. Plain data: it can be cached and handed to another thread. */
export interface ImageEvidence {
  readonly digest: Digest;
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
  /** Most bytes of all of them, by storage (each tag, the bundles). */
  readonly maxTotalBytes: number;
}

export const defaultEvidenceLimits: EvidenceLimits = {
  maxLayers: 1000,
  maxReferrers: 1000,
  maxAttachmentBytes: 64 * 1024 * 1024,
  maxTotalBytes: 128 * 1024 * 1024,
};

/**
 * Fetches everything that hangs on the image's digest: the layers of the tags `sha256-<hex>.sig` and `.att`, and the
 * Sigstore bundles among its referrers. Both storages are always read. A registry that cannot be asked is an error,
 * never "no signatures". Throws the client's errors and `SigstoreError` (`evidence_too_large`, `evidence_invalid`).
 */
export async function fetchEvidence(
  _client: EvidenceClient,
  _image: EvidenceImage,
  _options: { signal: AbortSignal; limits?: EvidenceLimits },
): Promise<ImageEvidence> {
  throw new Error("not written yet");
}
