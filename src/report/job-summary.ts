import type { ComponentReport, Report, RuleResult } from "../types/index.ts";
import { escapeMarkdown } from "./markdown.ts";
import { codeOf, countResults, labelOf, metadataText, outcomeOf, termsOf } from "./totals.ts";

const marks = { passed: "✅ passed", violated: "❌ violated", undecided: "⚠️ could not decide" } as const;

/**
 * The GitHub job summary: Markdown of at most `maxBytes` bytes of UTF-8 (GitHub takes 1 MiB). What does not fit is left
 * out whole lines at a time, and a note says so.
 */
export function renderJobSummary(report: Report, options: { maxBytes: number }): string {
  const lines = [
    `## ${headline(report)}`,
    "",
    ...componentTable(report),
    ...undecidedLines(report),
    ...resultLines(report, "Violations", ({ violations }) => violations),
    ...resultLines(report, "Warnings", ({ warnings }) => warnings),
    ...skippedLines(report),
    ...refusedLines(report),
    ...noteLines(report),
  ];
  return fitLines(lines, options.maxBytes);
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

function headline(report: Report): string {
  const total = report.components.length;
  const violated = report.components.filter((one) => outcomeOf(one) === "violated").length;
  const undecided = report.components.filter(({ error }) => error !== undefined).length;
  const rest = undecided > 0 ? `, ${undecided} could not be decided` : "";
  if (violated > 0 || (!report.success && undecided === 0)) {
    return `❌ The policy says no to ${violated} of ${count(total, "image")}${rest}`;
  }
  if (undecided > 0) {
    return `⚠️ Could not decide on ${undecided} of ${count(total, "image")}`;
  }
  return total === 0 ? "No images to validate" : `✅ ${count(total, "image")} passed`;
}

function componentTable(report: Report): readonly string[] {
  const rows = report.components.map((one) =>
    [
      marks[outcomeOf(one)],
      escapeMarkdown(one.name),
      code(one.containerImage),
      one.violations.length,
      one.warnings.length,
      one.successes.length,
    ].join(" | "),
  );
  const { violations, warnings, successes } = countResults(report);
  const total = report.components.length > 1 ? [`| **total** | | | ${violations} | ${warnings} | ${successes} |`] : [];
  const head = [
    "| Result | Component | Image | Violations | Warnings | Successes |",
    "| --- | --- | --- | --: | --: | --: |",
  ];
  return rows.length === 0 ? [] : [...head, ...rows.map((row) => `| ${row} |`), ...total, ""];
}

function code(text: string): string {
  return text === "" ? "" : `<code>${escapeMarkdown(text)}</code>`;
}

function titled(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [`### ${title}`, "", ...lines, ""];
}

function undecidedLines({ components }: Report): readonly string[] {
  const lines = components.flatMap((one) => {
    const { error } = one;
    return error === undefined
      ? []
      : [`- **${escapeMarkdown(labelOf(one))}** ${code(error.code)}: ${escapeMarkdown(error.message)}`];
  });
  return titled("Could not decide", lines);
}

function resultLines(
  { components }: Report,
  title: string,
  pick: (component: ComponentReport) => readonly RuleResult[],
): readonly string[] {
  const rows = components.flatMap((component) => pick(component).map((result) => resultRow(component, result)));
  const head = ["| Component | Rule | Message | Solution |", "| --- | --- | --- | --- |"];
  return titled(title, rows.length === 0 ? [] : [...head, ...rows]);
}

function resultRow(component: ComponentReport, result: RuleResult): string {
  const terms = termsOf(result);
  const rule = code(codeOf(result)) + (terms.length === 0 ? "" : ` (${terms.map(escapeMarkdown).join(", ")})`);
  const title = metadataText(result, "title");
  const message = (title === undefined ? "" : `**${escapeMarkdown(title)}**<br>`) + escapeMarkdown(result.msg);
  const solution = escapeMarkdown(metadataText(result, "solution") ?? "");
  return `| ${escapeMarkdown(labelOf(component))} | ${rule} | ${message} | ${solution} |`;
}

function skippedLines({ components }: Report): readonly string[] {
  const lines = components.flatMap((one) =>
    one.skipped.length === 0 ? [] : [`- ${escapeMarkdown(labelOf(one))}: ${one.skipped.map(code).join(", ")}`],
  );
  return titled("Checks that were switched off", lines);
}

function refusedLines({ components }: Report): readonly string[] {
  const lines = components.flatMap((component) =>
    component.refused.map(
      ({ kind, location, reason }) =>
        `- ${escapeMarkdown(labelOf(component))}: ${kind} ${code(location)}: ${escapeMarkdown(reason)}`,
    ),
  );
  return titled("Evidence that was found and not accepted", lines);
}

function noteLines({ notes }: Report): readonly string[] {
  return titled(
    "Notes",
    notes.map((note) => `- ${escapeMarkdown(note)}`),
  );
}

function leftOut(lines: number): string {
  return `\n*${count(lines, "more line")} did not fit; the report has them all.*\n`;
}

function fitLines(lines: readonly string[], maxBytes: number): string {
  const sizes = lines.map((line) => Buffer.byteLength(line) + 1);
  const whole = sizes.reduce((total, size) => total + size, 0);
  if (whole <= maxBytes) {
    return lines.map((line) => `${line}\n`).join("");
  }
  const room = maxBytes - Buffer.byteLength(leftOut(lines.length));
  let used = 0;
  const kept = sizes.findIndex((size) => {
    used += size;
    return used > room;
  });
  const text = lines.slice(0, kept).map((line) => `${line}\n`);
  const note = leftOut(lines.length - kept);
  return Buffer.byteLength(note) <= maxBytes ? [...text, note].join("") : "";
}
