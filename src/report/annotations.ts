import type { Report } from "../types/index.ts";

/** One line in GitHub's list of annotations. Not escaped: the writer of workflow commands does that. */
export interface Annotation {
  readonly level: "error" | "warning" | "notice";
  readonly title: string;
  readonly message: string;
}

/** The ten most important annotations: undecided components, violations, then warnings. */
export function renderAnnotations(report: Report): readonly Annotation[] {
  throw new Error(`not written ${report}`);
}
