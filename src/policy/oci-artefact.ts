import { isJsonObject, type Json, type JsonObject, parseDigest } from "../types/index.ts";
import { classifyArchive, expandArchive, type SourceBudget } from "./archive.ts";
import { PolicyError } from "./errors.ts";
import type { ManifestContent, OciArtefactPort, ResolvedReference } from "./oci-port.ts";
import type { SourceFile } from "./ports.ts";

const titleAnnotation = "org.opencontainers.image.title";
/** Set by oras on layers that are packed folders. */
const unpackAnnotation = "io.deis.oras.content.unpack";
const maxManifests = 64;
const maxLayers = 1000;

interface PullContext {
  port: OciArtefactPort;
  subject: string;
  budget: SourceBudget;
  signal?: AbortSignal;
}

function invalid(subject: string, what: string): PolicyError {
  return new PolicyError(`${subject} is no policy artefact: ${what}`, { code: "source-invalid", subject });
}

function listOf(body: JsonObject, key: string): JsonObject[] {
  const value: Json | undefined = body[key];
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

function parseBody(manifest: ManifestContent, subject: string): JsonObject {
  const body: unknown = JSON.parse(new TextDecoder().decode(manifest.bytes));
  if (!isJsonObject(body)) {
    throw invalid(subject, "its manifest is no object");
  }
  return body;
}

function annotationOf(descriptor: JsonObject, name: string): string | undefined {
  const annotations = descriptor.annotations;
  const value = isJsonObject(annotations) ? annotations[name] : undefined;
  return typeof value === "string" && value !== "" ? value : undefined;
}

function cleanTitle(title: string, subject: string): string {
  const parts = title.split("/").filter((part) => part !== "" && part !== ".");
  if (title.startsWith("/") || title.includes("\\") || parts.includes("..") || /^[a-zA-Z]:/.test(title)) {
    throw invalid(subject, `the layer title ${JSON.stringify(title)} leads out of its folder`);
  }
  return parts.join("/");
}

async function readBlob(context: PullContext, location: ResolvedReference): Promise<Uint8Array> {
  const { port, budget, signal } = context;
  const stream = await port.blob(location, {
    maxBytes: budget.bytesLeft,
    ...(signal === undefined ? {} : { signal }),
  });
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) {
    budget.add(0, chunk.length);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function readLayer(context: PullContext, repository: string, descriptor: JsonObject): Promise<SourceFile[]> {
  const title = annotationOf(descriptor, titleAnnotation);
  const digest = typeof descriptor.digest === "string" ? parseDigest(descriptor.digest) : undefined;
  if (title === undefined || digest === undefined) {
    return [];
  }
  const path = cleanTitle(title, context.subject);
  const bytes = await readBlob(context, { repository, digest });
  if (annotationOf(descriptor, unpackAnnotation) !== "true") {
    context.budget.add(1, 0);
    return [{ path, bytes }];
  }
  const kind = classifyArchive(`${path}.tar.gz`, bytes);
  if (kind === undefined) {
    throw invalid(context.subject, `the layer ${JSON.stringify(title)} is no archive`);
  }
  // The names in a folder that oras packed begin with the folder's own.
  return expandArchive(kind, bytes, `${context.subject}: ${title}`, context.budget);
}

async function readManifest(
  context: PullContext,
  location: ResolvedReference,
  seen: Set<string>,
): Promise<SourceFile[]> {
  if (seen.has(location.digest)) {
    return [];
  }
  seen.add(location.digest);
  if (seen.size > maxManifests) {
    throw invalid(context.subject, `it refers to more than ${maxManifests} manifests`);
  }
  const { port, signal } = context;
  const manifest = await port.manifest(location, signal === undefined ? {} : { signal });
  const body = parseBody(manifest, context.subject);
  const files: SourceFile[] = [];
  for (const child of listOf(body, "manifests")) {
    const digest = typeof child.digest === "string" ? parseDigest(child.digest) : undefined;
    if (digest !== undefined) {
      files.push(...(await readManifest(context, { repository: location.repository, digest }, seen)));
    }
  }
  const config = isJsonObject(body.config) ? [body.config] : [];
  const layers = [...config, ...listOf(body, "layers")];
  if (layers.length > maxLayers) {
    throw invalid(context.subject, `it has more than ${maxLayers} layers`);
  }
  const contents = await Promise.all(layers.map((layer) => readLayer(context, location.repository, layer)));
  return [...files, ...contents.flat()];
}

function assertDistinct(files: readonly SourceFile[], subject: string): void {
  const known = new Map<string, Uint8Array>();
  for (const { path, bytes } of files) {
    const before = known.get(path);
    if (before !== undefined && Buffer.compare(before, bytes) !== 0) {
      throw invalid(subject, `two layers are called ${JSON.stringify(path)}`);
    }
    known.set(path, bytes);
  }
}

/**
 * Pulls an artefact as oras does: each layer with a title is the file of that name, layers marked as packed folders are
 * unpacked, layers without a title are left out; an index stands for all its manifests.
 *
 * @throws {PolicyError} `source-invalid`, `source-limit`, `archive-invalid`; and what the port throws.
 */
export async function pullArtefact(location: ResolvedReference, context: PullContext): Promise<readonly SourceFile[]> {
  const files = await readManifest(context, location, new Set());
  assertDistinct(files, context.subject);
  const byPath = new Map(files.map((file) => [file.path, file]));
  return [...byPath.values()];
}

/** An `oci` address as a reference: without scheme and prefix. */
export function toArtefactReference(address: string): string {
  const afterPrefix = address.includes("::") ? address.slice(address.indexOf("::") + 2) : address;
  return afterPrefix.includes("://") ? afterPrefix.slice(afterPrefix.indexOf("://") + 3) : afterPrefix;
}

/** The address with the digest that was read: `oci::host/path:tag@sha256:...`. */
export function toPinnedArtefact(address: string, digest: string): string {
  const prefixes = ["oci::", "oci://", "https://"];
  const rest = prefixes.reduce((text, prefix) => (text.startsWith(prefix) ? text.slice(prefix.length) : text), address);
  return `oci::${rest.split("@")[0]}@${digest}`;
}
