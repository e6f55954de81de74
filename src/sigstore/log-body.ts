import { createHash } from "node:crypto";
import { isJsonObject, type JsonObject } from "../types/index.ts";
import { type Certificate, parseCertificate, publicKeyOf } from "./certificate.ts";
import { type PublicKeyMaterial, toSpki } from "./public-key.ts";
import { Refusal } from "./refusal.ts";
import type { SignedContent } from "./signed-content.ts";

/** Who signed: the certificate of a keyless signature, or the key that was asked for. */
export type Verifier =
  | { readonly kind: "certificate"; readonly certificate: Certificate }
  | { readonly kind: "key"; readonly key: PublicKeyMaterial };

const maxBodyBytes = 4 * 1024 * 1024;
const maxLoggedSignatures = 100;

/** Names of digests in log entries: Rekor v1, Rekor v2. */
const digestNames: Readonly<Record<string, string>> = {
  sha256: "sha256",
  sha384: "sha384",
  sha512: "sha512",
  SHA2_256: "sha256",
  SHA2_384: "sha384",
  SHA2_512: "sha512",
};

/**
 * Checks that a log entry is about this signature: same signature, same key or certificate, same content. Without it
 * any entry of the log would do. Throws `Refusal`. Kinds: hashedrekord 0.0.1 and 0.0.2, dsse 0.0.1 and 0.0.2, intoto
 * 0.0.1 and 0.0.2, rekord 0.0.1.
 */
export function assertEntryIsAbout(
  entry: { readonly kind: string; readonly version: string; readonly body: Uint8Array },
  content: SignedContent,
  verifier: Verifier,
): void {
  const body = parseBody(entry.body);
  if (body.kind !== entry.kind || body.apiVersion !== entry.version) {
    throw new Refusal(`the log entry calls itself ${entry.kind} ${entry.version} and holds another kind`);
  }
  const check = Object.hasOwn(checks, `${entry.kind} ${entry.version}`)
    ? checks[`${entry.kind} ${entry.version}`]
    : undefined;
  if (check === undefined) throw new Refusal(`log entries of kind ${entry.kind} ${entry.version} are not known`);
  check(memberOf(body, "spec"), content, verifier);
}

type Check = (spec: JsonObject, content: SignedContent, verifier: Verifier) => void;

const checks: Readonly<Record<string, Check>> = {
  "hashedrekord 0.0.1": assertRecord,
  "rekord 0.0.1": assertRecord,
  "hashedrekord 0.0.2": (spec, ...rest) => assertRecordV2(memberOf(spec, "hashedRekordV002"), ...rest),
  "dsse 0.0.1": assertEnvelope,
  "dsse 0.0.2": (spec, ...rest) => assertEnvelopeV2(memberOf(spec, "dsseV002"), ...rest),
  "intoto 0.0.1": assertStoredEnvelope,
  "intoto 0.0.2": (spec, ...rest) => assertInToto(memberOf(spec, "content"), ...rest),
};

function assertRecord(spec: JsonObject, content: SignedContent, verifier: Verifier): void {
  const signature = memberOf(spec, "signature");
  assertSignature(decode(signature.content), content);
  assertVerifier(decode(memberOf(signature, "publicKey").content), verifier);
  assertHexDigest(memberOf(memberOf(spec, "data"), "hash"), content.signedBytes);
}

function assertRecordV2(spec: JsonObject, content: SignedContent, verifier: Verifier): void {
  const signature = memberOf(spec, "signature");
  assertSignature(decode(signature.content), content);
  assertVerifier(toVerifierV2(memberOf(signature, "verifier")), verifier);
  assertDigestV2(memberOf(spec, "data"), content.signedBytes);
}

function assertEnvelope(spec: JsonObject, content: SignedContent, verifier: Verifier): void {
  assertEnvelopeKind(content);
  assertHexDigest(memberOf(spec, "payloadHash"), content.payload);
  assertSome(spec.signatures, (logged) => {
    assertSignature(decode(logged.signature), content);
    assertVerifier(decode(logged.verifier), verifier);
  });
}

function assertEnvelopeV2(spec: JsonObject, content: SignedContent, verifier: Verifier): void {
  assertEnvelopeKind(content);
  assertDigestV2(memberOf(spec, "payloadHash"), content.payload);
  assertSome(spec.signatures, (logged) => {
    assertSignature(decode(logged.content), content);
    assertVerifier(toVerifierV2(memberOf(logged, "verifier")), verifier);
  });
}

/** An entry that holds the digest of the stored envelope, signatures included, and the key. */
function assertStoredEnvelope(spec: JsonObject, content: SignedContent, verifier: Verifier): void {
  if (content.storedBytes === undefined) throw new Refusal("log entries intoto 0.0.1 do not go with bundles");
  assertVerifier(decode(spec.publicKey), verifier);
  assertHexDigest(memberOf(memberOf(spec, "content"), "hash"), content.storedBytes);
}

function assertInToto(logged: JsonObject, content: SignedContent, verifier: Verifier): void {
  assertEnvelopeKind(content);
  assertHexDigest(memberOf(logged, "payloadHash"), content.payload);
  assertSome(memberOf(logged, "envelope").signatures, (signature) => {
    assertSignature(decode(decode(signature.sig).toString("latin1")), content); // base64 twice, says Rekor's schema
    assertVerifier(decode(signature.publicKey), verifier);
  });
}

function assertEnvelopeKind(content: SignedContent): void {
  if (content.kind !== "envelope")
    throw new Refusal("the log entry is about an envelope, the signature is over a message");
}

function assertSome(list: unknown, check: (logged: JsonObject) => void): void {
  if (!Array.isArray(list) || list.length === 0 || list.length > maxLoggedSignatures) {
    throw new Refusal("the log entry lists no signature, or too many");
  }
  let failure: unknown;
  for (const logged of list) {
    try {
      check(isJsonObject(logged) ? logged : {});
      return;
    } catch (thrown) {
      failure = thrown;
    }
  }
  throw failure;
}

function assertSignature(logged: Uint8Array, content: SignedContent): void {
  if (!Buffer.from(logged).equals(content.signature)) throw new Refusal("the log entry is about another signature");
}

function assertVerifier(logged: Buffer, verifier: Verifier): void {
  const der = toDer(logged);
  const same = verifier.kind === "certificate" ? der.equals(verifier.certificate.der) : isKey(der, verifier.key);
  if (!same) throw new Refusal(`the log entry is about another ${verifier.kind}`);
}

function isKey(der: Buffer, key: PublicKeyMaterial): boolean {
  const wanted = toSpki(key);
  if (der.equals(wanted)) return true;
  try {
    return toSpki(publicKeyOf(parseCertificate(der))).equals(wanted);
  } catch {
    return false; // neither that key nor a certificate
  }
}

function toDer(pemOrDer: Buffer): Buffer {
  const pem = /-----BEGIN (?:CERTIFICATE|PUBLIC KEY)-----([\sA-Za-z0-9+/=]*)-----END/.exec(pemOrDer.toString("latin1"));
  return pem === null ? pemOrDer : Buffer.from(pem[1] ?? "", "base64");
}

function toVerifierV2(verifier: JsonObject): Buffer {
  const holder = isJsonObject(verifier.x509Certificate) ? verifier.x509Certificate : memberOf(verifier, "publicKey");
  return decode(holder.rawBytes);
}

function assertHexDigest(hash: JsonObject, bytes: Uint8Array): void {
  assertDigest(hash.algorithm, typeof hash.value === "string" ? Buffer.from(hash.value, "hex") : undefined, bytes);
}

function assertDigestV2(hash: JsonObject, bytes: Uint8Array): void {
  assertDigest(hash.algorithm, decode(hash.digest), bytes);
}

function assertDigest(algorithm: unknown, logged: Buffer | undefined, bytes: Uint8Array): void {
  const name =
    typeof algorithm === "string" && Object.hasOwn(digestNames, algorithm) ? digestNames[algorithm] : undefined;
  if (name === undefined) throw new Refusal("the log entry's digest is of an unknown kind");
  if (!logged?.equals(createHash(name).update(bytes).digest()))
    throw new Refusal("the log entry is about other content");
}

function parseBody(bytes: Uint8Array): JsonObject {
  if (bytes.length > maxBodyBytes)
    throw new Refusal(`the log entry has ${bytes.length} bytes; at most ${maxBodyBytes} are read`);
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString("utf8"));
    if (isJsonObject(value)) return value;
  } catch {
    // said below: there is nothing to add about JSON that is none
  }
  throw new Refusal("the log entry's body is not a JSON object");
}

function memberOf(object: JsonObject, name: string): JsonObject {
  const member = object[name];
  if (!isJsonObject(member)) throw new Refusal(`the log entry has no \`${name}\``);
  return member;
}

function decode(value: unknown): Buffer {
  if (typeof value !== "string" || value === "") throw new Refusal("the log entry lacks a signature, key or digest");
  return Buffer.from(value, "base64");
}
