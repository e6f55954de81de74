import type { Report } from "../types/index.ts";

/** 0 passed, 1 the policy said no, 3 could not decide (differences, 1). */
export function decideExitCode(report: Report, options: { strict: boolean }): 0 | 1 | 3 {
  throw new Error(`not written ${report} ${options}`);
}
