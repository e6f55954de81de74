import {
  formatPinned,
  hasOciCode,
  isIndexMediaType,
  type PinnedReference,
  parseIndex,
  parseReference,
  type RegistryClient,
  readBlobFiles,
  readImageFiles,
  repositoryName,
  toPinned,
  toTagged,
} from "../oci/index.ts";
import type { RegistryPort, ResolvedReference } from "../policy/index.ts";
import type { IndexReader, ResolvedImage } from "../snapshot/index.ts";

/** What expanding a snapshot asks of the registries. */
export function createIndexReader(client: RegistryClient): IndexReader {
  return {
    async resolve(image, signal): Promise<ResolvedImage> {
      const reference = parseReference(image);
      const descriptor = await client.resolve(reference, { signal });
      return {
        reference: formatPinned(toPinned(reference, descriptor.digest)),
        repository: repositoryName(reference),
        digest: descriptor.digest,
        mediaType: descriptor.mediaType,
        isIndex: isIndexMediaType(descriptor.mediaType),
      };
    },
    async readIndex(reference, signal) {
      const manifest = await client.fetchManifest(parsePinned(reference), { signal });
      return parseIndex(manifest.body, reference).manifests;
    },
    async exists(repository, digest, signal) {
      try {
        await client.resolve(toPinned(parseReference(repository), digest), { signal });
        return true;
      } catch (error) {
        if (hasOciCode(error, "not-found")) return false;
        throw error;
      }
    },
  };
}

/** What policies and policy sources ask of the registries. */
export function createRegistryPort(client: RegistryClient, signal: AbortSignal): RegistryPort {
  const signalOf = (options?: { signal?: AbortSignal }) => ({ signal: options?.signal ?? signal });
  return {
    async resolve(text, options) {
      const reference = parseReference(text);
      const digest = reference.digest ?? (await client.resolve(reference, signalOf(options))).digest;
      return { repository: repositoryName(reference), digest };
    },
    async head(reference, options) {
      return await client.resolve(toPinnedReference(reference), signalOf(options));
    },
    async manifest(reference, options) {
      const { descriptor, bytes } = await client.fetchManifest(toPinnedReference(reference), signalOf(options));
      return { mediaType: descriptor.mediaType, digest: descriptor.digest, bytes };
    },
    async blob(reference, options) {
      const pinned = toPinnedReference(reference);
      return await client.openBlob(
        pinned,
        { digest: pinned.digest },
        { maxBytes: options.maxBytes, ...signalOf(options) },
      );
    },
    async blobFiles(reference, paths, options) {
      return await readBlobFiles(client, toPinnedReference(reference), paths, signalOf(options));
    },
    async imageFiles(reference, directories, options) {
      return await readImageFiles(client, toPinnedReference(reference), directories, signalOf(options));
    },
    async hasTag(repository, tag, options) {
      return (await client.findTag(toTagged(parseReference(repository), tag), signalOf(options))) !== undefined;
    },
    async referrers(reference, options) {
      return await client.fetchReferrers(toPinnedReference(reference), signalOf(options));
    },
  };
}

function toPinnedReference(reference: ResolvedReference): PinnedReference {
  return toPinned(parseReference(reference.repository), reference.digest);
}

/** Parses a reference that this program has pinned before. */
export function parsePinned(text: string): PinnedReference {
  const reference = parseReference(text);
  if (reference.digest === undefined) throw new TypeError(`${text} was expected to be pinned`);
  return toPinned(reference, reference.digest);
}
