import { isJsonObject, type Json, type JsonObject } from "../../types/index.ts";

function textOf(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}

function numberOf(value: Json | undefined): number {
  return typeof value === "number" ? value : 0;
}

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

function textsOf(value: Json | undefined): string[] {
  return listOf(value).map((item) => textOf(item));
}

/** A map of texts; empty where there is none. */
export function toAnnotations(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, textOf(item)])) : {};
}

function toPlatform(platform: JsonObject): JsonObject {
  return {
    architecture: textOf(platform.architecture),
    os: textOf(platform.os),
    "os.version": textOf(platform["os.version"]),
    "os.features": textsOf(platform["os.features"]),
    variant: textOf(platform.variant),
    features: textsOf(platform.features),
  };
}

/** A descriptor as policies see it: every field is there, but for the platform. */
export function toDescriptor(value: Json | undefined): JsonObject {
  const descriptor = isJsonObject(value) ? value : {};
  return {
    mediaType: textOf(descriptor.mediaType),
    size: numberOf(descriptor.size),
    digest: textOf(descriptor.digest),
    data: Buffer.from(textOf(descriptor.data), "base64").toString("utf8"),
    urls: textsOf(descriptor.urls),
    annotations: toAnnotations(descriptor.annotations),
    artifactType: textOf(descriptor.artifactType),
    ...(isJsonObject(descriptor.platform) ? { platform: toPlatform(descriptor.platform) } : {}),
  };
}

function withSubject(answer: JsonObject, body: JsonObject): JsonObject {
  return isJsonObject(body.subject) ? { ...answer, subject: toDescriptor(body.subject) } : answer;
}

/** `ec.oci.image_manifest` */
export function toImageManifest(body: JsonObject): JsonObject {
  const answer = {
    schemaVersion: numberOf(body.schemaVersion),
    mediaType: textOf(body.mediaType),
    config: toDescriptor(body.config),
    layers: listOf(body.layers).map(toDescriptor),
    annotations: toAnnotations(body.annotations),
  };
  return withSubject(answer, body);
}

/** `ec.oci.image_index` */
export function toImageIndex(body: JsonObject): JsonObject {
  const answer = {
    schemaVersion: numberOf(body.schemaVersion),
    mediaType: textOf(body.mediaType),
    manifests: listOf(body.manifests).map(toDescriptor),
    annotations: toAnnotations(body.annotations),
  };
  return withSubject(answer, body);
}

/** `ec.oci.image_referrers`: one of the list. */
export function toReferrer(descriptor: JsonObject, repository: string): JsonObject {
  const { mediaType, size, digest, artifactType, annotations } = toDescriptor(descriptor);
  return {
    mediaType: textOf(mediaType),
    size: numberOf(size),
    digest: textOf(digest),
    artifactType: textOf(artifactType),
    ref: `${repository}@${textOf(digest)}`,
    annotations: annotations ?? {},
  };
}

const indexMediaTypes: ReadonlySet<string> = new Set([
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
]);

/** Whether a manifest lists other manifests: by its media type, or what it holds. */
export function isIndex(mediaType: string, body: JsonObject): boolean {
  return indexMediaTypes.has(mediaType) || (Array.isArray(body.manifests) && body.layers === undefined);
}

/** The digest of an index's child for linux/amd64; a child without a platform counts as that. */
export function chooseChild(body: JsonObject): string | undefined {
  const child = listOf(body.manifests)
    .filter(isJsonObject)
    .find(({ platform }) => !isJsonObject(platform) || (platform.os === "linux" && platform.architecture === "amd64"));
  return typeof child?.digest === "string" ? child.digest : undefined;
}
