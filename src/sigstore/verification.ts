import { checkSyntax, type Statement } from "../attestation/index.ts";
import type { RefusedEvidence, SignatureEntry } from "../types/index.ts";
import { judgeBundle, peekPredicateType, signPredicateType } from "./bundle.ts";
import { SigstoreError } from "./errors.ts";
import type { EvidenceCandidate, ImageEvidence } from "./evidence.ts";
import { describeFailures } from "./failure.ts";
import {
  describeSyntax,
  judgeLegacyAttestation,
  type ReadAttestation,
  readLegacyAttestation,
} from "./legacy-attestation.ts";
import { judgeLegacySignature } from "./legacy-signature.ts";
import { attempt } from "./refusal.ts";
import { type SignerPolicies, toSignerPolicies, type VerificationPolicy } from "./verification-policy.ts";

export interface VerifiedAttestation {
  /** The payload as signed. */
  readonly statementBytes: Uint8Array;
  readonly statement: Statement;
  readonly predicateType: string;
  readonly signatures: readonly SignatureEntry[];
  readonly location: string;
  readonly format: "legacy" | "bundle";
}

export interface Verification {
  readonly signatures: readonly SignatureEntry[];
  readonly attestations: readonly VerifiedAttestation[];
  readonly refused: readonly RefusedEvidence[];
  /** Set where no image signature verified: the message of `builtin.image.signature_check`. */
  readonly signatureFailure?: string;
  /** Set where no attestation verified: the message of `builtin.attestation.signature_check`. */
  readonly attestationFailure?: string;
}

/** What verified, before it is sorted into signatures and attestations. */
export interface Judgement {
  readonly legacySignatures: readonly SignatureEntry[];
  readonly legacyAttestations: readonly VerifiedAttestation[];
  /** Statements of any predicate, the signing one included. */
  readonly bundles: readonly VerifiedAttestation[];
  readonly refused: readonly RefusedEvidence[];
}

/** Whether `verifyEvidence` will look at trust material: not for a key without log, and not without any evidence. */
export function needsTrust(evidence: ImageEvidence, policy: Pick<VerificationPolicy, "key" | "ignoreRekor">): boolean {
  return evidence.candidates.length > 0 && !(policy.key !== undefined && policy.ignoreRekor);
}

/**
 * Judges each candidate by itself, without I/O; one that verifies counts whatever lies beside it. Throws `SigstoreError`
 * `policy_invalid` (neither key nor whole identity, a pattern that does not compile) and `trust_unavailable` (trust
 * material is needed and missing); what is wrong with the evidence is in the result.
 */
export function verifyEvidence(evidence: ImageEvidence, policy: VerificationPolicy): Verification {
  const judgement = judgeEvidence(evidence, policy);
  const isSignature = ({ predicateType }: VerifiedAttestation) => predicateType === signPredicateType;
  const signing = judgement.bundles.filter(isSignature);
  const verified = [...judgement.legacyAttestations, ...judgement.bundles.filter((bundle) => !isSignature(bundle))];
  const { attestations, malformed } = refuseMalformed(verified);
  const refused = [...judgement.refused, ...malformed];
  const signatures = [...judgement.legacySignatures, ...signing.flatMap((bundle) => bundle.signatures)];
  const signed = signatures.length > 0 || (policy.attestationAsSignature && judgement.bundles.length > 0);
  return {
    signatures,
    attestations,
    refused,
    ...describeFailures({
      signed,
      attested: attestations.length > 0,
      onlyAttested: judgement.bundles.length > 0,
      refused,
      byKey: policy.key !== undefined,
    }),
  };
}

/**
 * Refuses bundles whose SLSA provenance is not of its schema beside any other attestation: one of them must not fail an
 * image that has a good one. Where nothing else verified they stay: the check of their syntax tells what is wrong.
 */
function refuseMalformed(verified: readonly VerifiedAttestation[]): {
  readonly attestations: readonly VerifiedAttestation[];
  readonly malformed: readonly RefusedEvidence[];
} {
  const judged = verified.map((attestation) => ({
    attestation,
    problems: attestation.format === "bundle" ? checkSyntax(attestation.statement) : [], // the others were judged
  }));
  const attestations = judged.flatMap(({ attestation, problems }) => (problems.length === 0 ? [attestation] : []));
  if (attestations.length === 0) return { attestations: verified, malformed: [] };
  const malformed = judged.flatMap(({ attestation: { location, predicateType }, problems }): RefusedEvidence[] =>
    problems.length === 0 ? [] : [{ kind: "attestation", location, reason: describeSyntax(predicateType, problems) }],
  );
  return { attestations, malformed };
}

/** Judges the candidates; see `verifyEvidence` for what it throws. */
export function judgeEvidence(evidence: ImageEvidence, policy: VerificationPolicy): Judgement {
  const signers = toSignerPolicies(policy);
  if (needsTrust(evidence, policy) && policy.trust === undefined) {
    throw new SigstoreError("trust material is needed to verify this image's signatures and was not given", {
      code: "trust_unavailable",
    });
  }
  const legacySignatures: SignatureEntry[] = [];
  const legacyAttestations: VerifiedAttestation[] = [];
  const bundles: VerifiedAttestation[] = [];
  const refused: RefusedEvidence[] = [...evidence.refused];
  for (const candidate of evidence.candidates) {
    const result = attempt(() => {
      switch (candidate.format) {
        case "legacy-signature":
          return legacySignatures.push(judgeLegacySignature(candidate, policy.digest, signers.legacy));
        case "legacy-attestation":
          return legacyAttestations.push(judgeAttestation(candidate, signers, policy));
        case "bundle":
          return bundles.push(toVerified(judgeBundle(candidate.bytes, policy.digest, signers.bundle), candidate));
      }
    });
    if ("reason" in result)
      refused.push({ kind: kindOf(candidate), location: candidate.location, reason: result.reason });
  }
  return { legacySignatures, legacyAttestations, bundles, refused };
}

function judgeAttestation(
  candidate: EvidenceCandidate,
  signers: SignerPolicies,
  policy: VerificationPolicy,
): VerifiedAttestation {
  const checkSyntax = policy.checkLegacySyntax ?? true;
  return toVerified(judgeLegacyAttestation(candidate, policy.digest, { ...signers.legacy, checkSyntax }), candidate);
}

function toVerified(read: ReadAttestation, candidate: EvidenceCandidate): VerifiedAttestation {
  return {
    ...read,
    predicateType: read.statement.predicateType,
    location: candidate.location,
    format: candidate.format === "bundle" ? "bundle" : "legacy",
  };
}

function kindOf(candidate: EvidenceCandidate): RefusedEvidence["kind"] {
  switch (candidate.format) {
    case "legacy-signature":
      return "signature";
    case "legacy-attestation":
      return "attestation";
    case "bundle":
      return peekPredicateType(candidate.bytes) === signPredicateType ? "signature" : "attestation";
  }
}

/**
 * The legacy attestations (`.att`) without verification of any kind, for `--skip-att-sig-check`: `refused` lists those
 * that do not parse. Bundles are not read, as in `ec`.
 */
export function readUnverifiedAttestations(evidence: ImageEvidence): Pick<Verification, "attestations" | "refused"> {
  const attestations: VerifiedAttestation[] = [];
  const refused: RefusedEvidence[] = evidence.refused.filter(({ kind }) => kind === "attestation");
  for (const candidate of evidence.candidates) {
    if (candidate.format !== "legacy-attestation") continue;
    const result = attempt(() => attestations.push(toVerified(readLegacyAttestation(candidate), candidate)));
    if ("reason" in result) refused.push({ kind: "attestation", location: candidate.location, reason: result.reason });
  }
  return { attestations, refused };
}
