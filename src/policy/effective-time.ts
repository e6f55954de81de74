import { PolicyError } from "./errors.ts";

/** Nanoseconds since 1970, or the time of each component's newest attestation. */
export type EffectiveTime = { kind: "fixed"; ns: bigint } | { kind: "attestation" };

/** Reads `--effective-time`. */
export function parseEffectiveTime(text: string, nowNs: bigint, options: { allowPast: boolean }): EffectiveTime {
  throw new PolicyError(`${text}${nowNs}${options.allowPast}`, { code: "effective-time-invalid" });
}

/** RFC 3339, UTC, nanoseconds without trailing zeros. */
export function formatEffectiveTime(ns: bigint): string {
  return String(ns);
}
