import type { Report } from "../types/index.ts";

/** Konflux' TEST_OUTPUT (PARITY 8.4). */
export interface AppStudioResult {
  /** Seconds since 1970, as text. */
  timestamp: string;
  namespace: "";
  successes: number;
  failures: number;
  warnings: number;
  result: "SUCCESS" | "FAILURE" | "WARNING" | "SKIPPED" | "ERROR";
  note?: string;
}

export function toAppStudioResult(report: Report): AppStudioResult {
  throw new Error(`not written ${report}`);
}
