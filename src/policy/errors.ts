import { StageError, type StageErrorOptions } from "../types/index.ts";

/**
 * What can go wrong in this stage.
 *
 * Usage (the configuration is wrong, the same run fails again):
 * - `config-not-found`, `config-empty`, `config-invalid`: the policy configuration cannot be read, is empty, is wrong.
 * - `identity-missing`: keyless verification without an issuer or a subject.
 * - `effective-time-invalid`, `effective-time-past`; `rule-data-invalid`: options that do not parse.
 * - `source-invalid`, `source-insecure`: a source's address is not understood, or is plain HTTP.
 * - `source-unreadable`, `no-rego`: a source is not there or cannot be read, or holds no policy.
 * - `source-limit`: a source holds more files or bytes than the bounds allow.
 * - `archive-invalid`, `data-invalid`, `data-conflict`: what a source holds cannot be read or merged.
 * - `rule-invalid`, `rule-duplicate`, `compile-failed`: the Rego is refused.
 *
 * Undecided (nothing can be said about the component):
 * - `source-unavailable`: a source could not be fetched now.
 * - `evaluation-failed`, `limit-exceeded`: the Rego failed or ran out of its bounds while it was evaluated.
 * - `result-invalid`: a rule gave a result without a message.
 * - `no-results`: a source group said nothing at all.
 * - `external-call-failed`: a look-up that the policy asked for failed in a way that may pass.
 */
export type PolicyErrorCode =
  | "config-not-found"
  | "config-empty"
  | "config-invalid"
  | "identity-missing"
  | "effective-time-invalid"
  | "effective-time-past"
  | "rule-data-invalid"
  | "source-invalid"
  | "source-insecure"
  | "source-unreadable"
  | "no-rego"
  | "source-limit"
  | "archive-invalid"
  | "data-invalid"
  | "data-conflict"
  | "rule-invalid"
  | "rule-duplicate"
  | "compile-failed"
  | "source-unavailable"
  | "evaluation-failed"
  | "limit-exceeded"
  | "result-invalid"
  | "no-results"
  | "external-call-failed";

const undecided: ReadonlySet<PolicyErrorCode> = new Set([
  "source-unavailable",
  "evaluation-failed",
  "limit-exceeded",
  "result-invalid",
  "no-results",
  "external-call-failed",
]);

/** The error of this stage. `outcome` says which exit it leads to: wrong usage (2) or could not decide (3). */
export class PolicyError extends StageError<PolicyErrorCode> {
  readonly outcome: "usage" | "undecided";

  constructor(message: string, options: StageErrorOptions<PolicyErrorCode>) {
    super(message, options);
    this.outcome = undecided.has(options.code) ? "undecided" : "usage";
  }
}
