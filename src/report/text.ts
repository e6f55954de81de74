import type { TargetOptions } from "../inputs/index.ts";
import type { ComponentReport, Report, RuleResult } from "../types/index.ts";
import { toAppStudioResult } from "./appstudio.ts";
import { codeOf, countResults, metadataText, termsOf } from "./totals.ts";
import { indentWrapped } from "./word-wrap.ts";

const width = 130;
const docsLink =
  "For more information about policy issues, see the policy documentation: https://conforma.dev/docs/policy/";

type Kind = "Violation" | "Warning" | "Success" | "Excluded";

const looks: Readonly<Record<Kind, { symbol: string; color: number }>> = {
  Violation: { symbol: "✕", color: 31 },
  Warning: { symbol: "›", color: 33 },
  Success: { symbol: "✓", color: 32 },
  Excluded: { symbol: "-", color: 2 },
};

interface TextOptions extends TargetOptions {
  readonly color: boolean;
}

/** Control characters from outside could rewrite what a terminal shows: they are written as escapes. */
function printable(text: string): string {
  return text
    .replace(/\r\n?/g, "\n")
    .replace(/[^\P{Cc}\n\t]|\p{Bidi_Control}/gu, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** Text from outside on one line, control characters shown: a line end could pretend to be a line of ours. */
export function toOneLine(text: string): string {
  return printable(text).replaceAll("\n", "\\u000a");
}

/** The report for people (PARITY 8.3); ends with a newline. */
export function renderText(report: Report, options: TextOptions): string {
  const totals = countResults(report);
  const shown = {
    violations: totals.violations > 0,
    warnings: totals.warnings > 0 && options.showWarnings,
    successes: totals.successes > 0 && options.showSuccesses,
    excluded: options.showSuccesses && report.components.some(({ excluded }) => excluded.length > 0),
  };
  const parts = [
    `Success: ${report.success}\n`,
    `Result: ${toAppStudioResult(report).result}\n`,
    `Violations: ${totals.violations}, Warnings: ${totals.warnings}, Successes: ${totals.successes}\n`,
    renderComponents(report.components),
    Object.values(shown).some(Boolean) ? "Results:\n" : "",
    shown.violations ? renderResults(report, "Violation", ({ violations }) => violations, options) : "",
    shown.warnings ? renderResults(report, "Warning", ({ warnings }) => warnings, options) : "",
    shown.successes && options.includeSuccesses
      ? renderResults(report, "Success", ({ successes }) => successes, options)
      : "",
    shown.excluded ? renderResults(report, "Excluded", ({ excluded }) => excluded, options) : "",
    renderNotes(report.notes),
    options.showPolicyDocsLink && (shown.violations || shown.warnings) ? `${docsLink}\n` : "",
  ];
  return parts.join("");
}

function line(text: string, indent: number): string {
  return `${indentWrapped(printable(text), { indent, width })}\n`;
}

function renderComponents(components: readonly ComponentReport[]): string {
  const [only] = components;
  if (components.length === 1 && only !== undefined) {
    const head = `Component: ${toOneLine(only.name)}\nImageRef: ${toOneLine(only.containerImage)}\n`;
    return `${head}${renderCircumstances(only, 0)}\n`;
  }
  const entries = components.map(
    (one) =>
      `- Name: ${toOneLine(one.name)}\n  ImageRef: ${toOneLine(one.containerImage)}\n` +
      `  Violations: ${one.violations.length}, Warnings: ${one.warnings.length}, Successes: ${one.successes.length}\n` +
      `${renderCircumstances(one, 2)}\n`,
  );
  return entries.length === 0 ? "" : `\nComponents:\n${entries.join("")}`;
}

/** What was not decided, not checked, not accepted. */
function renderCircumstances(component: ComponentReport, indent: number): string {
  const { error, skipped, refused } = component;
  return [
    ...(error === undefined ? [] : [`Could not decide: ${error.message} (${error.code})`]),
    ...(skipped.length === 0 ? [] : [`Skipped checks: ${skipped.join(", ")}`]),
    ...refused.map((one) => `Refused ${one.kind}: ${one.location}: ${one.reason}`),
  ]
    .map((text) => line(toOneLine(text), indent))
    .join("");
}

function renderResults(
  report: Report,
  kind: Kind,
  pick: (component: ComponentReport) => readonly RuleResult[],
  options: { color: boolean },
): string {
  return report.components
    .flatMap((component) =>
      pick(component).map((result) => renderResult(component.containerImage, kind, result, options)),
    )
    .join("");
}

function renderResult(image: string, kind: Kind, result: RuleResult, options: { color: boolean }): string {
  const { symbol, color } = looks[kind];
  const paint = (text: string) => (options.color ? `\u001b[${color}m${text}\u001b[0m` : text);
  const code = codeOf(result);
  const passed = kind === "Success";
  const terms = termsOf(result);
  const several = Array.isArray(result.metadata?.term);
  const fields: readonly (readonly [string, string | undefined])[] = [
    ["Reason", passed ? undefined : result.msg],
    [several ? "Terms" : "Term", terms.join(", ")],
    ["Title", metadataText(result, "title")],
    ["Description", metadataText(result, "description")],
    ["Solution", passed ? undefined : metadataText(result, "solution")],
  ];
  const lines = fields
    .filter(([, value]) => value !== undefined && value !== "")
    .map(([name, value]) => line(`${name}: ${value}`, 2));
  return [
    `${paint(symbol)} ${paint(toOneLine(code === "" ? `[${kind}]` : `[${kind}] ${code}`))}\n`,
    image === "" ? "" : `  ImageRef: ${toOneLine(image)}\n`,
    ...lines,
    "\n",
  ].join("");
}

function renderNotes(notes: readonly string[]): string {
  const lines = notes.map((note) => line(`- ${toOneLine(note)}`, 0));
  return lines.length === 0 ? "" : `Notes:\n${lines.join("")}\n`;
}
