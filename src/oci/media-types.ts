/** Media types of manifests (OCI image-spec, media-types.md; Docker's schema 2). */
export const ociManifest = "application/vnd.oci.image.manifest.v1+json";
export const ociIndex = "application/vnd.oci.image.index.v1+json";
export const dockerManifest = "application/vnd.docker.distribution.manifest.v2+json";
export const dockerList = "application/vnd.docker.distribution.manifest.list.v2+json";

const kinds: Readonly<Record<string, "image" | "index">> = {
  [ociManifest]: "image",
  [dockerManifest]: "image",
  [ociIndex]: "index",
  [dockerList]: "index",
};

/** What a media type stands for; undefined where it is no manifest we know. */
export function toManifestKind(mediaType: string): "image" | "index" | undefined {
  return Object.hasOwn(kinds, mediaType) ? kinds[mediaType] : undefined;
}

export function isIndexMediaType(mediaType: string): boolean {
  return toManifestKind(mediaType) === "index";
}

/** The `Accept` header for manifests of every kind that is understood. */
export const acceptManifests = [ociIndex, ociManifest, dockerList, dockerManifest].join(", ");

/** The type of a Content-Type header, without parameters. */
export function toMediaType(header: string | undefined): string | undefined {
  return header?.split(";")[0]?.trim().toLowerCase();
}
