import { createPrivateKey, createPublicKey, createSecretKey, type JsonWebKey, type KeyObject } from "node:crypto";
import { RegoError } from "../../errors.ts";
import { isList, parseJson, type RegoObject, spend, toJson, typeName, type Value } from "../../value/index.ts";
import { toFailure } from "../builtin.ts";
import { isNumber, isObject } from "../operands.ts";

/** A JSON Web Key whose fields are there and can be read (RFC 7517, RFC 7518 section 6, RFC 8037 section 2). */
export interface Jwk {
  readonly kty: "RSA" | "EC" | "oct" | "OKP";
  /** Texts are empty where the key has none. */
  readonly algorithm: string;
  readonly id: string;
  readonly isPrivate: boolean;
  /** The name that OPA's messages give such a key. */
  readonly goType: string;
  /** The key; undefined where its numbers are none of a key. */
  readonly key: KeyObject | undefined;
}

const types = new Set(["RSA", "EC", "oct", "OKP"]);
const curves = new Set(["P-256", "P-384", "P-521", "Ed25519", "Ed448", "X25519", "X448"]);
/** RFC 7518, sections 3.1 and 4.1; RFC 8037; RFC 8812. */
const algorithms =
  /^(?:none|(?:HS|RS|PS|ES)(?:256|384|512)|ES256K|EdDSA|RSA1_5|RSA-OAEP(?:-(?:256|384|512))?|A(?:128|192|256)(?:GCM)?KW|dir|ECDH-ES(?:\+A(?:128|192|256)KW)?|PBES2-HS(?:256\+A128|384\+A192|512\+A256)KW)$/;
const binary: Readonly<Record<Jwk["kty"], readonly string[]>> = {
  RSA: ["d", "dp", "dq", "e", "n", "p", "q", "qi"],
  EC: ["d", "x", "y"],
  OKP: ["d", "x"],
  oct: ["k"],
};
const required: Readonly<Record<Jwk["kty"], readonly string[]>> = {
  RSA: ["e", "n"],
  EC: ["crv", "x", "y"],
  OKP: ["crv", "x"],
  oct: ["k"],
};

/** The keys of a JWK or of a set of them. Throws `BuiltinError` with OPA's reason. */
export function parseJwks(text: string): Jwk[] {
  const fail = (reason: string): Error => toFailure(`jwk.Parse: failed to unmarshal JWK set: ${reason}`);
  let set: Value;
  try {
    set = parseJson(text);
  } catch (thrown) {
    if (!(thrown instanceof RegoError) || !thrown.code.startsWith("eval_")) throw thrown;
    throw fail(text.trim() === "" ? "EOF" : thrown.message.replace("unexpected end of JSON input", "unexpected EOF"));
  }
  if (isList(set)) throw fail("expected '{' but got '['");
  if (typeof set === "string") throw fail(`failed to decode value for key ${JSON.stringify(set)}: EOF`);
  if (!isObject(set)) throw fail("error reading token: EOF");
  const keys = set.get("keys");
  if (keys === undefined) {
    try {
      return [parseJwk(set)];
    } catch (thrown) {
      if (!(thrown instanceof RegoError) || !thrown.code.startsWith("eval_")) throw thrown;
      throw fail("failed to parse sole key in key set");
    }
  }
  if (keys === null) return [];
  const kind = goKind(keys);
  if (!isList(keys)) {
    throw fail(`failed to decode "keys": json: cannot unmarshal ${kind} into Go value of type []json.RawMessage`);
  }
  return keys.map((key, index) => {
    // As much as reading the numbers of a key takes.
    spend(2_000);
    try {
      return parseJwk(key);
    } catch (thrown) {
      if (!(thrown instanceof RegoError) || !thrown.code.startsWith("eval_")) throw thrown;
      throw fail(`failed to decode key #${index} in "keys": ${thrown.message}`);
    }
  });
}

function goKind(value: Value): string {
  return typeof value === "boolean" ? "bool" : typeName(value);
}

function parseJwk(value: Value): Jwk {
  const probe = (problem: string): Error =>
    toFailure(`jwk.Parse: failed to probe data: probe: failed to unmarshal data: json: cannot unmarshal ${problem}`);
  if (!isObject(value)) {
    if (value === null) throw toFailure("invalid key type from JSON ()");
    const struct = 'struct { Kty string "json:\\"kty\\""; D json.RawMessage "json:\\"d,omitempty\\"" }';
    throw probe(`${goKind(value)} into Go value of type ${struct}`);
  }
  const kty = value.get("kty") ?? "";
  if (typeof kty !== "string") throw probe(`${goKind(kty)} into Go struct field .kty of type string`);
  if (!types.has(kty)) throw toFailure(`invalid key type from JSON (${kty})`);
  return toJwk(value, kty as Jwk["kty"]);
}

function toJwk(value: RegoObject, kty: Jwk["kty"]): Jwk {
  const isPrivate = kty !== "oct" && value.has("d");
  const goType =
    kty === "oct"
      ? "*jwk.symmetricKey"
      : `*jwk.${kty === "EC" ? "ecdsa" : kty.toLowerCase()}${isPrivate ? "Private" : "Public"}Key`;
  assertFields(value, kty, `failed to unmarshal JSON into key (${goType})`);
  const secret = kty === "oct" ? decode(value.get("k")) : undefined;
  const [algorithm, id] = [value.get("alg"), value.get("kid")];
  return {
    kty,
    algorithm: typeof algorithm === "string" ? algorithm : "",
    id: typeof id === "string" ? id : "",
    isPrivate,
    goType,
    key: secret === undefined ? toKey(value, isPrivate) : createSecretKey(secret),
  };
}

function assertFields(value: RegoObject, kty: Jwk["kty"], prefix: string): void {
  const fail = (reason: string): Error => toFailure(`${prefix}: ${prefix}: ${reason}`);
  for (const [key, field] of value.entries()) {
    const name = String(key);
    const isText = ["alg", "crv", "kid", "use", "x5t", "x5t#S256", "x5u"].includes(name) || binary[kty].includes(name);
    if (isText && typeof field !== "string") {
      const reason = `json: cannot unmarshal ${goKind(field)} into Go value of type string`;
      throw fail(`failed to decode value for key ${name}: error reading next value: ${reason}`);
    }
    if ((name === "x5c" || name === "key_ops") && !isList(field) && typeof field !== "string") {
      throw fail(`failed to decode value for key ${name}`);
    }
    if (binary[kty].includes(name) && decode(field) === undefined) {
      throw fail(`failed to decode value for key ${name}: expected base64 encoded []byte (string)`);
    }
    if (name === "crv" && !curves.has(String(field))) {
      const reason = `unknown EllipticCurveAlgorithm: ${JSON.stringify(field)}`;
      throw fail(`failed to decode value for key crv: ${reason}`);
    }
    if (name === "alg" && !algorithms.test(String(field))) {
      throw fail(`failed to decode value for key alg: invalid key algorithm`);
    }
  }
  const missing = required[kty].find((name) => !value.has(name));
  if (missing !== undefined) throw fail(`required field ${missing} is missing`);
}

/** Base64 of either alphabet, with or without padding. */
function decode(value: Value | undefined): Buffer | undefined {
  if (typeof value !== "string" || isNumber(value)) return undefined;
  const text = value.replace(/={1,2}$/, "");
  if (!(/^[\w-]*$/.test(text) || /^[A-Za-z\d+/]*$/.test(text)) || text.length % 4 === 1) return undefined;
  return Buffer.from(text, "base64");
}

function toKey(value: RegoObject, isPrivate: boolean): KeyObject | undefined {
  const input = { key: toJson(value) as JsonWebKey, format: "jwk" } as const;
  try {
    return isPrivate ? createPrivateKey(input) : createPublicKey(input);
  } catch {
    // Its numbers are no key: nothing is signed by it.
    return undefined;
  }
}
