import type { Report } from "../types/index.ts";
import { outcomeOf } from "./totals.ts";

/**
 * 0 passed, 1 the policy said no, 3 could not decide (differences, 1). A violation anywhere makes it 1; without `strict`
 * violations are not counted, and what could not be decided still makes it 3.
 */
export function decideExitCode(report: Report, options: { strict: boolean }): 0 | 1 | 3 {
  const undecided = report.components.some(({ error }) => error !== undefined);
  const violated = report.components.some((one) => outcomeOf(one) === "violated") || (!report.success && !undecided);
  if (options.strict && violated) {
    return 1;
  }
  return undecided ? 3 : 0;
}
