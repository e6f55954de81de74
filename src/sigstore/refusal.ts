import { ValidationError } from "@sigstore/bundle";

/** Why a candidate does not count. Stays inside this stage: the reason ends up in the report's `refused`. */
export class Refusal extends Error {}

/** Runs a judgement; whatever it throws, be it a refusal or a parser's surprise over hostile bytes, is a reason to refuse. */
export function attempt<T>(judge: () => T): { readonly value: T } | { readonly reason: string } {
  try {
    return { value: judge() };
  } catch (thrown) {
    return { reason: toReason(thrown) };
  }
}

const maxReasonLength = 500;

function toReason(thrown: unknown): string {
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  const known = thrown instanceof Refusal || (thrown instanceof Error && "code" in thrown);
  const fields = thrown instanceof ValidationError ? `: ${thrown.fields.join(", ")}` : "";
  const reason = known ? text : `it cannot be read (${text}${fields})`;
  return reason.length > maxReasonLength ? `${reason.slice(0, maxReasonLength)}...` : reason;
}
