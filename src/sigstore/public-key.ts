import { createPublicKey, type KeyObject, verify } from "node:crypto";
import { SigstoreError } from "./errors.ts";

/** A public key to verify with. */
export interface PublicKeyMaterial {
  readonly algorithm: "ecdsa" | "rsa" | "ed25519";
  readonly key: KeyObject;
}

/** Most characters of a PEM text. */
const maxPemLength = 64 * 1024;

const block = /-----BEGIN ([A-Z0-9 ]+)-----[\s\S]*?-----END \1-----/g;

/** Digests that a curve's signatures are made with: SHA-256 always (as cosign does), and the curve's own. */
const curveDigests: Readonly<Record<string, readonly string[]>> = {
  prime256v1: ["sha256"],
  secp384r1: ["sha256", "sha384"],
  secp521r1: ["sha256", "sha512"],
};

const minRsaBits = 2048;

/**
 * Parses a public key in PEM ("PUBLIC KEY", or "RSA PUBLIC KEY"): ECDSA P-256, P-384, P-521, RSA of 2048 bits or more,
 * Ed25519. Throws `SigstoreError` `key_invalid`.
 */
export function parsePublicKey(pem: string): PublicKeyMaterial {
  return toPublicKeyMaterial(parseKeyObject(onlyBlock(pem)));
}

/** Several public keys, one PEM block after the other. Throws `SigstoreError` `key_invalid`. */
export function parsePublicKeys(pem: string): readonly PublicKeyMaterial[] {
  return splitBlocks(pem).map((text) => toPublicKeyMaterial(parseKeyObject(text)));
}

/** Checks that a key is of a kind that can verify here. Throws `SigstoreError` `key_invalid`. */
export function toPublicKeyMaterial(key: KeyObject): PublicKeyMaterial {
  const details = key.asymmetricKeyDetails;
  switch (key.asymmetricKeyType) {
    case "ed25519":
      return { algorithm: "ed25519", key };
    case "rsa":
      if ((details?.modulusLength ?? 0) < minRsaBits) {
        throw invalid(`an RSA key of ${details?.modulusLength} bits; at least ${minRsaBits} are needed`);
      }
      return { algorithm: "rsa", key };
    case "ec":
      if (curveDigests[details?.namedCurve ?? ""] === undefined) {
        throw invalid(`the curve ${details?.namedCurve}; P-256, P-384 or P-521 was expected`);
      }
      return { algorithm: "ecdsa", key };
    default:
      throw invalid(`a key of type ${key.asymmetricKeyType}; ECDSA, RSA or Ed25519 was expected`);
  }
}

/** The key as SubjectPublicKeyInfo in PEM with a trailing newline: the report's `key`. */
export function toPem(key: PublicKeyMaterial): string {
  return key.key.export({ type: "spki", format: "pem" }).toString();
}

/** The key as SubjectPublicKeyInfo in DER. */
export function toSpki(key: PublicKeyMaterial): Buffer {
  return key.key.export({ type: "spki", format: "der" });
}

/** Whether the signature over the data is the key's: ECDSA in DER, RSA with PKCS #1 v1.5, Ed25519 over the data itself. */
export function hasSigned(key: PublicKeyMaterial, data: Uint8Array, signature: Uint8Array): boolean {
  return digestsOf(key).some((digest) => {
    try {
      return verify(digest, data, key.key, signature);
    } catch {
      return false; // a signature that OpenSSL cannot even read is no signature
    }
  });
}

function digestsOf(key: PublicKeyMaterial): readonly (string | null)[] {
  switch (key.algorithm) {
    case "ed25519":
      return [null];
    case "rsa":
      return ["sha256"];
    case "ecdsa":
      return curveDigests[key.key.asymmetricKeyDetails?.namedCurve ?? ""] ?? [];
  }
}

function onlyBlock(pem: string): string {
  const blocks = splitBlocks(pem);
  if (blocks.length > 1) throw invalid(`${blocks.length} PEM blocks; one public key was expected`);
  return blocks[0] as string;
}

function splitBlocks(pem: string): readonly string[] {
  if (pem.trim() === "") throw invalid("an empty text; a PEM block `BEGIN PUBLIC KEY` was expected");
  if (pem.length > maxPemLength) throw invalid(`${pem.length} characters; at most ${maxPemLength} are read`);
  const blocks: string[] = [];
  for (const [text, label] of pem.matchAll(block)) {
    if (label?.includes("PRIVATE KEY"))
      throw invalid("a private key; give the public one (`cosign public-key` prints it)");
    if (label === "CERTIFICATE") throw invalid("a certificate; a PEM block `BEGIN PUBLIC KEY` was expected");
    if (label !== "PUBLIC KEY" && label !== "RSA PUBLIC KEY")
      throw invalid(`a PEM block \`${label}\`; \`PUBLIC KEY\` was expected`);
    blocks.push(text);
  }
  if (blocks.length === 0) throw invalid("a text without a PEM block; `-----BEGIN PUBLIC KEY-----` was expected");
  return blocks;
}

function parseKeyObject(pem: string): KeyObject {
  try {
    return createPublicKey({ key: pem, format: "pem" });
  } catch (cause) {
    throw new SigstoreError("the public key is damaged: its PEM block does not hold a key", {
      code: "key_invalid",
      cause,
    });
  }
}

function invalid(what: string): SigstoreError {
  return new SigstoreError(`the public key is ${what}`, { code: "key_invalid" });
}
