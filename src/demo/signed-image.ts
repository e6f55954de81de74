import type { Digest } from "../types/index.ts";
import type { PushedManifest } from "./transfer.ts";

/** Where a signature or an attestation was stored. */
export interface StoredEvidence {
  /** Of the manifest that holds it. */
  digest: Digest;
  /** `registry/repository:sha256-....sig`, or the referrer's pinned reference. */
  reference: string;
}

/** What evidence needs to know of the image, index or artifact that it is about. */
export type SignedImage = Pick<PushedManifest, "registry" | "repository" | "digest" | "size" | "mediaType">;
