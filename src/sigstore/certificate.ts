import { createPublicKey, X509Certificate as NodeCertificate } from "node:crypto";
import { SocketAddress } from "node:net";
import { ASN1Obj, X509Certificate } from "@sigstore/core";
import { toNameText } from "./distinguished-name.ts";
import type { CertificateIdentity } from "./identity.ts";
import { type PublicKeyMaterial, toPublicKeyMaterial } from "./public-key.ts";

/** Most bytes of one certificate. */
const maxCertificateBytes = 64 * 1024;

/** Most certificates of one PEM text. */
const maxCertificates = 20;

const oidSubjectAlternativeName = "2.5.29.17";
const oidOtherName = "1.3.6.1.4.1.57264.1.7";
const oidCodeSigning = "1.3.6.1.5.5.7.3.3";

/** Fulcio's extensions 1.3.6.1.4.1.57264.1.n whose value is the text itself (deprecated forms). */
const rawExtensions: readonly (readonly [number, string])[] = [
  [1, "Fulcio Issuer"],
  [2, "Fulcio GitHub Workflow Trigger"],
  [3, "Fulcio GitHub Workflow SHA"],
  [4, "Fulcio GitHub Workflow Name"],
  [5, "Fulcio GitHub Workflow Repository"],
  [6, "Fulcio GitHub Workflow Ref"],
];

/** Fulcio's extensions whose value is a DER UTF8String. */
const textExtensions: readonly (readonly [number, string])[] = [
  [8, "Fulcio Issuer (V2)"],
  [9, "Fulcio Build Signer URI"],
  [10, "Fulcio Build Signer Digest"],
  [11, "Fulcio Runner Environment"],
  [12, "Fulcio Source Repository URI"],
  [13, "Fulcio Source Repository Digest"],
  [14, "Fulcio Source Repository Ref"],
  [15, "Fulcio Source Repository Identifier"],
  [16, "Fulcio Source Repository Owner URI"],
  [17, "Fulcio Source Repository Owner Identifier"],
  [18, "Fulcio Build Config URI"],
  [19, "Fulcio Build Config Digest"],
  [20, "Fulcio Build Trigger"],
  [21, "Fulcio Run Invocation URI"],
];

/** A parsed X.509 certificate. */
export interface Certificate {
  readonly der: Buffer<ArrayBuffer>;
  readonly x509: X509Certificate;
}

/** Parses one certificate in DER. Throws where it is none. */
export function parseCertificate(der: Uint8Array): Certificate {
  if (der.length === 0 || der.length > maxCertificateBytes) {
    throw new Error(`a certificate of ${der.length} bytes; 1 to ${maxCertificateBytes} were expected`);
  }
  const bytes = Buffer.from(der);
  new NodeCertificate(bytes); // OpenSSL is the stricter parser of the two
  const x509 = X509Certificate.parse(bytes);
  // What is verified is encoded again from what was parsed: bytes that two parsers could read in two ways are refused.
  if (!x509.root.toDER().equals(bytes)) throw new Error("a certificate that is not in DER");
  return { der: bytes, x509 };
}

/** Parses PEM blocks `CERTIFICATE`, in their order. Throws where there is none, or too many, or a damaged one. */
export function parseCertificates(pem: string): readonly Certificate[] {
  if (pem.length > 2 * maxCertificates * maxCertificateBytes)
    throw new Error(`certificates of ${pem.length} characters`);
  const blocks = [...pem.matchAll(/-----BEGIN CERTIFICATE-----([\sA-Za-z0-9+/=]*)-----END CERTIFICATE-----/g)];
  if (blocks.length === 0) throw new Error("no PEM block `CERTIFICATE`");
  if (blocks.length > maxCertificates)
    throw new Error(`${blocks.length} certificates; at most ${maxCertificates} are read`);
  return blocks.map(([, base64]) => parseCertificate(Buffer.from(base64 ?? "", "base64")));
}

export function toCertificatePem(certificate: Certificate): string {
  const lines = certificate.der.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

/** The key that the certificate certifies. Throws `SigstoreError` `key_invalid` for kinds that cannot verify here. */
export function publicKeyOf(certificate: Certificate): PublicKeyMaterial {
  return toPublicKeyMaterial(createPublicKey({ key: certificate.x509.publicKey, format: "der", type: "spki" }));
}

/** Hexadecimal SubjectKeyIdentifier; empty where the certificate has none. */
export function keyIdOf(certificate: Certificate): string {
  return certificate.x509.extSubjectKeyID?.keyIdentifier.toString("hex") ?? "";
}

export function isSelfIssued(certificate: Certificate): boolean {
  return certificate.x509.subject.equals(certificate.x509.issuer);
}

/** Whether the certificate may sign code (RFC 5280, section 4.2.1.12), as Fulcio's leaves say. */
export function mayBeSigner(certificate: Certificate): boolean {
  return new NodeCertificate(certificate.der).keyUsage?.includes(oidCodeSigning) ?? false;
}

/** Who the certificate speaks of: all its subject alternative names, and the token issuer in Fulcio's extension. */
export function identityOf(certificate: Certificate): CertificateIdentity {
  const { dns, emails, addresses, uris, others } = alternativeNamesOf(certificate);
  return {
    subjects: [...dns, ...emails, ...addresses, ...uris, ...others],
    issuer: textExtension(certificate, 8) || rawExtension(certificate, 1),
  };
}

/** The report's metadata of a certificate (PARITY 4.8). `certificate` is DER or PEM. Throws where it does not parse. */
export function describeCertificate(certificate: Uint8Array | string): Readonly<Record<string, string>> {
  const parsed = typeof certificate === "string" ? parseCertificates(certificate)[0] : parseCertificate(certificate);
  return describeParsedCertificate(parsed as Certificate);
}

export function describeParsedCertificate(certificate: Certificate): Readonly<Record<string, string>> {
  const { x509 } = certificate;
  const [, , , issuer, , subject] = x509.tbsCertificate.subs;
  const metadata: [string, string][] = [
    ["Subject", subject === undefined ? "" : toNameText(subject)],
    ["Subject Alternative Name", toAlternativeNameText(certificate)],
    ["Issuer", issuer === undefined ? "" : toNameText(issuer)],
    ["Serial Number", BigInt(`0x${x509.serialNumber.toString("hex") || "0"}`).toString(16)],
    ["Not Before", toSecondsText(x509.notBefore)],
    ["Not After", toSecondsText(x509.notAfter)],
    ...rawExtensions.map(([n, name]): [string, string] => [name, rawExtension(certificate, n)]),
    ...textExtensions.map(([n, name]): [string, string] => [name, textExtension(certificate, n)]),
  ];
  return Object.fromEntries(metadata.filter(([, value]) => value !== ""));
}

function toAlternativeNameText(certificate: Certificate): string {
  const { dns, emails, addresses, uris, others } = alternativeNamesOf(certificate);
  const groups: [string, readonly string[]][] = [
    ["DNS Names", dns],
    ["Email Addresses", emails],
    ["IP addresses", addresses],
    ["URIs", uris],
    ["OtherName", others.length === 1 ? others : []],
  ];
  return groups
    .filter(([, values]) => values.length > 0)
    .map(([name, values]) => `${name}:${values.join(", ")}`)
    .join("; ");
}

interface AlternativeNames {
  dns: string[];
  emails: string[];
  addresses: string[];
  uris: string[];
  others: string[];
}

/** RFC 5280, section 4.2.1.6. */
function alternativeNamesOf(certificate: Certificate): AlternativeNames {
  const names: AlternativeNames = { dns: [], emails: [], addresses: [], uris: [], others: [] };
  const extension = certificate.x509.extension(oidSubjectAlternativeName);
  if (extension === undefined) return names;
  for (const name of ASN1Obj.parseBuffer(Buffer.from(extension.value)).subs) {
    if (name.tag.isContextSpecific(0)) names.others.push(...toOtherName(name));
    else if (name.tag.isContextSpecific(1)) names.emails.push(name.value.toString("latin1"));
    else if (name.tag.isContextSpecific(2)) names.dns.push(name.value.toString("latin1"));
    else if (name.tag.isContextSpecific(6)) names.uris.push(name.value.toString("latin1"));
    else if (name.tag.isContextSpecific(7)) names.addresses.push(toAddress(name.value));
  }
  return names;
}

/** The name that Fulcio writes for issuers whose subjects are neither addresses nor URIs. */
function toOtherName(name: ASN1Obj): readonly string[] {
  const [type, value] = name.subs;
  if (type?.toOID() !== oidOtherName) return [];
  return [value?.subs[0]?.value.toString("utf8") ?? ""];
}

function toAddress(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join(".");
  if (bytes.length !== 16) return bytes.toString("hex");
  const groups = bytes.toString("hex").match(/.{4}/g) ?? [];
  return new SocketAddress({ address: groups.join(":"), family: "ipv6" }).address;
}

function rawExtension(certificate: Certificate, n: number): string {
  return certificate.x509.extension(`1.3.6.1.4.1.57264.1.${n}`)?.value.toString("utf8") ?? "";
}

function textExtension(certificate: Certificate, n: number): string {
  const extension = certificate.x509.extension(`1.3.6.1.4.1.57264.1.${n}`);
  return extension?.valueObj.subs[0]?.value.toString("utf8") ?? "";
}

function toSecondsText(date: Date): string {
  return date.toISOString().replace(/\.\d{3}Z$/, "Z");
}
