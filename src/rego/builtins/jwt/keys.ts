import {
  constants,
  createHmac,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  type JsonWebKey,
  type KeyObject,
  sign,
  timingSafeEqual,
  verify,
} from "node:crypto";
import { RegoError } from "../../errors.ts";
import { isList, parseJson, type RegoObject, toJson, type Value } from "../../value/index.ts";
import { toFailure } from "../builtin.ts";
import { isObject } from "../operands.ts";
import { parseCertificate, readPem } from "../x509/parse.ts";

/** A key to verify with; texts are empty where the key has none. */
export interface VerificationKey {
  readonly algorithm: string;
  readonly id: string;
  readonly key: KeyObject;
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
export function isSignature(algorithm: string, key: KeyObject, data: Buffer, signature: Buffer): boolean {
  if (algorithm.startsWith("HS")) {
    if (key.type !== "secret") return false;
    const expected = createHmac(hashOf(algorithm), key).update(data).digest();
    return expected.length === signature.length && timingSafeEqual(expected, signature);
  }
  if (key.type !== "public" || key.asymmetricKeyType !== keyTypeOf(algorithm)) return false;
  if (algorithm === "EdDSA") return verify(null, data, key, signature);
  if (algorithm.startsWith("ES")) return verify(hashOf(algorithm), data, { key, dsaEncoding: "ieee-p1363" }, signature);
  return verify(hashOf(algorithm), data, { key, ...paddingOf(algorithm, constants.RSA_PSS_SALTLEN_AUTO) }, signature);
}

function paddingOf(algorithm: string, saltLength: number): { padding: number; saltLength?: number } {
  if (!algorithm.startsWith("PS")) return { padding: constants.RSA_PKCS1_PADDING };
  return { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength };
}

/** Signs with the private key or secret of a JWK. Throws `BuiltinError` where the key does not fit the algorithm. */
export function createSignature(algorithm: string, jwk: RegoObject, data: Buffer): Buffer {
  const key = toKey(jwk, "private");
  if (algorithm.startsWith("HS")) {
    if (key.type !== "secret") throw toFailure("jwsbb.Sign: invalid key type. []byte is required");
    return createHmac(hashOf(algorithm), key).update(data).digest();
  }
  if (key.type !== "private" || key.asymmetricKeyType !== keyTypeOf(algorithm)) {
    throw toFailure(`jwsbb.Sign: invalid key type: ${algorithm} needs a private key of its kind`);
  }
  if (algorithm === "EdDSA") return sign(null, data, key);
  if (algorithm.startsWith("ES")) return sign(hashOf(algorithm), data, { key, dsaEncoding: "ieee-p1363" });
  return sign(hashOf(algorithm), data, { key, ...paddingOf(algorithm, constants.RSA_PSS_SALTLEN_DIGEST) });
}

function toKey(jwk: RegoObject, use: "public" | "private"): KeyObject {
  const kty = jwk.get("kty");
  const secret = jwk.get("k");
  if (kty === "oct" && typeof secret === "string") return createSecretKey(Buffer.from(secret, "base64url"));
  const input = { key: toJson(jwk) as JsonWebKey, format: "jwk" } as const;
  try {
    return use === "public" ? createPublicKey(input) : createPrivateKey(input);
  } catch {
    // Node's text quotes nothing of the key; say which kind was expected.
    throw toFailure(`failed to parse a JWK key (set): expected a ${use} key, got kty ${JSON.stringify(kty ?? null)}`);
  }
}

/** The keys of a JWK or of a set of them (RFC 7517, 5). */
export function parseJwks(text: string): RegoObject[] {
  let parsed: Value;
  try {
    parsed = parseJson(text);
  } catch (thrown) {
    if (thrown instanceof RegoError) throw toFailure(`failed to parse a JWK key (set): ${thrown.message}`);
    throw thrown;
  }
  if (!isObject(parsed)) throw toFailure("failed to parse a JWK key (set): expected an object");
  const keys = parsed.get("keys");
  if (keys === undefined) {
    if (typeof parsed.get("kty") !== "string") throw toFailure("failed to parse a JWK key (set): failed to get kty");
    return [parsed];
  }
  if (!isList(keys) || !keys.every(isObject)) throw toFailure("failed to parse a JWK key (set): keys is not an array");
  return [...keys];
}

function toVerificationKey(jwk: RegoObject): VerificationKey | undefined {
  const [algorithm, id] = [jwk.get("alg"), jwk.get("kid")];
  const key = toKey(jwk, "public");
  if (typeof algorithm === "string" && algorithm !== "" && !isKnownAlgorithm(algorithm)) return undefined;
  return { algorithm: typeof algorithm === "string" ? algorithm : "", id: typeof id === "string" ? id : "", key };
}

/** Keys given as a PEM certificate, as a PEM public key, or as a JWK or a set of them. Throws `BuiltinError`. */
export function parseVerificationKeys(text: string): VerificationKey[] {
  const [block] = readPem(text);
  if (block === undefined) return parseJwks(text).flatMap((jwk) => toVerificationKey(jwk) ?? []);
  const end = text.lastIndexOf(`-----END ${block.label}-----`) + `-----END ${block.label}-----`.length;
  if (text.slice(end).replace(/^[ \t]*\r?\n?/, "") !== "" || readPem(text).length > 1) {
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
