import { describe, expect, it } from "vitest";
import { makeKeyPair } from "./testing/authority.ts";
import {
  makeBundle,
  makeLegacyAttestation,
  makeLegacySignature,
  makeStatement,
  otherDigest,
  toEvidence,
} from "./testing/evidence.ts";
import { readUnverifiedAttestations } from "./verification.ts";

const pair = makeKeyPair();

describe("readUnverifiedAttestations", () => {
  it("reads legacy attestations, whoever signed them and whatever they are about, and nothing else", async () => {
    const evidence = toEvidence(
      await makeLegacyAttestation(pair),
      await makeLegacyAttestation(pair, makeStatement({ subject: otherDigest })),
      await makeLegacySignature(pair),
      await makeBundle(pair, { statement: makeStatement() }),
    );
    const { attestations, refused } = readUnverifiedAttestations(evidence);
    expect(attestations).toHaveLength(2);
    expect(attestations[0]?.signatures).toHaveLength(1);
    expect(refused).toEqual([]);
  });

  it("lists those that do not parse", async () => {
    const malformed = makeStatement({ predicateType: "https://slsa.dev/provenance/v1" });
    const garbage = { ...(await makeLegacyAttestation(pair)), bytes: Buffer.from("garbage") };
    const { attestations, refused } = readUnverifiedAttestations(
      toEvidence(garbage, await makeLegacyAttestation(pair, malformed)),
    );
    expect(attestations).toEqual([]);
    expect(refused.map(({ kind }) => kind)).toEqual(["attestation", "attestation"]);
  });
});
