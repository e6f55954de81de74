import type { ComponentReport, Report, RuleResult } from "../types/index.ts";

export interface Totals {
  violations: number;
  warnings: number;
  successes: number;
}

/** How many results all components have together. */
export function countResults(report: Report): Totals {
  const sum = (count: (component: ComponentReport) => number) =>
    report.components.reduce((total, component) => total + count(component), 0);
  return {
    violations: sum(({ violations }) => violations.length),
    warnings: sum(({ warnings }) => warnings.length),
    successes: sum(({ successes }) => successes.length),
  };
}

/** What became of a component. A violation outweighs an error; without either, `success: false` still is a no. */
export function outcomeOf(component: ComponentReport): "undecided" | "violated" | "passed" {
  if (component.violations.length > 0) {
    return "violated";
  }
  if (component.error !== undefined) {
    return "undecided";
  }
  return component.success ? "passed" : "violated";
}

/** What a reader calls a component: its name, or its image where it has none. */
export function labelOf(component: ComponentReport): string {
  return component.name === "" ? component.containerImage : component.name;
}

/** The code of a result, or the empty text. */
export function codeOf(result: RuleResult): string {
  const code = result.metadata?.code;
  return typeof code === "string" ? code : "";
}

/** The terms of a result, one or several. */
export function termsOf(result: RuleResult): readonly string[] {
  const term = result.metadata?.term;
  const terms = Array.isArray(term) ? term : [term];
  return terms.filter((one): one is string => typeof one === "string" && one !== "");
}

/** A metadata value where it is text that says something. */
export function metadataText(result: RuleResult, name: string): string | undefined {
  const value = result.metadata?.[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}
