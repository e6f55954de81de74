import { type KeyObject, sign } from "node:crypto";
import { type Certificate, parseCertificate } from "../certificate.ts";
import type { KeyPair } from "./authority.ts";

/** DER, as far as these tests write it (ITU-T X.690). */
export function der(tag: number, ...parts: readonly (Uint8Array | string)[]): Buffer {
  const content = Buffer.concat(parts.map((part) => Buffer.from(part as Uint8Array)));
  const length =
    content.length < 0x80
      ? [content.length]
      : content.length < 0x100
        ? [0x81, content.length]
        : [0x82, content.length >> 8, content.length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}

export const sequence = (...parts: readonly Uint8Array[]): Buffer => der(0x30, ...parts);
export const utf8 = (text: string): Buffer => der(0x0c, text);

export function oid(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split(".").map(Number);
  return der(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(toBase128)]));
}

function toBase128(value: number): number[] {
  const digits = [value & 0x7f];
  for (let rest = value >> 7; rest > 0; rest >>= 7) digits.unshift((rest & 0x7f) | 0x80);
  return digits;
}

/** A distinguished name, an attribute a set. */
export function name(attributes: readonly (readonly [oid: string, value: string])[]): Buffer {
  return sequence(...attributes.map(([type, value]) => der(0x31, sequence(oid(type), utf8(value)))));
}

export function extension(type: string, value: Uint8Array): Buffer {
  return sequence(oid(type), der(0x04, value));
}

export const isAuthority = extension("2.5.29.19", sequence(der(0x01, Buffer.from([0xff]))));
export const forCode = extension("2.5.29.37", sequence(oid("1.3.6.1.5.5.7.3.3")));
export const forServers = extension("2.5.29.37", sequence(oid("1.3.6.1.5.5.7.3.1")));
export const alternativeNames = (...names: readonly Uint8Array[]): Buffer => extension("2.5.29.17", sequence(...names));

export interface CertificateParts {
  readonly subject: string;
  readonly issuer: string;
  readonly publicKey: KeyObject;
  readonly signer: KeyPair;
  readonly extensions: readonly Uint8Array[];
  readonly notBefore?: Date;
  readonly notAfter?: Date;
}

const ecdsaSha256 = sequence(oid("1.2.840.10045.4.3.2"));
const time = (date: Date): Buffer => der(0x18, `${date.toISOString().replace(/\D/g, "").slice(0, 14)}Z`);

/** An X.509 v3 certificate (RFC 5280, section 4.1). */
export function makeCertificate(parts: CertificateParts): Certificate {
  const { notBefore = new Date(0), notAfter = new Date("2100-01-01T00:00:00Z") } = parts;
  const tbs = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([0x0a, 0xbc])),
    ecdsaSha256,
    name([["2.5.4.3", parts.issuer]]),
    sequence(time(notBefore), time(notAfter)),
    name([["2.5.4.3", parts.subject]]),
    parts.publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, sequence(...parts.extensions)),
  );
  const signature = sign("sha256", tbs, parts.signer.privateKey);
  return parseCertificate(sequence(tbs, ecdsaSha256, der(0x03, Buffer.from([0]), signature)));
}
