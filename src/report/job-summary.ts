import type { Report } from "../types/index.ts";

/** The GitHub job summary: Markdown of at most `maxBytes` bytes of UTF-8 (GitHub takes 1 MiB). */
export function renderJobSummary(report: Report, options: { maxBytes: number }): string {
  throw new Error(`not written ${report} ${options}`);
}
