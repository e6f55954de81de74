import { createPublicKey, type KeyObject } from "node:crypto";
import { numberFromBigInt, RegoObject, type Value } from "../../value/index.ts";
import { DerReader, readBitString, readInteger, readOid, tags } from "./der.ts";

/** Go's numbers of signature algorithms. */
const signatureAlgorithms: Readonly<Record<string, number>> = {
  "1.2.840.113549.1.1.4": 2,
  "1.2.840.113549.1.1.5": 3,
  "1.3.14.3.2.29": 3,
  "1.2.840.113549.1.1.11": 4,
  "1.2.840.113549.1.1.12": 5,
  "1.2.840.113549.1.1.13": 6,
  "1.2.840.10040.4.3": 7,
  "2.16.840.1.101.3.4.3.2": 8,
  "1.2.840.10045.4.1": 9,
  "1.2.840.10045.4.3.2": 10,
  "1.2.840.10045.4.3.3": 11,
  "1.2.840.10045.4.3.4": 12,
  "1.3.101.112": 16,
};

const rsaPss = "1.2.840.113549.1.1.10";
const pssHashes: Readonly<Record<string, { readonly algorithm: number; readonly saltLength: bigint }>> = {
  "2.16.840.1.101.3.4.2.1": { algorithm: 13, saltLength: 32n },
  "2.16.840.1.101.3.4.2.2": { algorithm: 14, saltLength: 48n },
  "2.16.840.1.101.3.4.2.3": { algorithm: 15, saltLength: 64n },
};

/** Go's number of the algorithm in an AlgorithmIdentifier; 0 where it is none that Go knows. */
export function readSignatureAlgorithm(content: Buffer): number {
  const reader = new DerReader(content);
  const oid = readOid(reader.read(tags.oid).content).join(".");
  if (oid !== rsaPss) return signatureAlgorithms[oid] ?? 0;
  return reader.isAtEnd ? 0 : readPss(reader.read(tags.sequence).content);
}

/** RSASSA-PSS with the hash for both parts and a salt of its size, the only form that Go accepts. */
function readPss(content: Buffer): number {
  const reader = new DerReader(content);
  const hash = reader.readOptional(0xa0);
  const mask = reader.readOptional(0xa1);
  const salt = reader.readOptional(0xa2);
  if (hash === undefined || mask === undefined || salt === undefined) return 0;
  const hashAlgorithm = new DerReader(hash.content).read(tags.sequence);
  const known = pssHashes[readOid(new DerReader(hashAlgorithm.content).read(tags.oid).content).join(".")];
  const saltLength = readInteger(new DerReader(salt.content).read(tags.integer).content);
  const maskReader = new DerReader(new DerReader(mask.content).read(tags.sequence).content);
  maskReader.read(tags.oid);
  const hasNullParameters = hashAlgorithm.content.subarray(-2).equals(Buffer.from([5, 0]));
  if (!hasNullParameters || !maskReader.read(tags.sequence).raw.equals(hashAlgorithm.raw)) return 0;
  return known !== undefined && known.saltLength === saltLength ? known.algorithm : 0;
}

/** A key as Go's JSON has it, and Go's number of its algorithm. */
export interface PublicKeyFields {
  readonly algorithm: number;
  readonly key: Value;
}

/** Reads a SubjectPublicKeyInfo. Throws `DerError`. */
export function readPublicKey(spki: Buffer): PublicKeyFields {
  const reader = new DerReader(new DerReader(spki).read(tags.sequence).content);
  const algorithm = new DerReader(reader.read(tags.sequence).content);
  const oid = readOid(algorithm.read(tags.oid).content).join(".");
  const bits = readBitString(reader.read(tags.bitString).content);
  switch (oid) {
    case "1.2.840.113549.1.1.1": {
      const key = new DerReader(new DerReader(bits).read(tags.sequence).content);
      const modulus = readInteger(key.read(tags.integer).content);
      const exponent = readInteger(key.read(tags.integer).content);
      return { algorithm: 1, key: toRecord({ N: numberFromBigInt(modulus), E: numberFromBigInt(exponent) }) };
    }
    case "1.2.840.10045.2.1": {
      const size = (bits.length - 1) / 2;
      return {
        algorithm: 3,
        key: toRecord({
          Curve: RegoObject.empty,
          X: toNumber(bits.subarray(1, 1 + size)),
          Y: toNumber(bits.subarray(1 + size)),
        }),
      };
    }
    case "1.3.101.112":
      return { algorithm: 4, key: bits.toString("base64") };
    default:
      return { algorithm: 0, key: null };
  }
}

export function toRecord(fields: Readonly<Record<string, Value>>): RegoObject {
  return RegoObject.from(Object.entries(fields));
}

export function toNumber(bytes: Buffer): Value {
  return bytes.length === 0 ? 0 : numberFromBigInt(BigInt(`0x${bytes.toString("hex")}`));
}

/** A private key as Go's JSON has it. */
export function toPrivateKeyValue(key: KeyObject): Value {
  const jwk = key.export({ format: "jwk" });
  const bytes = (field: string | undefined): Buffer => Buffer.from(field ?? "", "base64url");
  const number = (field: string | undefined): Value => toNumber(bytes(field));
  if (jwk.kty === "RSA") {
    return toRecord({
      N: number(jwk.n),
      E: number(jwk.e),
      D: number(jwk.d),
      Primes: [number(jwk.p), number(jwk.q)],
      Precomputed: toRecord({ Dp: number(jwk.dp), Dq: number(jwk.dq), Qinv: number(jwk.qi), CRTValues: [] }),
    });
  }
  if (jwk.kty === "EC") {
    return toRecord({ Curve: RegoObject.empty, X: number(jwk.x), Y: number(jwk.y), D: number(jwk.d) });
  }
  return Buffer.concat([bytes(jwk.d), bytes(jwk.x)]).toString("base64");
}

/** The public key behind a SubjectPublicKeyInfo, for verification. */
export function toKeyObject(spki: Buffer): KeyObject {
  return createPublicKey({ key: spki, format: "der", type: "spki" });
}
