import type { ComponentReport, Report, RuleResult } from "../types/index.ts";
import { codeOf, metadataText, termsOf } from "./totals.ts";

/** One line in GitHub's list of annotations. Not escaped: the writer of workflow commands does that. */
export interface Annotation {
  readonly level: "error" | "warning" | "notice";
  readonly title: string;
  readonly message: string;
}

/** GitHub shows this many of each step. */
const maxAnnotations = 10;
const maxMessageLength = 1000;

/** The ten most important annotations: undecided components, violations, then warnings. */
export function renderAnnotations(report: Report): readonly Annotation[] {
  const all = [
    ...report.components.flatMap(toUndecided),
    ...report.components.flatMap((one) => one.violations.map((result) => toAnnotation("error", one, result))),
    ...report.components.flatMap((one) => one.warnings.map((result) => toAnnotation("warning", one, result))),
  ];
  return all.slice(0, maxAnnotations);
}

function cut(text: string): string {
  return text.length > maxMessageLength
    ? `${text.slice(0, maxMessageLength).replace(/[\ud800-\udbff]$/, "")}...`
    : text;
}

function toUndecided({ name, containerImage, error }: ComponentReport): readonly Annotation[] {
  if (error === undefined) {
    return [];
  }
  const message = `${name} (${containerImage}): ${cut(error.message)} (${error.code})`;
  return [{ level: "error", title: "Could not decide", message }];
}

function toAnnotation(level: "error" | "warning", component: ComponentReport, result: RuleResult): Annotation {
  const code = codeOf(result);
  const terms = termsOf(result);
  const solution = metadataText(result, "solution");
  return {
    level,
    title: `${code === "" ? "Policy" : code}${terms.length === 0 ? "" : ` (${terms.join(", ")})`}`,
    message:
      `${component.name} (${component.containerImage}): ${cut(result.msg)}` +
      (solution === undefined ? "" : `\nSolution: ${cut(solution)}`),
  };
}
