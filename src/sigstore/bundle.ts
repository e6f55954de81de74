import { createHash } from "node:crypto";
import { type Bundle, bundleFromJSON } from "@sigstore/bundle";
import {
  hasManyValues,
  hasSubject,
  inTotoPayloadType,
  parseStatement,
  type Statement,
  toPreAuthEncoding,
} from "../attestation/index.ts";
import { type Digest, isJsonObject, type SignatureEntry } from "../types/index.ts";
import { type Certificate, isSelfIssued, parseCertificate } from "./certificate.ts";
import { attempt, Refusal } from "./refusal.ts";
import type { SignedContent } from "./signed-content.ts";
import { type SignerEvidence, type SignerPolicy, verifySigner } from "./signer.ts";

/** The predicate of a statement that is an image's signature (cosign 3). */
export const signPredicateType = "https://sigstore.dev/cosign/sign/v1";

/** Bundle versions 0.1, 0.2 and 0.3 (protobuf-specs, sigstore_bundle.proto). */
const mediaTypes: readonly string[] = [
  "application/vnd.dev.sigstore.bundle+json;version=0.1",
  "application/vnd.dev.sigstore.bundle+json;version=0.2",
  "application/vnd.dev.sigstore.bundle+json;version=0.3",
  "application/vnd.dev.sigstore.bundle.v0.3+json",
];

/** Most bytes of a bundle that are parsed. */
export const maxBundleBytes = 128 * 1024 * 1024;

/** Most values in a bundle's JSON: log entries, certificates and timestamps are bounded, the rest is a few texts. */
const maxBundleValues = 20_000;

/** Most bytes of a statement that is read before anything verified: one that signs an image is small. */
const maxPeekBytes = 1024 * 1024;

const maxChain = 20;

export interface BundleStatement {
  readonly statementBytes: Uint8Array;
  readonly statement: Statement;
  readonly signatures: readonly SignatureEntry[];
}

/** Judges a bundle that hangs on an image: an envelope over an in-toto statement about it. Throws `Refusal` and others. */
export function judgeBundle(bytes: Uint8Array, digest: Digest, policy: SignerPolicy): BundleStatement {
  const { envelope, statement } = openBundle(bytes, policy);
  if (!hasSubject(statement, digest)) throw new Refusal("none of its subjects is this image");
  const signatures = envelope.signatures.map(({ sig, keyid }) => ({ keyid, sig: sig.toString("base64") }));
  return { statementBytes: envelope.payload, statement, signatures };
}

function openBundle(bytes: Uint8Array, policy: SignerPolicy) {
  const bundle = parseBundle(bytes);
  if (bundle.content.$case !== "dsseEnvelope") throw new Refusal("it signs a file, not a statement about an image");
  const envelope = bundle.content.dsseEnvelope;
  if (envelope.payloadType !== inTotoPayloadType) {
    throw new Refusal(
      `its payload is of type ${envelope.payloadType.slice(0, 100)}; ${inTotoPayloadType} was expected`,
    );
  }
  verifyBundleSigner(bundle, toEnvelopeContent(envelope), policy);
  return { envelope, statement: parseStatement(envelope.payload) };
}

/** The predicate type that a bundle claims, verified or not; undefined where it cannot be read. Never throws. */
export function peekPredicateType(bytes: Uint8Array): string | undefined {
  const read = attempt(() => {
    const bundle = parseBundle(bytes);
    if (bundle.content.$case !== "dsseEnvelope") return undefined;
    const { payload } = bundle.content.dsseEnvelope;
    return payload.length > maxPeekBytes ? undefined : parseStatement(payload).predicateType;
  });
  return "value" in read ? read.value : undefined;
}

/**
 * Verifies a bundle over a file: a message signature over its bytes, or a statement with its digest as a subject.
 * Throws `Refusal` and others.
 */
export function verifyBundleOver(artifact: Uint8Array, bytes: Uint8Array, policy: SignerPolicy): void {
  const bundle = parseBundle(bytes);
  const sha256 = createHash("sha256").update(artifact).digest("hex");
  if (bundle.content.$case === "messageSignature") {
    const { messageDigest, signature } = bundle.content.messageSignature;
    if (messageDigest.digest.toString("hex") !== sha256) throw new Refusal("it signs another file");
    verifyBundleSigner(bundle, { kind: "message", signature, signedBytes: artifact, payload: artifact }, policy);
    return;
  }
  const { statement } = openBundle(bytes, policy);
  if (!hasSubject(statement, `sha256:${sha256}` as Digest)) throw new Refusal("none of its subjects is this file");
}

/** Parses a bundle, its size checked first. Throws `Refusal`. */
function parseBundle(bytes: Uint8Array): Bundle {
  if (bytes.length > maxBundleBytes)
    throw new Refusal(`it has ${bytes.length} bytes; at most ${maxBundleBytes} are read`);
  if (hasManyValues(bytes, maxBundleValues)) throw new Refusal(`it has more than ${maxBundleValues} values`);
  const parsed = attempt((): unknown => JSON.parse(Buffer.from(bytes).toString("utf8")));
  if ("reason" in parsed || !isJsonObject(parsed.value)) throw new Refusal("it is not a JSON object");
  const { mediaType } = parsed.value;
  if (typeof mediaType !== "string" || !mediaTypes.includes(mediaType)) {
    throw new Refusal(`it is a bundle of an unknown version: ${String(mediaType).slice(0, 100)}`);
  }
  const bundle = attempt(() => bundleFromJSON(parsed.value));
  if ("reason" in bundle) throw new Refusal(`it is not a whole bundle: ${bundle.reason}`);
  return bundle.value;
}

type DsseEnvelope = Extract<Bundle["content"], { $case: "dsseEnvelope" }>["dsseEnvelope"];

function toEnvelopeContent(envelope: DsseEnvelope): SignedContent {
  const [only, ...others] = envelope.signatures;
  if (only === undefined || others.length > 0) throw new Refusal("its envelope must have exactly one signature");
  return {
    kind: "envelope",
    signature: only.sig,
    signedBytes: toPreAuthEncoding(envelope.payloadType, envelope.payload),
    payload: envelope.payload,
  };
}

function verifyBundleSigner(bundle: Bundle, content: SignedContent, policy: SignerPolicy): void {
  const { tlogEntries, timestampVerificationData } = bundle.verificationMaterial;
  const [certificate, ...intermediates] = certificatesOf(bundle);
  if (policy.signer.kind === "key" && certificate !== undefined) {
    throw new Refusal("it is signed with a certificate, and a key is asked for");
  }
  const evidence: SignerEvidence = {
    certificate,
    intermediates,
    logEntries: tlogEntries,
    timestamps: (timestampVerificationData?.rfc3161Timestamps ?? []).map(({ signedTimestamp }) => signedTimestamp),
    timestamped: content.signature,
  };
  verifySigner(content, evidence, policy);
}

/** The leaf first; roots have no place in a bundle. */
function certificatesOf(bundle: Bundle): readonly Certificate[] {
  const { content } = bundle.verificationMaterial;
  switch (content.$case) {
    case "publicKey":
      return [];
    case "certificate":
      return [parseCertificate(content.certificate.rawBytes)];
    case "x509CertificateChain": {
      const chain = content.x509CertificateChain.certificates;
      if (chain.length > maxChain) throw new Refusal(`${chain.length} certificates; at most ${maxChain} are read`);
      const certificates = chain.map(({ rawBytes }) => parseCertificate(rawBytes));
      if (certificates.some(isSelfIssued)) throw new Refusal("its certificates include a root, which bundles must not");
      return certificates;
    }
  }
}
