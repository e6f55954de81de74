import { beforeAll, describe, expect, it } from "vitest";
import type { EvidenceCandidate } from "./evidence.ts";
import { parsePublicKey } from "./public-key.ts";
import { type Authority, issuer, makeAuthority, makeKeyPair, signBytes, workflow } from "./testing/authority.ts";
import {
  type BundleJson,
  type BundleOptions,
  digest,
  makeBundle,
  makeLegacyAttestation,
  makeLegacySignature,
  makeStatement,
  otherDigest,
  type Signing,
  simpleSigningPayload,
  toBundleCandidate,
  toEvidence,
  withAnnotations,
} from "./testing/evidence.ts";
import { type Verification, verifyEvidence } from "./verification.ts";
import type { VerificationPolicy } from "./verification-policy.ts";

let authority: Authority;
let foreign: Authority;
const pair = makeKeyPair();
const other = makeKeyPair();

beforeAll(async () => {
  authority = await makeAuthority();
  foreign = await makeAuthority({ clock: authority.clock });
});

type Make = () => Promise<EvidenceCandidate>;
type Case = [name: string, make: Make, reason: RegExp];

const signatureName = "dev.cosignproject.cosign/signature";
const bundleName = "dev.sigstore.cosign/bundle";
const certificateName = "dev.sigstore.cosign/certificate";

const material = (keys = pair) => parsePublicKey(keys.publicKey.export({ type: "spki", format: "pem" }).toString());

const keyPolicy = (changes: Partial<VerificationPolicy> = {}): VerificationPolicy => ({
  digest,
  key: material(),
  ignoreRekor: true,
  now: authority.clock,
  attestationAsSignature: false,
  ...changes,
});

const loggedKeyPolicy = () => keyPolicy({ ignoreRekor: false, trust: authority.trust });

const identityPolicy = (changes: Partial<VerificationPolicy> = {}): VerificationPolicy => ({
  digest,
  identity: { subject: workflow, issuer },
  ignoreRekor: false,
  trust: authority.trust,
  now: authority.clock,
  attestationAsSignature: false,
  ...changes,
});

const logged = (): Signing => ({ ...pair, authority });

async function keyless(changes: Partial<Signing> = {}, by = authority): Promise<Signing> {
  const keys = makeKeyPair();
  return { ...keys, certificate: await by.issue(keys.publicKey), authority: by, ...changes };
}

/** The candidate is refused for the reason, and a good one beside it counts all the same. */
async function expectRefused(make: Make, reason: RegExp, policy: VerificationPolicy): Promise<void> {
  const candidate = await make();
  const alone = verifyEvidence(toEvidence(candidate), policy);
  expect(alone.signatures).toEqual([]);
  expect(alone.attestations).toEqual([]);
  expect(alone.refused).toHaveLength(1);
  expect(alone.refused[0]?.reason).toMatch(reason);
  expect(alone.refused[0]?.location).toBe(candidate.location);
  expect(alone).toHaveProperty("signatureFailure");
  expect(alone).toHaveProperty("attestationFailure");
}

const changeBundle =
  (change: (bundle: BundleJson) => void, options: BundleOptions = {}): Make =>
  async () =>
    makeBundle(pair, { ...options, change });

describe("with a key alone, refused is", () => {
  it.each<Case>([
    ["a signature by another key", () => makeLegacySignature(other), /not signed by the given key/],
    ["an attestation by another key", () => makeLegacyAttestation(other), /not signed by the given key/],
    ["a bundle by another key", () => makeBundle(other), /not signed by the given key/],
    [
      "a payload changed after it was signed",
      async () => ({ ...(await makeLegacySignature(pair)), bytes: simpleSigningPayload(otherDigest) }),
      /not signed by the given key/,
    ],
    [
      "a signature of another image",
      () => makeLegacySignature(pair, simpleSigningPayload(otherDigest)),
      /signs sha256:[0-9a-f]{64}, not this image/,
    ],
    ["a signed payload without a claim", () => makeLegacySignature(pair, Buffer.from("{}")), /signs no digest/],
    ["a signed payload that is no JSON", () => makeLegacySignature(pair, Buffer.from("x")), /signs no digest/],
    [
      "a layer without a signature",
      async () => withAnnotations(await makeLegacySignature(pair), { [signatureName]: undefined }),
      /no annotation/,
    ],
    [
      "a signature that is no base64",
      async () => withAnnotations(await makeLegacySignature(pair), { [signatureName]: "***" }),
      /not base64/,
    ],
    [
      "a truncated signature",
      async () => withAnnotations(await makeLegacySignature(pair), { [signatureName]: "MEUC" }),
      /not signed by/,
    ],
    [
      "a payload that is too large",
      async () => ({ ...(await makeLegacySignature(pair)), bytes: Buffer.alloc(1024 * 1024 + 1) }),
      /at most 1048576 are read/,
    ],
    [
      "an attestation of another image",
      () => makeLegacyAttestation(pair, makeStatement({ subject: otherDigest })),
      /none of its subjects/,
    ],
    [
      "a bundle of another image",
      () => makeBundle(pair, { statement: makeStatement({ subject: otherDigest }) }),
      /none of its subjects/,
    ],
    [
      "a statement without subject",
      () => makeLegacyAttestation(pair, Buffer.from('{"_type":"https://in-toto.io/Statement/v1","predicateType":"x"}')),
      /none of its subjects/,
    ],
    [
      "a statement of unknown type",
      () => makeLegacyAttestation(pair, makeStatement({ type: "https://example.com" })),
      /not an in-toto statement/,
    ],
    [
      "a signed payload that is no statement",
      () => makeLegacyAttestation(pair, Buffer.from("nonsense")),
      /in-toto statement: JSON/,
    ],
    [
      "an attestation of another layer type",
      async () => ({ ...(await makeLegacyAttestation(pair)), mediaType: "text/plain" }),
      /layer is of type text\/plain/,
    ],
    [
      "an envelope that is garbage",
      async () => ({ ...(await makeLegacyAttestation(pair)), bytes: Buffer.from("{") }),
      /DSSE envelope/,
    ],
    [
      "SLSA provenance of the wrong form",
      () => makeLegacyAttestation(pair, makeStatement({ predicateType: "https://slsa.dev/provenance/v0.2" })),
      /not of the form .*builder/,
    ],
  ])("%s", (_name, make, reason) => expectRefused(make, reason, keyPolicy()));

  it.each<Case>([
    ["garbage", async () => toBundleCandidate("{"), /not a JSON object/],
    ["a JSON list", async () => toBundleCandidate("[]"), /not a JSON object/],
    ["very many values", async () => toBundleCandidate(`[${"[],".repeat(20_000)}[]]`), /more than 20000 values/],
    [
      "an unknown version",
      changeBundle((bundle) => {
        bundle.mediaType = "application/vnd.dev.sigstore.bundle.v9.9+json";
      }),
      /unknown version/,
    ],
    [
      "no verification material",
      changeBundle((bundle) => {
        Reflect.deleteProperty(bundle, "verificationMaterial");
      }),
      /not a whole bundle/,
    ],
    [
      "no envelope",
      changeBundle((bundle) => {
        Reflect.deleteProperty(bundle, "dsseEnvelope");
      }),
      /not a whole bundle/,
    ],
    [
      "two signatures",
      changeBundle(({ dsseEnvelope }) => {
        dsseEnvelope?.signatures.push({ sig: "AAAA", keyid: "" });
      }),
      /signatures/,
    ],
    [
      "a certificate chain in v0.3",
      changeBundle(({ verificationMaterial }) => {
        delete verificationMaterial.publicKey;
        verificationMaterial.x509CertificateChain = { certificates: [{ rawBytes: "AAAA" }] };
      }),
      /not a whole bundle/,
    ],
    [
      "a certificate that is none",
      changeBundle(({ verificationMaterial }) => {
        delete verificationMaterial.publicKey;
        verificationMaterial.certificate = { rawBytes: "AAAA" };
      }),
      /./,
    ],
    [
      "a file's signature",
      changeBundle((bundle) => {
        delete bundle.dsseEnvelope;
        bundle.messageSignature = { messageDigest: { algorithm: "SHA2_256", digest: "AAAA" }, signature: "AAAA" };
      }),
      /signs a file/,
    ],
    ["another payload type", () => makeBundle(pair, { payloadType: "text/plain" }), /payload is of type text\/plain/],
    [
      "a changed payload",
      changeBundle(({ dsseEnvelope }) => {
        if (dsseEnvelope) dsseEnvelope.payload = makeStatement({ predicate: { evil: true } }).toString("base64");
      }),
      /not signed by the given key/,
    ],
    [
      "a keyless signature",
      async () => makeBundle(await keyless()),
      /signed with a certificate, and a key is asked for/,
    ],
  ])("a bundle with %s", (_name, make, reason) => expectRefused(make, reason, keyPolicy()));
});

describe("with a key and the log, refused is", () => {
  it.each<Case>([
    ["a signature without an entry", () => makeLegacySignature(pair), /without an entry of a transparency log/],
    ["an attestation without an entry", () => makeLegacyAttestation(pair), /without an entry of a transparency log/],
    ["a bundle without an entry", () => makeBundle(pair), /without an entry of a transparency log/],
    ["an entry of another log", () => makeLegacySignature({ ...pair, authority: foreign }), /log that is not trusted/],
    ["a bundle's entry of another log", () => makeBundle({ ...pair, authority: foreign }), /log that is not trusted/],
    [
      "an entry about another signature",
      () => makeLegacySignature({ ...logged(), logInstead: { signature: Buffer.from("x") } }),
      /about another signature/,
    ],
    [
      "an entry about another payload",
      () => makeLegacySignature({ ...logged(), logInstead: { payload: Buffer.from("x") } }),
      /about other content/,
    ],
    [
      "an entry about another key",
      () =>
        makeLegacySignature({
          ...logged(),
          logInstead: { verifier: other.publicKey.export({ type: "spki", format: "pem" }).toString() },
        }),
      /about another key/,
    ],
    [
      "an attestation's entry about another signature",
      () => makeLegacyAttestation({ ...logged(), logInstead: { signature: Buffer.from("x") } }),
      /about another signature/,
    ],
    [
      "an attestation's entry about another payload",
      () => makeLegacyAttestation({ ...logged(), logInstead: { payload: Buffer.from("x") } }),
      /about other content/,
    ],
    [
      "a bundle's entry about another payload",
      () => makeBundle({ ...logged(), logInstead: { payload: Buffer.from("x") } }),
      /about other content/,
    ],
    [
      "a Rekor v2 entry about another payload",
      () => makeBundle({ ...logged(), logInstead: { payload: Buffer.from("x") } }, { logVersion: 2 }),
      /about other content/,
    ],
    [
      "a Rekor v2 entry about another signature",
      () => makeBundle({ ...logged(), logInstead: { signature: Buffer.from("x") } }, { logVersion: 2 }),
      /about another signature/,
    ],
    [
      "the entry of another image's signature",
      async () =>
        withAnnotations(await makeLegacySignature(pair), {
          [bundleName]: (await makeLegacySignature(logged(), simpleSigningPayload(otherDigest))).annotations[
            bundleName
          ],
        }),
      /about another signature/,
    ],
    [
      "a broken promise",
      async () =>
        changeAnnotation(await makeLegacySignature(logged()), (entry) => {
          entry.Payload.integratedTime += 1;
        }),
      /inclusion promise could not be verified/,
    ],
    [
      "another index",
      async () =>
        changeAnnotation(await makeLegacySignature(logged()), (entry) => {
          entry.Payload.logIndex += 1;
        }),
      /inclusion promise could not be verified/,
    ],
    [
      "a promise by nobody",
      async () =>
        changeAnnotation(await makeLegacySignature(logged()), (entry) => {
          entry.SignedEntryTimestamp = "AAAA";
        }),
      /inclusion promise could not be verified/,
    ],
    [
      "a negative index",
      async () =>
        changeAnnotation(await makeLegacySignature(logged()), (entry) => {
          entry.Payload.logIndex = -1;
        }),
      /no valid index/,
    ],
    [
      "an annotation that is no JSON",
      async () => withAnnotations(await makeLegacySignature(pair), { [bundleName]: "{" }),
      /annotation with the log entry is damaged/,
    ],
    [
      "an annotation without a payload",
      async () => withAnnotations(await makeLegacySignature(pair), { [bundleName]: '{"SignedEntryTimestamp":"AAAA"}' }),
      /damaged/,
    ],
    [
      "a body that is no JSON",
      async () =>
        changeAnnotation(await makeLegacySignature(logged()), (entry) => {
          entry.Payload.body = "AAAA";
        }),
      /not a JSON object/,
    ],
    [
      "a proof of another root",
      changeEntry((entry) => {
        checkpointOf(entry).envelope = checkpointOf(entry).envelope.replace(/\n1\n/, "\n2\n");
      }),
      /log entry does not verify/,
    ],
    [
      "a checkpoint without signature",
      changeEntry((entry) => {
        checkpointOf(entry).envelope = checkpointOf(entry).envelope.replace(/— .*/, "");
      }),
      /log entry does not verify/,
    ],
    [
      "no proof",
      changeEntry((entry) => {
        delete entry.inclusionProof;
      }),
      /not a whole bundle.*inclusionProof/,
    ],
    [
      "too many entries",
      changeBundleOf(logged, (bundle) => {
        bundle.verificationMaterial.tlogEntries = Array(33).fill(bundle.verificationMaterial.tlogEntries[0]);
      }),
      /at most 32 are read/,
    ],
  ])("%s", (_name, make, reason) => expectRefused(make, reason, loggedKeyPolicy()));
});

describe("with an identity, refused is", () => {
  it.each<Case>([
    ["a signature without certificate", () => makeLegacySignature(logged()), /has no certificate/],
    ["a bundle without certificate", () => makeBundle(logged()), /has no certificate/],
    [
      "a certificate that is none",
      async () => withAnnotations(await makeLegacySignature(await keyless()), { [certificateName]: "x" }),
      /holds no certificate/,
    ],
    [
      "another's certificate",
      async () =>
        withAnnotations(await makeLegacySignature(await keyless()), {
          [certificateName]: (await makeLegacySignature(await keyless())).annotations[certificateName],
        }),
      /not that of its certificate/,
    ],
    [
      "another authority's certificate",
      async () => makeLegacySignature({ ...(await keyless({}, foreign)), authority }),
      /does not lead to a trusted authority/,
    ],
    [
      "another authority's certificate in a bundle",
      async () => makeBundle({ ...(await keyless({}, foreign)), authority }),
      /does not lead to a trusted authority/,
    ],
    [
      "a certificate without a log's promise",
      async () => {
        const keys = makeKeyPair();
        return makeLegacySignature({
          ...keys,
          certificate: await authority.issue(keys.publicKey, { withoutPromise: true }),
          authority,
        });
      },
      /without a certificate log's promise/,
    ],
    ["a subject with more behind it", () => bySubject(`${workflow}-evil`), /certificate subject is/],
    ["a subject with more before it", () => bySubject(`x${workflow}`), /certificate subject is/],
    ["a subject in other case", () => bySubject(workflow.toUpperCase()), /certificate subject is/],
    ["another issuer", () => bySubject(workflow, "https://evil.example.com"), /certificate issuer is/],
    ["an issuer with more behind it", () => bySubject(workflow, `${issuer}.evil.example.com`), /certificate issuer is/],
    [
      "an entry about another certificate",
      async () => makeLegacySignature(await keyless({ logInstead: { verifier: authority.fulcioPem } })),
      /about another certificate/,
    ],
    [
      "an entry about the bare key",
      async () => {
        const signing = await keyless();
        return makeLegacySignature({
          ...signing,
          logInstead: { verifier: signing.publicKey.export({ type: "spki", format: "pem" }).toString() },
        });
      },
      /about another certificate/,
    ],
    [
      "Rekor v2 without a timestamp",
      async () => makeBundle(await keyless(), { logVersion: 2 }),
      /nothing that is trusted says when/,
    ],
    [
      "Rekor v2 with a foreign timestamp",
      async () => makeBundle(await keyless({ timestampBy: foreign }), { logVersion: 2 }),
      /nothing that is trusted says when/,
    ],
    [
      "a timestamp alone",
      async () =>
        makeBundle({ ...(await keyless({ timestampBy: authority })), authority: undefined } as unknown as Signing),
      /without an entry/,
    ],
  ])("%s", (_name, make, reason) => expectRefused(make, reason, identityPolicy()));

  it("a certificate that had expired when the log took its signature", async () => {
    const late = await makeAuthority({ clock: new Date(authority.clock.getTime() + 3_600_000) });
    const trust = { ...authority.trust, tlogs: late.trust.tlogs };
    const make = async () => makeLegacySignature({ ...(await keyless()), authority: late });
    await expectRefused(make, /certificate was not valid at/, identityPolicy({ trust }));
  });

  it("a certificate that has expired, where neither log nor timestamp tells the time", async () => {
    const make = async () => makeLegacySignature(await keyless());
    const later = new Date(authority.clock.getTime() + 3_600_000);
    await expectRefused(make, /certificate was not valid at/, identityPolicy({ ignoreRekor: true, now: later }));
    const verification = verifyEvidence(toEvidence(await make()), identityPolicy({ ignoreRekor: true }));
    expect(verification.signatures).toHaveLength(1);
  });

  it("a Rekor v2 entry by a key that was not in use any more", async () => {
    const end = new Date(authority.clock.getTime() - 1000);
    const tlogs = authority.trust.tlogs.map((log) => ({ ...log, validFor: { ...log.validFor, end } }));
    const make = async () => makeBundle(await keyless({ timestampBy: authority }), { logVersion: 2 });
    await expectRefused(make, /key was not in use/, identityPolicy({ trust: { ...authority.trust, tlogs } }));
  });
});

describe("beside bad candidates", () => {
  it("a good one of either storage counts", async () => {
    const evidence = toEvidence(
      await makeLegacySignature(other),
      await makeBundle(other),
      toBundleCandidate("garbage"),
      await makeLegacyAttestation(other),
      await makeLegacySignature(pair),
      await makeLegacyAttestation(pair),
    );
    const verification = verifyEvidence(evidence, keyPolicy());
    expect(verification.signatures).toHaveLength(1);
    expect(verification.attestations).toHaveLength(1);
    expect(verification.refused.map(({ kind }) => kind)).toEqual([
      "signature",
      "signature",
      "attestation",
      "attestation",
    ]);
    expect(verification).not.toHaveProperty("signatureFailure");
    expect(verification).not.toHaveProperty("attestationFailure");
  });

  it("a good signature of one envelope counts, and it alone is told", async () => {
    const further = [signBytes(other.privateKey, Buffer.from("x")).toString("base64")];
    const verification = verifyEvidence(
      toEvidence(await makeLegacyAttestation(pair, makeStatement(), further)),
      keyPolicy(),
    );
    expect(verification.attestations[0]?.signatures).toHaveLength(1);
    expect(verification.attestations[0]?.signatures[0]?.sig).not.toBe(further[0]);
  });

  it("entries and timestamps of strangers do no harm", async () => {
    const signing = await keyless({ timestampBy: authority });
    const strange = JSON.parse(
      Buffer.from((await makeBundle({ ...signing, authority: foreign })).bytes).toString(),
    ) as BundleJson;
    const make = () =>
      makeBundle(signing, {
        logVersion: 2,
        change: ({ verificationMaterial: { tlogEntries, timestampVerificationData } }) => {
          tlogEntries.unshift(...strange.verificationMaterial.tlogEntries);
          const { rfc3161Timestamps: stamps } = timestampVerificationData;
          stamps.push({ signedTimestamp: "AAAA" }, ...stamps);
        },
      });
    const verification = verifyEvidence(toEvidence(await make()), identityPolicy());
    expect(verification.refused).toEqual([]);
    expect(verification.signatures).toHaveLength(1);
  });

  it("a certificate pushed beside a key's signature is not told", async () => {
    const { certificate } = await keyless();
    const candidate = await makeLegacySignature({ ...pair, ...(certificate ? { certificate } : {}) });
    expect(verifyEvidence(toEvidence(candidate), keyPolicy()).signatures).toEqual([
      { keyid: "", sig: expect.any(String) },
    ]);
  });
});

describe("a policy", () => {
  it.each<[string, Partial<VerificationPolicy>]>([
    ["neither key nor identity", { identity: undefined }],
    ["no issuer", { identity: { subject: workflow } }],
    ["no subject", { identity: { issuer } }],
    ["empty texts", { identity: { subject: "", issuer: "" } }],
    ["a pattern that does not compile", { identity: { subjectRegExp: "(", issuer } }],
    ["a pattern that RE2 does not know", { identity: { subjectRegExp: "a(?=b)", issuer } }],
  ])("with %s is an error", (_name, changes) => {
    expect(() => verifyEvidence(toEvidence(), identityPolicy(changes))).toThrow(
      expect.objectContaining({ code: "policy_invalid" }),
    );
  });

  it("without the trust material that it needs is an error", async () => {
    const evidence = toEvidence(await makeLegacySignature(logged()));
    const act = () => verifyEvidence(evidence, keyPolicy({ ignoreRekor: false }));
    expect(act).toThrow(expect.objectContaining({ code: "trust_unavailable" }));
  });

  it("may let a verified attestation count as the signature, if it is a bundle", async () => {
    const bundle = toEvidence(await makeBundle(pair, { statement: makeStatement() }));
    expect(verifyEvidence(bundle, keyPolicy()).signatureFailure).toMatch(
      /no signatures found \(only attestations verified/,
    );
    const lenient = verifyEvidence(bundle, keyPolicy({ attestationAsSignature: true }));
    expect(lenient).not.toHaveProperty("signatureFailure");
    expect(lenient.signatures).toEqual([]);
    const legacy = toEvidence(await makeLegacyAttestation(pair));
    expect(verifyEvidence(legacy, keyPolicy({ attestationAsSignature: true }))).toHaveProperty("signatureFailure");
  });

  it.each<[string, (verification: Verification) => void, boolean]>([
    [
      "a key",
      ({ signatureFailure }) =>
        expect(signatureFailure).toMatch(
          /^No image signatures match the given public key\. .*Error: no matching signatures: it is not signed/,
        ),
      true,
    ],
    [
      "an identity",
      ({ signatureFailure }) =>
        expect(signatureFailure).toMatch(
          /^Image signature check failed: no matching signatures: it has no certificate/,
        ),
      false,
    ],
  ])("with %s has its own message", async (_name, check, byKey) => {
    check(verifyEvidence(toEvidence(await makeLegacySignature(other)), byKey ? keyPolicy() : identityPolicy()));
  });
});

interface AnnotatedEntry {
  SignedEntryTimestamp: string;
  Payload: { body: string; integratedTime: number; logIndex: number };
}

function changeAnnotation(candidate: EvidenceCandidate, change: (entry: AnnotatedEntry) => void): EvidenceCandidate {
  const entry = JSON.parse(candidate.annotations[bundleName] ?? "") as AnnotatedEntry;
  change(entry);
  return withAnnotations(candidate, { [bundleName]: JSON.stringify(entry) });
}

function changeBundleOf(
  signing: () => Signing,
  change: (bundle: BundleJson) => void,
  options: BundleOptions = {},
): Make {
  return () => makeBundle(signing(), { ...options, change });
}

function changeEntry(change: (entry: Record<string, unknown>) => void): Make {
  return changeBundleOf(logged, ({ verificationMaterial }) => change(verificationMaterial.tlogEntries[0] ?? {}));
}

function checkpointOf(entry: Record<string, unknown>): { envelope: string } {
  return (entry.inclusionProof as { checkpoint: { envelope: string } }).checkpoint;
}

async function bySubject(subject: string, by = issuer): Promise<EvidenceCandidate> {
  const keys = makeKeyPair();
  return makeLegacySignature({
    ...keys,
    certificate: await authority.issue(keys.publicKey, { subject, issuer: by }),
    authority,
  });
}
