import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { describe, expect, it } from "vitest";
import { classifyKeyReference } from "./key-reference.ts";
import { hasSigned, parsePublicKey, parsePublicKeys, toPem } from "./public-key.ts";
import { signBytes, toPemBlock } from "./testing/authority.ts";

const pemOf = (key: KeyObject): string => key.export({ type: "spki", format: "pem" }).toString();
const p256 = generateKeyPairSync("ec", { namedCurve: "P-256" });

describe("parsePublicKey", () => {
  it.each([
    ["ecdsa", "P-256", p256],
    ["ecdsa", "P-384", generateKeyPairSync("ec", { namedCurve: "P-384" })],
    ["ecdsa", "P-521", generateKeyPairSync("ec", { namedCurve: "P-521" })],
    ["rsa", "RSA", generateKeyPairSync("rsa", { modulusLength: 2048 })],
    ["ed25519", "Ed25519", generateKeyPairSync("ed25519")],
  ] as const)("reads %s keys (%s) and writes them again", (algorithm, _name, { publicKey, privateKey }) => {
    const pem = pemOf(publicKey);
    const key = parsePublicKey(`  a comment\n${pem.replaceAll("\n", "\r\n")}\n\n`);
    expect(key.algorithm).toBe(algorithm);
    expect(toPem(key)).toBe(pem);
    expect(toPem(key).endsWith("-----END PUBLIC KEY-----\n")).toBe(true);
    const data = Buffer.from("data");
    expect(hasSigned(key, data, signBytes(privateKey, data))).toBe(true);
    expect(hasSigned(key, Buffer.from("other"), signBytes(privateKey, data))).toBe(false);
    expect(hasSigned(key, data, Buffer.from("garbage"))).toBe(false);
    expect(hasSigned(key, data, Buffer.alloc(0))).toBe(false);
  });

  it("accepts a curve's own digest besides SHA-256", () => {
    const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-384" });
    const data = Buffer.from("data");
    const key = parsePublicKey(pemOf(publicKey));
    expect(hasSigned(key, data, signBytes(privateKey, data, "sha384"))).toBe(true);
    expect(hasSigned(key, data, signBytes(privateKey, data, "sha1"))).toBe(false);
  });

  it("reads PKCS #1", () => {
    const { publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const pem = publicKey.export({ type: "pkcs1", format: "pem" }).toString();
    expect(toPem(parsePublicKey(pem))).toBe(pemOf(publicKey));
  });

  it.each<[string, string, RegExp]>([
    ["nothing", " \n", /empty text/],
    ["garbage", "garbage", /without a PEM block/],
    [
      "a private key",
      p256.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
      /private key; give the public one/,
    ],
    ["cosign's private key", toPemBlock("ENCRYPTED SIGSTORE PRIVATE KEY", Buffer.from("x")), /private key/],
    ["a certificate", toPemBlock("CERTIFICATE", Buffer.from("x")), /a certificate/],
    ["another block", toPemBlock("DSA PARAMETERS", Buffer.from("x")), /DSA PARAMETERS/],
    ["a damaged block", toPemBlock("PUBLIC KEY", Buffer.from("x")), /damaged/],
    ["two keys", pemOf(p256.publicKey) + pemOf(p256.publicKey), /2 PEM blocks/],
    ["a short RSA key", pemOf(generateKeyPairSync("rsa", { modulusLength: 1024 }).publicKey), /1024 bits/],
    ["an unknown curve", pemOf(generateKeyPairSync("ec", { namedCurve: "secp256k1" }).publicKey), /secp256k1/],
    ["a key for key agreement", pemOf(generateKeyPairSync("x25519").publicKey), /x25519/],
    ["too long a text", `${" ".repeat(70_000)}x`, /at most 65536/],
  ])("refuses %s", (_name, pem, message) => {
    expect(() => parsePublicKey(pem)).toThrow(expect.objectContaining({ code: "key_invalid" }));
    expect(() => parsePublicKey(pem)).toThrow(message);
  });

  it("reads several keys where several are allowed", () => {
    expect(parsePublicKeys(pemOf(p256.publicKey).repeat(2))).toHaveLength(2);
  });
});

describe("classifyKeyReference", () => {
  const pem = pemOf(p256.publicKey);

  it.each<[string, unknown]>([
    [pem, { kind: "pem", pem }],
    ["cosign.pub", { kind: "file", path: "cosign.pub" }],
    [" /keys/cosign.pub\n", { kind: "file", path: "/keys/cosign.pub" }],
    ["C:\\keys\\cosign.pub", { kind: "file", path: "C:\\keys\\cosign.pub" }],
    ["https://example.com/cosign.pub", { kind: "http", url: "https://example.com/cosign.pub" }],
    ["http://example.com/cosign.pub", { kind: "http", url: "http://example.com/cosign.pub" }],
    ["env://COSIGN_PUB", { kind: "env", name: "COSIGN_PUB" }],
    ["k8s://ns/secret", { kind: "k8s", namespace: "ns", secret: "secret", field: "cosign.pub" }],
    ["gitlab://group/project", { kind: "gitlab", project: "group/project" }],
  ])("%j", (text, expected) => {
    expect(classifyKeyReference(text)).toEqual(expected);
  });

  it.each<[string, RegExp]>([
    ["", /empty/],
    ["k8s://ns", /exactly these two parts/],
    ["k8s://ns/secret/field", /exactly these two parts/],
    ["env://", /names no variable/],
    ["gitlab://", /names no project/],
    ["awskms:///alias/key", /AWS KMS/],
    ["gcpkms://projects/p", /Google Cloud KMS/],
    ["azurekms://vault/key", /Azure Key Vault/],
    ["hashivault://key", /HashiCorp Vault/],
    ["pkcs11:token=x", /PKCS #11/],
    ["ftp://example.com/key", /unknown kind of key reference ftp/],
  ])("says why %j cannot be read", (text, message) => {
    const reference = classifyKeyReference(text);
    expect(reference.kind).toBe("unsupported");
    expect(reference.kind === "unsupported" ? reference.message : "").toMatch(message);
  });
});
