import type { Json, RuleResult } from "../types/index.ts";

function firstString(value: Json | undefined): string {
  const candidates = Array.isArray(value) ? value : [value];
  const found = candidates.find((item) => typeof item === "string" && item !== "");
  return typeof found === "string" ? found : "";
}

/** A result's code; `""` where it has none. */
export function codeOf(result: RuleResult): string {
  return firstString(result.metadata?.code);
}

const encoder = new TextEncoder();

/** Order of the texts' UTF-8 bytes, which is the order of their code points. */
export function compareTexts(a: string, b: string): number {
  if (a === b) {
    return 0;
  }
  return Buffer.compare(encoder.encode(a), encoder.encode(b));
}

function compareResults(a: RuleResult, b: RuleResult): number {
  return (
    compareTexts(codeOf(a), codeOf(b)) ||
    compareTexts(firstString(a.metadata?.term), firstString(b.metadata?.term)) ||
    compareTexts(a.msg, b.msg)
  );
}

/** Results by code, first term and message; those without a code come first. Ties keep their order. */
export function sortResults(results: readonly RuleResult[]): RuleResult[] {
  return [...results].sort(compareResults);
}
