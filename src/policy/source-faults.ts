import { StageError, toErrorMessage } from "../types/index.ts";
import { PolicyError, type PolicyErrorCode } from "./errors.ts";
import { withoutUserInfo } from "./git-source.ts";

/** An address as messages may show it: without user information, without a query that may be secret, not too long. */
export function toSubject(address: string): string {
  const shown = withoutUserInfo(address).replace(/\?(?!ref=|depth=|checksum=).*$/s, "");
  return shown.length > 200 ? `${shown.slice(0, 200)}...` : shown;
}

/** What a port threw, as this stage's error: faults that may pass are `source-unavailable`, others the given code. */
export function toSourceFault(
  address: string,
  thrown: unknown,
  finalCode: PolicyErrorCode = "source-unreadable",
): PolicyError {
  if (thrown instanceof PolicyError) {
    return thrown;
  }
  const retryable = thrown instanceof StageError && thrown.retryable;
  return new PolicyError(`${toSubject(address)} could not be fetched: ${toErrorMessage(thrown)}`, {
    code: retryable ? "source-unavailable" : finalCode,
    subject: toSubject(address),
    retryable,
    cause: thrown,
  });
}

/** Refuses what would be fetched without encryption. */
export function toInsecureFault(address: string): PolicyError {
  return new PolicyError(`${toSubject(address)} would be fetched without encryption: use https://, git:: or oci::`, {
    code: "source-insecure",
    subject: toSubject(address),
  });
}
