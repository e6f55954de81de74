import type { RefusedEvidence } from "../types/index.ts";

interface Outcome {
  readonly signed: boolean;
  readonly attested: boolean;
  /** Verified bundles are there, though none is a signature. */
  readonly onlyAttested: boolean;
  readonly refused: readonly RefusedEvidence[];
  readonly byKey: boolean;
}

/** Messages of the checks that failed. */
export interface Failures {
  readonly signatureFailure?: string;
  readonly attestationFailure?: string;
}

const maxReasons = 3;

/** The messages of the two signature checks, for those that failed (PARITY 4.6). */
export function describeFailures(outcome: Outcome): Failures {
  return {
    ...(outcome.signed ? {} : { signatureFailure: describeSignatureFailure(outcome) }),
    ...(outcome.attested ? {} : { attestationFailure: describeAttestationFailure(outcome) }),
  };
}

function describeSignatureFailure(outcome: Outcome): string {
  const reasons = reasonsOf(outcome, "signature");
  if (reasons !== "") return toMessage("signature", `no matching signatures: ${reasons}`, outcome.byKey);
  const hint = outcome.onlyAttested
    ? " (only attestations verified; `attestation-as-signature` lets one of them count)"
    : outcome.refused.length > 0
      ? ` (attestations were refused: ${reasonsOf(outcome, "attestation")})`
      : "";
  return toMessage("signature", `no signatures found${hint}`, false); // a missing signature says nothing about the key
}

function describeAttestationFailure(outcome: Outcome): string {
  const reasons = reasonsOf(outcome, "attestation");
  return toMessage("attestation", `no matching attestations: ${reasons}`.trimEnd(), outcome.byKey);
}

function toMessage(what: "signature" | "attestation", error: string, byKey: boolean): string {
  if (!byKey) return `Image ${what} check failed: ${error}`;
  const made = what === "signature" ? "the image was signed" : "the image was attested";
  return `No image ${what}s match the given public key. Check that it is the right public key and that ${made}. Error: ${error}`;
}

function reasonsOf({ refused }: Outcome, kind: RefusedEvidence["kind"]): string {
  const reasons = [...new Set(refused.filter((one) => one.kind === kind).map(({ reason }) => reason))];
  const shown = reasons.slice(0, maxReasons).join("; ");
  return reasons.length > maxReasons ? `${shown}; and ${reasons.length - maxReasons} more` : shown;
}
