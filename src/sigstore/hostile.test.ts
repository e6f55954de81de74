import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import type { EvidenceCandidate } from "./evidence.ts";
import { type Authority, issuer, makeAuthority, makeKeyPair, workflow } from "./testing/authority.ts";
import {
  digest,
  makeBundle,
  makeLegacyAttestation,
  makeLegacySignature,
  makeStatement,
  type Signing,
  toEvidence,
} from "./testing/evidence.ts";
import { verifyEvidence } from "./verification.ts";
import type { VerificationPolicy } from "./verification-policy.ts";

let authority: Authority;
let candidates: EvidenceCandidate[];
const runs = { numRuns: 150, seed: 1 };

async function keyless(): Promise<Signing> {
  const keys = makeKeyPair();
  return { ...keys, certificate: await authority.issue(keys.publicKey), authority, timestampBy: authority };
}

beforeAll(async () => {
  authority = await makeAuthority();
  candidates = [
    await makeLegacySignature(await keyless()),
    await makeLegacyAttestation(await keyless()),
    await makeBundle(await keyless()),
    await makeBundle(await keyless(), { logVersion: 2, statement: makeStatement({ predicate: { answer: 42 } }) }),
  ];
});

const policy = (): VerificationPolicy => ({
  digest,
  identity: { subject: workflow, issuer },
  ignoreRekor: false,
  trust: authority.trust,
  now: authority.clock,
  attestationAsSignature: false,
});

/** What a verification is about: what was signed, whoever vouches for it. */
function payloadsOf(evidence: readonly EvidenceCandidate[]): {
  signatures: number;
  statements: string[];
  refused: number;
} {
  const { signatures, attestations, refused } = verifyEvidence(toEvidence(...evidence), policy());
  const statements = attestations.map(({ statementBytes }) => Buffer.from(statementBytes).toString());
  return { signatures: signatures.length, statements, refused: refused.length };
}

const position = fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 }));

describe("changed evidence", () => {
  it("is intact before it is changed", () => {
    expect(payloadsOf(candidates)).toMatchObject({ signatures: 2, refused: 0 });
  });

  it("is judged without a throw, and never says what was not signed", () => {
    const signed = new Set(payloadsOf(candidates).statements);
    fc.assert(
      fc.property(fc.nat({ max: 3 }), position, (which, [at, change]) => {
        const candidate = candidates[which] as EvidenceCandidate;
        const bytes = Buffer.from(candidate.bytes);
        const index = at % bytes.length;
        bytes[index] = (bytes[index] ?? 0) ^ change;
        const { signatures, statements, refused } = payloadsOf([{ ...candidate, bytes }]);
        expect(signatures + statements.length + refused).toBe(1);
        if (candidate.format === "legacy-signature") expect(refused).toBe(1);
        for (const statement of statements) expect(signed).toContain(statement);
      }),
      runs,
    );
  });

  it("is judged without a throw where an annotation changed", () => {
    fc.assert(
      fc.property(fc.nat({ max: 1 }), fc.nat(), position, (which, name, [at, change]) => {
        const candidate = candidates[which] as EvidenceCandidate;
        const names = Object.keys(candidate.annotations);
        const chosen = names[name % names.length] as string;
        const text = Buffer.from(candidate.annotations[chosen] ?? "");
        if (text.length > 0) text[at % text.length] = (text[at % text.length] ?? 0) ^ change;
        const annotations = { ...candidate.annotations, [chosen]: text.toString("latin1") };
        const { signatures, statements, refused } = payloadsOf([{ ...candidate, annotations }]);
        expect(signatures + statements.length + refused).toBe(1);
      }),
      runs,
    );
  });

  it("is refused where it is any JSON at all", () => {
    fc.assert(
      fc.property(fc.json(), fc.constantFrom("legacy-signature", "legacy-attestation", "bundle"), (json, format) => {
        const candidate = {
          ...(candidates[0] as EvidenceCandidate),
          format,
          bytes: Buffer.from(json),
        } as EvidenceCandidate;
        expect(payloadsOf([candidate])).toEqual({ signatures: 0, statements: [], refused: 1 });
      }),
      runs,
    );
  });
});
