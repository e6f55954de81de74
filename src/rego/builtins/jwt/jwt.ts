import { createSecretKey } from "node:crypto";
import { RegoError } from "../../errors.ts";
import {
  compareNumbers,
  isList,
  numberFromDouble,
  parseJson,
  RegoObject,
  spend,
  toDouble,
  toJsonText,
  typeName,
  type Value,
} from "../../value/index.ts";
import { type BuiltinContext, type BuiltinTable, type Evaluate, toFailure } from "../builtin.ts";
import { decodeBase64, padBase64Url } from "../encodings.ts";
import { isJson } from "../json-text.ts";
import { anyOperand, isNumber, isObject, objectOperand, stringOperand } from "../operands.ts";
import { toBytes } from "../text-bytes.ts";
import { parseJwks } from "./jwks.ts";
import { createSignature, isKnownAlgorithm, isSignature, parseVerificationKeys, type VerificationKey } from "./keys.ts";

/** A token's parts as they are written, and its header. */
interface Token {
  readonly header: string;
  readonly payload: string;
  readonly signature: string;
}

function splitToken(text: string): Token {
  if (!text.includes(".")) throw toFailure("encoded JWT had no period separators");
  const parts = text.split(".");
  const [header = "", payload = "", signature = ""] = parts;
  if (parts.length !== 3) throw toFailure(`encoded JWT must have 3 sections, found ${parts.length}`);
  return { header, payload, signature };
}

function decodePart(text: string, name?: string): Buffer {
  try {
    return decodeBase64(padBase64Url(text), "url");
  } catch (thrown) {
    if (name === undefined || !(thrown instanceof RegoError)) throw thrown;
    throw toFailure(`JWT ${name} had invalid encoding: ${thrown.message}`);
  }
}

function parseObject(bytes: Buffer): RegoObject {
  let value: Value;
  try {
    value = parseJson(bytes.toString("utf8"));
  } catch (thrown) {
    if (thrown instanceof RegoError) throw toFailure(`invalid JSON: ${thrown.message}`);
    throw thrown;
  }
  if (!isObject(value)) throw toFailure("decoded JSON type was not an Object");
  return value;
}

function decodeHeader(token: Token): RegoObject {
  const bytes = decodePart(token.header, "header");
  let header: RegoObject;
  try {
    header = parseObject(bytes);
  } catch (thrown) {
    if (thrown instanceof RegoError) throw toFailure(`bad JWT header: ${thrown.message}`);
    throw thrown;
  }
  if (header.has("enc")) throw toFailure("JWT is a JWE object, which is not supported");
  return header;
}

const maxNesting = 20;

/** Header, payload and signature in hexadecimal digits; of a token inside a token, those of the inner one. */
function decode(args: readonly Value[]): Value {
  let text = stringOperand(args, 1);
  for (let level = 0; level < maxNesting; level += 1) {
    const token = splitToken(text);
    const header = decodeHeader(token);
    const payload = decodePart(token.payload, "payload");
    if (header.get("cty") !== "JWT") {
      return [header, parseObject(payload), decodePart(token.signature, "signature").toString("hex")];
    }
    text = payload.toString("utf8").replace(/^["']+|["']+$/g, "");
  }
  throw toFailure(`expected at most ${maxNesting} nested tokens`);
}

/** The known fields of a header. Throws `BuiltinError` where one is of another type. */
interface HeaderFields {
  alg: string;
  kid: string;
  cty: string;
  critical: readonly string[];
  unknown: readonly string[];
}

function readHeader(header: RegoObject): HeaderFields {
  const fields: Record<string, string> = { alg: "", kid: "", typ: "", cty: "" };
  const unknown: string[] = [];
  let critical: readonly string[] = [];
  for (const [key, value] of header.entries()) {
    const name = String(key);
    if (name === "crit") critical = readCritical(value);
    else if (!Object.hasOwn(fields, name)) unknown.push(name);
    else if (typeof value === "string") fields[name] = value;
    else throw toFailure(`${name}: must be a string`);
  }
  return { alg: fields.alg ?? "", kid: fields.kid ?? "", cty: fields.cty ?? "", critical, unknown };
}

function readCritical(value: Value): readonly string[] {
  if (!isList(value)) throw toFailure("crit: must be a list");
  const names = value.filter((item) => typeof item === "string");
  if (names.length === 0) throw toFailure("crit: must be a nonempty list");
  return names;
}

function toInput(token: Token): Buffer {
  return Buffer.from(`${token.header}.${token.payload}`, "utf8");
}

/** A key with the token's id decides alone; otherwise any key may fit, unless it is for another algorithm. */
function isVerified(
  keys: readonly VerificationKey[],
  header: HeaderFields,
  algorithm: string,
  input: Buffer,
  signature: Buffer,
): boolean {
  const named = header.kid === "" ? undefined : keys.find(({ id }) => id === header.kid);
  if (named !== undefined) return isSignature(algorithm, named.key, input, signature);
  return keys.some((key) => {
    // As much as a signature of RSA takes.
    spend(5_000);
    return (key.algorithm === "" || key.algorithm === header.alg) && isSignature(algorithm, key.key, input, signature);
  });
}

/** The function's name fixes the algorithm, whatever the token's header says. */
function verifyAsymmetric(algorithm: string): Evaluate {
  return (args) => {
    const token = splitToken(stringOperand(args, 1));
    // Private keys verify nothing here; where claims are verified, they do, as in OPA.
    const keys = parseVerificationKeys(stringOperand(args, 2)).map((known) =>
      known.key?.type === "private" ? { ...known, key: undefined } : known,
    );
    const signature = decodePart(token.signature);
    const header = readHeader(decodeHeader(token));
    return isVerified(keys, header, algorithm, toInput(token), signature);
  };
}

function verifySymmetric(algorithm: string): Evaluate {
  return (args) => {
    const text = stringOperand(args, 1);
    const secret = toBytes(stringOperand(args, 2));
    const token = splitToken(text);
    return isSignature(algorithm, createSecretKey(secret), toInput(token), decodePart(token.signature));
  };
}

interface Constraints {
  readonly keys: readonly VerificationKey[];
  readonly alg: string;
  readonly iss: string;
  readonly aud: string;
  /** Seconds since 1970. */
  readonly seconds: number;
}

const constraintNames = ["cert", "secret", "alg", "iss", "aud"];

function readConstraints(object: RegoObject, context: BuiltinContext): Constraints {
  const texts: Record<string, string> = {};
  let time: Value = Number(context.nowNs);
  let keys: VerificationKey[] | undefined;
  for (const [key, value] of object.entries()) {
    const name = String(key);
    if (name === "time") time = value;
    else if (!constraintNames.includes(name)) throw toFailure(`unknown token validation constraint: ${name}`);
    else if (typeof value !== "string") throw toFailure(`${name} constraint: must be a string`);
    else if (name === "cert") keys = parseVerificationKeys(value);
    else texts[name] = value;
  }
  if (!isNumber(time)) throw toFailure("token time constraint: must be a number");
  if (compareNumbers(time, 0) < 0) throw toFailure("token time constraint: must not be negative");
  const secret = texts.secret ?? "";
  if (keys !== undefined && secret !== "") throw toFailure("duplicate key constraints");
  if (keys === undefined && secret === "") throw toFailure("no key constraint");
  const secretKey = { algorithm: "", id: "", key: createSecretKey(toBytes(secret)) };
  return {
    keys: keys ?? [secretKey],
    alg: texts.alg ?? "",
    iss: texts.iss ?? "",
    aud: texts.aud ?? "",
    seconds: toDouble(time) / 1e9,
  };
}

function isIntended(payload: RegoObject, { iss, aud }: Constraints): boolean {
  if (iss !== "" && payload.get("iss") !== iss) return false;
  const audience = payload.get("aud");
  if (audience === undefined) return aud === "";
  return isList(audience) ? audience.includes(aud) : audience === aud;
}

function isCurrent(payload: RegoObject, { seconds }: Constraints): boolean {
  const now = numberFromDouble(seconds);
  const expires = payload.get("exp");
  const begins = payload.get("nbf");
  if (expires !== undefined) {
    if (!isNumber(expires)) throw toFailure("exp value must be a number");
    if (compareNumbers(now, expires) >= 0) return false;
  }
  if (begins === undefined) return true;
  if (!isNumber(begins)) throw toFailure("nbf value must be a number");
  return compareNumbers(now, begins) >= 0;
}

const unverified: Value = [false, RegoObject.empty, RegoObject.empty];

/** `[valid, header, payload]`: the signature and the registered claims (RFC 7519, 7.2). */
function decodeVerify(args: readonly Value[], context: BuiltinContext): Value {
  const constraints = readConstraints(objectOperand(args, 2), context);
  let text = stringOperand(args, 1);
  for (let level = 0; level < maxNesting; level += 1) {
    const token = splitToken(text);
    const decoded = decodeHeader(token);
    const header = readHeader(decoded);
    if (header.alg === "" || header.unknown.some((name) => header.critical.includes(name))) return unverified;
    if (constraints.alg !== "" && constraints.alg !== header.alg) return unverified;
    const signature = decodePart(token.signature);
    if (!isKnownAlgorithm(header.alg)) return unverified;
    if (!isVerified(constraints.keys, header, header.alg, toInput(token), signature)) return unverified;
    const bytes = decodePart(token.payload, "payload");
    if (header.cty.toLowerCase() === "jwt") {
      text = bytes.toString("utf8");
      continue;
    }
    const payload = parseObject(bytes);
    return isIntended(payload, constraints) && isCurrent(payload, constraints) ? [true, decoded, payload] : unverified;
  }
  throw toFailure(`expected at most ${maxNesting} nested tokens`);
}

function headerAlgorithm(headerText: string): { algorithm: string; type: Value | undefined } {
  const problem = (reason: string): Error => toFailure(`missing or invalid 'alg' header: ${reason}`);
  const missing = 'jwsbb: header "alg" not found';
  // OPA reads the header lazily: text that begins like a number is taken for one.
  if (/^[-+eE\d]/.test(headerText) && !isJson(headerText)) throw problem(missing);
  if (headerText.trim() === "") throw problem('cannot parse JSON: cannot parse empty string; unparsed tail: ""');
  let header: Value;
  try {
    header = parseJson(headerText);
  } catch (thrown) {
    if (thrown instanceof RegoError) throw problem(`cannot parse JSON: ${thrown.message}`);
    throw thrown;
  }
  const algorithm = isObject(header) ? header.get("alg") : undefined;
  if (algorithm === undefined) throw problem(missing);
  if (typeof algorithm !== "string") {
    const kind = typeof algorithm === "boolean" ? String(algorithm) : typeName(algorithm);
    throw problem(`value doesn't contain string; it contains ${kind}`);
  }
  if (!isKnownAlgorithm(algorithm)) throw toFailure(`unknown JWS algorithm: ${algorithm}`);
  return { algorithm, type: isObject(header) ? header.get("typ") : undefined };
}

function encode(headerText: string, payload: string, jwk: string): Value {
  const [key] = parseJwks(jwk);
  if (key === undefined) throw toFailure("no keys found in JWK set");
  const { algorithm, type } = headerAlgorithm(headerText);
  if ((typeof type !== "string" || type === "JWT") && !isJson(payload)) {
    throw toFailure("type is JWT but payload is not JSON");
  }
  const parts = [headerText, payload].map((text) => toBytes(text).toString("base64url"));
  const input = parts.join(".");
  return `${input}.${createSignature(algorithm, key, Buffer.from(input, "utf8")).toString("base64url")}`;
}

function encodeSign(args: readonly Value[]): Value {
  const [header = "", payload = "", jwk = ""] = [1, 2, 3].map((position) => toJsonText(anyOperand(args, position)));
  return encode(header, payload, jwk);
}

function encodeSignRaw(args: readonly Value[]): Value {
  const jwk = stringOperand(args, 3);
  return encode(stringOperand(args, 1), stringOperand(args, 2), jwk);
}

const sizes = ["256", "384", "512"];

export const jwt: BuiltinTable = {
  "io.jwt.decode": decode,
  "io.jwt.decode_verify": decodeVerify,
  "io.jwt.encode_sign": encodeSign,
  "io.jwt.encode_sign_raw": encodeSignRaw,
  "io.jwt.verify_eddsa": verifyAsymmetric("EdDSA"),
  ...Object.fromEntries(sizes.map((size) => [`io.jwt.verify_hs${size}`, verifySymmetric(`HS${size}`)])),
  ...Object.fromEntries(
    ["RS", "PS", "ES"].flatMap((family) =>
      sizes.map((size) => [`io.jwt.verify_${family.toLowerCase()}${size}`, verifyAsymmetric(`${family}${size}`)]),
    ),
  ),
};
