import type { ComponentReport, Report, RuleResult } from "../types/index.ts";
import type { LooseJson } from "./go-json.ts";
import { codeOf, outcomeOf } from "./totals.ts";

type Summary = { readonly [key: string]: LooseJson };

/** First message of each code, and how many more there are; codes sorted, results without a code left out. */
function condense(results: readonly RuleResult[]): Summary {
  const messages = new Map<string, string[]>();
  for (const result of results) {
    const code = codeOf(result);
    if (code !== "") {
      messages.set(code, [...(messages.get(code) ?? []), result.msg]);
    }
  }
  const codes = [...messages.keys()].sort((left, right) => (left < right ? -1 : 1));
  return Object.fromEntries(codes.map((code) => [code, toLines(code, messages.get(code) ?? [])]));
}

function toLines(code: string, messages: readonly string[]): readonly string[] {
  const more = messages.length - 1;
  const first = messages.slice(0, 1);
  return more > 0 ? [...first, `There are ${more} more ${JSON.stringify(code)} messages`] : first;
}

function summarise(component: ComponentReport, options: { includeSuccesses: boolean }): Summary {
  return {
    name: component.name,
    success: component.success,
    violations: condense(component.violations),
    warnings: condense(component.warnings),
    successes: condense(options.includeSuccesses ? component.successes : []),
    total_violations: component.violations.length,
    total_warnings: component.warnings.length,
    total_successes: component.successes.length,
    error: component.error === undefined ? undefined : { ...component.error },
    skipped: component.skipped.length === 0 ? undefined : component.skipped,
  };
}

/** The condensed report (PARITY 8.5), with the right `success`. */
export function toSummary(report: Report, options: { includeSuccesses: boolean }): Summary {
  return {
    snapshot: report.snapshot === "" ? undefined : report.snapshot,
    components: report.components.length === 0 ? null : report.components.map((one) => summarise(one, options)),
    success: report.success && report.components.every((one) => outcomeOf(one) === "passed"),
    key: report.key,
  };
}
