import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { toCertificatePem } from "./certificate.ts";
import { assertEntryIsAbout, type Verifier } from "./log-body.ts";
import { parsePublicKey } from "./public-key.ts";
import { Refusal } from "./refusal.ts";
import type { SignedContent } from "./signed-content.ts";
import { makeKeyPair } from "./testing/authority.ts";
import { forCode, makeCertificate } from "./testing/der.ts";

const pair = makeKeyPair();
const other = makeKeyPair();
const pemOf = (keys: typeof pair) => keys.publicKey.export({ type: "spki", format: "pem" }).toString();
const derOf = (keys: typeof pair) => keys.publicKey.export({ type: "spki", format: "der" });
const key: Verifier = { kind: "key", key: parsePublicKey(pemOf(pair)) };
const certificate = makeCertificate({
  subject: "a",
  issuer: "b",
  publicKey: pair.publicKey,
  signer: other,
  extensions: [forCode],
});
const byCertificate: Verifier = { kind: "certificate", certificate };

const signature = Buffer.from("the signature");
const message: SignedContent = {
  kind: "message",
  signature,
  signedBytes: Buffer.from("message"),
  payload: Buffer.from("message"),
};
const envelope: SignedContent = {
  kind: "envelope",
  signature,
  signedBytes: Buffer.from("the encoding before authentication"),
  payload: Buffer.from("the payload"),
  storedBytes: Buffer.from("the envelope as stored"),
};

const base64 = (bytes: Uint8Array | string) => Buffer.from(bytes as Uint8Array).toString("base64");
const hash = (bytes: Uint8Array, algorithm = "sha256") => createHash(algorithm).update(bytes);
const hex = (bytes: Uint8Array) => ({ algorithm: "sha256", value: hash(bytes).digest("hex") });
const v2Digest = (bytes: Uint8Array) => ({ algorithm: "SHA2_256", digest: hash(bytes).digest("base64") });

/** What a case changes in its entry. */
interface Logged {
  readonly signature: Uint8Array;
  readonly keys: typeof pair;
  /** In place of what is hashed. */
  readonly content?: Buffer;
}

type Make = (logged: Logged) => object;

const record: Make = (logged) => ({
  data: { hash: hex(logged.content ?? message.signedBytes) },
  signature: { content: base64(logged.signature), publicKey: { content: base64(pemOf(logged.keys)) } },
});

const kinds: readonly [kind: string, version: string, content: SignedContent, make: Make][] = [
  ["hashedrekord", "0.0.1", message, record],
  ["rekord", "0.0.1", message, record],
  [
    "hashedrekord",
    "0.0.2",
    envelope,
    (logged) => ({
      hashedRekordV002: {
        data: v2Digest(logged.content ?? envelope.signedBytes),
        signature: {
          content: base64(logged.signature),
          verifier: { publicKey: { rawBytes: base64(derOf(logged.keys)) } },
        },
      },
    }),
  ],
  [
    "dsse",
    "0.0.1",
    envelope,
    (logged) => ({
      payloadHash: hex(logged.content ?? envelope.payload),
      signatures: [{ signature: base64(logged.signature), verifier: base64(pemOf(logged.keys)) }],
    }),
  ],
  [
    "dsse",
    "0.0.2",
    envelope,
    (logged) => ({
      dsseV002: {
        payloadHash: v2Digest(logged.content ?? envelope.payload),
        signatures: [
          { content: base64(logged.signature), verifier: { publicKey: { rawBytes: base64(derOf(logged.keys)) } } },
        ],
      },
    }),
  ],
  [
    "intoto",
    "0.0.2",
    envelope,
    (logged) => ({
      content: {
        payloadHash: hex(logged.content ?? envelope.payload),
        envelope: { signatures: [{ sig: base64(base64(logged.signature)), publicKey: base64(pemOf(logged.keys)) }] },
      },
    }),
  ],
  [
    "intoto",
    "0.0.1",
    envelope,
    (logged) => ({
      content: { hash: hex(logged.content ?? envelope.storedBytes ?? Buffer.alloc(0)) },
      publicKey: base64(pemOf(logged.keys)),
    }),
  ],
];

const good: Logged = { signature, keys: pair };

function check(kind: string, version: string, spec: object, content: SignedContent, verifier = key): void {
  const body = Buffer.from(JSON.stringify({ kind, apiVersion: version, spec }));
  assertEntryIsAbout({ kind, version, body }, content, verifier);
}

describe.each(kinds)("an entry of kind %s %s", (kind, version, content, make) => {
  it("is about the signature that it repeats", () => {
    expect(() => check(kind, version, make(good), content)).not.toThrow();
  });

  it.each<[string, Partial<Logged>, RegExp]>([
    ["another key", { keys: other }, /about another key/],
    ["other content", { content: Buffer.from("x") }, /about other content/],
  ])("is not about %s", (_name, changes, reason) => {
    expect(() => check(kind, version, make({ ...good, ...changes }), content)).toThrow(reason);
  });

  if (`${kind} ${version}` !== "intoto 0.0.1") {
    it("is not about another signature", () => {
      const act = () => check(kind, version, make({ ...good, signature: Buffer.from("x") }), content);
      expect(act).toThrow(/about another signature/);
    });
  }

  it("is refused without its parts", () => {
    expect(() => check(kind, version, {}, content)).toThrow(Refusal);
  });
});

describe("assertEntryIsAbout", () => {
  const dsse = (signatures: unknown) => ({ payloadHash: hex(envelope.payload), signatures });
  const entryOf = (pem: string) => ({ signature: base64(signature), verifier: base64(pem) });

  it("finds a signature among several", () => {
    const several = [{ signature: base64("x"), verifier: base64(pemOf(other)) }, entryOf(pemOf(pair))];
    expect(() => check("dsse", "0.0.1", dsse(several), envelope)).not.toThrow();
  });

  it("wants the certificate of a keyless signature, and the key of another, maybe in a certificate", () => {
    const pem = toCertificatePem(certificate);
    expect(() => check("dsse", "0.0.1", dsse([entryOf(pem)]), envelope, byCertificate)).not.toThrow();
    expect(() => check("dsse", "0.0.1", dsse([entryOf(pem)]), envelope, key)).not.toThrow();
    expect(() => check("dsse", "0.0.1", dsse([entryOf(pemOf(pair))]), envelope, byCertificate)).toThrow(
      /another certificate/,
    );
  });

  it("knows longer digests", () => {
    const spec = {
      data: { hash: { algorithm: "sha512", value: hash(message.signedBytes, "sha512").digest("hex") } },
      signature: { content: base64(signature), publicKey: { content: base64(pemOf(pair)) } },
    };
    expect(() => check("hashedrekord", "0.0.1", spec, message)).not.toThrow();
  });

  it.each<[string, () => void, RegExp]>([
    ["an unknown kind", () => check("rpm", "0.0.1", {}, message), /kind rpm 0.0.1 are not known/],
    ["an unknown version", () => check("dsse", "9.9.9", {}, envelope), /kind dsse 9.9.9 are not known/],
    ["a kind from the prototype", () => check("constructor", "", {}, envelope), /not known/],
    [
      "an envelope's entry for a message",
      () => check("dsse", "0.0.1", dsse([entryOf(pemOf(pair))]), message),
      /about an envelope/,
    ],
    [
      "a stored envelope's entry for a bundle",
      () => {
        const { storedBytes: _, ...bundled } = envelope;
        check("intoto", "0.0.1", {}, bundled);
      },
      /do not go with bundles/,
    ],
    ["no signatures", () => check("dsse", "0.0.1", dsse([]), envelope), /lists no signature/],
    ["too many signatures", () => check("dsse", "0.0.1", dsse(Array(101).fill({})), envelope), /or too many/],
    [
      "an unknown digest",
      () =>
        check("hashedrekord", "0.0.1", { ...record(good), data: { hash: { algorithm: "md5", value: "00" } } }, message),
      /unknown kind/,
    ],
    [
      "another kind inside",
      () =>
        assertEntryIsAbout(
          { kind: "dsse", version: "0.0.1", body: Buffer.from('{"kind":"rekord","apiVersion":"0.0.1"}') },
          envelope,
          key,
        ),
      /holds another kind/,
    ],
    [
      "a body that is too large",
      () =>
        assertEntryIsAbout({ kind: "dsse", version: "0.0.1", body: Buffer.alloc(4 * 1024 * 1024 + 1) }, envelope, key),
      /at most 4194304/,
    ],
  ])("refuses %s", (_name, act, reason) => {
    expect(act).toThrow(Refusal);
    expect(act).toThrow(reason);
  });
});
