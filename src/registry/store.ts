import type { ContentDigest } from "./content-digest.ts";

/** A manifest as it was pushed. */
export interface StoredManifest {
  mediaType: string;
  bytes: Uint8Array;
}

/** Part of a blob: `start` inclusive, `end` exclusive, in bytes. */
export interface ByteRange {
  start: number;
  end: number;
}

/** Blobs, shared by content and linked into the repositories that hold them. */
export interface BlobStore {
  /** The size in bytes, or undefined where the repository does not hold the blob. */
  size(repository: string, digest: ContentDigest): Promise<number | undefined>;
  /** The bytes, in pieces; only asked for what `size` knows. Throws where the stored bytes are not those of the digest. */
  read(repository: string, digest: ContentDigest, range: ByteRange): AsyncIterable<Uint8Array>;
  /** Lets another repository hold the blob as well; false where `from`, or no repository at all without it, holds it. */
  mount(from: string | undefined, to: string, digest: ContentDigest): Promise<boolean>;
  /** Takes the blob out of the repository; false where it was not there. Other repositories keep it. */
  remove(repository: string, digest: ContentDigest): Promise<boolean>;
}

/** Uploads under way. An upload belongs to one repository; another repository's is unknown. */
export interface UploadStore {
  start(repository: string): Promise<string>;
  /** Bytes received so far, or undefined for an unknown upload. */
  size(repository: string, id: string): Promise<number | undefined>;
  /** Appends all pieces, each as it comes. What they throw is thrown; what came before it stays. */
  append(repository: string, id: string, pieces: AsyncIterable<Uint8Array>): Promise<void>;
  /** Cuts the upload back to a length, after a piece that ended too early. */
  truncate(repository: string, id: string, size: number): Promise<void>;
  /** Turns the upload into a blob of the repository; false, and nothing kept, where its bytes have another digest. */
  commit(repository: string, id: string, digest: ContentDigest): Promise<boolean>;
  cancel(repository: string, id: string): Promise<boolean>;
  /** How many uploads are under way, in all repositories. */
  count(): Promise<number>;
  /** Drops uploads that nothing was written to since a time (milliseconds since 1970); says how many. */
  expire(untouchedSinceMs: number): Promise<number>;
}

/** Manifests, tags and the links from a subject to what refers to it. */
export interface ManifestStore {
  /** Whether anything was ever pushed to the repository. */
  hasRepository(repository: string): Promise<boolean>;
  get(repository: string, digest: ContentDigest): Promise<StoredManifest | undefined>;
  put(repository: string, digest: ContentDigest, manifest: StoredManifest): Promise<void>;
  /** Removes the manifest and every tag that points to it; false where it was not there. */
  remove(repository: string, digest: ContentDigest): Promise<boolean>;
  resolveTag(repository: string, tag: string): Promise<ContentDigest | undefined>;
  setTag(repository: string, tag: string, digest: ContentDigest): Promise<void>;
  removeTag(repository: string, tag: string): Promise<boolean>;
  /** All tags, in no particular order. */
  tags(repository: string): Promise<readonly string[]>;
  addReferrer(repository: string, subject: ContentDigest, referrer: ContentDigest): Promise<void>;
  removeReferrer(repository: string, subject: ContentDigest, referrer: ContentDigest): Promise<void>;
  referrers(repository: string, subject: ContentDigest): Promise<readonly ContentDigest[]>;
}

/**
 * Where a registry keeps its content. Names, tags and digests handed in are valid; a store makes no checks of its own
 * but that a blob's bytes have its digest. Every change is atomic: whoever reads sees it whole or not at all.
 */
export interface RegistryStore {
  readonly blobs: BlobStore;
  readonly uploads: UploadStore;
  readonly manifests: ManifestStore;
}
