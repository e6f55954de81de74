import { constants, createHmac, createPublicKey, type KeyObject, sign, timingSafeEqual, verify } from "node:crypto";
import { RegoError } from "../../errors.ts";
import { toFailure } from "../builtin.ts";
import { parseCertificate, readPem } from "../x509/parse.ts";
import { type Jwk, parseJwks } from "./jwks.ts";

/** A key to verify with; texts are empty where the key has none. */
export interface VerificationKey {
  readonly algorithm: string;
  readonly id: string;
  /** Undefined where nothing can be signed by it. */
  readonly key: KeyObject | undefined;
}

/** RFC 7518, 3.1 and RFC 8037, 3.1. */
const algorithms = /^(?:(?:RS|PS|ES|HS)(?:256|384|512)|EdDSA)$/;

export function isKnownAlgorithm(name: string): boolean {
  return algorithms.test(name);
}

function hashOf(algorithm: string): string {
  return `sha${algorithm.slice(2)}`;
}

function keyTypeOf(algorithm: string): string {
  if (algorithm === "EdDSA") return "ed25519";
  return algorithm.startsWith("ES") ? "ec" : "rsa";
}

/** Whether a signature fits; false also where the key is of another kind than the algorithm. */
export function isSignature(algorithm: string, key: KeyObject | undefined, data: Buffer, signature: Buffer): boolean {
  if (algorithm.startsWith("HS")) {
    if (key?.type !== "secret") return false;
    const expected = createHmac(hashOf(algorithm), key).update(data).digest();
    return expected.length === signature.length && timingSafeEqual(expected, signature);
  }
  if (key === undefined || key.asymmetricKeyType !== keyTypeOf(algorithm)) return false;
  if (algorithm === "EdDSA") return verify(null, data, key, signature);
  if (algorithm.startsWith("ES")) return verify(hashOf(algorithm), data, { key, dsaEncoding: "ieee-p1363" }, signature);
  return verify(hashOf(algorithm), data, { key, ...paddingOf(algorithm, constants.RSA_PSS_SALTLEN_AUTO) }, signature);
}

function paddingOf(algorithm: string, saltLength: number): { padding: number; saltLength?: number } {
  if (!algorithm.startsWith("PS")) return { padding: constants.RSA_PKCS1_PADDING };
  return { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength };
}

/** Signs with the private key or secret of a JWK. Throws `BuiltinError` where the key does not fit the algorithm. */
export function createSignature(algorithm: string, { key, goType }: Jwk, data: Buffer): Buffer {
  if (algorithm.startsWith("HS")) {
    if (key?.type !== "secret") {
      const reason = `keyconv: failed to produce []byte from ${goType}: jwk.Export: no suitable exporter found for key type '${goType}'`;
      throw toFailure(`jwsbb.Sign: invalid key type ${goType}. []byte is required: ${reason}`);
    }
    if (key.symmetricKeySize === 0) throw toFailure("dsig.Sign: dsig.toHMACKey: missing key while signing payload");
    return createHmac(hashOf(algorithm), key).update(data).digest();
  }
  if (key?.type !== "private" || key.asymmetricKeyType !== keyTypeOf(algorithm)) {
    throw toFailure(`jwsbb.Sign: invalid key type: ${algorithm} needs a private key of its kind`);
  }
  if (algorithm === "EdDSA") return sign(null, data, key);
  if (algorithm.startsWith("ES")) return sign(hashOf(algorithm), data, { key, dsaEncoding: "ieee-p1363" });
  return sign(hashOf(algorithm), data, { key, ...paddingOf(algorithm, constants.RSA_PSS_SALTLEN_DIGEST) });
}

/** The keys of a JWK or of a set of them, but those for algorithms that are none of a token's. */
function parseJwkTexts(text: string): VerificationKey[] {
  try {
    return parseJwks(text).filter(({ algorithm }) => algorithm === "" || isKnownAlgorithm(algorithm));
  } catch (thrown) {
    if (!(thrown instanceof RegoError) || thrown.code !== "eval_builtin_error") throw thrown;
    const reason = `jwk.ParseString: failed to parse string: ${thrown.message}`;
    throw toFailure(`failed to parse a JWK key (set): ${reason}`);
  }
}

/** Keys given as a PEM certificate, as a PEM public key, or as a JWK or a set of them. Throws `BuiltinError`. */
export function parseVerificationKeys(text: string): VerificationKey[] {
  const [block] = readPem(text);
  if (block === undefined) return parseJwkTexts(text);
  if (text.slice(block.end).replace(/^[ \t]*\r?\n?/, "") !== "") {
    throw toFailure("extra data after a PEM certificate block");
  }
  if (block.label === "CERTIFICATE") {
    try {
      return [{ algorithm: "", id: "", key: toPublicKey(parseCertificate(block.bytes).publicKeyInfo) }];
    } catch (thrown) {
      if (thrown instanceof RegoError) throw toFailure(`failed to parse a PEM certificate: ${thrown.message}`);
      throw thrown;
    }
  }
  if (block.label !== "PUBLIC KEY") throw toFailure("failed to extract a Key from the PEM certificate");
  try {
    return [{ algorithm: "", id: "", key: toPublicKey(block.bytes) }];
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : "";
    throw toFailure(`failed to parse a PEM public key: ${reason}`);
  }
}

function toPublicKey(spki: Buffer): KeyObject {
  return createPublicKey({ key: spki, format: "der", type: "spki" });
}
