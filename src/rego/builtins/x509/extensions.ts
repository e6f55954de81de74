import { RegoObject, type Value } from "../../value/index.ts";
import { DerError, DerReader, readAll, readInteger, readOid, tags } from "./der.ts";
import { toRecord } from "./keys.ts";
import { formatIp, readAlternativeNames, toUrlValue } from "./names.ts";

export interface Extension {
  readonly oid: readonly number[];
  readonly isCritical: boolean;
  readonly value: Buffer;
}

/** Reads the elements of an Extensions sequence. */
export function readExtensions(content: Buffer): Extension[] {
  return readAll(content).map((element) => {
    const reader = new DerReader(element.content);
    const oid = readOid(reader.read(tags.oid).content);
    const critical = reader.readOptional(tags.boolean);
    return {
      oid,
      isCritical: critical !== undefined && critical.content[0] !== 0,
      value: reader.read(tags.octetString).content,
    };
  });
}

export function toExtensionValue({ oid, isCritical, value }: Extension): Value {
  return toRecord({ Id: oid, Critical: isCritical, Value: value.toString("base64") });
}

/** The purposes that Go numbers. */
export const extendedKeyUsages: readonly string[] = [
  "2.5.29.37.0",
  "1.3.6.1.5.5.7.3.1",
  "1.3.6.1.5.5.7.3.2",
  "1.3.6.1.5.5.7.3.3",
  "1.3.6.1.5.5.7.3.4",
  "1.3.6.1.5.5.7.3.5",
  "1.3.6.1.5.5.7.3.6",
  "1.3.6.1.5.5.7.3.7",
  "1.3.6.1.5.5.7.3.8",
  "1.3.6.1.5.5.7.3.9",
  "1.3.6.1.4.1.311.10.3.3",
  "2.16.840.1.113730.4.1",
  "1.3.6.1.4.1.311.2.1.22",
  "1.3.6.1.4.1.311.61.1.1",
];

type Fields = Record<string, Value>;

function orNull(items: readonly Value[]): Value {
  return items.length === 0 ? null : items;
}

function readKeyUsage(value: Buffer, fields: Fields): void {
  const { content } = new DerReader(value).read(tags.bitString);
  let usage = 0;
  for (let bit = 0; bit < 9; bit += 1) {
    const byte = content[1 + (bit >> 3)] ?? 0;
    if ((byte & (0x80 >> (bit & 7))) !== 0) usage |= 1 << bit;
  }
  fields.KeyUsage = usage;
}

function readBasicConstraints(value: Buffer, fields: Fields): void {
  const reader = new DerReader(new DerReader(value).read(tags.sequence).content);
  const isCa = reader.readOptional(tags.boolean)?.content[0];
  const pathLength = reader.readOptional(tags.integer);
  const length = pathLength === undefined ? -1 : Number(readInteger(pathLength.content));
  Object.assign(fields, {
    BasicConstraintsValid: true,
    IsCA: isCa !== undefined && isCa !== 0,
    MaxPathLen: length,
    MaxPathLenZero: length === 0,
  });
}

/** Go's names of the alternatives; returns whether anything was understood. */
export function readSubjectAlternatives(value: Buffer, fields: Fields): boolean {
  const { dns, emails, ips, uris } = readAlternativeNames(value);
  Object.assign(fields, {
    DNSNames: orNull(dns),
    EmailAddresses: orNull(emails),
    IPAddresses: orNull(ips),
    URIs: orNull(uris.map(toUrlValue)),
  });
  return dns.length + emails.length + ips.length + uris.length > 0;
}

function readDistributionPoints(value: Buffer, fields: Fields): void {
  const urls: string[] = [];
  for (const point of readAll(new DerReader(value).read(tags.sequence).content)) {
    const name = new DerReader(point.content).readOptional(0xa0);
    const full = name === undefined ? undefined : new DerReader(name.content).readOptional(0xa0);
    if (full === undefined) continue;
    for (const { tag, content } of readAll(full.content)) if (tag === 0x86) urls.push(content.toString("latin1"));
  }
  fields.CRLDistributionPoints = orNull(urls);
}

function readExtendedKeyUsage(value: Buffer, fields: Fields): void {
  const known: number[] = [];
  const unknown: (readonly number[])[] = [];
  for (const { content } of readAll(new DerReader(value).read(tags.sequence).content)) {
    const oid = readOid(content);
    const number = extendedKeyUsages.indexOf(oid.join("."));
    if (number < 0) unknown.push(oid);
    else known.push(number);
  }
  fields.ExtKeyUsage = orNull(known);
  fields.UnknownExtKeyUsage = orNull(unknown);
}

function readPolicies(value: Buffer, fields: Fields): void {
  const oids = readAll(new DerReader(value).read(tags.sequence).content).map(({ content }) =>
    readOid(new DerReader(content).read(tags.oid).content),
  );
  fields.PolicyIdentifiers = orNull(oids);
  fields.Policies = orNull(oids.map((oid) => oid.join(".")));
}

function readPolicyMappings(value: Buffer, fields: Fields): void {
  fields.PolicyMappings = orNull(
    readAll(new DerReader(value).read(tags.sequence).content).map(({ content }) => {
      const [issuer, subject] = readAll(content).map((element) => readOid(element.content).join("."));
      return toRecord({ IssuerDomainPolicy: issuer ?? "", SubjectDomainPolicy: subject ?? "" });
    }),
  );
}

function readPolicyConstraints(value: Buffer, fields: Fields): void {
  for (const { tag, content } of readAll(new DerReader(value).read(tags.sequence).content)) {
    const name = tag === 0x80 ? "RequireExplicitPolicy" : "InhibitPolicyMapping";
    const count = Number(readInteger(content));
    Object.assign(fields, { [name]: count, [`${name}Zero`]: count === 0 });
  }
}

function readAuthorityAccess(value: Buffer, fields: Fields): void {
  const responders: string[] = [];
  const issuers: string[] = [];
  for (const { content } of readAll(new DerReader(value).read(tags.sequence).content)) {
    const reader = new DerReader(content);
    const method = readOid(reader.read(tags.oid).content).join(".");
    const location = reader.read();
    if (location.tag !== 0x86) continue;
    if (method === "1.3.6.1.5.5.7.48.1") responders.push(location.content.toString("latin1"));
    if (method === "1.3.6.1.5.5.7.48.2") issuers.push(location.content.toString("latin1"));
  }
  fields.OCSPServer = orNull(responders);
  fields.IssuingCertificateURL = orNull(issuers);
}

/** Permitted and excluded subtrees; returns whether all their forms were understood. */
function readNameConstraints(value: Buffer, isCritical: boolean, fields: Fields): boolean {
  let isUnderstood = true;
  fields.PermittedDNSDomainsCritical = isCritical;
  for (const { tag, content } of readAll(new DerReader(value).read(tags.sequence).content)) {
    const prefix = tag === 0xa0 ? "Permitted" : "Excluded";
    const found: Record<string, Value[]> = { DNSDomains: [], EmailAddresses: [], URIDomains: [], IPRanges: [] };
    for (const subtree of readAll(content)) {
      const base = new DerReader(subtree.content).read();
      const text = base.content.toString("latin1");
      if (base.tag === 0x82) found.DNSDomains?.push(text);
      else if (base.tag === 0x81) found.EmailAddresses?.push(text);
      else if (base.tag === 0x86) found.URIDomains?.push(text);
      else if (base.tag === 0x87) found.IPRanges?.push(toRange(base.content));
      else isUnderstood = false;
    }
    for (const [name, items] of Object.entries(found)) fields[prefix + name] = orNull(items);
  }
  return isUnderstood;
}

function toRange(bytes: Buffer): Value {
  const half = bytes.length / 2;
  if (half !== 4 && half !== 16) throw new DerError("expected an address and a mask");
  return RegoObject.from([
    ["IP", formatIp(bytes.subarray(0, half))],
    ["Mask", bytes.subarray(half).toString("base64")],
  ]);
}

/** Sets the fields that one extension has; returns whether it was understood. */
function readExtension({ oid, isCritical, value }: Extension, fields: Fields): boolean {
  switch (oid.join(".")) {
    case "2.5.29.15":
      readKeyUsage(value, fields);
      return true;
    case "2.5.29.19":
      readBasicConstraints(value, fields);
      return true;
    case "2.5.29.17":
      return readSubjectAlternatives(value, fields);
    case "2.5.29.30":
      return readNameConstraints(value, isCritical, fields);
    case "2.5.29.31":
      readDistributionPoints(value, fields);
      return true;
    case "2.5.29.35":
      fields.AuthorityKeyId =
        new DerReader(new DerReader(value).read(tags.sequence).content)
          .readOptional(0x80)
          ?.content.toString("base64") ?? null;
      return true;
    case "2.5.29.36":
      readPolicyConstraints(value, fields);
      return true;
    case "2.5.29.37":
      readExtendedKeyUsage(value, fields);
      return true;
    case "2.5.29.14":
      fields.SubjectKeyId = new DerReader(value).read(tags.octetString).content.toString("base64");
      return true;
    case "2.5.29.32":
      readPolicies(value, fields);
      return true;
    case "2.5.29.33":
      readPolicyMappings(value, fields);
      return true;
    case "2.5.29.54": {
      const count = Number(readInteger(new DerReader(value).read(tags.integer).content));
      Object.assign(fields, { InhibitAnyPolicy: count, InhibitAnyPolicyZero: count === 0 });
      return true;
    }
    case "1.3.6.1.5.5.7.1.1":
      readAuthorityAccess(value, fields);
      return true;
    default:
      return false;
  }
}

const nullFields = [
  "AuthorityKeyId",
  "CRLDistributionPoints",
  "DNSNames",
  "EmailAddresses",
  "ExcludedDNSDomains",
  "ExcludedEmailAddresses",
  "ExcludedIPRanges",
  "ExcludedURIDomains",
  "ExtKeyUsage",
  "ExtraExtensions",
  "IPAddresses",
  "IssuingCertificateURL",
  "OCSPServer",
  "PermittedDNSDomains",
  "PermittedEmailAddresses",
  "PermittedIPRanges",
  "PermittedURIDomains",
  "Policies",
  "PolicyIdentifiers",
  "PolicyMappings",
  "SubjectKeyId",
  "URIs",
  "UnhandledCriticalExtensions",
  "UnknownExtKeyUsage",
] as const;
const falseFields = [
  "BasicConstraintsValid",
  "IsCA",
  "MaxPathLenZero",
  "PermittedDNSDomainsCritical",
  "InhibitAnyPolicyZero",
  "InhibitPolicyMappingZero",
  "RequireExplicitPolicyZero",
] as const;
const zeroFields = [
  "KeyUsage",
  "MaxPathLen",
  "InhibitAnyPolicy",
  "InhibitPolicyMapping",
  "RequireExplicitPolicy",
] as const;

/** The fields of Go's `x509.Certificate` that come from extensions. */
export function toExtensionFields(extensions: readonly Extension[]): Fields {
  const fields: Fields = {};
  for (const name of nullFields) fields[name] = null;
  for (const name of falseFields) fields[name] = false;
  for (const name of zeroFields) fields[name] = 0;
  const unhandled: (readonly number[])[] = [];
  for (const extension of extensions) {
    if (!readExtension(extension, fields) && extension.isCritical) unhandled.push(extension.oid);
  }
  fields.Extensions = orNull(extensions.map(toExtensionValue));
  fields.UnhandledCriticalExtensions = orNull(unhandled);
  return fields;
}
