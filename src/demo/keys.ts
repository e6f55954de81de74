import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";

export interface KeyPair {
  /** SPKI, PEM. */
  publicKeyPem: string;
  privateKey: KeyObject;
}

/** A new P-256 key pair, the kind that cosign makes. */
export function createKeyPair(): KeyPair {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return { publicKeyPem: publicKey.export({ type: "spki", format: "pem" }).toString(), privateKey };
}

/** ECDSA with SHA-256, DER, in base64. */
export function signBytes(bytes: Uint8Array, key: KeyPair): string {
  return sign("sha256", bytes, key.privateKey).toString("base64");
}
