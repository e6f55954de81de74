import type { Digest } from "../types/index.ts";

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
  size(repository: string, digest: Digest): Promise<number | undefined>;
  /** The bytes, in pieces; only asked for what `size` knows. */
  read(repository: string, digest: Digest, range: ByteRange): AsyncIterable<Uint8Array>;
  /** Lets another repository hold the blob as well; false where `from` does not hold it. */
  mount(from: string, to: string, digest: Digest): Promise<boolean>;
  /** Takes the blob out of the repository; false where it was not there. Other repositories keep it. */
  remove(repository: string, digest: Digest): Promise<boolean>;
}

/** Uploads under way. An upload belongs to one repository; another repository's is unknown. */
export interface UploadStore {
  start(repository: string): Promise<string>;
  /** Bytes received so far, or undefined for an unknown upload. */
  size(repository: string, id: string): Promise<number | undefined>;
  /** Appends one piece. */
  append(repository: string, id: string, piece: Uint8Array): Promise<void>;
  /** Cuts the upload back to a length, after a piece that ended too early. */
  truncate(repository: string, id: string, size: number): Promise<void>;
  /** Turns the upload into a blob of the repository; false, and nothing kept, where its bytes have another digest. */
  commit(repository: string, id: string, digest: Digest): Promise<boolean>;
  cancel(repository: string, id: string): Promise<boolean>;
  /** How many uploads are under way, in all repositories. */
  count(): Promise<number>;
}

/** Manifests, tags and the links from a subject to what refers to it. */
export interface ManifestStore {
  /** Whether anything was ever pushed to the repository. */
  hasRepository(repository: string): Promise<boolean>;
  get(repository: string, digest: Digest): Promise<StoredManifest | undefined>;
  put(repository: string, digest: Digest, manifest: StoredManifest): Promise<void>;
  /** Removes the manifest and every tag that points to it; false where it was not there. */
  remove(repository: string, digest: Digest): Promise<boolean>;
  resolveTag(repository: string, tag: string): Promise<Digest | undefined>;
  setTag(repository: string, tag: string, digest: Digest): Promise<void>;
  removeTag(repository: string, tag: string): Promise<boolean>;
  /** All tags, in no particular order. */
  tags(repository: string): Promise<readonly string[]>;
  addReferrer(repository: string, subject: Digest, referrer: Digest): Promise<void>;
  removeReferrer(repository: string, subject: Digest, referrer: Digest): Promise<void>;
  referrers(repository: string, subject: Digest): Promise<readonly Digest[]>;
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
