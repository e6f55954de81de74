import { type Digest, isDigest } from "../types/index.ts";
import { OciError } from "./errors.ts";

declare const referenceBrand: unique symbol;
declare const pinnedBrand: unique symbol;

/** Where blobs and manifests lie: a registry (host, maybe port) and a repository in it. */
export interface RepositoryLocation {
  /** `host[:port]` as it is asked; Docker Hub is `index.docker.io`. */
  readonly registry: string;
  readonly repository: string;
}

/** An image reference; made by {@link parseReference} alone. Has a tag, a digest, or both (then the digest decides). */
export interface Reference extends RepositoryLocation {
  readonly tag?: string;
  readonly digest?: Digest;
  readonly [referenceBrand]: true;
}

/** A reference by digest, without a tag; made by {@link toPinned}. */
export interface PinnedReference extends Reference {
  readonly digest: Digest;
  readonly [pinnedBrand]: true;
}

export const dockerHub = "index.docker.io";
const dockerHubNames: readonly string[] = ["docker.io", "registry-1.docker.io", "registry.hub.docker.com"];

/** One spelling for each registry (`host[:port]`) where names are compared: lower-case, and Docker Hub under one name. */
export function normalizeRegistry(name: string): string {
  const lower = name.toLowerCase();
  return dockerHubNames.includes(lower) ? dockerHub : lower;
}

const maxNameLength = 255;

// The grammar of github.com/distribution/reference, anchored piece by piece.
const domainLabel = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])";
const domainPattern = new RegExp(`^(?:${domainLabel}(?:\\.${domainLabel})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?$`);
const pathPattern = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*$/;
const tagPattern = /^\w[\w.-]{0,127}$/;
const digestAsTag = /^([^@]+):(sha256:[0-9a-f]{64})$/;

/**
 * Parses `[registry/]repository[:tag][@sha256:...]` by the grammar of distribution's reference package. Docker Hub's
 * short names are completed (`index.docker.io`, `library/`), a digest in a tag's place is taken as a digest, and the
 * tag is `latest` where neither is given. Stricter than the grammar as Conforma is: a repository has at least two
 * characters and digests are SHA-256.
 *
 * Throws OciError `invalid-reference`.
 */
export function parseReference(text: string): Reference {
  const refuse = (reason: string) => invalidReference(text, reason);
  if (text.length > 1024) throw refuse("it is longer than 1024 characters");
  if (/[\s\p{C}]/u.test(text)) throw refuse("it holds blanks or control characters");
  if (text.includes("://")) throw refuse("a scheme is not part of a reference");
  const misplaced = digestAsTag.exec(text);
  const [beforeDigest = "", digest, ...rest] = misplaced ? [misplaced[1] ?? "", misplaced[2]] : text.split("@");
  if (rest.length > 0) throw refuse("it holds more than one @");
  if (digest !== undefined && !isDigest(digest)) throw refuse("what follows the @ is no SHA-256 digest");
  const { name, tag } = splitTag(beforeDigest);
  if (tag !== undefined && !tagPattern.test(tag)) throw refuse("the tag is malformed");
  const location = parseName(name, refuse);
  if (digest !== undefined) return toReference({ ...location, ...(tag === undefined ? {} : { tag }), digest });
  return toReference({ ...location, tag: tag ?? "latest" });
}

function splitTag(text: string): { name: string; tag?: string } {
  const colon = text.lastIndexOf(":");
  if (colon <= text.lastIndexOf("/")) return { name: text };
  return { name: text.slice(0, colon), tag: text.slice(colon + 1) };
}

function parseName(name: string, refuse: (reason: string) => OciError): RepositoryLocation {
  const slash = name.indexOf("/");
  const first = name.slice(0, Math.max(slash, 0));
  const hasRegistry = slash > 0 && (first === "localhost" || /[.:]/.test(first));
  const registry = hasRegistry ? first : "docker.io";
  const path = hasRegistry ? name.slice(slash + 1) : name;
  if (!domainPattern.test(registry)) throw refuse("the registry is no host name with an optional port");
  if (path === "") throw refuse("the repository is missing");
  if (/[A-Z]/.test(path)) throw refuse("the repository holds upper-case letters");
  if (!pathPattern.test(path)) throw refuse("the repository is malformed");
  if (path.length < 2) throw refuse("the repository has fewer than two characters");
  if (path.length > maxNameLength) throw refuse(`the repository is longer than ${maxNameLength} characters`);
  const isHub = registry === "docker.io" || registry === dockerHub;
  return {
    registry: isHub ? dockerHub : registry,
    repository: isHub && !path.includes("/") ? `library/${path}` : path,
  };
}

function toReference(parts: RepositoryLocation & { tag?: string; digest?: Digest }): Reference {
  return Object.freeze(parts) as Reference;
}

function invalidReference(text: string, reason: string): OciError {
  const shown = text
    .replace(/\/\/[^/@]*@/, "//")
    .replace(/\?.*$/s, "")
    .slice(0, 300);
  return new OciError(
    `expected an image reference [registry/]repository[:tag][@sha256:<64 hexadecimal digits>], got ${JSON.stringify(shown)}: ${reason}`,
    { code: "invalid-reference", subject: shown },
  );
}

/** `registry/repository[:tag][@digest]`, with the registry always written. */
export function formatReference(ref: Reference): string {
  const tag = ref.tag === undefined ? "" : `:${ref.tag}`;
  const digest = ref.digest === undefined ? "" : `@${ref.digest}`;
  return `${repositoryName(ref)}${tag}${digest}`;
}

/** The same repository by digest; the tag is dropped. */
export function toPinned(ref: RepositoryLocation, digest: Digest): PinnedReference {
  return toReference({ registry: ref.registry, repository: ref.repository, digest }) as PinnedReference;
}

/** The same repository by tag. Throws OciError `invalid-reference` where the tag is malformed. */
export function toTagged(ref: RepositoryLocation, tag: string): Reference {
  if (!tagPattern.test(tag)) throw invalidReference(`${repositoryName(ref)}:${tag}`, "the tag is malformed");
  return toReference({ registry: ref.registry, repository: ref.repository, tag });
}

/** `registry/repository@sha256:...`. */
export function formatPinned(ref: PinnedReference): string {
  return `${repositoryName(ref)}@${ref.digest}`;
}

/** `registry/repository`. */
export function repositoryName(ref: RepositoryLocation): string {
  return `${ref.registry}/${ref.repository}`;
}

/** Whether a reference names its content by digest alone. */
export function isPinned(ref: Reference): ref is PinnedReference {
  return ref.digest !== undefined && ref.tag === undefined;
}
