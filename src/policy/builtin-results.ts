import type { RuleResult } from "../types/index.ts";

/** The checks that need no policy. */
export type BuiltinCode =
  | "builtin.image.accessible"
  | "builtin.image.signature_check"
  | "builtin.attestation.signature_check"
  | "builtin.attestation.syntax_check";

interface BuiltinText {
  title: string;
  description: string;
}

const texts: Readonly<Record<BuiltinCode, BuiltinText>> = {
  "builtin.image.accessible": {
    title: "Image URL is accessible",
    description: "The image URL is available and accessible.",
  },
  "builtin.image.signature_check": {
    title: "Image signature check passed",
    description: "The image signature matches available signing materials.",
  },
  "builtin.attestation.signature_check": {
    title: "Attestation signature check passed",
    description: "The attestation signature matches available signing materials.",
  },
  "builtin.attestation.syntax_check": {
    title: "Attestation syntax check passed",
    description: "The attestation has correct syntax.",
  },
};

/** Why a built-in check failed. */
export interface BuiltinFailure {
  /** What the check found wrong. */
  reason: string;
  /** Set where a key was given and nothing matches it: the message then explains the key. */
  noMatchFor?: "signature" | "attestation";
}

const checkNames: Readonly<Record<BuiltinCode, string>> = {
  "builtin.image.accessible": "Image URL is not accessible",
  "builtin.image.signature_check": "Image signature check failed",
  "builtin.attestation.signature_check": "Image attestation check failed",
  "builtin.attestation.syntax_check": "Attestation syntax check failed",
};

const keyHints = {
  signature: { what: "signatures", made: "a signature was created" },
  attestation: { what: "attestations", made: "one or more attestations were created" },
} as const;

function toFailureMessage(code: BuiltinCode, failure: BuiltinFailure): string {
  if (failure.noMatchFor === undefined) {
    return `${checkNames[code]}: ${failure.reason}`;
  }
  const hint = keyHints[failure.noMatchFor];
  return (
    `No image ${hint.what} found matching the given public key. ` +
    `Verify the correct public key was provided, and ${hint.made}. Error: ${failure.reason}`
  );
}

/** The result of a built-in check: `Pass` without a failure, else its message. Carries title and description. */
export function builtinResult(code: BuiltinCode, failure?: BuiltinFailure): RuleResult {
  const msg = failure === undefined ? "Pass" : toFailureMessage(code, failure);
  return { msg, metadata: { code, ...texts[code] } };
}

/** The violation of an image none of whose attestations speaks about it: it has no code (as Conforma reports it). */
export function noMatchingAttestationResult(): RuleResult {
  return { msg: "No attestations contain a subject that match the given image." };
}
