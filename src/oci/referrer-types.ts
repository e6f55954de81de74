import { type Descriptor, type Digest, isDigest, isJsonObject, type Json } from "../types/index.ts";
import { hasOciCode } from "./errors.ts";
import { parseDescriptor } from "./manifest.ts";
import type { Manifests } from "./manifests.ts";
import { type PinnedReference, toPinned } from "./reference.ts";
import type { FetchedManifest } from "./registry-client.ts";

/**
 * The descriptors of a list, each digest once. Those of other algorithms than SHA-256 cannot be fetched and are left out
 * with a word. Throws OciError `invalid-response`.
 */
export function toReferrers(
  entries: readonly Json[],
  subject: string,
  onSkipped: (message: string) => void,
): readonly Descriptor[] {
  const found = new Map<Digest, Descriptor>();
  for (const entry of entries) {
    const digest = isJsonObject(entry) ? entry.digest : undefined;
    if (typeof digest === "string" && !isDigest(digest) && /^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[\w=-]+$/.test(digest)) {
      onSkipped(`${subject}: a referrer's digest is not SHA-256 and is left out: ${digest.slice(0, 150)}`);
      continue;
    }
    const descriptor = parseDescriptor(entry, `${subject}, referrer`);
    found.set(descriptor.digest, descriptor);
  }
  return [...found.values()];
}

/**
 * Those whose manifest is of this type, with the type that it says; and, as they are listed, those whose manifest cannot
 * be had: whoever wants them will be told why. Faults that may pass are thrown.
 */
export async function keepOfType(
  listed: readonly Descriptor[],
  ref: PinnedReference,
  { artifactType, manifests, signal }: { artifactType: string; manifests: Manifests; signal: AbortSignal },
): Promise<readonly Descriptor[]> {
  const opened = await Promise.all(
    listed.map(async (descriptor): Promise<Descriptor | undefined> => {
      try {
        const own = toOwnType(await manifests.fetch(toPinned(ref, descriptor.digest), { signal }));
        return own === artifactType ? { ...descriptor, artifactType } : undefined;
      } catch (thrown) {
        if (hasOciCode(thrown, "not-found", "too-large", "invalid-response", "digest-mismatch")) return descriptor;
        throw thrown;
      }
    }),
  );
  return opened.filter((descriptor) => descriptor !== undefined);
}

/** OCI distribution-spec, "Listing Referrers": the manifest's `artifactType`, for images without one the configuration's. */
function toOwnType({ body, kind }: FetchedManifest): string | undefined {
  if (typeof body.artifactType === "string" && body.artifactType !== "") return body.artifactType;
  const config = kind === "image" && isJsonObject(body.config) ? body.config.mediaType : undefined;
  return typeof config === "string" ? config : undefined;
}
