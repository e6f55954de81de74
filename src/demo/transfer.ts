import { type Descriptor, type Digest, toDigest } from "../types/index.ts";
import { DemoError } from "./errors.ts";
import type { PushResponse, PushTarget } from "./target.ts";

export const ociManifestType = "application/vnd.oci.image.manifest.v1+json";
export const ociIndexType = "application/vnd.oci.image.index.v1+json";

/** Something pushed, by digest: an image, an index or an artifact. */
export interface PushedManifest {
  /** Host and port. */
  registry: string;
  repository: string;
  tag?: string;
  digest: Digest;
  mediaType: string;
  /** Bytes of the manifest. */
  size: number;
  /** `registry/repository@sha256:...`. */
  reference: string;
  /** `registry/repository:tag`; the pinned reference where there is no tag. */
  tagReference: string;
}

export interface Blob {
  mediaType: string;
  bytes: Uint8Array;
  annotations?: Readonly<Record<string, string>>;
}

/** The body of a manifest to push. `subject` is only what the registry has to answer to. */
export interface ManifestToPush {
  repository: string;
  tag?: string;
  mediaType: string;
  manifest: object;
}

/** Pushes a blob, if the repository does not hold it yet, and returns its descriptor. */
export async function pushBlob(target: PushTarget, repository: string, blob: Blob): Promise<Descriptor> {
  const digest = toDigest(blob.bytes);
  const head = await target.send({ method: "HEAD", path: `/v2/${repository}/blobs/${digest}` });
  if (head.status !== 200) await upload(target, repository, digest, blob.bytes);
  return {
    mediaType: blob.mediaType,
    digest,
    size: blob.bytes.length,
    ...(blob.annotations === undefined ? {} : { annotations: blob.annotations }),
  };
}

async function upload(target: PushTarget, repository: string, digest: Digest, bytes: Uint8Array): Promise<void> {
  const started = await target.send({ method: "POST", path: `/v2/${repository}/blobs/uploads/` });
  expectStatus(target, started, 202, `the start of an upload to ${repository}`);
  // The location is an address or a path, with or without a query of its own.
  const location = new URL(started.header("location") ?? "", `http://${target.registry}`);
  location.searchParams.set("digest", digest);
  const put = await target.send({
    method: "PUT",
    path: `${location.pathname}${location.search}`,
    headers: { "content-type": "application/octet-stream" },
    body: bytes,
  });
  expectStatus(target, put, 201, `blob ${digest} of ${repository}`);
}

/** What a push tells besides what was pushed. */
export interface PushOutcome {
  pushed: PushedManifest;
  /** Whether the registry itself links the manifest to its subject (`OCI-Subject`, distribution-spec 1.1). */
  isSubjectLinked: boolean;
}

/** Pushes a manifest whose blobs are there, by tag or else by digest. */
export async function pushManifest(target: PushTarget, options: ManifestToPush): Promise<PushOutcome> {
  const bytes = Buffer.from(JSON.stringify(options.manifest));
  const digest = toDigest(bytes);
  const response = await target.send({
    method: "PUT",
    path: `/v2/${options.repository}/manifests/${options.tag ?? digest}`,
    headers: { "content-type": options.mediaType },
    body: bytes,
  });
  expectStatus(target, response, 201, `manifest ${options.tag ?? digest} of ${options.repository}`);
  const name = `${target.registry}/${options.repository}`;
  const pushed = {
    registry: target.registry,
    repository: options.repository,
    ...(options.tag === undefined ? {} : { tag: options.tag }),
    digest,
    mediaType: options.mediaType,
    size: bytes.length,
    reference: `${name}@${digest}`,
    tagReference: options.tag === undefined ? `${name}@${digest}` : `${name}:${options.tag}`,
  };
  return { pushed, isSubjectLinked: response.header("oci-subject") !== undefined };
}

/** The JSON of a manifest that this folder once pushed, or undefined where the tag is unknown. */
export async function readManifest(target: PushTarget, repository: string, tag: string): Promise<unknown> {
  const response = await target.send({
    method: "GET",
    path: `/v2/${repository}/manifests/${tag}`,
    headers: { accept: `${ociManifestType}, ${ociIndexType}` },
  });
  if (response.status === 404) return undefined;
  expectStatus(target, response, 200, `manifest ${tag} of ${repository}`);
  return JSON.parse(Buffer.from(response.body).toString("utf8"));
}

function expectStatus(target: PushTarget, response: PushResponse, status: number, what: string): void {
  if (response.status === status) return;
  const answer = Buffer.from(response.body).toString("utf8").slice(0, 500);
  throw new DemoError(
    `expected status ${status} for ${what} from ${target.registry}, got ${response.status} ${answer}; see that the registry allows pushes`,
    { code: "registry_refused", subject: `${target.registry}: ${what}` },
  );
}
