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

/**
 * The result of a built-in check: a pass without a message, else a failure whose whole message is given. Carries title
 * and description, which reports show with `--info`.
 */
export function builtinResult(code: BuiltinCode, failureMessage?: string): RuleResult {
  return { msg: failureMessage ?? "Pass", metadata: { code, ...texts[code] } };
}

/** The violation of an image none of whose attestations speaks about it: it has no code (as Conforma reports it). */
export function noMatchingAttestationResult(): RuleResult {
  return { msg: "No attestations contain a subject that match the given image." };
}
