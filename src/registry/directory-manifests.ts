import { join } from "node:path";
import { isJsonObject } from "../types/index.ts";
import {
  type ContentDigest,
  isContentDigest,
  parseContentHex,
  toAlgorithm,
  toContentDigest,
  toContentHex,
} from "./content-digest.ts";
import { type ContentFolder, createDamage } from "./directory-content.ts";
import {
  type DirectoryLayout,
  listIfThere,
  readIfThere,
  removeIfThere,
  sizeIfThere,
  writeAtomically,
  writeTemporary,
} from "./directory-layout.ts";
import { RegistryError } from "./errors.ts";
import type { ManifestStore } from "./store.ts";

const nothing = new Uint8Array();

/** Manifests as content with their media type beside it, tags and referrers as small files. */
export function createManifests(layout: DirectoryLayout, content: ContentFolder): ManifestStore {
  const tagFiles = createTagFiles(layout);
  return {
    async hasRepository(repository) {
      return (await sizeIfThere(layout.repository(repository))) !== undefined;
    },
    async get(repository, digest) {
      const mediaType = await readIfThere(layout.manifestLink(repository, digest));
      if (mediaType === undefined) return undefined;
      const bytes = await readIfThere(layout.content(digest));
      // Somebody took the file away: pushing it again brings it back.
      if (bytes === undefined) return undefined;
      const isWhole = mediaType.length > 0 && toContentDigest(bytes, toAlgorithm(digest)) === digest;
      if (!isWhole) throw createDamage("manifest", digest);
      return { mediaType: Buffer.from(mediaType).toString("utf8"), bytes };
    },
    async put(repository, digest, manifest) {
      const link = { path: layout.manifestLink(repository, digest), bytes: Buffer.from(manifest.mediaType) };
      await content.put(digest, await writeTemporary(layout, manifest.bytes), link);
    },
    async remove(repository, digest) {
      for (const { tag, digest: target } of await tagFiles.list(repository)) {
        if (target === digest) await tagFiles.remove(repository, tag);
      }
      const removed = await removeIfThere(layout.manifestLink(repository, digest));
      if (removed) await content.collect(digest);
      return removed;
    },
    resolveTag: tagFiles.resolve,
    setTag: tagFiles.set,
    removeTag: tagFiles.remove,
    async tags(repository) {
      return (await tagFiles.list(repository)).map(({ tag }) => tag);
    },
    async addReferrer(repository, subject, referrer) {
      await writeAtomically(layout, join(layout.referrers(repository, subject), toContentHex(referrer)), nothing);
    },
    async removeReferrer(repository, subject, referrer) {
      await removeIfThere(join(layout.referrers(repository, subject), toContentHex(referrer)));
    },
    async referrers(repository, subject) {
      const names = await listIfThere(layout.referrers(repository, subject));
      return names.map(parseContentHex).filter((digest) => digest !== undefined);
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
        // One that was damaged has lost its name: only who asks for it by its name is told.
        if (tag !== undefined) tags.push(tag);
      }
      return tags;
    },
    async resolve(repository: string, tag: string): Promise<ContentDigest | undefined> {
      const bytes = await readIfThere(layout.tag(repository, tag));
      if (bytes === undefined) return undefined;
      const stored = parseTag(bytes);
      if (stored === undefined) throw createTagDamage(repository, tag);
      return stored.digest;
    },
    async set(repository: string, tag: string, digest: ContentDigest): Promise<void> {
      await writeAtomically(layout, layout.tag(repository, tag), Buffer.from(JSON.stringify({ tag, digest })));
    },
    async remove(repository: string, tag: string): Promise<boolean> {
      return await removeIfThere(layout.tag(repository, tag));
    },
  };
}

interface StoredTag {
  tag: string;
  digest: ContentDigest;
}

/** Undefined where there is no file, or one that says no tag: a power failure can leave it empty. */
function parseTag(bytes: Uint8Array | undefined): StoredTag | undefined {
  if (bytes === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    // Told by whoever asks for this tag.
    return undefined;
  }
  if (!isJsonObject(value) || typeof value.tag !== "string" || typeof value.digest !== "string") return undefined;
  return isContentDigest(value.digest) ? { tag: value.tag, digest: value.digest } : undefined;
}

function createTagDamage(repository: string, tag: string): RegistryError {
  return new RegistryError(`expected the digest of tag ${tag} of ${repository}, its file was changed; push it again`, {
    code: "UNKNOWN",
    status: 500,
    subject: `${repository}:${tag}`,
  });
}
