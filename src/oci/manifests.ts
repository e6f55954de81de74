import { LRUCache } from "lru-cache";
import type { ContentStore } from "../cache/index.ts";
import { type Digest, toDigest } from "../types/index.ts";
import { readBounded } from "./body.ts";
import type { OciError } from "./errors.ts";
import { createFlights } from "./flights.ts";
import { maxManifestBytes, parseManifest, refuseSchema1 } from "./manifest.ts";
import { acceptManifests } from "./media-types.ts";
import { notFound } from "./not-found.ts";
import { formatPinned, type PinnedReference, type RepositoryLocation, repositoryName } from "./reference.ts";
import type { FetchedManifest, RequestOptions } from "./registry-client.ts";
import type { RegistrySession } from "./session.ts";
import { digestMismatch, toScope } from "./store-access.ts";

export interface ManifestOptions {
  sessionFor(registry: string): RegistrySession;
  store: ContentStore | undefined;
  /** Whether what is stored is used (`pull` other than `always`). */
  readsStore: boolean;
  maxMemoryBytes: number;
}

/** Manifests by digest, through memory, disk and network. */
export interface Manifests {
  fetch(ref: PinnedReference, options: RequestOptions): Promise<FetchedManifest>;
  /** Asks for a manifest by tag; undefined where there is none. The digest is that of the bytes. */
  fetchByTag(ref: RepositoryLocation, tag: string, options: RequestOptions): Promise<FetchedManifest | undefined>;
}

export function createManifests(options: ManifestOptions): Manifests {
  const { store } = options;
  const flights = createFlights<FetchedManifest>();
  const memory = new LRUCache<string, FetchedManifest>({
    maxSize: options.maxMemoryBytes,
    // The parsed body takes about twice as much again.
    sizeCalculation: ({ bytes }) => bytes.length * 3 + 1024,
  });

  async function remember(manifest: FetchedManifest, scope: string): Promise<void> {
    memory.set(toKey(scope, manifest.descriptor.digest), manifest);
    if (store === undefined) return;
    const source = store.tee(manifest.descriptor.digest, scope, fromBytes(manifest.bytes));
    for await (const _ of source); // Written as it passes.
  }

  async function ask(ref: RepositoryLocation, name: string, { signal, subject }: RequestOptions & { subject: string }) {
    return options.sessionFor(ref.registry).request(
      {
        method: "GET",
        path: `/v2/${ref.repository}/manifests/${name}`,
        repository: ref.repository,
        headers: { accept: acceptManifests },
        accepted: [404],
        signal,
        subject,
      },
      async (response) => {
        if (response.status === 404) return undefined;
        const bytes = await readBounded(response, { maxBytes: maxManifestBytes, subject });
        return { bytes, told: response.header("docker-content-digest") };
      },
    );
  }

  async function load(ref: PinnedReference, scope: string, signal: AbortSignal): Promise<FetchedManifest> {
    const subject = formatPinned(ref);
    const session = options.sessionFor(ref.registry);
    const stored = options.readsStore ? await store?.readAll(ref.digest, scope, maxManifestBytes) : undefined;
    if (stored) {
      session.countCacheHit();
      const manifest = toFetched(stored, ref.digest, subject);
      memory.set(toKey(scope, ref.digest), manifest);
      return manifest;
    }
    const answer = await ask(ref, ref.digest, { signal, subject });
    if (answer === undefined) throw notFound(subject, ref.registry);
    if (toDigest(answer.bytes) !== ref.digest) throw mismatch(answer.bytes, subject);
    const manifest = toFetched(answer.bytes, ref.digest, subject);
    await remember(manifest, scope);
    return manifest;
  }

  return {
    async fetch(ref, { signal }) {
      const session = options.sessionFor(ref.registry);
      const scope = toScope(ref, await session.identity(ref.repository, signal));
      const key = toKey(scope, ref.digest);
      const known = memory.get(key);
      if (known) {
        session.countCacheHit();
        return known;
      }
      return flights.run(key, { signal, subject: formatPinned(ref) }, (shared) => load(ref, scope, shared));
    },

    async fetchByTag(ref, tag, { signal }) {
      const subject = `${repositoryName(ref)}:${tag}`;
      const answer = await ask(ref, tag, { signal, subject });
      if (answer === undefined) return undefined;
      const digest = toDigest(answer.bytes);
      if (answer.told?.startsWith("sha256:") && answer.told !== digest) throw mismatch(answer.bytes, subject);
      const manifest = toFetched(answer.bytes, digest, subject);
      const identity = await options.sessionFor(ref.registry).identity(ref.repository, signal);
      await remember(manifest, toScope(ref, identity));
      return manifest;
    },
  };
}

function mismatch(bytes: Uint8Array, subject: string): OciError {
  refuseSchema1(bytes, subject);
  return digestMismatch(subject);
}

function toKey(scope: string, digest: Digest): string {
  return `${scope}${digest}`;
}

async function* fromBytes(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

function toFetched(bytes: Uint8Array, digest: Digest, subject: string): FetchedManifest {
  const { body, mediaType, kind } = parseManifest(bytes, subject);
  const artifactType = typeof body.artifactType === "string" ? { artifactType: body.artifactType } : {};
  return { descriptor: { mediaType, digest, size: bytes.length, ...artifactType }, bytes, body, kind };
}
