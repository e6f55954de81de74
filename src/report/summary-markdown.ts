import type { Report } from "../types/index.ts";
import { escapeMarkdown } from "./markdown.ts";
import { countResults } from "./totals.ts";

function mark(good: boolean): string {
  return good ? ":white_check_mark:" : ":x:";
}

/** The table of PARITY 8.6, with a row each for what was not done, not accepted, not decided. */
export function renderSummaryMarkdown(report: Report): string {
  const { violations, warnings, successes } = countResults(report);
  const time = new Date(report.createdAtMs).toISOString().slice(0, 19).replace("T", " ");
  return [
    "| Field     | Value |Status|",
    "|-----------|-------|-------|",
    row("Time", time, ""),
    row("Successes", successes, mark(successes >= 1 && violations === 0)),
    row("Failures", violations, mark(violations === 0)),
    row("Warnings", warnings, mark(warnings === 0)),
    ...renderExtraRows(report),
    row("Result", "", mark(report.success)),
    "",
  ].join("\n");
}

function row(name: string, value: string | number, status: string): string {
  return `| ${name} | ${value} | ${status} |`;
}

function renderExtraRows(report: Report): readonly string[] {
  const undecided = report.components.filter(({ error }) => error !== undefined);
  const skipped = [...new Set(report.components.flatMap((one) => one.skipped))];
  const refused = report.components.flatMap((one) => one.refused);
  return [
    ...(undecided.length === 0 ? [] : [row("Could not decide", undecided.length, mark(false))]),
    ...(skipped.length === 0 ? [] : [row("Skipped checks", skipped.map(escapeMarkdown).join(", "), ":warning:")]),
    ...(refused.length === 0 ? [] : [row("Refused evidence", refused.length, ":warning:")]),
  ];
}
