import { join } from "node:path";
import { type Digest, isDigest, isJsonObject, toDigest, toHex } from "../types/index.ts";
import {
  type DirectoryLayout,
  listIfThere,
  readIfThere,
  removeIfThere,
  sizeIfThere,
  writeAtomically,
  writeContent,
} from "./directory-layout.ts";
import { RegistryError } from "./errors.ts";
import type { ManifestStore } from "./store.ts";

const nothing = new Uint8Array();

/** Manifests as content with their media type beside it, tags and referrers as small files. */
export function createManifests(layout: DirectoryLayout): ManifestStore {
  const tagFiles = createTagFiles(layout);
  return {
    async hasRepository(repository) {
      return (await sizeIfThere(layout.repository(repository))) !== undefined;
    },
    async get(repository, digest) {
      const mediaType = await readIfThere(layout.manifestLink(repository, digest));
      if (mediaType === undefined) return undefined;
      const bytes = await readIfThere(layout.content(digest));
      if (bytes === undefined || toDigest(bytes) !== digest) throw createDamage(digest);
      return { mediaType: Buffer.from(mediaType).toString("utf8"), bytes };
    },
    async put(repository, digest, manifest) {
      await writeContent(layout, digest, manifest.bytes);
      await writeAtomically(layout, layout.manifestLink(repository, digest), Buffer.from(manifest.mediaType));
    },
    async remove(repository, digest) {
      for (const { tag, digest: target } of await tagFiles.list(repository)) {
        if (target === digest) await tagFiles.remove(repository, tag);
      }
      return await removeIfThere(layout.manifestLink(repository, digest));
    },
    resolveTag: tagFiles.resolve,
    setTag: tagFiles.set,
    removeTag: tagFiles.remove,
    async tags(repository) {
      return (await tagFiles.list(repository)).map(({ tag }) => tag);
    },
    async addReferrer(repository, subject, referrer) {
      await writeAtomically(layout, join(layout.referrers(repository, subject), toHex(referrer)), nothing);
    },
    async removeReferrer(repository, subject, referrer) {
      await removeIfThere(join(layout.referrers(repository, subject), toHex(referrer)));
    },
    async referrers(repository, subject) {
      const names = await listIfThere(layout.referrers(repository, subject));
      return names.map((hex) => `sha256:${hex}`).filter(isDigest);
    },
  };
}

function createTagFiles(layout: DirectoryLayout) {
  return {
    async list(repository: string): Promise<readonly StoredTag[]> {
      const tags: StoredTag[] = [];
      // One after the other: a repository may have more tags than a process may open files.
      for (const name of await listIfThere(layout.tags(repository))) {
        const tag = parseTag(await readIfThere(join(layout.tags(repository), name)));
        if (tag !== undefined) tags.push(tag);
      }
      return tags;
    },
    async resolve(repository: string, tag: string): Promise<Digest | undefined> {
      return parseTag(await readIfThere(layout.tag(repository, tag)))?.digest;
    },
    async set(repository: string, tag: string, digest: Digest): Promise<void> {
      await writeAtomically(layout, layout.tag(repository, tag), Buffer.from(JSON.stringify({ tag, digest })));
    },
    async remove(repository: string, tag: string): Promise<boolean> {
      return await removeIfThere(layout.tag(repository, tag));
    },
  };
}

interface StoredTag {
  tag: string;
  digest: Digest;
}

function parseTag(bytes: Uint8Array | undefined): StoredTag | undefined {
  if (bytes === undefined) return undefined;
  const value: unknown = JSON.parse(Buffer.from(bytes).toString("utf8"));
  if (!isJsonObject(value) || typeof value.tag !== "string" || typeof value.digest !== "string") return undefined;
  return isDigest(value.digest) ? { tag: value.tag, digest: value.digest } : undefined;
}

function createDamage(digest: Digest): RegistryError {
  return new RegistryError(`expected a stored manifest with digest ${digest}, its file is missing or was changed`, {
    code: "UNKNOWN",
    status: 500,
    subject: digest,
  });
}
