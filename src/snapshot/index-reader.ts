import type { Descriptor, Digest } from "../types/index.ts";

/** What a reference stands for in its registry. */
export interface ResolvedImage {
  /** `repository@digest`, the registry explicit. */
  readonly reference: string;
  readonly repository: string;
  readonly digest: Digest;
  readonly mediaType: string;
  /** An OCI image index or a Docker manifest list. */
  readonly isIndex: boolean;
}

/** What expansion needs from a registry. Its implementation answers a repeated question from memory. */
export interface IndexReader {
  /** For a reference with a digest, media type and `isIndex` are those of the bytes; for one with a tag, the registry's word. */
  resolve(image: string, signal: AbortSignal): Promise<ResolvedImage>;
  /** The `manifests` of an index, given by its pinned reference. */
  readIndex(reference: string, signal: AbortSignal): Promise<readonly Descriptor[]>;
  /** False only where the registry says that there is none; any other answer rejects. */
  exists(repository: string, digest: Digest, signal: AbortSignal): Promise<boolean>;
}
