import type { ReportFormat, TargetOptions } from "../inputs/index.ts";
import type { Report } from "../types/index.ts";

/** How one rendering looks. */
export interface RenderTarget {
  readonly format: ReportFormat;
  readonly options: TargetOptions;
  /** ANSI colours in `text`. Without it there are none. */
  readonly color?: boolean;
}

/** The report in one format, ending with a newline (PARITY 8). */
export function renderReport(report: Report, target: RenderTarget): string {
  throw new Error(`not written ${report} ${target}`);
}
