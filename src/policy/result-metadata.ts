import type { Json, ResultMetadata, RuleResult } from "../types/index.ts";

const alwaysKept: ReadonlySet<string> = new Set(["code", "effective_on", "term"]);

function stripOne(result: RuleResult): RuleResult {
  const entries: [string, Json | undefined][] = Object.entries(result.metadata ?? {});
  const kept = entries.filter(([key]) => alwaysKept.has(key));
  const metadata: ResultMetadata = Object.fromEntries(kept);
  return kept.length === 0 ? { msg: result.msg } : { msg: result.msg, metadata };
}

/** Without `info`, leaves only code, term and effective date of each result's metadata. */
export function stripMetadata(results: readonly RuleResult[], options: { info: boolean }): readonly RuleResult[] {
  return options.info ? results : results.map(stripOne);
}
