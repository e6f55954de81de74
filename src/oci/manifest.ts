import {
  type Descriptor,
  type Digest,
  isDigest,
  isJsonObject,
  type Json,
  type JsonObject,
  type Platform,
} from "../types/index.ts";
import { OciError } from "./errors.ts";
import { dockerManifest, ociIndex, ociManifest, toManifestKind } from "./media-types.ts";

/** OCI image-spec, manifest.md; also Docker's schema 2. */
export interface ImageManifest {
  mediaType: string;
  artifactType?: string;
  config: Descriptor;
  layers: readonly Descriptor[];
  subject?: Descriptor;
  annotations?: Readonly<Record<string, string>>;
}

/** OCI image-spec, image-index.md; also Docker's manifest list. */
export interface ImageIndex {
  mediaType: string;
  artifactType?: string;
  manifests: readonly Descriptor[];
  subject?: Descriptor;
  annotations?: Readonly<Record<string, string>>;
}

const supported = "an image manifest or index of OCI or Docker (schema 2)";

/** Manifests of at most 4 MiB are read (distribution-spec: registries should take as much). */
export const maxManifestBytes = 4 * 1024 * 1024;
const maxEntries = 10_000;

/** A manifest's bytes, understood as far as its kind. */
export interface ParsedManifest {
  body: JsonObject;
  mediaType: string;
  kind: "image" | "index";
}

/**
 * Parses the bytes of a manifest or index. What it is follows from the bytes alone, so that one digest has one meaning:
 * its `mediaType`, or its fields where it has none; a document that is both at once is refused, and so is Docker's
 * schema 1. Throws OciError `invalid-response`.
 */
export function parseManifest(bytes: Uint8Array, subject: string): ParsedManifest {
  const body = parseJsonObject(bytes, subject);
  if (body.schemaVersion === 1) throw toSchema1Refusal(subject);
  if (typeof body.mediaType === "string" && toManifestKind(body.mediaType) === undefined) {
    throw malformed(subject, supported, body.mediaType);
  }
  if (body.schemaVersion !== 2) throw malformed(subject, "a manifest with schemaVersion 2", body.schemaVersion);
  const hasManifests = body.manifests !== undefined;
  if (hasManifests && (body.layers !== undefined || body.config !== undefined)) {
    throw malformed(subject, "an image manifest or an index", "both in one document");
  }
  const mediaType = body.mediaType ?? inferMediaType(body);
  const kind = typeof mediaType === "string" ? toManifestKind(mediaType) : undefined;
  if (typeof mediaType !== "string" || kind === undefined) {
    throw malformed(subject, supported, mediaType);
  }
  if (hasManifests !== (kind === "index")) {
    throw malformed(subject, `a document as its media type ${mediaType} says`, hasManifests ? "an index" : "no index");
  }
  return { body, mediaType, kind };
}

/**
 * Throws OciError `invalid-response` for Docker's schema 1, and nothing for other bytes. Signed manifests of it have the
 * digest of a part of their bytes: it is no mismatch that they have another.
 */
export function refuseSchema1(bytes: Uint8Array, subject: string): void {
  let body: JsonObject;
  try {
    body = parseJsonObject(bytes, subject);
  } catch {
    return; // What else it is, the caller says.
  }
  if (body.schemaVersion === 1) throw toSchema1Refusal(subject);
}

function toSchema1Refusal(subject: string): OciError {
  return malformed(subject, "a manifest with schemaVersion 2 (schema 1 is not supported: push the image again)", 1);
}

function inferMediaType(body: JsonObject): Json {
  if (body.manifests !== undefined) return ociIndex;
  if (!isJsonObject(body.config)) return null;
  const configType = body.config.mediaType;
  return typeof configType === "string" && configType.startsWith("application/vnd.docker.")
    ? dockerManifest
    : ociManifest;
}

/** Throws OciError `invalid-response` where the bytes are no JSON object in UTF-8. */
export function parseJsonObject(bytes: Uint8Array, subject: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new OciError(`${subject}: expected JSON, got something else`, { code: "invalid-response", subject, cause });
  }
  if (!isJsonObject(value)) throw malformed(subject, "a JSON object", value);
  return value as JsonObject;
}

/** Throws OciError `invalid-response` where the body is no image manifest. */
export function parseImageManifest(body: JsonObject, subject = "image manifest"): ImageManifest {
  return {
    mediaType: typeof body.mediaType === "string" ? body.mediaType : String(inferMediaType(body)),
    config: parseDescriptor(body.config, `${subject}, config`),
    layers: parseDescriptors(body.layers === null ? [] : body.layers, `${subject}, layers`),
    ...parseCommon(body, subject),
  };
}

/** Throws OciError `invalid-response` where the body is no index. */
export function parseIndex(body: JsonObject, subject = "image index"): ImageIndex {
  return {
    mediaType: typeof body.mediaType === "string" ? body.mediaType : ociIndex,
    // Go writes an empty list as null.
    manifests: parseDescriptors(body.manifests === null ? [] : body.manifests, `${subject}, manifests`),
    ...parseCommon(body, subject),
  };
}

function parseCommon(body: JsonObject, subject: string): Pick<ImageIndex, "artifactType" | "subject" | "annotations"> {
  return {
    ...parseText(body, "artifactType", subject),
    ...(body.subject === undefined || body.subject === null
      ? {}
      : { subject: parseDescriptor(body.subject, `${subject}, subject`) }),
    ...parseAnnotations(body, subject),
  };
}

function parseDescriptors(value: Json | undefined, subject: string): readonly Descriptor[] {
  if (!Array.isArray(value)) throw malformed(subject, "a list", value);
  if (value.length > maxEntries) throw malformed(subject, `at most ${maxEntries} entries`, value.length);
  return value.map((entry, index) => parseDescriptor(entry, `${subject}[${index}]`));
}

/** OCI image-spec, descriptor.md. Throws OciError `invalid-response`. */
export function parseDescriptor(value: Json | undefined, subject: string): Descriptor {
  if (!isJsonObject(value)) throw malformed(subject, "a descriptor", value);
  const { mediaType, size } = value;
  if (typeof mediaType !== "string") throw malformed(subject, "a media type", mediaType);
  if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0) throw malformed(subject, "a size", size);
  const urls = value.urls === undefined || value.urls === null ? {} : { urls: parseTexts(value.urls, subject) };
  return {
    mediaType,
    digest: parseDigestField(value.digest, subject),
    size,
    ...parseAnnotations(value, subject),
    ...parseText(value, "artifactType", subject),
    ...(isJsonObject(value.platform) ? { platform: parsePlatform(value.platform, subject) } : {}),
    ...urls,
    ...parseText(value, "data", subject),
  };
}

function parseDigestField(value: Json | undefined, subject: string): Digest {
  if (typeof value !== "string" || !isDigest(value)) throw malformed(subject, "a SHA-256 digest", value);
  return value;
}

function parsePlatform(value: JsonObject, subject: string): Platform {
  const { architecture, os } = value;
  const osFeatures = value["os.features"];
  return {
    architecture: typeof architecture === "string" ? architecture : "",
    os: typeof os === "string" ? os : "",
    ...parseText(value, "variant", subject),
    ...parseText(value, "os.version", subject),
    ...(Array.isArray(osFeatures) ? { "os.features": parseTexts(osFeatures, subject) } : {}),
    ...(Array.isArray(value.features) ? { features: parseTexts(value.features, subject) } : {}),
  };
}

function parseText<Key extends string>(value: JsonObject, key: Key, subject: string): { [K in Key]?: string } {
  const text = value[key];
  if (text === undefined || text === null) return {};
  if (typeof text !== "string") throw malformed(`${subject}, ${key}`, "a text", text);
  return { [key]: text } as { [K in Key]?: string };
}

function parseTexts(value: Json, subject: string): readonly string[] {
  if (!Array.isArray(value) || !value.every((text) => typeof text === "string")) {
    throw malformed(subject, "a list of texts", value);
  }
  return value;
}

function parseAnnotations(value: JsonObject, subject: string): { annotations?: Readonly<Record<string, string>> } {
  const { annotations } = value;
  if (annotations === undefined || annotations === null) return {};
  if (!isJsonObject(annotations)) throw malformed(`${subject}, annotations`, "an object", annotations);
  const entries = Object.entries(annotations).map(([key, text]): [string, string] => {
    if (typeof text !== "string") throw malformed(`${subject}, annotation ${key}`, "a text", text);
    return [key, text];
  });
  return { annotations: Object.fromEntries(entries) };
}

function malformed(subject: string, expected: string, got: unknown): OciError {
  return new OciError(`${subject}: expected ${expected}, got ${show(got)}`, { code: "invalid-response", subject });
}

function show(got: unknown): string {
  try {
    return (JSON.stringify(got) ?? "nothing").slice(0, 100);
  } catch {
    return "something nested too deep to be shown"; // V8 reads deeper JSON than it writes.
  }
}
