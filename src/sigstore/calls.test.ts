import { beforeAll, describe, expect, it } from "vitest";
import { OciError } from "../oci/index.ts";
import { StageError, toHex } from "../types/index.ts";
import { type SigstoreCallContext, verifyAttestationCall, verifyImageCall } from "./calls.ts";
import { SigstoreError } from "./errors.ts";
import type { EvidenceCandidate } from "./evidence.ts";
import { type Authority, issuer, makeAuthority, makeKeyPair, workflow } from "./testing/authority.ts";
import { makeClient } from "./testing/client.ts";
import {
  digest,
  makeBundle,
  makeLegacyAttestation,
  makeLegacySignature,
  makeStatement,
  type Signing,
  toEvidence,
} from "./testing/evidence.ts";

class FileError extends StageError<"missing"> {}

let authority: Authority;
const pair = makeKeyPair();
const pem = pair.publicKey.export({ type: "spki", format: "pem" }).toString();
const reference = `registry.test/app@${digest}`;
const byKey = { public_key: pem, ignore_rekor: true };

beforeAll(async () => {
  authority = await makeAuthority();
});

function contextOf(
  candidates: readonly EvidenceCandidate[],
  changes: Partial<SigstoreCallContext> = {},
): SigstoreCallContext {
  return {
    client: makeClient(),
    trust: { get: async () => authority.trust },
    readKey: async (text) => {
      if (text === "cosign.pub") return pem;
      throw new FileError(`${text}: no such file`, { code: "missing" });
    },
    now: authority.clock,
    attestationAsSignature: false,
    signal: new AbortController().signal,
    fetchEvidence: async () => toEvidence(...candidates),
    ...changes,
  };
}

async function keyless(): Promise<Signing> {
  const keys = makeKeyPair();
  return { ...keys, certificate: await authority.issue(keys.publicKey), authority, chain: authority.fulcioPem };
}

describe("verifyImageCall", () => {
  it("tells each signature, with all members", async () => {
    const candidate = await makeLegacySignature(pair);
    const signature = candidate.annotations["dev.cosignproject.cosign/signature"];
    expect(await verifyImageCall(reference, byKey, contextOf([candidate]))).toEqual({
      success: true,
      errors: [],
      signatures: [{ keyid: "", signature, certificate: "", chain: [], metadata: {} }],
    });
  });

  it("tells certificates of keyless signatures", async () => {
    const options = { certificate_identity: workflow, certificate_oidc_issuer: issuer, ignore_rekor: false };
    const result = await verifyImageCall(reference, options, contextOf([await makeLegacySignature(await keyless())]));
    expect(result.signatures).toEqual([
      {
        keyid: expect.stringMatching(/^[0-9a-f]{40}$/),
        signature: expect.any(String),
        certificate: expect.stringContaining("BEGIN CERTIFICATE"),
        chain: [authority.fulcioPem],
        metadata: expect.objectContaining({ "Fulcio Issuer": issuer }),
      },
    ]);
  });

  it("tells a bundle's signature without key id and value, and no attestation", async () => {
    const bundles = [await makeBundle(pair), await makeBundle(pair, { statement: makeStatement() })];
    const result = await verifyImageCall(reference, byKey, contextOf(bundles));
    expect(result.signatures).toEqual([{ keyid: "", signature: "", certificate: "", chain: [], metadata: {} }]);
    const lenient = await verifyImageCall(reference, byKey, contextOf(bundles, { attestationAsSignature: true }));
    expect(lenient.signatures).toHaveLength(2);
    const attestationOnly = await verifyImageCall(reference, byKey, contextOf(bundles.slice(1)));
    expect(attestationOnly).toEqual({
      success: false,
      errors: ["verify image signature: no signatures found"],
      signatures: [],
    });
  });

  it("reads keys by reference", async () => {
    const options = { public_key: "cosign.pub", ignore_rekor: true };
    expect(await verifyImageCall(reference, options, contextOf([await makeLegacySignature(pair)]))).toHaveProperty(
      "success",
      true,
    );
  });

  it("asks for the log where nothing is said of it", async () => {
    const result = await verifyImageCall(reference, { public_key: pem }, contextOf([await makeLegacySignature(pair)]));
    expect(result.errors).toEqual([expect.stringMatching(/no matching signatures: it comes without an entry/)]);
  });

  it("believes the log's key that the policy gives", async () => {
    const other = await makeAuthority();
    const candidate = await makeLegacySignature({ ...pair, authority: other });
    const rekorKey = other.logKey.publicKey.export({ type: "spki", format: "pem" }).toString();
    expect(await verifyImageCall(reference, { public_key: pem }, contextOf([candidate]))).toHaveProperty(
      "success",
      false,
    );
    const options = { public_key: pem, rekor_public_key: rekorKey };
    expect(await verifyImageCall(reference, options, contextOf([candidate]))).toHaveProperty("success", true);
  });

  it.each<[string, string, Record<string, string | boolean | number>, RegExp]>([
    ["a reference by tag", "registry.test/app:latest", byKey, /names no digest/],
    ["a reference that is none", "not a reference", byKey, /image reference/],
    ["no key and no identity", reference, { ignore_rekor: true }, /no certificate subject/],
    ["half an identity", reference, { certificate_identity: "x", ignore_rekor: true }, /no certificate issuer/],
    [
      "a broken pattern",
      reference,
      { certificate_identity_regexp: "(", certificate_oidc_issuer: "x" },
      /does not compile/,
    ],
    ["a key that is none", reference, { public_key: "-----BEGIN PUBLIC KEY-----" }, /without a PEM block/],
    [
      "a key that cannot be read",
      reference,
      { public_key: "missing.pub" },
      /missing\.pub cannot be read: .*no such file/,
    ],
    ["a key in a service", reference, { public_key: "awskms://x" }, /AWS KMS/],
    ["a log key that is none", reference, { ...byKey, rekor_public_key: "x" }, /without a PEM block/],
    ["a text for a truth value", reference, { public_key: pem, ignore_rekor: "yes" }, /must be true or false/],
    ["a number for a text", reference, { public_key: 7, ignore_rekor: true }, /must be a string/],
  ])("has %s in its errors", async (_name, ref, options, error) => {
    const result = await verifyImageCall(ref, options, contextOf([]));
    expect(result).toMatchObject({ success: false, errors: [expect.stringMatching(error)], signatures: [] });
  });

  it.each<[string, Error, boolean]>([
    ["a registry that does not answer", new OciError("down", { code: "unavailable" }), true],
    ["bytes that are not what they should be", new OciError("broken", { code: "digest-mismatch" }), true],
    ["no trust material", new SigstoreError("no root", { code: "trust_unavailable", retryable: true }), true],
    ["a refusal by the registry", new OciError("denied", { code: "forbidden" }), false],
    ["too much evidence", new SigstoreError("too many", { code: "evidence_too_large" }), false],
    ["a bug", new TypeError("bug"), true],
  ])("with %s", async (_name, error, thrown) => {
    const context = contextOf([], {
      fetchEvidence: async () => {
        throw error;
      },
    });
    const act = verifyImageCall(reference, byKey, context);
    if (thrown) await expect(act).rejects.toBe(error);
    else await expect(act).resolves.toEqual({ success: false, errors: [error.message], signatures: [] });
  });

  it("fetches with the client where nothing stands in for it", async () => {
    const client = makeClient();
    client.push([await makeLegacySignature(pair)], { tag: `sha256-${toHex(digest)}.sig` });
    const { fetchEvidence: _, ...context } = contextOf([], { client });
    expect(await verifyImageCall(reference, byKey, context)).toHaveProperty("success", true);
  });

  it("asks for no trust material where a key alone decides", async () => {
    const trust = {
      get: async () => {
        throw new Error("asked");
      },
    };
    expect(
      await verifyImageCall(reference, byKey, contextOf([await makeLegacySignature(pair)], { trust })),
    ).toHaveProperty("success", true);
    await expect(
      verifyImageCall(reference, { public_key: pem }, contextOf([await makeLegacySignature(pair)], { trust })),
    ).rejects.toThrow("asked");
    expect(await verifyImageCall(reference, { public_key: pem }, contextOf([], { trust }))).toHaveProperty(
      "success",
      false,
    );
  });
});

describe("verifyAttestationCall", () => {
  it("tells statements of both storages, signing statements and malformed provenance included", async () => {
    const malformed = makeStatement({ predicateType: "https://slsa.dev/provenance/v0.2" });
    const candidates = [await makeLegacyAttestation(pair, malformed), await makeBundle(pair)];
    const result = await verifyAttestationCall(reference, byKey, contextOf(candidates));
    expect(result).toMatchObject({ success: true, errors: [] });
    expect(result.attestations.map(({ statement }) => statement.predicateType)).toEqual([
      "https://slsa.dev/provenance/v0.2",
      "https://sigstore.dev/cosign/sign/v1",
    ]);
    expect(result.attestations[0]?.signatures).toEqual([
      { keyid: "", signature: expect.any(String), certificate: "", chain: [], metadata: {} },
    ]);
  });

  it.each<[string, () => Promise<EvidenceCandidate[]>, RegExp]>([
    ["nothing", async () => [], /^verify image attestation signature: no attestations found$/],
    [
      "another's attestation",
      async () => [await makeLegacyAttestation(makeKeyPair())],
      /no matching attestations: it is not signed by the given key/,
    ],
    ["a signature alone", async () => [await makeLegacySignature(pair)], /no attestations found/],
  ])("fails with %s", async (_name, make, error) => {
    const result = await verifyAttestationCall(reference, byKey, contextOf(await make()));
    expect(result).toMatchObject({ success: false, errors: [expect.stringMatching(error)], attestations: [] });
  });
});
