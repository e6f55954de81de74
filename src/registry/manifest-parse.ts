import { type Descriptor, isJsonObject, type JsonObject, type Platform } from "../types/index.ts";
import { type ContentDigest, isContentDigest } from "./content-digest.ts";
import { RegistryError } from "./errors.ts";

/** A descriptor whose digest may also be a SHA-512. */
export interface ContentDescriptor extends Omit<Descriptor, "digest"> {
  digest: ContentDigest;
}

/** What the registry has to know of a manifest. */
export interface ParsedManifest {
  kind: "image" | "index";
  mediaType: string;
  /** Of an image: configuration and layers. */
  blobs: readonly ContentDescriptor[];
  /** Of an index. */
  children: readonly ContentDescriptor[];
  subject: ContentDigest | undefined;
  artifactType: string | undefined;
  annotations: Readonly<Record<string, string>> | undefined;
}

const kinds: Readonly<Record<string, ParsedManifest["kind"]>> = {
  "application/vnd.oci.image.manifest.v1+json": "image",
  "application/vnd.docker.distribution.manifest.v2+json": "image",
  "application/vnd.oci.image.index.v1+json": "index",
  "application/vnd.docker.distribution.manifest.list.v2+json": "index",
};

/** Whether content of this type is pushed as a manifest: everything else is a blob. */
export function isManifestType(mediaType: string): boolean {
  return Object.hasOwn(kinds, mediaType);
}

/**
 * Parses a pushed manifest (OCI image-spec, manifest.md and image-index.md, and Docker's schema 2). `contentType` is the
 * request's header; where it is missing the manifest's own `mediaType` decides.
 */
export function parseManifest(bytes: Uint8Array, contentType: string | undefined): ParsedManifest {
  const manifest = parseJson(bytes);
  const mediaType = findMediaType(manifest, contentType);
  const kind = kinds[mediaType];
  if (kind === undefined) throw refuse(`one of ${Object.keys(kinds).join(", ")} as media type`, quote(mediaType));
  if (manifest.schemaVersion !== 2) throw refuse("schemaVersion 2", JSON.stringify(manifest.schemaVersion));
  const config = kind === "image" ? parseDescriptor(manifest.config, "config") : undefined;
  const artifactType = parseText(manifest.artifactType, "artifactType");
  return {
    kind,
    mediaType,
    blobs: config === undefined ? [] : [config, ...parseList(manifest.layers, "layers")],
    children: kind === "index" ? parseList(manifest.manifests, "manifests") : [],
    subject:
      manifest.subject === undefined || manifest.subject === null
        ? undefined
        : parseDescriptor(manifest.subject, "subject").digest,
    artifactType: artifactType || config?.mediaType,
    annotations: parseAnnotations(manifest.annotations, "annotations"),
  };
}

function parseJson(bytes: Uint8Array): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch (cause) {
    throw refuse("a manifest in JSON", "text that is no JSON", cause);
  }
  if (!isJsonObject(value)) throw refuse("a manifest as a JSON object", Array.isArray(value) ? "a list" : typeof value);
  return value;
}

function findMediaType(manifest: JsonObject, contentType: string | undefined): string {
  const header = contentType?.split(";")[0]?.trim().toLowerCase();
  const own = parseText(manifest.mediaType, "mediaType");
  if (header && own && header !== own) {
    throw refuse(`mediaType ${quote(header)}, as the Content-Type header says`, quote(own));
  }
  return header || own || "";
}

function parseList(value: unknown, where: string): readonly ContentDescriptor[] {
  // What Go programs write for an empty list.
  if (value === null) return [];
  if (!Array.isArray(value)) throw refuse(`${where} to be a list`, typeof value);
  return value.map((entry, position) => parseDescriptor(entry, `${where}[${position}]`));
}

function parseDescriptor(value: unknown, where: string): ContentDescriptor {
  if (!isJsonObject(value)) throw refuse(`${where} to be a descriptor`, typeof value);
  const { mediaType, digest, size } = value;
  if (typeof mediaType !== "string" || mediaType === "") throw refuse(`${where}.mediaType`, quote(mediaType));
  if (typeof digest !== "string" || !isContentDigest(digest)) {
    throw refuse(`${where}.digest to be a SHA-256 or SHA-512 digest`, quote(digest));
  }
  if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0) {
    throw refuse(`${where}.size to be a number of bytes`, quote(size));
  }
  const urls = Array.isArray(value.urls) ? value.urls.filter((url) => typeof url === "string") : [];
  const platform = parsePlatform(value.platform, `${where}.platform`);
  return {
    mediaType,
    digest,
    size,
    ...(urls.length > 0 ? { urls } : {}),
    ...(platform === undefined ? {} : { platform }),
  };
}

function parsePlatform(value: unknown, where: string): Platform | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isJsonObject(value)) throw refuse(`${where} to be an object`, typeof value);
  const variant = parseText(value.variant, `${where}.variant`);
  return {
    architecture: parseText(value.architecture, `${where}.architecture`) ?? "",
    os: parseText(value.os, `${where}.os`) ?? "",
    ...(variant ? { variant } : {}),
  };
}

function parseText(value: unknown, where: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string") return value;
  throw refuse(`${where} to be a text`, typeof value);
}

function parseAnnotations(value: unknown, where: string): Readonly<Record<string, string>> | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isJsonObject(value)) throw refuse(`${where} to be an object`, typeof value);
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== "string") throw refuse(`${where}[${quote(key)}] to be a text`, typeof text);
  }
  return value as Readonly<Record<string, string>>;
}

function quote(value: unknown): string {
  return (JSON.stringify(value) ?? "nothing").slice(0, 300);
}

function refuse(expected: string, came: string, cause?: unknown): RegistryError {
  return new RegistryError(`expected ${expected}, got ${came}`, {
    code: "MANIFEST_INVALID",
    status: 400,
    ...(cause === undefined ? {} : { cause }),
  });
}
