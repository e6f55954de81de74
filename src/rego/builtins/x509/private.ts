import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { fromJson, type Value } from "../../value/index.ts";
import { toFailure } from "../builtin.ts";
import { decodeBase64 } from "../encodings.ts";
import { DerError, DerReader, readAll, readBitString, readInteger, readOid, tags } from "./der.ts";
import { readExtensions, readSubjectAlternatives, toExtensionValue } from "./extensions.ts";
import { readPublicKey, readSignatureAlgorithm, toKeyObject, toPrivateKeyValue, toRecord } from "./keys.ts";
import { readName } from "./names.ts";
import { parseCertificate, readPem } from "./parse.ts";

const keyTypes: Readonly<Record<string, "pkcs1" | "pkcs8" | "sec1">> = {
  "RSA PRIVATE KEY": "pkcs1",
  "PRIVATE KEY": "pkcs8",
  "EC PRIVATE KEY": "sec1",
};

function toKey(label: string, bytes: Buffer): KeyObject | undefined {
  const type = keyTypes[label];
  if (type === undefined) return undefined;
  try {
    return createPrivateKey({ key: bytes, format: "der", type });
  } catch {
    // Node's text says nothing that helps, and must not quote the key.
    throw toFailure(`x509: failed to parse private key (${label})`);
  }
}

/** The private keys of PEM text, or of PEM text in base64. */
function readPrivateKeys(text: string): KeyObject[] {
  const isEncoded = /^[A-Za-z0-9+/\s]+={0,2}\s*$/.test(text);
  const pem = isEncoded ? Buffer.from(text, "base64").toString("utf8") : text;
  return readPem(pem).flatMap(({ label, bytes }) => toKey(label, bytes) ?? []);
}

/** Private keys as Go's JSON; null for an empty text. */
export function parsePrivateKeys(text: string): Value {
  return text === "" ? null : readPrivateKeys(text).map(toPrivateKeyValue);
}

/** The first private key as a JWK, null where there is none. Throws `BuiltinError`. */
export function parsePrivateKeyAsJwk(text: string): Value {
  if (text === "") throw toFailure("input PEM data was empty");
  const pem = text.startsWith("-----BEGIN") ? text : decodeBase64(text).toString("utf8");
  const [key] = readPrivateKeys(pem);
  return key === undefined ? null : fromJson(key.export({ format: "jwk" }));
}

/** PEM blocks of a text that is PEM, base64 of PEM, or base64 of DER. */
function readBlocks(text: string, label: string): { label: string; bytes: Buffer }[] {
  if (text.startsWith("-----BEGIN ")) return readPem(text);
  const bytes = decodeBase64(text);
  const decoded = bytes.toString("latin1");
  return decoded.startsWith("-----BEGIN ") ? readPem(decoded) : [{ label, bytes }];
}

const skipped = (labels: readonly string[]): string =>
  `after skipping PEM blocks of the following types: [${labels.join(" ")}]`;

function describeMissingCertificate(labels: readonly string[]): string {
  const [label, ...others] = labels;
  if (label === undefined) return "failed to find any PEM data in certificate input";
  return others.length === 0 && label.endsWith("PRIVATE KEY")
    ? "failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched"
    : `failed to find "CERTIFICATE" PEM block in certificate input ${skipped(labels)}`;
}

function describeMissingKey(labels: readonly string[]): string {
  const [label, ...others] = labels;
  if (label === undefined) return "failed to find any PEM data in key input";
  return others.length === 0 && label === "CERTIFICATE"
    ? "found a certificate rather than a key in the PEM for the private key"
    : `failed to find PEM block with type ending in "PRIVATE KEY" in key input ${skipped(labels)}`;
}

/** A certificate with its private key, as Go's `tls.Certificate`. Throws `BuiltinError` where they do not belong together. */
export function parseKeyPair(certificateText: string, keyText: string): Value {
  const blocks = readBlocks(certificateText, "CERTIFICATE");
  const certificates = blocks.filter(({ label }) => label === "CERTIFICATE");
  const [first] = certificates;
  if (first === undefined) throw toFailure(`tls: ${describeMissingCertificate(blocks.map(({ label }) => label))}`);
  const keyBlocks = readBlocks(keyText, "PRIVATE KEY");
  const keyBlock = keyBlocks.find(({ label }) => label === "PRIVATE KEY" || label.endsWith(" PRIVATE KEY"));
  if (keyBlock === undefined) throw toFailure(`tls: ${describeMissingKey(keyBlocks.map(({ label }) => label))}`);
  const key = toKey(keyBlock.label, keyBlock.bytes);
  if (key === undefined) throw toFailure("tls: failed to parse private key");
  const leaf = parseCertificate(first.bytes);
  if (key.asymmetricKeyType !== toKeyObject(leaf.publicKeyInfo).asymmetricKeyType) {
    throw toFailure("tls: private key type does not match public key type");
  }
  const publicKey = createPublicKey(key).export({ format: "der", type: "spki" });
  if (!publicKey.equals(leaf.publicKeyInfo)) throw toFailure("tls: private key does not match public key");
  return toRecord({
    Certificate: certificates.map(({ bytes }) => bytes.toString("base64")),
    PrivateKey: toPrivateKeyValue(key),
    SupportedSignatureAlgorithms: null,
    OCSPStaple: null,
    SignedCertificateTimestamps: null,
    Leaf: leaf.value,
  });
}

const extensionRequest = "1.2.840.113549.1.9.14";

/** A certificate request (PKCS #10) as Go's `x509.CertificateRequest`. Throws `BuiltinError`. */
export function parseCertificateRequest(text: string): Value {
  const isPem = text.startsWith("-----BEGIN CERTIFICATE REQUEST-----");
  const bytes = isPem ? Buffer.from(text, "utf8") : decodeBase64(text);
  const [block] = readPem(bytes.toString("latin1"));
  if (block !== undefined && block.label !== "CERTIFICATE REQUEST") {
    throw toFailure("invalid PEM-encoded certificate signing request");
  }
  try {
    return readRequest(block?.bytes ?? bytes);
  } catch (thrown) {
    if (thrown instanceof DerError) throw toFailure(`asn1: structure error: ${thrown.message}`);
    throw thrown;
  }
}

function readRequest(bytes: Buffer): Value {
  const element = new DerReader(bytes).read(tags.sequence);
  const outer = new DerReader(element.content);
  const info = outer.read(tags.sequence);
  const algorithm = outer.read(tags.sequence);
  const signature = readBitString(outer.read(tags.bitString).content);
  const reader = new DerReader(info.content);
  const version = Number(readInteger(reader.read(tags.integer).content));
  const subject = reader.read(tags.sequence);
  const publicKeyInfo = reader.read(tags.sequence);
  const publicKey = readPublicKey(publicKeyInfo.raw);
  const attributes = readAttributes(reader.readOptional(0xa0)?.content ?? Buffer.alloc(0));
  return toRecord({
    Raw: element.raw.toString("base64"),
    RawTBSCertificateRequest: info.raw.toString("base64"),
    RawSubjectPublicKeyInfo: publicKeyInfo.raw.toString("base64"),
    RawSubject: subject.raw.toString("base64"),
    Version: version,
    Signature: signature.toString("base64"),
    SignatureAlgorithm: readSignatureAlgorithm(algorithm.content),
    PublicKeyAlgorithm: publicKey.algorithm,
    PublicKey: publicKey.key,
    Subject: readName(subject.content),
    ExtraExtensions: null,
    ...attributes,
  });
}

/** The fields of the extensions that are asked for. */
function readAttributes(content: Buffer): Record<string, Value> {
  const fields: Record<string, Value> = {
    Attributes: null,
    Extensions: null,
    DNSNames: null,
    EmailAddresses: null,
    IPAddresses: null,
    URIs: null,
  };
  for (const attribute of readAll(content)) {
    const reader = new DerReader(attribute.content);
    if (readOid(reader.read(tags.oid).content).join(".") !== extensionRequest) continue;
    const values = new DerReader(reader.read(tags.set).content);
    const extensions = readExtensions(values.read(tags.sequence).content);
    fields.Extensions = extensions.map(toExtensionValue);
    // Read as an attribute, a critical extension has its flag where the value is.
    const items = extensions.map(({ oid, isCritical, value }) =>
      toRecord({ Type: oid, Value: isCritical || value.toString("base64") }),
    );
    fields.Attributes = [toRecord({ Type: extensionRequest.split(".").map(Number), Value: [items] })];
    const names = extensions.find(({ oid }) => oid.join(".") === "2.5.29.17");
    if (names !== undefined) readSubjectAlternatives(names.value, fields);
  }
  return fields;
}
