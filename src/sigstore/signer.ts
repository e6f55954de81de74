import type { TransparencyLogEntry } from "@sigstore/bundle";
import { RFC3161Timestamp, type X509Certificate } from "@sigstore/core";
import { verifyCertificateChain } from "@sigstore/verify/dist/key/certificate.js";
import { verifySCTs } from "@sigstore/verify/dist/key/sct.js";
import { verifyRFC3161Timestamp } from "@sigstore/verify/dist/timestamp/tsa.js";
import { type Certificate, identityOf, isSelfIssued, mayBeSigner, publicKeyOf } from "./certificate.ts";
import { SigstoreError } from "./errors.ts";
import type { IdentityMatcher } from "./identity.ts";
import { type LogProof, verifyLogEntries } from "./log-entry.ts";
import { hasSigned, type PublicKeyMaterial } from "./public-key.ts";
import { attempt, Refusal } from "./refusal.ts";
import type { SignedContent } from "./signed-content.ts";
import type { TrustMaterial } from "./trust-root.ts";

/** Most RFC 3161 timestamps of one signature. */
export const maxTimestamps = 32;

/** What comes with a signature to verify it. */
export interface SignerEvidence {
  readonly certificate: Certificate | undefined;
  /** Certificates between the leaf and the root, as the signer gave them: believed only as far as they lead to a trusted root. */
  readonly intermediates: readonly Certificate[];
  readonly logEntries: readonly TransparencyLogEntry[];
  /** RFC 3161 responses, DER. */
  readonly timestamps: readonly Uint8Array[];
  /** What the timestamps are over. */
  readonly timestamped: Uint8Array;
}

/** Whom to accept as the signer. */
export interface SignerPolicy {
  readonly signer:
    | { readonly kind: "key"; readonly key: PublicKeyMaterial }
    | { readonly kind: "identity"; readonly matches: IdentityMatcher };
  readonly ignoreRekor: boolean;
  readonly trust: TrustMaterial | undefined;
  readonly now: Date;
}

/**
 * Checks one signature by the wanted key or identity, with its log entries and times. Returns the certificates that were
 * verified, the leaf first; none for a key. Throws `Refusal`.
 */
export function verifySigner(
  content: SignedContent,
  evidence: SignerEvidence,
  policy: SignerPolicy,
): readonly X509Certificate[] {
  if (policy.signer.kind === "identity") {
    return verifyIdentitySigner(content, evidence, { ...policy, matches: policy.signer.matches });
  }
  verifyKeySigner(content, evidence, { ...policy, key: policy.signer.key });
  return [];
}

function verifyKeySigner(
  content: SignedContent,
  evidence: SignerEvidence,
  policy: Omit<SignerPolicy, "signer"> & { key: PublicKeyMaterial },
): void {
  const { key } = policy;
  if (!hasSigned(key, content.signedBytes, content.signature)) throw new Refusal("it is not signed by the given key");
  if (policy.ignoreRekor) return;
  verifyLogEntries(evidence.logEntries, { content, verifier: { kind: "key", key }, trust: trustOf(policy) });
}

function verifyIdentitySigner(
  content: SignedContent,
  evidence: SignerEvidence,
  policy: Omit<SignerPolicy, "signer"> & { matches: IdentityMatcher },
): readonly X509Certificate[] {
  const { certificate } = evidence;
  if (certificate === undefined) throw new Refusal("it has no certificate, and an identity is asked for");
  const mismatch = policy.matches(identityOf(certificate)); // only a claim as yet; the cheapest check comes first
  if (mismatch !== undefined) throw new Refusal(mismatch);
  if (!hasSigned(publicKeyOf(certificate), content.signedBytes, content.signature)) {
    throw new Refusal("the signature is not that of its certificate");
  }
  const trust = trustOf(policy);
  const verifier = { kind: "certificate", certificate } as const;
  const proofs = policy.ignoreRekor ? [] : verifyLogEntries(evidence.logEntries, { content, verifier, trust });
  const times = timesOf(evidence, proofs, { ...policy, trust });
  return verifyLeaf(certificate, { times, trust, intermediates: evidence.intermediates });
}

/** The moments at which the certificate must be valid: every one that somebody trusted vouches for. */
function timesOf(
  evidence: SignerEvidence,
  proofs: readonly LogProof[],
  policy: { ignoreRekor: boolean; now: Date; trust: TrustMaterial },
): readonly Date[] {
  const stamped = verifiedTimestamps(evidence, policy.trust);
  const integrated = proofs.flatMap(({ integratedTime }) => integratedTime ?? []);
  const times = [...stamped, ...integrated];
  if (times.length === 0 && policy.ignoreRekor) return [policy.now];
  if (times.length === 0)
    throw new Refusal("nothing that is trusted says when it was signed: no log's time, no timestamp");
  if (proofs.some((proof) => !times.every(proof.validAt))) {
    throw new Refusal("its log's key was not in use when it was signed");
  }
  return times;
}

/** The times of those timestamps that verify. Others, be they of an unknown authority or damaged, say nothing. */
function verifiedTimestamps(evidence: SignerEvidence, trust: TrustMaterial): readonly Date[] {
  if (evidence.timestamps.length > maxTimestamps) {
    throw new Refusal(`${evidence.timestamps.length} timestamps; at most ${maxTimestamps} are read`);
  }
  return evidence.timestamps.flatMap((bytes) => {
    const result = attempt(() => {
      const timestamp = RFC3161Timestamp.parse(Buffer.from(bytes));
      verifyRFC3161Timestamp(timestamp, Buffer.from(evidence.timestamped), [...trust.timestampAuthorities]);
      return timestamp.signingTime;
    });
    return "value" in result ? [result.value] : [];
  });
}

interface ChainOptions {
  times: readonly Date[];
  trust: TrustMaterial;
  intermediates: readonly Certificate[];
}

/** The chain to a trusted authority at each time, the use for code signing, and a certificate log's promise. */
function verifyLeaf(certificate: Certificate, options: ChainOptions): readonly X509Certificate[] {
  if (!mayBeSigner(certificate)) throw new Refusal("its certificate is not for code signing");
  let path: readonly X509Certificate[] = [];
  for (const time of options.times) {
    const authorities = withIntermediates(options, time);
    const chain = attempt(() => verifyCertificateChain(time, certificate.x509, authorities));
    if ("reason" in chain) throw new Refusal(toChainFailure(certificate, time));
    path = chain.value;
  }
  assertPromise(path, options.trust);
  return path;
}

/** A certificate log's promise to publish the leaf (SCT; RFC 6962, section 3): all that are there, and at least one. */
function assertPromise([leaf, issuer]: readonly X509Certificate[], trust: TrustMaterial): void {
  if (leaf === undefined || issuer === undefined) throw new Refusal("its certificate is its own issuer");
  const promises = attempt(() => verifySCTs(leaf, issuer, [...trust.ctlogs]));
  if ("reason" in promises) throw new Refusal("its certificate's promise is not from a trusted certificate log");
  if (promises.value.length === 0) throw new Refusal("its certificate comes without a certificate log's promise (SCT)");
}

function toChainFailure(certificate: Certificate, time: Date): string {
  const { notBefore, notAfter } = certificate.x509;
  return time < notBefore || time > notAfter
    ? `its certificate was not valid at ${time.toISOString()} (valid from ${notBefore.toISOString()} to ${notAfter.toISOString()})`
    : `its certificate does not lead to a trusted authority at ${time.toISOString()}`;
}

/** The authorities, each longer by those given intermediates that verify as its certificate authorities at that time. */
function withIntermediates(options: ChainOptions, time: Date): TrustMaterial["certificateAuthorities"] {
  const given = options.intermediates.filter((one) => !isSelfIssued(one) && one.x509.isCA);
  return options.trust.certificateAuthorities.map((authority) => {
    const certChain = [...authority.certChain];
    for (const { x509 } of [...given].reverse()) {
      const known = certChain.some((one) => one.equals(x509));
      if (
        !known &&
        "value" in attempt(() => verifyCertificateChain(time, x509, [{ ...authority, certChain: [...certChain] }]))
      ) {
        certChain.push(x509);
      }
    }
    return { ...authority, certChain };
  });
}

function trustOf(policy: { trust: TrustMaterial | undefined }): TrustMaterial {
  if (policy.trust === undefined) {
    throw new SigstoreError("trust material is needed to verify this signature and was not given", {
      code: "trust_unavailable",
    });
  }
  return policy.trust;
}
