import {
  type FetchedManifest,
  hasOciCode,
  type PinnedReference,
  parseReference,
  type RegistryClient,
  readImageFiles,
  toPinned,
} from "../oci/index.ts";
import { isDigest, isJsonObject, type Json, type JsonObject, type Log } from "../types/index.ts";

/** What a policy may know of an image besides its attestations (PARITY 5). */
export interface ImageDetails {
  config?: JsonObject;
  parent?: { ref: string; config?: JsonObject };
  files?: Readonly<Record<string, Json>>;
}

export interface ImageDetailsPorts {
  client: RegistryClient;
  log: Log;
}

/** Most bytes of an image's configuration file that are read. */
export const maxConfigBytes = 8 * 1024 * 1024;

const baseNameAnnotation = "org.opencontainers.image.base.name";
const baseDigestAnnotation = "org.opencontainers.image.base.digest";
const operatorManifestsLabel = "operators.operatorframework.io.bundle.manifests.v1";

/** The members of an image's configuration (OCI image-spec, config.md, and what Docker adds), as policies see them. */
const configMembers = [
  "AttachStderr",
  "AttachStdin",
  "AttachStdout",
  "Cmd",
  "Healthcheck",
  "Domainname",
  "Entrypoint",
  "Env",
  "Hostname",
  "Image",
  "Labels",
  "OnBuild",
  "OpenStdin",
  "StdinOnce",
  "Tty",
  "User",
  "Volumes",
  "WorkingDir",
  "ExposedPorts",
  "ArgsEscaped",
  "NetworkDisabled",
  "MacAddress",
  "StopSignal",
  "Shell",
] as const; // prettier-ignore

/**
 * Fetches an image's configuration, its base image's configuration, and an operator bundle's manifests. Of an index,
 * its linux/amd64 child is looked at. What the registry says is not there, is absent; a fault that may pass is thrown:
 * a policy must not take a missing answer for an answer.
 */
export async function fetchImageDetails(
  image: PinnedReference,
  ports: ImageDetailsPorts,
  signal: AbortSignal,
): Promise<ImageDetails> {
  const manifest = await orAbsent(fetchImageManifest(image, ports, signal), image, ports);
  if (manifest === undefined) return {};
  const [config, parent] = await Promise.all([
    orAbsent(fetchConfig(image, manifest, ports, signal), image, ports),
    fetchParent(image, manifest, ports, signal),
  ]);
  const files = await fetchOperatorFiles(image, manifest, config, ports, signal);
  return {
    ...(config === undefined ? {} : { config }),
    ...(parent === undefined ? {} : { parent }),
    ...(files === undefined ? {} : { files }),
  };
}

/** The image's own manifest, or that of an index's linux/amd64 child; undefined where an index has none. */
async function fetchImageManifest(
  image: PinnedReference,
  ports: ImageDetailsPorts,
  signal: AbortSignal,
): Promise<FetchedManifest | undefined> {
  const manifest = await ports.client.fetchManifest(image, { signal });
  if (manifest.kind === "image") return manifest;
  const digest = childrenOf(manifest.body).find(isDefaultPlatform)?.digest;
  if (typeof digest !== "string" || !isDigest(digest)) return undefined;
  const childManifest = await ports.client.fetchManifest(toPinned(image, digest), { signal });
  return childManifest.kind === "image" ? childManifest : undefined;
}

function childrenOf(index: JsonObject): readonly JsonObject[] {
  return Array.isArray(index.manifests) ? index.manifests.filter(isJsonObject) : [];
}

function isDefaultPlatform(child: JsonObject): boolean {
  const { platform } = child;
  return !isJsonObject(platform) || (platform.os === "linux" && platform.architecture === "amd64");
}

async function fetchConfig(
  image: PinnedReference,
  manifest: FetchedManifest,
  ports: ImageDetailsPorts,
  signal: AbortSignal,
): Promise<JsonObject | undefined> {
  const descriptor = manifest.body.config;
  if (!isJsonObject(descriptor) || typeof descriptor.digest !== "string" || !isDigest(descriptor.digest))
    return undefined;
  const size = typeof descriptor.size === "number" ? { size: descriptor.size } : {};
  const bytes = await ports.client.fetchBlob(
    image,
    { digest: descriptor.digest, ...size },
    { maxBytes: maxConfigBytes, signal },
  );
  const file: unknown = parseLenient(bytes);
  if (!isJsonObject(file)) return undefined;
  return toConfigMembers(isJsonObject(file.config) ? file.config : {});
}

function parseLenient(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined; // an artefact's configuration may be anything: then the image has none
  }
}

function toConfigMembers(config: JsonObject): JsonObject {
  const kept: Record<string, Json> = {};
  for (const name of configMembers) {
    const value = config[name];
    if (value !== undefined && !isEmpty(value)) kept[name] = value;
  }
  return kept;
}

function isEmpty(value: Json): boolean {
  if (value === null || value === "" || value === false) return true;
  if (Array.isArray(value)) return value.length === 0;
  return isJsonObject(value) && Object.keys(value).length === 0;
}

async function fetchParent(
  image: PinnedReference,
  manifest: FetchedManifest,
  ports: ImageDetailsPorts,
  signal: AbortSignal,
): Promise<{ ref: string; config?: JsonObject } | undefined> {
  const ref = findParentReference(manifest.body);
  if (ref === undefined) return undefined;
  const config = await orAbsent(fetchParentConfig(ref, ports, signal), image, ports);
  return { ref, ...(config === undefined ? {} : { config }) };
}

function findParentReference(body: JsonObject): string | undefined {
  const annotations = isJsonObject(body.annotations) ? body.annotations : {};
  const name = annotations[baseNameAnnotation];
  const digest = annotations[baseDigestAnnotation];
  if (typeof name !== "string" || name === "") return undefined;
  const ref = name.includes("@") ? name : typeof digest === "string" && digest !== "" ? `${name}@${digest}` : undefined;
  if (ref === undefined) return undefined;
  try {
    parseReference(ref);
    return ref;
  } catch {
    return undefined; // an annotation that is no reference tells nothing of a base image
  }
}

async function fetchParentConfig(
  ref: string,
  ports: ImageDetailsPorts,
  signal: AbortSignal,
): Promise<JsonObject | undefined> {
  const reference = parseReference(ref);
  if (reference.digest === undefined) return undefined;
  const parent = toPinned(reference, reference.digest);
  const manifest = await fetchImageManifest(parent, ports, signal);
  return manifest === undefined ? undefined : await fetchConfig(parent, manifest, ports, signal);
}

async function fetchOperatorFiles(
  image: PinnedReference,
  manifest: FetchedManifest,
  config: JsonObject | undefined,
  ports: ImageDetailsPorts,
  signal: AbortSignal,
): Promise<Readonly<Record<string, Json>> | undefined> {
  const labels = config?.Labels;
  const folder = isJsonObject(labels) ? labels[operatorManifestsLabel] : undefined;
  if (typeof folder !== "string") return undefined;
  const target = toPinned(image, manifest.descriptor.digest);
  return await orAbsent(readImageFiles(ports.client, target, [folder], { signal }), image, ports);
}

/**
 * What the registry says is not there, or not for us, is an absence, written to the log. What there is and cannot be read
 * (too large, another digest, not to be asked) is thrown: a policy must not take it for nothing.
 */
async function orAbsent<T>(
  fetching: Promise<T>,
  image: PinnedReference,
  ports: ImageDetailsPorts,
): Promise<T | undefined> {
  try {
    return await fetching;
  } catch (error) {
    if (!hasOciCode(error, "not-found", "unauthorized", "forbidden", "invalid-response")) throw error;
    ports.log.debug(`${image.repository}: ${error.message}`);
    return undefined;
  }
}
