import type { Report } from "../types/index.ts";
import { countResults, outcomeOf } from "./totals.ts";

/** Konflux' TEST_OUTPUT (PARITY 8.4). */
export interface AppStudioResult {
  /** Seconds since 1970, as text. */
  timestamp: string;
  namespace: "";
  successes: number;
  failures: number;
  warnings: number;
  result: "SUCCESS" | "FAILURE" | "WARNING" | "SKIPPED" | "ERROR";
  /** Only with ERROR: how many components could not be decided. */
  note?: string;
}

/** The report in one word and three numbers. ERROR: nothing failed, and something could not be decided. */
export function toAppStudioResult(report: Report): AppStudioResult {
  const totals = countResults(report);
  const undecided = report.components.filter(({ error }) => error !== undefined).length;
  const result = deriveResult(report, totals, undecided);
  return {
    timestamp: String(Math.floor(report.createdAtMs / 1000)),
    namespace: "",
    successes: totals.successes,
    failures: totals.violations,
    warnings: totals.warnings,
    result,
    ...(result === "ERROR" ? { note: `Could not decide: ${undecided} of ${report.components.length} components` } : {}),
  };
}

function deriveResult(
  report: Report,
  totals: ReturnType<typeof countResults>,
  undecided: number,
): AppStudioResult["result"] {
  if (totals.violations > 0 || report.components.some((component) => outcomeOf(component) === "violated")) {
    return "FAILURE";
  }
  if (undecided > 0) {
    return "ERROR";
  }
  if (totals.warnings > 0) {
    return "WARNING";
  }
  return totals.successes === 0 ? "SKIPPED" : "SUCCESS";
}
