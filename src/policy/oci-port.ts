import type { Descriptor, Digest, JsonObject } from "../types/index.ts";

/** An image reference after its tag was resolved: `repository` is fully qualified (`registry.example/team/app`). */
export interface ResolvedReference {
  repository: string;
  digest: Digest;
}

export interface ManifestContent {
  mediaType: string;
  digest: Digest;
  bytes: Uint8Array;
}

/**
 * What this stage asks a registry for. A fault that may pass (network, 429, 5xx) rejects with an error whose
 * `retryable` is true; final answers (404, 401, a digest that does not match) reject with `retryable` false.
 * Everything that is fetched was compared with its digest and its size bound by the implementation.
 */
export interface RegistryPort {
  /**
   * Parses a reference (tag, digest, or both; the default tag is `latest`) and resolves a tag with one question to the
   * registry. A reference with a digest needs no question.
   */
  resolve(reference: string, options?: { signal?: AbortSignal }): Promise<ResolvedReference>;
  /** Media type, size and digest of a manifest, without its content (HEAD). */
  head(reference: ResolvedReference, options?: { signal?: AbortSignal }): Promise<Descriptor>;
  manifest(reference: ResolvedReference, options?: { signal?: AbortSignal }): Promise<ManifestContent>;
  /** The stored bytes of a blob, in pieces. */
  blob(
    reference: ResolvedReference,
    options: { maxBytes: number; signal?: AbortSignal },
  ): Promise<AsyncIterable<Uint8Array>>;
  /** `ec.oci.blob_files`: YAML and JSON files of these names in a blob that is a tar archive, parsed, by name. */
  blobFiles(
    reference: ResolvedReference,
    paths: readonly string[],
    options?: { signal?: AbortSignal },
  ): Promise<JsonObject>;
  /** `ec.oci.image_files`: YAML and JSON files directly in these directories of an image, parsed, by path. */
  imageFiles(
    reference: ResolvedReference,
    directories: readonly string[],
    options?: { signal?: AbortSignal },
  ): Promise<JsonObject>;
  /** Whether the repository has this tag. */
  hasTag(repository: string, tag: string, options?: { signal?: AbortSignal }): Promise<boolean>;
  /** The referrers of a manifest, with the fallback to the tag schema; an empty list where there are none. */
  referrers(reference: ResolvedReference, options?: { signal?: AbortSignal }): Promise<readonly Descriptor[]>;
}

/** What policy sources in a registry need. */
export type OciArtefactPort = Pick<RegistryPort, "resolve" | "manifest" | "blob">;
