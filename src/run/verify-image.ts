import { checkSyntax, findBuildType, findFinishedOn } from "../attestation/index.ts";
import type { PinnedReference } from "../oci/index.ts";
import { builtinResult, noMatchingAttestationResult } from "../policy/index.ts";
import {
  type EvidenceClient,
  type EvidenceLimits,
  fetchEvidence,
  type IdentityPolicy,
  needsTrust,
  type PublicKeyMaterial,
  readUnverifiedAttestations,
  type TrustProvider,
  type Verification,
  type VerifiedAttestation,
  verifyEvidence,
} from "../sigstore/index.ts";
import type { AttestationEntry, RefusedEvidence, RuleResult, SignatureEntry } from "../types/index.ts";

/** Whom to trust and what to leave out. */
export interface VerifyImageOptions {
  key: PublicKeyMaterial | undefined;
  identity: IdentityPolicy | undefined;
  ignoreRekor: boolean;
  skipImageSignatureCheck: boolean;
  skipAttestationSignatureCheck: boolean;
  attestationAsSignature: boolean;
  evidenceLimits: EvidenceLimits;
}

export interface VerifyImagePorts {
  client: EvidenceClient;
  trust: TrustProvider;
  nowMs(): number;
}

/** What the built-in checks found about one image. */
export interface VerifiedImage {
  violations: readonly RuleResult[];
  successes: readonly RuleResult[];
  signatures: readonly SignatureEntry[];
  attestations: readonly VerifiedAttestation[];
  refused: readonly RefusedEvidence[];
  skipped: readonly string[];
  /** Whether the policy is to be evaluated: there is an attestation to evaluate it on. */
  hasPolicyInput: boolean;
}

/**
 * The checks that need no policy: image signature, attestation signatures, attestation syntax, in that order
 * (PARITY 4.6). A failed attestation check ends the image's way; the others let it go on.
 */
export async function verifyImage(
  image: PinnedReference,
  options: VerifyImageOptions,
  ports: VerifyImagePorts,
  signal: AbortSignal,
): Promise<VerifiedImage> {
  const evidence = await fetchEvidence(ports.client, image, { signal, limits: options.evidenceLimits });
  const verification = await verify();
  const signature = judgeSignature(verification, options);
  const attestations = options.skipAttestationSignatureCheck ? readUnverifiedAttestations(evidence) : verification;
  const outcome = judgeAttestations(verification, attestations.attestations, options);
  return {
    violations: [...signature.violations, ...outcome.violations],
    successes: [...signature.successes, ...outcome.successes],
    signatures: outcome.hasPolicyInput || outcome.keepsSignatures ? signature.signatures : [],
    attestations: outcome.hasPolicyInput ? attestations.attestations : [],
    refused: dropSkipped(
      [...verification.refused, ...(options.skipAttestationSignatureCheck ? attestations.refused : [])],
      options,
    ),
    skipped: skippedChecks(options),
    hasPolicyInput: outcome.hasPolicyInput,
  };

  async function verify(): Promise<Verification> {
    if (options.skipImageSignatureCheck && options.skipAttestationSignatureCheck) {
      return { signatures: [], attestations: [], refused: [] };
    }
    const trust = needsTrust(evidence, options) ? await ports.trust.get({ signal }) : undefined;
    return verifyEvidence(evidence, {
      digest: image.digest,
      key: options.key,
      identity: options.identity,
      ignoreRekor: options.ignoreRekor,
      trust,
      now: new Date(ports.nowMs()),
      attestationAsSignature: options.attestationAsSignature,
    });
  }
}

interface SignatureJudgement {
  violations: readonly RuleResult[];
  successes: readonly RuleResult[];
  signatures: readonly SignatureEntry[];
}

function judgeSignature(verification: Verification, options: VerifyImageOptions): SignatureJudgement {
  if (options.skipImageSignatureCheck) return { violations: [], successes: [], signatures: [] };
  const { signatureFailure } = verification;
  const result = builtinResult("builtin.image.signature_check", signatureFailure);
  return signatureFailure === undefined
    ? { violations: [], successes: [result], signatures: verification.signatures }
    : { violations: [result], successes: [], signatures: [] };
}

interface AttestationJudgement {
  violations: readonly RuleResult[];
  successes: readonly RuleResult[];
  hasPolicyInput: boolean;
  keepsSignatures: boolean;
}

function judgeAttestations(
  verification: Verification,
  attestations: readonly VerifiedAttestation[],
  options: VerifyImageOptions,
): AttestationJudgement {
  const successes: RuleResult[] = [];
  if (!options.skipAttestationSignatureCheck) {
    const result = builtinResult("builtin.attestation.signature_check", verification.attestationFailure);
    if (verification.attestationFailure !== undefined) {
      return { violations: [result], successes: [], hasPolicyInput: false, keepsSignatures: false };
    }
    successes.push(result);
  }
  if (attestations.length === 0) {
    const syntax = builtinResult("builtin.attestation.syntax_check", "No attestation data");
    return {
      violations: [noMatchingAttestationResult(), syntax],
      successes,
      hasPolicyInput: false,
      keepsSignatures: true,
    };
  }
  const faults = attestations.flatMap((attestation) => checkSyntax(attestation.statement));
  const syntax = builtinResult("builtin.attestation.syntax_check", faults.length === 0 ? undefined : faults.join("; "));
  return {
    violations: faults.length === 0 ? [] : [syntax],
    successes: faults.length === 0 ? [...successes, syntax] : successes,
    hasPolicyInput: true,
    keepsSignatures: true,
  };
}

/** What was refused for a check that is skipped is no news. */
function dropSkipped(refused: readonly RefusedEvidence[], options: VerifyImageOptions): readonly RefusedEvidence[] {
  return refused.filter((entry) => !(entry.kind === "signature" && options.skipImageSignatureCheck));
}

function skippedChecks(options: VerifyImageOptions): readonly string[] {
  return [
    ...(options.skipImageSignatureCheck ? ["builtin.image.signature_check"] : []),
    ...(options.skipAttestationSignatureCheck ? ["builtin.attestation.signature_check"] : []),
  ];
}

/** An attestation as the report lists it; the type is the one that `ec` prints for every statement (PARITY 4.8). */
export function toAttestationEntry(attestation: VerifiedAttestation): AttestationEntry {
  const buildType = attestation.format === "legacy" ? findBuildType(attestation.statement) : undefined;
  return {
    type: "https://in-toto.io/Statement/v0.1",
    predicateType: attestation.predicateType,
    ...(buildType === undefined ? {} : { predicateBuildType: buildType }),
    signatures: attestation.signatures,
  };
}

/** When the newest build of some attestations ended, milliseconds since 1970; undefined where none says. */
export function findNewestBuildMs(attestations: readonly VerifiedAttestation[]): number | undefined {
  const times = attestations
    .map((attestation) => Date.parse(findFinishedOn(attestation.statement) ?? ""))
    .filter((time) => !Number.isNaN(time));
  return times.length === 0 ? undefined : Math.max(...times);
}
