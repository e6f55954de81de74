import { randomUUID } from "node:crypto";
import { type ContentDigest, toAlgorithm, toContentDigest } from "./content-digest.ts";
import type { BlobStore, ManifestStore, RegistryStore, StoredManifest, UploadStore } from "./store.ts";

interface MemoryRepository {
  blobs: Set<ContentDigest>;
  manifests: Map<ContentDigest, StoredManifest>;
  tags: Map<string, ContentDigest>;
  referrers: Map<ContentDigest, Set<ContentDigest>>;
}

interface MemoryUpload {
  repository: string;
  pieces: Uint8Array[];
  size: number;
  touchedMs: number;
}

interface MemoryState {
  repositories: Map<string, MemoryRepository>;
  content: Map<ContentDigest, Uint8Array>;
  uploads: Map<string, MemoryUpload>;
}

/** A store that lasts as long as the process. */
export function createMemoryStore(): RegistryStore {
  const state: MemoryState = { repositories: new Map(), content: new Map(), uploads: new Map() };
  return { blobs: createBlobs(state), uploads: createUploads(state), manifests: createManifests(state) };
}

function openRepository(state: MemoryState, name: string): MemoryRepository {
  let repository = state.repositories.get(name);
  if (repository === undefined) {
    repository = { blobs: new Set(), manifests: new Map(), tags: new Map(), referrers: new Map() };
    state.repositories.set(name, repository);
  }
  return repository;
}

function createBlobs(state: MemoryState): BlobStore {
  const holds = (repository: string, digest: ContentDigest) =>
    state.repositories.get(repository)?.blobs.has(digest) ?? false;
  return {
    async size(repository, digest) {
      return holds(repository, digest) ? state.content.get(digest)?.length : undefined;
    },
    async *read(repository, digest, range) {
      const bytes = holds(repository, digest) ? state.content.get(digest) : undefined;
      if (bytes !== undefined) yield bytes.subarray(range.start, range.end);
    },
    async mount(from, to, digest) {
      const isHeld =
        from === undefined ? [...state.repositories.keys()].some((name) => holds(name, digest)) : holds(from, digest);
      if (!isHeld) return false;
      openRepository(state, to).blobs.add(digest);
      return true;
    },
    async remove(repository, digest) {
      const removed = state.repositories.get(repository)?.blobs.delete(digest) ?? false;
      const isHeld = [...state.repositories.values()].some((other) => other.blobs.has(digest));
      if (!isHeld) state.content.delete(digest);
      return removed;
    },
  };
}

function createUploads(state: MemoryState): UploadStore {
  const find = (repository: string, id: string) => {
    const upload = state.uploads.get(id);
    return upload?.repository === repository ? upload : undefined;
  };
  return {
    async start(repository) {
      const id = randomUUID();
      state.uploads.set(id, { repository, pieces: [], size: 0, touchedMs: Date.now() });
      return id;
    },
    async size(repository, id) {
      return find(repository, id)?.size;
    },
    async append(repository, id, pieces) {
      const upload = find(repository, id);
      if (upload === undefined) return;
      for await (const piece of pieces) {
        upload.pieces.push(piece);
        upload.size += piece.length;
        upload.touchedMs = Date.now();
      }
    },
    async truncate(repository, id, size) {
      const upload = find(repository, id);
      if (upload === undefined) return;
      // A request is taken back as a whole: its pieces end where those of the one before it did.
      while (upload.size > size) upload.size -= upload.pieces.pop()?.length ?? upload.size;
    },
    async commit(repository, id, digest) {
      const upload = find(repository, id);
      state.uploads.delete(id);
      if (upload === undefined) return false;
      const bytes = Buffer.concat(upload.pieces, upload.size);
      if (toContentDigest(bytes, toAlgorithm(digest)) !== digest) return false;
      if (!state.content.has(digest)) state.content.set(digest, bytes);
      openRepository(state, repository).blobs.add(digest);
      return true;
    },
    async cancel(repository, id) {
      return find(repository, id) !== undefined && state.uploads.delete(id);
    },
    async count() {
      return state.uploads.size;
    },
    async expire(untouchedSinceMs) {
      const old = [...state.uploads].filter(([, upload]) => upload.touchedMs < untouchedSinceMs);
      for (const [id] of old) state.uploads.delete(id);
      return old.length;
    },
  };
}

function createManifests(state: MemoryState): ManifestStore {
  return {
    async hasRepository(name) {
      return state.repositories.has(name);
    },
    async get(name, digest) {
      return state.repositories.get(name)?.manifests.get(digest);
    },
    async put(name, digest, manifest) {
      openRepository(state, name).manifests.set(digest, manifest);
    },
    async remove(name, digest) {
      const repository = state.repositories.get(name);
      if (repository === undefined || !repository.manifests.delete(digest)) return false;
      for (const [tag, target] of repository.tags) if (target === digest) repository.tags.delete(tag);
      return true;
    },
    async resolveTag(name, tag) {
      return state.repositories.get(name)?.tags.get(tag);
    },
    async setTag(name, tag, digest) {
      openRepository(state, name).tags.set(tag, digest);
    },
    async removeTag(name, tag) {
      return state.repositories.get(name)?.tags.delete(tag) ?? false;
    },
    async tags(name) {
      return [...(state.repositories.get(name)?.tags.keys() ?? [])];
    },
    async addReferrer(name, subject, referrer) {
      const { referrers } = openRepository(state, name);
      const known = referrers.get(subject) ?? new Set();
      referrers.set(subject, known.add(referrer));
    },
    async removeReferrer(name, subject, referrer) {
      state.repositories.get(name)?.referrers.get(subject)?.delete(referrer);
    },
    async referrers(name, subject) {
      return [...(state.repositories.get(name)?.referrers.get(subject) ?? [])];
    },
  };
}
