import { hasOciCode } from "../../oci/index.ts";
import { type Log, StageError, toErrorMessage } from "../../types/index.ts";
import { PolicyError } from "../errors.ts";

/** A call has no answer, finally: its function is undefined. Stays inside of this folder. */
export class NoAnswer extends Error {}

/** Whether a fault says nothing about what was asked for: it must not look like an answer. */
export function isUndecided(thrown: unknown): boolean {
  return (
    (thrown instanceof StageError && thrown.retryable) ||
    hasOciCode(thrown, "too-large", "offline", "aborted", "timeout")
  );
}

/**
 * What becomes of a fault: an error where it says nothing (`external-call-failed`), else a line in the log, and no
 * answer.
 */
export function judgeFault(thrown: unknown, call: { name: string; subject: string }, log: Log): undefined {
  if (thrown instanceof PolicyError) {
    throw thrown;
  }
  if (!isUndecided(thrown) && (thrown instanceof NoAnswer || thrown instanceof StageError)) {
    log.info(`${call.name} is undefined: ${toErrorMessage(thrown)}`);
    return undefined;
  }
  throw new PolicyError(
    `${call.name} of ${call.subject} got no answer: ${toErrorMessage(thrown)}; the policy cannot be decided without it`,
    { code: "external-call-failed", subject: call.subject, retryable: isUndecided(thrown), cause: thrown },
  );
}
