import { type ContentDigest, isContentDigest } from "./content-digest.ts";
import { RegistryError } from "./errors.ts";

const namePattern = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const tagPattern = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;
const maxNameLength = 255;

/** Whether the text is a `<name>` of distribution-spec 1.1, at most 255 characters. */
export function isRepositoryName(text: string): boolean {
  return text.length <= maxNameLength && namePattern.test(text);
}

/** Whether the text is a tag: at most 128 characters. */
export function isTag(text: string): boolean {
  return tagPattern.test(text);
}

/** Refuses what is no `<name>` of distribution-spec 1.1, "Pulling manifests". */
export function assertRepositoryName(text: string): void {
  if (isRepositoryName(text)) return;
  throw new RegistryError(
    `expected a repository name of at most ${maxNameLength} characters such as "team/app", got ${quote(text)}`,
    { code: "NAME_INVALID", status: 400, detail: { name: shorten(text) } },
  );
}

/** Refuses what is no `<reference>` of distribution-spec 1.1 as a tag. */
export function assertTag(text: string): void {
  if (isTag(text)) return;
  throw new RegistryError(
    `expected a tag of at most 128 letters, digits, ".", "_" and "-" that begins with a letter, a digit or "_", got ${quote(text)}`,
    { code: "TAG_INVALID", status: 400, detail: { tag: shorten(text) } },
  );
}

/** A SHA-256 or SHA-512 digest; other algorithms are not stored here. */
export function requireDigest(text: string): ContentDigest {
  if (isContentDigest(text)) return text;
  throw new RegistryError(
    `expected a digest "sha256:" with 64 lowercase hexadecimal digits, or "sha512:" with 128, got ${quote(text)}`,
    { code: "DIGEST_INVALID", status: 400, detail: { digest: shorten(text) } },
  );
}

/** Refuses an algorithm whose digests are not stored here, before a client sends bytes for nothing. */
export function requireAlgorithm(text: string): void {
  if (text === "sha256" || text === "sha512") return;
  throw new RegistryError(`expected sha256 or sha512 as digest algorithm, got ${quote(text)}`, {
    code: "DIGEST_INVALID",
    status: 400,
  });
}

/** What stands for a manifest in a path: a digest contains a colon, a tag never does. */
export type ManifestReference = { kind: "digest"; digest: ContentDigest } | { kind: "tag"; tag: string };

/** @throws RegistryError `DIGEST_INVALID`, `TAG_INVALID` */
export function parseManifestReference(text: string): ManifestReference {
  if (text.includes(":")) return { kind: "digest", digest: requireDigest(text) };
  assertTag(text);
  return { kind: "tag", tag: text };
}

function shorten(text: string): string {
  return text.length <= 300 ? text : `${text.slice(0, 300)}...`;
}

function quote(text: string): string {
  return JSON.stringify(shorten(text));
}
