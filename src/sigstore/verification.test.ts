import { generateKeyPairSync } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { parsePublicKey } from "./public-key.ts";
import { type Authority, issuer, type KeyPair, makeAuthority, makeKeyPair, workflow } from "./testing/authority.ts";
import {
  digest,
  makeBundle,
  makeLegacyAttestation,
  makeLegacySignature,
  makeStatement,
  type Signing,
  signPredicate,
  toEvidence,
} from "./testing/evidence.ts";
import { type Verification, verifyEvidence } from "./verification.ts";
import type { VerificationPolicy } from "./verification-policy.ts";

let authority: Authority;
const pair = makeKeyPair();

beforeAll(async () => {
  authority = await makeAuthority();
});

const toMaterial = ({ publicKey }: KeyPair) =>
  parsePublicKey(publicKey.export({ type: "spki", format: "pem" }).toString());

const byKey = (changes: Partial<VerificationPolicy> = {}): VerificationPolicy => ({
  digest,
  key: toMaterial(pair),
  ignoreRekor: true,
  now: authority.clock,
  attestationAsSignature: false,
  ...changes,
});

const byIdentity = (changes: Partial<VerificationPolicy> = {}): VerificationPolicy => ({
  digest,
  identity: { subject: workflow, issuer },
  ignoreRekor: false,
  trust: authority.trust,
  now: new Date(0), // the present has no say where the log tells the time
  attestationAsSignature: false,
  ...changes,
});

const logged = (): Signing => ({ ...pair, authority });

async function keyless(changes: Partial<Signing> = {}): Promise<Signing> {
  const keys = makeKeyPair();
  return { ...keys, certificate: await authority.issue(keys.publicKey), authority, ...changes };
}

const reasonsOf = (verification: Verification) => verification.refused.map(({ reason }) => reason);

describe("a key", () => {
  it("verifies a legacy signature and attestation without a log", async () => {
    const evidence = toEvidence(await makeLegacySignature(pair), await makeLegacyAttestation(pair));
    const verification = verifyEvidence(evidence, byKey());
    expect(verification.refused).toEqual([]);
    expect(verification.signatures).toEqual([{ keyid: "", sig: expect.any(String) }]);
    expect(verification.attestations).toHaveLength(1);
    expect(verification.attestations[0]).toMatchObject({
      predicateType: "https://example.com/test/v1",
      format: "legacy",
      signatures: [{ keyid: "" }],
    });
    expect(Buffer.from(verification.attestations[0]?.statementBytes ?? []).toString()).toBe(makeStatement().toString());
    expect(verification).not.toHaveProperty("signatureFailure");
    expect(verification).not.toHaveProperty("attestationFailure");
  });

  it("verifies bundles, of which the signing statement alone is a signature", async () => {
    const statement = makeStatement({ type: "https://in-toto.io/Statement/v1" });
    const evidence = toEvidence(await makeBundle(pair), await makeBundle(pair, { statement }));
    const verification = verifyEvidence(evidence, byKey());
    expect(verification.refused).toEqual([]);
    expect(verification.signatures).toHaveLength(1);
    expect(verification.attestations.map(({ predicateType, format }) => [predicateType, format])).toEqual([
      ["https://example.com/test/v1", "bundle"],
    ]);
  });

  it("verifies with entries of the log", async () => {
    const evidence = toEvidence(
      await makeLegacySignature(logged()),
      await makeLegacyAttestation(logged()),
      await makeBundle(logged()),
      await makeBundle(logged(), { logVersion: 2 }),
    );
    const verification = verifyEvidence(evidence, byKey({ ignoreRekor: false, trust: authority.trust }));
    expect(verification.refused).toEqual([]);
    expect(verification.signatures).toHaveLength(3);
    expect(verification.attestations).toHaveLength(1);
  });

  it.each([
    ["P-384", () => generateKeyPairSync("ec", { namedCurve: "P-384" })],
    ["P-521", () => generateKeyPairSync("ec", { namedCurve: "P-521" })],
    ["RSA", () => generateKeyPairSync("rsa", { modulusLength: 2048 })],
    ["Ed25519", () => generateKeyPairSync("ed25519")],
  ])("may be %s", async (_name, make) => {
    const keys = make();
    const evidence = toEvidence(
      await makeLegacySignature(keys),
      await makeLegacyAttestation(keys),
      await makeBundle(keys),
    );
    const verification = verifyEvidence(evidence, byKey({ key: toMaterial(keys) }));
    expect(verification.refused).toEqual([]);
    expect(verification.signatures).toHaveLength(2);
    expect(verification.attestations).toHaveLength(1);
  });
});

describe("an identity", () => {
  it("verifies legacy evidence at the log's time", async () => {
    const evidence = toEvidence(
      await makeLegacySignature(await keyless()),
      await makeLegacyAttestation(await keyless()),
    );
    const verification = verifyEvidence(evidence, byIdentity());
    expect(verification.refused).toEqual([]);
    expect(verification.signatures).toHaveLength(1);
    expect(verification.signatures[0]).toMatchObject({
      keyid: expect.stringMatching(/^[0-9a-f]{40}$/),
      certificate: expect.stringContaining("-----BEGIN CERTIFICATE-----\n"),
      metadata: { "Fulcio Issuer": issuer, "Subject Alternative Name": `URIs:${workflow}` },
    });
    expect(verification.attestations).toHaveLength(1);
  });

  it.each([
    ["Rekor v1", { logVersion: 1 }, false],
    ["Rekor v1 and a timestamp", { logVersion: 1 }, true],
    ["Rekor v2 and a timestamp", { logVersion: 2 }, true],
  ] as const)("verifies bundles with %s", async (_name, options, stamped) => {
    const signing = await keyless(stamped ? { timestampBy: authority } : {});
    const verification = verifyEvidence(toEvidence(await makeBundle(signing, options)), byIdentity());
    expect(reasonsOf(verification)).toEqual([]);
    expect(verification.signatures).toEqual([{ keyid: "", sig: expect.any(String) }]);
  });

  it("verifies legacy evidence without the log at a timestamp's time", async () => {
    const signing = async () => {
      const { authority: _, ...unlogged } = await keyless({ timestampBy: authority });
      return unlogged;
    };
    const evidence = toEvidence(
      await makeLegacySignature(await signing()),
      await makeLegacyAttestation(await signing()),
    );
    const verification = verifyEvidence(
      evidence,
      byIdentity({ ignoreRekor: true, now: new Date("2100-01-01T00:00:00Z") }),
    );
    expect(verification.refused).toEqual([]);
    expect(verification.signatures).toHaveLength(1);
    expect(verification.attestations).toHaveLength(1);
  });

  it("shows the verified part of the chain only", async () => {
    const foreign = await makeAuthority();
    const signing = await keyless({ chain: authority.fulcioPem + foreign.fulcioPem });
    const verification = verifyEvidence(toEvidence(await makeLegacySignature(signing)), byIdentity());
    expect(verification.signatures[0]?.chain).toEqual([authority.fulcioPem]);
  });
});

describe("a bundle with provenance that is not of its schema", () => {
  const predicateType = "https://slsa.dev/provenance/v1";
  const malformed = () =>
    makeBundle(pair, { statement: makeStatement({ type: "https://in-toto.io/Statement/v1", predicateType }) });

  it.each([
    ["bundle", () => makeBundle(pair, { statement: makeStatement({ type: "https://in-toto.io/Statement/v1" }) })],
    ["legacy", () => makeLegacyAttestation(pair)],
  ])("is refused beside a good %s attestation (differences, 28)", async (format, makeGood) => {
    const verification = verifyEvidence(toEvidence(await malformed(), await makeGood()), byKey());
    expect(verification.attestations.map((one) => [one.format, one.predicateType])).toEqual([
      [format, "https://example.com/test/v1"],
    ]);
    expect(verification.refused).toEqual([
      {
        kind: "attestation",
        location: expect.stringMatching(/^registry\.test\/app@sha256:/),
        reason: expect.stringMatching(/^it is not of the form of https:\/\/slsa\.dev\/provenance\/v1: /),
      },
    ]);
    expect(verification).not.toHaveProperty("attestationFailure");
  });

  it("stays where nothing else verified: its syntax is the violation", async () => {
    const statement = makeStatement({ type: "https://in-toto.io/Statement/v1" });
    const foreign = await makeBundle(makeKeyPair(), { statement });
    const verification = verifyEvidence(toEvidence(await malformed(), foreign, await makeBundle(pair)), byKey());
    expect(verification.attestations.map((one) => one.predicateType)).toEqual([predicateType]);
    expect(verification.refused.map(({ reason }) => reason)).toEqual(["it is not signed by the given key"]);
  });
});

describe("nothing", () => {
  it("is a failure of both checks", () => {
    const verification = verifyEvidence(toEvidence(), byKey());
    expect(verification.signatureFailure).toBe("Image signature check failed: no signatures found");
    expect(verification.attestationFailure).toMatch(/public key.*Error: no matching attestations:$/);
    expect(signPredicate).toBe("https://sigstore.dev/cosign/sign/v1");
  });
});
