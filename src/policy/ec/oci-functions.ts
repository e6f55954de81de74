import { hasManyValues } from "../../attestation/index.ts";
import { inflateBlob } from "../../oci/index.ts";
import {
  type Descriptor,
  type Digest,
  isJsonObject,
  type Json,
  type JsonObject,
  parseDigest,
  toHex,
} from "../../types/index.ts";
import { PolicyError } from "../errors.ts";
import type { RegistryPort, ResolvedReference } from "../oci-port.ts";
import { NoAnswer } from "./ec-faults.ts";
import { chooseChild, isIndex, toDescriptor, toImageIndex, toImageManifest, toReferrer } from "./oci-answers.ts";

export interface OciBounds {
  /** Stored bytes of one blob. */
  maxBlobBytes: number;
  /** Bytes of one blob after it was inflated. */
  maxExpandedBytes: number;
  /** Values in one blob, told by colons, commas and brackets, also those in texts: parsed, small ones take many times their bytes. */
  maxBlobValues: number;
}

export interface OciContext {
  registry: RegistryPort;
  bounds: OciBounds;
  signal: AbortSignal;
}

/** An answer to a question about something that is named by its digest. */
export type OciQuestion = (reference: ResolvedReference, context: OciContext) => Promise<Json>;

const digestReference = /^(.+)@(sha256:[0-9a-f]{64})$/;

/** The repository and digest of a reference that names a digest; undefined for others. */
export function hasDigest(reference: string): boolean {
  return digestReference.test(reference);
}

async function readBlob(reference: ResolvedReference, { registry, bounds, signal }: OciContext): Promise<Uint8Array> {
  const stream = await registry.blob(reference, { maxBytes: bounds.maxBlobBytes, signal });
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) {
    chunks.push(chunk);
  }
  return await inflateBlob(Buffer.concat(chunks), { maxBytes: bounds.maxExpandedBytes });
}

/** The blob as text. Most are JSON, which policies parse: in one thread or another, and V8 ends all where that takes too much. */
async function readText(reference: ResolvedReference, context: OciContext): Promise<string> {
  const bytes = await readBlob(reference, context);
  const { maxBlobValues } = context.bounds;
  if (hasManyValues(bytes, maxBlobValues)) {
    throw new PolicyError(`the blob ${reference.digest} holds more than ${maxBlobValues} values`, {
      code: "limit-exceeded",
      subject: `${reference.repository}@${reference.digest}`,
    });
  }
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}

/** `ec.oci.blob`: the blob as text, inflated. What is stored was compared with the digest. */
export const readBlobText: OciQuestion = readText;

/** `ec.oci.parsed_blob` */
export const readBlobJson: OciQuestion = async (reference, context) => {
  const text = await readText(reference, context);
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    throw new NoAnswer(`the blob is no JSON: ${String(error)}`);
  }
};

async function readManifest(
  reference: ResolvedReference,
  { registry, signal }: OciContext,
): Promise<{ mediaType: string; body: JsonObject }> {
  const { mediaType, bytes } = await registry.manifest(reference, { signal });
  let body: unknown;
  try {
    body = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw new NoAnswer("the manifest is no JSON");
  }
  if (!isJsonObject(body)) {
    throw new NoAnswer("the manifest is no object");
  }
  return { mediaType, body };
}

/** `ec.oci.image_manifest`; of an index, the manifest of its child for linux/amd64. */
export const readImageManifest: OciQuestion = async (reference, context) => {
  const { mediaType, body } = await readManifest(reference, context);
  if (!isIndex(mediaType, body)) {
    return toImageManifest(body);
  }
  const child = chooseChild(body);
  const digest = child === undefined ? undefined : parseDigest(child);
  if (digest === undefined) {
    throw new NoAnswer("the index lists no image for linux/amd64");
  }
  const inner = await readManifest({ repository: reference.repository, digest }, context);
  return toImageManifest(inner.body);
};

/** `ec.oci.image_index` */
export const readImageIndex: OciQuestion = async (reference, context) => {
  const { mediaType, body } = await readManifest(reference, context);
  if (!isIndex(mediaType, body)) {
    throw new NoAnswer(`it is no image index but ${mediaType || "of unknown type"}`);
  }
  return toImageIndex(body);
};

/** `ec.oci.descriptor` */
export const readDescriptor: OciQuestion = async (reference, { registry, signal }) => {
  const { mediaType, size, digest } = await registry.head(reference, { signal });
  return toDescriptor({ mediaType, size, digest });
};

function toJson(descriptor: Descriptor): JsonObject {
  return descriptor as unknown as JsonObject; // a descriptor is JSON: it was parsed from it
}

/** `ec.oci.image_referrers` */
export const listReferrers: OciQuestion = async (reference, { registry, signal }) => {
  const referrers = await registry.referrers(reference, { signal });
  return referrers.map((descriptor) => toReferrer(toJson(descriptor), reference.repository));
};

const artefactSuffixes = ["sig", "att", "sbom"] as const;

function tagOf(digest: Digest, suffix: string): string {
  return `sha256-${toHex(digest)}.${suffix}`;
}

/** `ec.oci.image_tag_refs`: the tags of cosign's storage that exist. One that may not be asked for counts as absent. */
export function listTagRefs(onRefused: (tag: string, error: unknown) => void): OciQuestion {
  return async ({ repository, digest }, { registry, signal }) => {
    const tags = artefactSuffixes.map((suffix) => tagOf(digest, suffix));
    const found = await Promise.all(
      tags.map(async (tag) => {
        try {
          return await registry.hasTag(repository, tag, { signal });
        } catch (error) {
          onRefused(`${repository}:${tag}`, error);
          return false;
        }
      }),
    );
    return tags.filter((_tag, index) => found[index]).map((tag) => `${repository}:${tag}`);
  };
}

function textsIn(value: Json | undefined): string[] {
  if (!Array.isArray(value) || value.some((item) => typeof item !== "string")) {
    throw new NoAnswer("the paths are no list of texts");
  }
  return value as string[];
}

/** `ec.oci.blob_files` */
export function readBlobFiles(paths: Json | undefined): OciQuestion {
  return async (reference, { registry, signal }) => {
    const names = textsIn(paths);
    return names.length === 0 ? {} : await registry.blobFiles(reference, names, { signal });
  };
}

/** `ec.oci.image_files` */
export function readImageFiles(directories: Json | undefined): OciQuestion {
  return async (reference, { registry, signal }) =>
    await registry.imageFiles(reference, textsIn(directories), { signal });
}

/** The references of an `ec.oci.image_manifests` call. */
export function referencesIn(value: Json | undefined, maxReferences: number): string[] {
  if (!Array.isArray(value) || value.some((item) => typeof item !== "string")) {
    throw new NoAnswer("the references are no set of texts");
  }
  if (value.length > maxReferences) {
    throw new PolicyError(
      `ec.oci.image_manifests was asked for ${value.length} references, more than ${maxReferences}`,
      {
        code: "limit-exceeded",
      },
    );
  }
  return value as string[];
}
