import { ASN1Obj } from "@sigstore/core";
import { beforeAll, describe, expect, it } from "vitest";
import {
  describeCertificate,
  identityOf,
  keyIdOf,
  mayBeSigner,
  parseCertificate,
  parseCertificates,
  toCertificatePem,
} from "./certificate.ts";
import { toNameText } from "./distinguished-name.ts";
import { type Authority, issuer, makeAuthority, makeKeyPair, workflow } from "./testing/authority.ts";
import {
  alternativeNames,
  der,
  extension,
  forCode,
  forServers,
  isAuthority,
  makeCertificate,
  name,
  oid,
  utf8,
} from "./testing/der.ts";
import { digest, makeLegacySignature, type Signing, toEvidence } from "./testing/evidence.ts";
import { mergeOverrides } from "./trust-root.ts";
import { verifyEvidence } from "./verification.ts";

let authority: Authority;

beforeAll(async () => {
  authority = await makeAuthority();
});

describe("describeCertificate", () => {
  it("tells what Fulcio wrote, under the report's names", async () => {
    const certificate = await authority.issue(makeKeyPair().publicKey);
    const notBefore = authority.clock.toISOString().replace(".000Z", "Z");
    const expected = {
      "Subject Alternative Name": `URIs:${workflow}`,
      Issuer: "CN=sigstore,O=sigstore.mock",
      "Serial Number": "11182004",
      "Not Before": notBefore,
      "Not After": expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      "Fulcio Issuer": issuer,
      "Fulcio GitHub Workflow Repository": "acme/app",
      "Fulcio Issuer (V2)": issuer,
      "Fulcio Source Repository URI": "https://github.com/acme/app",
    };
    expect(describeCertificate(certificate.der)).toEqual(expected);
    expect(describeCertificate(toCertificatePem(certificate))).toEqual(expected);
    expect(keyIdOf(certificate)).toMatch(/^[0-9a-f]{40}$/);
  });

  it("groups the alternative names", () => {
    const keys = makeKeyPair();
    const certificate = makeCertificate({
      subject: "holder",
      issuer: "authority",
      publicKey: keys.publicKey,
      signer: keys,
      extensions: [
        alternativeNames(
          der(0xa0, oid("1.3.6.1.4.1.57264.1.7"), der(0xa0, utf8("octocat"))),
          der(0x86, "https://example.com/b"),
          der(0x81, "dev@example.com"),
          der(0x82, "example.com"),
          der(0x82, "www.example.com"),
          der(0x87, Buffer.from([127, 0, 0, 1])),
          der(0x87, Buffer.from([...Array(15).fill(0), 1])),
        ),
      ],
    });
    expect(describeCertificate(certificate.der)).toMatchObject({
      Subject: "CN=holder",
      "Serial Number": "abc",
      "Subject Alternative Name":
        "DNS Names:example.com, www.example.com; Email Addresses:dev@example.com; IP addresses:127.0.0.1, ::1; URIs:https://example.com/b; OtherName:octocat",
    });
    expect(identityOf(certificate).subjects).toEqual(
      expect.arrayContaining(["octocat", "https://example.com/b", "dev@example.com", "example.com", "127.0.0.1"]),
    );
    expect(identityOf(certificate).issuer).toBe("");
    expect(keyIdOf(certificate)).toBe("");
  });

  it.each<[string, () => unknown]>([
    ["garbage", () => describeCertificate(Buffer.from("garbage"))],
    ["a text without certificates", () => describeCertificate("garbage")],
    ["more behind the certificate", () => parseCertificate(Buffer.concat([makeAny(), Buffer.from([0])]))],
    [
      "a length that is not the shortest",
      () => parseCertificate(makeAny((der) => Buffer.concat([Buffer.from([0x30, 0x83, 0]), der.subarray(2)]))),
    ],
    ["nothing", () => parseCertificate(new Uint8Array())],
    ["too many bytes", () => parseCertificate(new Uint8Array(65 * 1024))],
    ["too many certificates", () => parseCertificates(authority.fulcioPem.repeat(21))],
  ])("refuses %s", (_name, act) => {
    expect(act).toThrow();
  });
});

function makeAny(change: (der: Buffer) => Buffer = (bytes) => bytes): Buffer {
  const keys = makeKeyPair();
  const parts = { subject: "any", issuer: "any", publicKey: keys.publicKey, signer: keys, extensions: [forCode] };
  return change(makeCertificate(parts).der);
}

describe("toNameText", () => {
  it.each<[string, readonly (readonly [string, string])[], string]>([
    [
      "an authority",
      [
        ["2.5.4.10", "sigstore.dev"],
        ["2.5.4.3", "sigstore"],
      ],
      "CN=sigstore,O=sigstore.dev",
    ],
    [
      "all that Go names",
      [
        ["2.5.4.6", "CH"],
        ["2.5.4.10", "acme"],
        ["2.5.4.11", "dev"],
        ["2.5.4.7", "Bern"],
        ["2.5.4.8", "BE"],
        ["2.5.4.9", "Weg 1"],
        ["2.5.4.17", "3000"],
        ["2.5.4.3", "app"],
        ["2.5.4.5", "7"],
      ],
      "SERIALNUMBER=7,CN=app,OU=dev,O=acme,POSTALCODE=3000,STREET=Weg 1,L=Bern,ST=BE,C=CH",
    ],
    [
      "several of a kind",
      [
        ["2.5.4.11", "a"],
        ["2.5.4.11", "b"],
        ["2.5.4.3", "x"],
        ["2.5.4.3", "y"],
      ],
      "CN=y,OU=a+OU=b",
    ],
    ["special characters", [["2.5.4.3", ' #a,b+c"d\\e<f>g; ']], 'CN=\\ #a\\,b\\+c\\"d\\\\e\\<f\\>g\\;\\ '],
    ["a leading hash", [["2.5.4.3", "#a"]], "CN=\\#a"],
    [
      "what has no name",
      [
        ["1.2.840.113549.1.9.1", "a@b.c"],
        ["2.5.4.3", "x"],
      ],
      "CN=x,1.2.840.113549.1.9.1=#0c05614062",
    ],
  ])("%s", (_name, attributes, expected) => {
    const text = toNameText(ASN1Obj.parseBuffer(Buffer.from(name(attributes))));
    if (expected.includes("=#")) expect(text).toMatch(/^CN=x,1\.2\.840\.113549\.1\.9\.1=#[0-9a-f]+$/);
    else expect(text).toBe(expected);
  });
});

describe("a chain of one's own authority", () => {
  const root = makeKeyPair();
  const middle = makeKeyPair();
  const leaf = makeKeyPair();
  const rootCertificate = makeCertificate({
    subject: "root",
    issuer: "root",
    publicKey: root.publicKey,
    signer: root,
    extensions: [isAuthority],
  });
  const makeMiddle = (notAfter?: Date, extensions = [isAuthority]) =>
    makeCertificate({
      subject: "middle",
      issuer: "root",
      publicKey: middle.publicKey,
      signer: root,
      extensions,
      ...(notAfter ? { notAfter } : {}),
    });
  const issuerExtension = extension("1.3.6.1.4.1.57264.1.1", Buffer.from(issuer));
  const makeLeaf = (purpose = forCode, further: readonly Uint8Array[] = [issuerExtension]) =>
    makeCertificate({
      subject: "leaf",
      issuer: "middle",
      publicKey: leaf.publicKey,
      signer: middle,
      extensions: [purpose, alternativeNames(der(0x86, workflow)), ...further],
    });

  /** Why a signature by the leaf is refused; its certificates never have a log's promise, which is the last check. */
  async function reasonFor(parts: {
    leafCertificate?: ReturnType<typeof makeLeaf>;
    chain: string;
    trusted?: string;
  }): Promise<string> {
    const certificate = parts.leafCertificate ?? makeLeaf();
    const signing: Signing = { ...leaf, certificate, chain: parts.chain, authority };
    const trust = mergeOverrides(authority.trust, {
      fulcioCertificates: parts.trusted ?? toCertificatePem(rootCertificate),
    });
    const verification = verifyEvidence(toEvidence(await makeLegacySignature(signing)), {
      digest,
      identity: { subject: workflow, issuerRegExp: ".*" },
      ignoreRekor: false,
      trust,
      now: authority.clock,
      attestationAsSignature: false,
    });
    return verification.refused[0]?.reason ?? "accepted";
  }

  const pem = toCertificatePem;
  const stranger = makeKeyPair();
  const accepted = /without a certificate log's promise/;
  const untrusted = /does not lead to a trusted authority/;

  it.each<[string, Parameters<typeof reasonFor>[0], RegExp]>([
    ["is accepted with its middle beside the signature", { chain: pem(makeMiddle()) + pem(rootCertificate) }, accepted],
    [
      "is accepted with its middle among the trusted",
      { chain: "", trusted: pem(makeMiddle()) + pem(rootCertificate) },
      accepted,
    ],
    ["is refused without its middle", { chain: "" }, untrusted],
    ["is refused with a middle that is no authority", { chain: pem(makeMiddle(undefined, [forCode])) }, untrusted],
    [
      "is refused with a middle that has expired",
      { chain: pem(makeMiddle(new Date("2020-01-01T00:00:00Z"))) },
      untrusted,
    ],
    [
      "is refused with a trusted middle that has expired",
      { chain: "", trusted: pem(makeMiddle(new Date("2020-01-01T00:00:00Z"))) + pem(rootCertificate) },
      untrusted,
    ],
    [
      "is refused with a root that came with it",
      {
        chain: pem(makeMiddle()) + pem(rootCertificate),
        trusted: pem(
          makeCertificate({
            subject: "root",
            issuer: "root",
            publicKey: stranger.publicKey,
            signer: stranger,
            extensions: [isAuthority],
          }),
        ),
      },
      untrusted,
    ],
    [
      "is refused with a leaf for servers",
      { chain: pem(makeMiddle()), leafCertificate: makeLeaf(forServers) },
      /not for code signing/,
    ],
    [
      "is refused with a leaf without issuer",
      { chain: pem(makeMiddle()), leafCertificate: makeLeaf(forCode, []) },
      /certificate issuer is/,
    ],
    [
      "is refused with a leaf that signed itself",
      {
        chain: "",
        leafCertificate: makeCertificate({
          subject: "leaf",
          issuer: "leaf",
          publicKey: leaf.publicKey,
          signer: leaf,
          extensions: [forCode, alternativeNames(der(0x86, workflow)), issuerExtension],
        }),
      },
      untrusted,
    ],
  ])("%s", async (_name, parts, reason) => {
    expect(await reasonFor(parts)).toMatch(reason);
  });

  it("knows what a certificate is for", () => {
    expect(mayBeSigner(makeLeaf())).toBe(true);
    expect(mayBeSigner(makeLeaf(forServers))).toBe(false);
    expect(mayBeSigner(rootCertificate)).toBe(false);
  });

  it("gets the middle certificate parsed with its own purpose", () => {
    expect(makeMiddle().x509.isCA).toBe(true);
    expect(makeMiddle(undefined, [forCode]).x509.isCA).toBe(false);
  });
});
