import { PolicyError } from "./errors.ts";
import { formatRfc3339, parseDate, parseRfc3339 } from "./rfc3339.ts";

/** Nanoseconds since 1970, or the time of each component's newest attestation. */
export type EffectiveTime = { kind: "fixed"; ns: bigint } | { kind: "attestation" };

/** How far clocks may differ before a time counts as past: two seconds. */
const graceNs = 2_000_000_000n;

/**
 * Reads `--effective-time`: `now` and `attestation` in any case, an RFC 3339 time, or a date (its midnight in UTC).
 *
 * @throws {PolicyError} `effective-time-invalid`, or `effective-time-past` where that is not allowed.
 */
export function parseEffectiveTime(text: string, nowNs: bigint, options: { allowPast: boolean }): EffectiveTime {
  const word = text.toLowerCase();
  if (word === "attestation") {
    return { kind: "attestation" };
  }
  if (word === "now") {
    return { kind: "fixed", ns: nowNs };
  }
  const ns = parseRfc3339(text) ?? parseDate(text);
  if (ns === undefined) {
    throw new PolicyError(
      `the effective time ${JSON.stringify(text)} is neither an RFC 3339 time (2026-01-31T00:00:00Z) ` +
        `nor a date (2026-01-31); "now" and "attestation" are possible too`,
      { code: "effective-time-invalid" },
    );
  }
  if (!options.allowPast && ns < nowNs - graceNs) {
    throw new PolicyError(
      `the effective time ${formatRfc3339(ns)} is in the past; use --allow-past-effective-time to allow that`,
      { code: "effective-time-past" },
    );
  }
  return { kind: "fixed", ns };
}

/** RFC 3339, UTC, nanoseconds without trailing zeros: as reports show the time. */
export function formatEffectiveTime(ns: bigint): string {
  return formatRfc3339(ns);
}
