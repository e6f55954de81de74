import { createHash } from "node:crypto";
import { type Digest, isDigest } from "../types/index.ts";

declare const sha512Brand: unique symbol;

/** `sha512:` with 128 lowercase hexadecimal digits (OCI image-spec, descriptor.md, "SHA-512"). */
export type Sha512Digest = string & { readonly [sha512Brand]: true };

/** What content goes by here. The rest of the program knows SHA-256 alone; a registry holds what clients push. */
export type ContentDigest = Digest | Sha512Digest;

export type DigestAlgorithm = "sha256" | "sha512";

const hexLengths: Readonly<Record<DigestAlgorithm, number>> = { sha256: 64, sha512: 128 };

export function isContentDigest(text: string): text is ContentDigest {
  return isDigest(text) || /^sha512:[0-9a-f]{128}$/.test(text);
}

export function toAlgorithm(digest: ContentDigest): DigestAlgorithm {
  return digest.startsWith("sha512:") ? "sha512" : "sha256";
}

/** The digest of some bytes. */
export function toContentDigest(bytes: Uint8Array, algorithm: DigestAlgorithm): ContentDigest {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest("hex")}` as ContentDigest;
}

/** The hexadecimal digits alone: their number tells the algorithm. */
export function toContentHex(digest: ContentDigest): string {
  return digest.slice(digest.indexOf(":") + 1);
}

/** The digest that `toContentHex` was given; undefined for other text, such as the name of a stray file. */
export function parseContentHex(hex: string): ContentDigest | undefined {
  const text = `${hex.length === hexLengths.sha512 ? "sha512" : "sha256"}:${hex}`;
  return isContentDigest(text) ? text : undefined;
}
