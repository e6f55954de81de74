import type { KeyObject } from "node:crypto";

/** A public key to verify with. */
export interface PublicKeyMaterial {
  readonly algorithm: "ecdsa" | "rsa" | "ed25519";
  readonly key: KeyObject;
}

/**
 * Parses a public key in PEM ("PUBLIC KEY", or "RSA PUBLIC KEY"): ECDSA P-256, P-384, P-521, RSA, Ed25519.
 * Throws `SigstoreError` `key_invalid`.
 */
export function parsePublicKey(_pem: string): PublicKeyMaterial {
  throw new Error("not written yet");
}

/** The key as SubjectPublicKeyInfo in PEM with a trailing newline: the report's `key`. */
export function toPem(_key: PublicKeyMaterial): string {
  throw new Error("not written yet");
}
