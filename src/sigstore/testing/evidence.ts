import { createHash, type KeyObject } from "node:crypto";
import { toPreAuthEncoding } from "../../attestation/index.ts";
import { type Digest, toDigest } from "../../types/index.ts";
import { type Certificate, toCertificatePem } from "../certificate.ts";
import type { EvidenceCandidate, ImageEvidence } from "../evidence.ts";
import { type Authority, type LoggedEntry, signBytes } from "./authority.ts";

export const digest = toDigest(Buffer.from("an image"));
export const otherDigest = toDigest(Buffer.from("another image"));

/** How something is signed: with a key, or with a key and its certificate, and whether it goes into the log. */
export interface Signing {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly certificate?: Certificate;
  readonly chain?: string;
  /** Logs the signature there. */
  readonly authority?: Authority;
  /** Adds a timestamp by that authority. */
  readonly timestampBy?: Authority;
  /** Logs other signed bytes than those signed. */
  readonly logInstead?: { readonly signature?: Buffer; readonly payload?: Buffer; readonly verifier?: string };
}

const verifierPem = ({ certificate, publicKey }: Signing): string =>
  certificate ? toCertificatePem(certificate) : publicKey.export({ type: "spki", format: "pem" }).toString();

const base64 = (text: string | Uint8Array): string => Buffer.from(text as Uint8Array).toString("base64");
const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

export function simpleSigningPayload(claimed: Digest): Buffer {
  const critical = {
    identity: { "docker-reference": "registry.test/app" },
    image: { "docker-manifest-digest": claimed },
    type: "cosign container image signature",
  };
  return Buffer.from(JSON.stringify({ critical, optional: null }));
}

/** A layer of a `.sig` tag as cosign 2 writes it. */
export async function makeLegacySignature(
  signing: Signing,
  payload = simpleSigningPayload(digest),
): Promise<EvidenceCandidate> {
  const signature = signBytes(signing.privateKey, payload);
  const logged = signing.logInstead ?? {};
  const entry = {
    apiVersion: "0.0.1",
    kind: "hashedrekord",
    spec: {
      data: { hash: { algorithm: "sha256", value: sha256(logged.payload ?? payload) } },
      signature: {
        content: base64(logged.signature ?? signature),
        publicKey: { content: Buffer.from(logged.verifier ?? verifierPem(signing)).toString("base64") },
      },
    },
  };
  return {
    format: "legacy-signature",
    location: "registry.test/app:sha256-x.sig (layer 1)",
    mediaType: "application/vnd.dev.cosign.simplesigning.v1+json",
    annotations: {
      "dev.cosignproject.cosign/signature": base64(signature),
      ...(await annotationsOf(signing, entry, signature)),
    },
    bytes: payload,
  };
}

export interface StatementOptions {
  readonly type?: string;
  readonly predicateType?: string;
  readonly subject?: Digest;
  readonly predicate?: object;
}

export function makeStatement(options: StatementOptions = {}): Buffer {
  const { type = "https://in-toto.io/Statement/v0.1", predicateType = "https://example.com/test/v1" } = options;
  const subject = [
    { name: "registry.test/app", digest: { sha256: (options.subject ?? digest).slice("sha256:".length) } },
  ];
  return Buffer.from(JSON.stringify({ _type: type, predicateType, subject, predicate: options.predicate ?? {} }));
}

const payloadType = "application/vnd.in-toto+json";

/** A layer of an `.att` tag as cosign 2 writes it; further signatures of the envelope come first. */
export async function makeLegacyAttestation(
  signing: Signing,
  payload = makeStatement(),
  further: readonly string[] = [],
): Promise<EvidenceCandidate> {
  const signature = signBytes(signing.privateKey, toPreAuthEncoding(payloadType, payload));
  const signatures = [...further, base64(signature)].map((sig) => ({ keyid: "", sig }));
  const bytes = Buffer.from(JSON.stringify({ payloadType, payload: base64(payload), signatures }));
  const entry = {
    apiVersion: "0.0.1",
    kind: "dsse",
    spec: toDsseSpec(signing, { payload, signature, bytes }),
  };
  return {
    format: "legacy-attestation",
    location: "registry.test/app:sha256-x.att (layer 1)",
    mediaType: "application/vnd.dsse.envelope.v1+json",
    annotations: { predicateType: "ignored", ...(await annotationsOf(signing, entry, bytes)) },
    bytes,
  };
}

function toDsseSpec(signing: Signing, signed: { payload: Buffer; signature: Buffer; bytes: Buffer }): object {
  const logged = signing.logInstead ?? {};
  return {
    envelopeHash: { algorithm: "sha256", value: sha256(signed.bytes) },
    payloadHash: { algorithm: "sha256", value: sha256(logged.payload ?? signed.payload) },
    signatures: [
      {
        signature: base64(logged.signature ?? signed.signature),
        verifier: Buffer.from(logged.verifier ?? verifierPem(signing)).toString("base64"),
      },
    ],
  };
}

async function annotationsOf(signing: Signing, entry: object, timestamped: Buffer): Promise<Record<string, string>> {
  const logged = await signing.authority?.log(entry);
  const stamp = await signing.timestampBy?.timestamp(timestamped);
  return {
    ...(signing.certificate ? { "dev.sigstore.cosign/certificate": toCertificatePem(signing.certificate) } : {}),
    ...(signing.chain === undefined ? {} : { "dev.sigstore.cosign/chain": signing.chain }),
    ...(logged ? { "dev.sigstore.cosign/bundle": toBundleAnnotation(logged) } : {}),
    ...(stamp
      ? { "dev.sigstore.cosign/rfc3161timestamp": JSON.stringify({ SignedRFC3161Timestamp: base64(stamp) }) }
      : {}),
  };
}

export function toBundleAnnotation({ body, integratedTime, logIndex, logID, verification }: LoggedEntry): string {
  return JSON.stringify({
    SignedEntryTimestamp: verification.signedEntryTimestamp,
    Payload: { body, integratedTime, logIndex, logID },
  });
}

export interface BundleOptions {
  readonly statement?: Buffer;
  readonly payloadType?: string;
  readonly mediaType?: string;
  /** Rekor v2: no promise, no time. */
  readonly logVersion?: 1 | 2;
  /** Changes the bundle before it is written. */
  readonly change?: (bundle: BundleJson) => void;
}

export interface BundleJson {
  mediaType: string;
  verificationMaterial: {
    publicKey?: { hint: string };
    certificate?: { rawBytes: string };
    x509CertificateChain?: { certificates: { rawBytes: string }[] };
    tlogEntries: Record<string, unknown>[];
    timestampVerificationData: { rfc3161Timestamps: { signedTimestamp: string }[] };
  };
  dsseEnvelope?: { payload: string; payloadType: string; signatures: { sig: string; keyid: string }[] };
  messageSignature?: { messageDigest: { algorithm: string; digest: string }; signature: string };
}

/** A Sigstore bundle v0.3 as cosign 3 attaches it. */
export async function makeBundle(signing: Signing, options: BundleOptions = {}): Promise<EvidenceCandidate> {
  const payload =
    options.statement ?? makeStatement({ type: "https://in-toto.io/Statement/v1", predicateType: signPredicate });
  const type = options.payloadType ?? payloadType;
  const pae = Buffer.from(toPreAuthEncoding(type, payload));
  const signature = signBytes(signing.privateKey, pae);
  const stamp = await signing.timestampBy?.timestamp(signature);
  const bundle: BundleJson = {
    mediaType: options.mediaType ?? "application/vnd.dev.sigstore.bundle.v0.3+json",
    verificationMaterial: {
      ...(signing.certificate
        ? { certificate: { rawBytes: base64(signing.certificate.der) } }
        : { publicKey: { hint: "hint" } }),
      tlogEntries: signing.authority
        ? [await toLogEntry(signing, signing.authority, { payload, pae, signature, options })]
        : [],
      timestampVerificationData: { rfc3161Timestamps: stamp ? [{ signedTimestamp: base64(stamp) }] : [] },
    },
    dsseEnvelope: { payload: base64(payload), payloadType: type, signatures: [{ sig: base64(signature), keyid: "" }] },
  };
  options.change?.(bundle);
  return toBundleCandidate(JSON.stringify(bundle));
}

export const signPredicate = "https://sigstore.dev/cosign/sign/v1";

export function toBundleCandidate(text: string): EvidenceCandidate {
  return {
    format: "bundle",
    location: `registry.test/app@${toDigest(Buffer.from(text))}`,
    mediaType: "application/vnd.dev.sigstore.bundle.v0.3+json",
    annotations: {},
    bytes: Buffer.from(text),
  };
}

async function toLogEntry(
  signing: Signing,
  authority: Authority,
  { payload, pae, signature, options }: { payload: Buffer; pae: Buffer; signature: Buffer; options: BundleOptions },
): Promise<Record<string, unknown>> {
  const v2 = options.logVersion === 2;
  const proposed = v2
    ? { apiVersion: "0.0.2", kind: "hashedrekord", spec: { hashedRekordV002: toRecordV2(signing, pae, signature) } }
    : { apiVersion: "0.0.1", kind: "dsse", spec: toDsseSpec(signing, { payload, signature, bytes: payload }) };
  const logged = await authority.log(proposed);
  const { inclusionProof, signedEntryTimestamp } = logged.verification;
  return {
    logIndex: String(logged.logIndex),
    logId: { keyId: Buffer.from(logged.logID, "hex").toString("base64") },
    kindVersion: { kind: proposed.kind, version: proposed.apiVersion },
    integratedTime: v2 ? "0" : String(logged.integratedTime),
    ...(v2 ? {} : { inclusionPromise: { signedEntryTimestamp } }),
    inclusionProof: {
      logIndex: String(inclusionProof.logIndex),
      treeSize: String(inclusionProof.treeSize),
      rootHash: Buffer.from(inclusionProof.rootHash, "hex").toString("base64"),
      hashes: [],
      checkpoint: { envelope: inclusionProof.checkpoint },
    },
    canonicalizedBody: logged.body,
  };
}

function toRecordV2(signing: Signing, pae: Buffer, signature: Buffer): object {
  const logged = signing.logInstead ?? {};
  const raw = signing.certificate?.der ?? signing.publicKey.export({ type: "spki", format: "der" });
  const holder = { rawBytes: base64(raw) };
  return {
    data: {
      algorithm: "SHA2_256",
      digest: createHash("sha256")
        .update(logged.payload ?? pae)
        .digest("base64"),
    },
    signature: {
      content: base64(logged.signature ?? signature),
      verifier: {
        keyDetails: "PKIX_ECDSA_P256_SHA_256",
        ...(signing.certificate ? { x509Certificate: holder } : { publicKey: holder }),
      },
    },
  };
}

export function toEvidence(...candidates: readonly EvidenceCandidate[]): ImageEvidence {
  return { digest, candidates, refused: [] };
}

/** The candidate with some annotations changed; undefined removes one. */
export function withAnnotations(
  candidate: EvidenceCandidate,
  changes: Record<string, string | undefined>,
): EvidenceCandidate {
  const entries = Object.entries({ ...candidate.annotations, ...changes }).filter(([, value]) => value !== undefined);
  return { ...candidate, annotations: Object.fromEntries(entries) as Record<string, string> };
}
