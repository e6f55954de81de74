import { numberFromBigInt, type RegoObject, spend, type Value } from "../../value/index.ts";
import { toFailure } from "../builtin.ts";
import { decodeBase64 } from "../encodings.ts";
import { DerError, DerReader, type Element, readBitString, readInteger, readTime, tags } from "./der.ts";
import { type Extension, readExtensions, toExtensionFields } from "./extensions.ts";
import { readPublicKey, readSignatureAlgorithm, toRecord } from "./keys.ts";
import { readName } from "./names.ts";

/** A certificate's parts, and the value that stands for it in Rego: Go's `x509.Certificate` as JSON. */
export interface Certificate {
  readonly raw: Buffer;
  readonly tbs: Buffer;
  readonly signature: Buffer;
  readonly signatureAlgorithm: number;
  readonly signatureIdentifier: Buffer;
  readonly issuer: Buffer;
  readonly subject: Buffer;
  readonly publicKeyInfo: Buffer;
  readonly extensions: readonly Extension[];
  readonly value: RegoObject;
}

const maxCertificates = 1000;

export interface PemBlock {
  readonly label: string;
  readonly bytes: Buffer;
  /** What follows the block's last line begins here. */
  readonly end: number;
}

/** The PEM blocks of a text. */
export function readPem(text: string): PemBlock[] {
  const blocks: PemBlock[] = [];
  let at = 0;
  for (;;) {
    const begin = /(?:^|\n)-----BEGIN ([^\n]*?)-----[ \t]*\r?\n/g;
    begin.lastIndex = at;
    const match = begin.exec(text);
    if (match === null || blocks.length >= maxCertificates) return blocks;
    const from = match.index + match[0].length;
    const end = text.indexOf(`-----END ${match[1]}-----`, from);
    spend(4 + (((end < 0 ? text.length : end) - match.index) >> 6));
    if (end < 0) {
      at = from;
      continue;
    }
    at = end;
    // Headers end with an empty line.
    const body = text.slice(from, end).replace(/^(?:[^\n:]+:[^\n]*\n)+\r?\n/, "");
    const compact = body.replace(/\s+/g, "");
    if (/^[A-Za-z0-9+/]*={0,2}$/.test(compact) && compact.length % 4 === 0) {
      const label = match[1] ?? "";
      blocks.push({ label, bytes: Buffer.from(compact, "base64"), end: end + `-----END ${label}-----`.length });
    }
  }
}

/** Certificates in PEM, in base64 of PEM, or in base64 of DER. Throws `BuiltinError`. */
export function parseCertificates(text: string): Certificate[] {
  if (text.startsWith("-----BEGIN")) return readDer(pemToDer(text));
  const bytes = decodeBase64(text);
  return bytes.subarray(0, 10).toString("latin1") === "-----BEGIN"
    ? readDer(pemToDer(bytes.toString("utf8")))
    : readDer(bytes);
}

function pemToDer(text: string): Buffer {
  const blocks = readPem(text);
  const other = blocks.find(({ label }) => label !== "CERTIFICATE");
  if (other !== undefined) throw toFailure(`PEM block type is '${other.label}', expected CERTIFICATE`);
  return Buffer.concat(blocks.map(({ bytes }) => bytes));
}

function readDer(bytes: Buffer): Certificate[] {
  const certificates: Certificate[] = [];
  for (let rest = bytes; rest.length > 0; rest = rest.subarray(certificates[certificates.length - 1]?.raw.length)) {
    if (certificates.length >= maxCertificates) throw toFailure(`expected at most ${maxCertificates} certificates`);
    certificates.push(parseCertificate(rest));
  }
  return certificates;
}

/** One certificate at the beginning of some bytes. */
export function parseCertificate(bytes: Buffer): Certificate {
  // Its key is read by OpenSSL.
  spend(2_000 + (bytes.length >> 8));
  try {
    return readCertificate(new DerReader(bytes).read(tags.sequence));
  } catch (thrown) {
    if (thrown instanceof DerError) throw toFailure("x509: malformed certificate");
    throw thrown;
  }
}

function readCertificate(element: Element): Certificate {
  const outer = new DerReader(element.content);
  const tbs = outer.read(tags.sequence);
  const signatureIdentifier = outer.read(tags.sequence);
  const signature = readBitString(outer.read(tags.bitString).content);
  const reader = new DerReader(tbs.content);
  const versionElement = reader.readOptional(0xa0);
  const version =
    versionElement === undefined ? 0n : readInteger(new DerReader(versionElement.content).read(tags.integer).content);
  const serial = readInteger(reader.read(tags.integer).content);
  if (serial < 0n) throw toFailure("x509: negative serial number");
  if (!reader.read(tags.sequence).raw.equals(signatureIdentifier.raw)) {
    throw toFailure("x509: inner and outer signature algorithm identifiers don't match");
  }
  const issuer = reader.read(tags.sequence);
  const validity = new DerReader(reader.read(tags.sequence).content);
  const [notBefore, notAfter] = [readTime(validity.read()), readTime(validity.read())];
  const subject = reader.read(tags.sequence);
  const publicKeyInfo = reader.read(tags.sequence);
  reader.readOptional(0x81);
  reader.readOptional(0x82);
  const extensionsElement = reader.readOptional(0xa3);
  const extensions =
    extensionsElement === undefined
      ? []
      : readExtensions(new DerReader(extensionsElement.content).read(tags.sequence).content);
  const publicKey = readPublicKey(publicKeyInfo.raw);
  const signatureAlgorithm = readSignatureAlgorithm(signatureIdentifier.content);
  const value = toRecord({
    ...toExtensionFields(extensions),
    Raw: element.raw.toString("base64"),
    RawTBSCertificate: tbs.raw.toString("base64"),
    RawSubjectPublicKeyInfo: publicKeyInfo.raw.toString("base64"),
    RawSubject: subject.raw.toString("base64"),
    RawIssuer: issuer.raw.toString("base64"),
    Signature: signature.toString("base64"),
    SignatureAlgorithm: signatureAlgorithm,
    PublicKeyAlgorithm: publicKey.algorithm,
    PublicKey: publicKey.key,
    Version: Number(version) + 1,
    SerialNumber: numberFromBigInt(serial),
    Issuer: readName(issuer.content),
    Subject: readName(subject.content),
    NotBefore: notBefore,
    NotAfter: notAfter,
  });
  return {
    raw: element.raw,
    tbs: tbs.raw,
    signature,
    signatureAlgorithm,
    signatureIdentifier: signatureIdentifier.raw,
    issuer: issuer.raw,
    subject: subject.raw,
    publicKeyInfo: publicKeyInfo.raw,
    extensions,
    value,
  };
}

/** The names of a certificate as texts, which Go's JSON has not. */
export function withUriStrings({ value }: Certificate, uris: readonly string[]): Value {
  return toRecord({
    ...Object.fromEntries(value.entries().map(([key, item]) => [String(key), item])),
    URIStrings: uris.length === 0 ? null : uris,
  });
}
