import { stringify } from "yaml";
import type { ReportFormat, TargetOptions } from "../inputs/index.ts";
import type { Report } from "../types/index.ts";
import { toAppStudioResult } from "./appstudio.ts";
import { sortKeys, toReportDocument } from "./document.ts";
import { toGoJson } from "./go-json.ts";
import { renderJunit } from "./junit.ts";
import { toSummary } from "./summary.ts";
import { renderSummaryMarkdown } from "./summary-markdown.ts";
import { renderText } from "./text.ts";

/** How one rendering looks. */
export interface RenderTarget {
  readonly format: ReportFormat;
  readonly options: TargetOptions;
  /** ANSI colours in `text`. Without it there are none. */
  readonly color?: boolean;
}

/** The report in one format, ending with a newline (PARITY 8). */
export function renderReport(report: Report, target: RenderTarget): string {
  const text = renderFormat(report, target);
  return text.endsWith("\n") ? text : `${text}\n`;
}

function renderFormat(report: Report, target: RenderTarget): string {
  const { format, options } = target;
  switch (format) {
    case "json":
      return toGoJson(toReportDocument(report, options));
    case "yaml":
      return toYaml(report, options);
    case "text":
      return renderText(report, { ...options, color: target.color ?? false });
    case "appstudio":
      return toGoJson({ ...toAppStudioResult(report) });
    case "summary":
      return toGoJson(toSummary(report, options));
    case "summary-markdown":
      return renderSummaryMarkdown(report);
    case "junit":
      return renderJunit(report, options);
    case "attestation":
      return report.components
        .flatMap(({ statements }) => statements)
        .map((statement) => JSON.stringify(statement))
        .join("\n");
    case "policy-input":
      return report.components.map(({ policyInput }) => policyInput ?? "").join("\n");
    default: {
      const unknown: never = format;
      throw new Error(`no renderer for the format ${String(unknown)}`);
    }
  }
}

function toYaml(report: Report, options: TargetOptions): string {
  // Readers of YAML 1.1 must not take "yes" or "012" for anything but text.
  return stringify(sortKeys(toReportDocument(report, options)), {
    lineWidth: 0,
    doubleQuotedMinMultiLineLength: Number.MAX_SAFE_INTEGER,
    indentSeq: false,
    compat: "yaml-1.1",
    aliasDuplicateObjects: false,
  });
}
