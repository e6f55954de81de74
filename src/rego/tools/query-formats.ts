import type { QuerySolution } from "../run/index.ts";
import { toGoJson } from "../testing/go-json.ts";
import { RegoObject, toJsonText } from "../value/index.ts";
import { type QueryExpressionText, solutionsToJson, solutionsToTable } from "./query-report.ts";

/** As `opa eval --format` has them. */
export const queryFormats = ["json", "pretty", "raw", "values", "bindings", "discard"] as const;
export type QueryFormat = (typeof queryFormats)[number];

/** What is reported besides solutions: in JSON as members of the object, in `pretty` as tables. */
export interface Additions {
  members: Readonly<Record<string, unknown>>;
  tables: string;
}

export interface SolutionReportOptions extends Additions {
  format: QueryFormat;
  /** See `EvaluateQueryOptions`. */
  prettyLimit?: number;
}

/** What `opa eval` prints of a query's solutions. */
export function reportSolutions(
  solutions: readonly QuerySolution[],
  expressions: readonly QueryExpressionText[],
  options: SolutionReportOptions,
): string {
  switch (options.format) {
    case "json":
      return withMembers(solutionsToJson(solutions, expressions), options.members);
    case "discard":
      return withMembers(solutions.length === 0 ? "{}\n" : '{\n  "result": "discarded"\n}\n', options.members);
    case "pretty":
      return solutionsToTable(solutions, expressions, options.prettyLimit) + options.tables;
    case "raw":
      return solutions.map(toRawLine).join("");
    case "values":
      return solutions.map(({ expressions: values }) => `${toJsonText(values, { indent: "  " })}\n`).join("");
    case "bindings":
      return solutions.map(({ bindings }) => `${toJsonText(RegoObject.from(bindings), { indent: "  " })}\n`).join("");
  }
}

/** Texts are written as they are. */
function toRawLine({ expressions }: QuerySolution): string {
  const texts = expressions.map((value) => (typeof value === "string" ? value : toJsonText(value)));
  return `${texts.join(" ")}\n`;
}

/** Adds members to an object that is written as JSON. */
function withMembers(report: string, members: Readonly<Record<string, unknown>>): string {
  if (Object.keys(members).length === 0) return report;
  const added = toGoJson(members);
  const before = report.trimEnd().replace(/\s*\}$/, "");
  return `${before}${before === "{" ? "" : ","}${added.slice(1)}\n`;
}
