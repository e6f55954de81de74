import type { Platform } from "../types/index.ts";
import { type ErrorEntry, RegistryError } from "./errors.ts";
import { type ContentDescriptor, isManifestType, type ParsedManifest } from "./manifest-parse.ts";
import type { Settings } from "./settings.ts";

/**
 * Refuses a manifest that refers to what the repository does not hold: blobs of an image unless
 * `acceptMissingBlobs` waives them, children of an index as far as `platforms` requires them. A subject need not be there (distribution-spec 1.1, "Pushing Manifests with Subject").
 */
export async function assertComplete(settings: Settings, repository: string, manifest: ParsedManifest): Promise<void> {
  const blobs = settings.acceptMissingBlobs ? [] : await findMissingBlobs(settings, repository, manifest.blobs);
  const children = await findMissingChildren(settings, repository, manifest.children);
  const entries = [...blobs.map(toBlobEntry), ...children.map(toChildEntry)];
  const first = entries[0];
  if (first === undefined) return;
  throw new RegistryError(first.message, { code: first.code, status: 400, subject: repository, entries });
}

async function findMissingBlobs(settings: Settings, repository: string, blobs: readonly ContentDescriptor[]) {
  // A blob that is to be had elsewhere need not be pushed.
  const required = blobs.filter(({ urls }) => urls === undefined);
  return await findMissing(required, async ({ digest }) => {
    return (await settings.store.blobs.size(repository, digest)) !== undefined;
  });
}

async function findMissingChildren(settings: Settings, repository: string, children: readonly ContentDescriptor[]) {
  const required = children.filter(({ platform }) => isRequired(platform, settings.platforms));
  return await findMissing(required, async ({ digest, mediaType }) => {
    const { manifests, blobs } = settings.store;
    // Build caches are indexes of layers.
    if (!isManifestType(mediaType)) return (await blobs.size(repository, digest)) !== undefined;
    return (await manifests.get(repository, digest)) !== undefined;
  });
}

/** Those that are not there. Each is looked for once: a manifest may name one ten thousand times. */
async function findMissing(
  wanted: readonly ContentDescriptor[],
  isThere: (descriptor: ContentDescriptor) => Promise<boolean>,
): Promise<readonly ContentDescriptor[]> {
  const known = new Map<string, boolean>();
  const toKey = ({ digest, mediaType }: ContentDescriptor) => `${digest} ${isManifestType(mediaType)}`;
  for (const descriptor of wanted) {
    const key = toKey(descriptor);
    if (!known.has(key)) known.set(key, await isThere(descriptor));
  }
  return wanted.filter((descriptor) => known.get(toKey(descriptor)) === false);
}

/** The variants that these architectures mean where an index names none, as container runtimes read them. */
const usualVariants: Readonly<Record<string, string>> = { amd64: "v1", arm: "v7", arm64: "v8" };

/**
 * Whether an index may not be pushed without its child for this platform. A child without a platform is in no list; one
 * without a variant is of its architecture's usual one.
 */
export function isRequired(platform: Platform | undefined, required: Settings["platforms"]): boolean {
  if (required === "all" || required === "none") return required === "all";
  if (platform === undefined) return false;
  const { architecture } = platform;
  const variant =
    platform.variant ?? (Object.hasOwn(usualVariants, architecture) ? usualVariants[architecture] : undefined);
  return required.some(
    (wanted) =>
      wanted.os === platform.os &&
      wanted.architecture === architecture &&
      (wanted.variant === undefined || wanted.variant === variant),
  );
}

function toBlobEntry(blob: ContentDescriptor): ErrorEntry {
  return {
    code: "MANIFEST_BLOB_UNKNOWN",
    message: `expected blob ${blob.digest} in the repository, it is not there; push it before the manifest`,
    detail: { digest: blob.digest, mediaType: blob.mediaType },
  };
}

function toChildEntry(child: ContentDescriptor): ErrorEntry {
  const platform = toPlatformText(child.platform);
  return {
    code: "MANIFEST_BLOB_UNKNOWN",
    message:
      `expected the index' image for ${platform}, ${child.digest}, in the repository, it is not there; ` +
      "push it before the index, or require fewer platforms",
    detail: { digest: child.digest, platform, mediaType: child.mediaType },
  };
}

/** `os/architecture` or `os/architecture/variant`; `unknown` without a platform. */
function toPlatformText(platform: Platform | undefined): string {
  if (platform === undefined) return "unknown";
  return [platform.os, platform.architecture, platform.variant].filter(Boolean).join("/");
}
