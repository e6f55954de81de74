import { createHash } from "node:crypto";

declare const digestBrand: unique symbol;

/** A content digest `sha256:` with 64 lowercase hexadecimal digits (OCI image-spec, descriptor.md, "Digests"). */
export type Digest = string & { readonly [digestBrand]: true };

const pattern = /^sha256:[0-9a-f]{64}$/;

export function isDigest(text: string): text is Digest {
  return pattern.test(text);
}

/** Returns the digest, or undefined where the text is none: other algorithms than SHA-256 are not accepted. */
export function parseDigest(text: string): Digest | undefined {
  return isDigest(text) ? text : undefined;
}

/** The digest of some bytes. */
export function toDigest(bytes: Uint8Array): Digest {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}` as Digest;
}

/** The 64 hexadecimal digits of a digest, as tags such as `sha256-<hex>.sig` use them. */
export function toHex(digest: Digest): string {
  return digest.slice("sha256:".length);
}
