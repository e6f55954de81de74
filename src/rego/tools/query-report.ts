import type { QuerySolution } from "../run/index.ts";
import { compareStrings, toJsonText, type Value } from "../value/index.ts";

/** An expression of a query, and its place in the query's text. */
export interface QueryExpressionText {
  text: string;
  row: number;
  col: number;
}

/** The object with `result` that `opa eval --format=json` prints; `{}` where there is no solution. */
export function solutionsToJson(
  solutions: readonly QuerySolution[],
  expressions: readonly QueryExpressionText[],
): string {
  if (solutions.length === 0) return "{}\n";
  const items = solutions.map((solution) => toResult(solution, expressions));
  return `{\n  "result": [\n${items.join(",\n")}\n  ]\n}\n`;
}

function toResult({ bindings, expressions: values }: QuerySolution, texts: readonly QueryExpressionText[]): string {
  const expressions = values.map((value, index) => {
    const { text, row, col } = texts[index] ?? { text: "", row: 1, col: 1 };
    return [
      "        {",
      `          "value": ${indented(value, 10)},`,
      `          "text": ${toJsonText(text)},`,
      '          "location": {',
      `            "row": ${row},`,
      `            "col": ${col}`,
      "          }",
      "        }",
    ].join("\n");
  });
  const lines = ["    {", `      "expressions": [\n${expressions.join(",\n")}\n      ]`];
  if (bindings.length > 0) {
    const members = sortBindings(bindings).map(([name, value]) => `        ${toJsonText(name)}: ${indented(value, 8)}`);
    lines.push(`,\n      "bindings": {\n${members.join(",\n")}\n      }`);
  }
  return `${lines[0]}\n${lines.slice(1).join("")}\n    }`;
}

function indented(value: Value, columns: number): string {
  return toJsonText(value, { indent: "  ", prefix: " ".repeat(columns) });
}

function sortBindings(bindings: QuerySolution["bindings"]): (readonly [string, Value])[] {
  return [...bindings].sort(([left], [right]) => compareStrings(left, right));
}

/** Characters of a table's cell; 0 for any number: OPA has a limit of 80, and does not cut. */
const defaultCellLimit = 0;

/** What `opa eval --format=pretty` prints: one value as JSON, several as a table. */
export function solutionsToTable(
  solutions: readonly QuerySolution[],
  expressions: readonly QueryExpressionText[],
  cellLimit = defaultCellLimit,
): string {
  const [first] = solutions;
  if (first === undefined) return "undefined\n";
  const isSingle = solutions.length === 1 && first.bindings.length === 0;
  const [value] = first.expressions;
  if (isSingle && value !== undefined && (first.expressions.length === 1 || first.expressions.every(isBoolean))) {
    return `${toJsonText(value, { indent: "  " })}\n`;
  }
  const names = sortBindings(first.bindings).map(([name]) => name);
  const places = [...first.expressions.keys()].filter(
    (index) => first.bindings.length === 0 || !isBoolean(first.expressions[index]),
  );
  const header = [...names, ...places.map((index) => expressions[index]?.text ?? "")];
  const rows = solutions.map((solution) => {
    const bound = new Map(solution.bindings);
    const values = [...names.map((name) => bound.get(name)), ...places.map((index) => solution.expressions[index])];
    return values.map((cell) => cut(toJsonText(cell ?? null), cellLimit));
  });
  return drawTable(header, rows);
}

function cut(text: string, limit: number): string {
  return limit > 0 && text.length > limit ? `${text.slice(0, limit)}...` : text;
}

function isBoolean(value: Value | undefined): boolean {
  return typeof value === "boolean";
}

/** A table as `opa` draws it: titles in the middle, cells at the left. */
export function drawTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((title, column) =>
    Math.max(...[title, ...rows.map((row) => row[column] ?? "")].map(widthOf)),
  );
  const rule = (left: string, middle: string, right: string): string =>
    `${left}${widths.map((width) => "─".repeat(width + 2)).join(middle)}${right}\n`;
  const line = (cells: readonly string[]): string => `│${cells.map((cell) => ` ${cell} `).join("│")}│\n`;
  const titles = header.map((title, column) => center(title, widths[column] ?? 0));
  const body = rows.map((row) => line(row.map((cell, column) => padEnd(cell, widths[column] ?? 0))));
  return `${rule("┌", "┬", "┐")}${line(titles)}${rule("├", "┼", "┤")}${body.join("")}${rule("└", "┴", "┘")}`;
}

function center(text: string, width: number): string {
  const left = Math.floor((width - widthOf(text)) / 2);
  return padEnd(" ".repeat(left) + text, width);
}

function padEnd(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - widthOf(text)));
}

const wide = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/u;

/** Columns of a terminal: East Asian characters take two. */
function widthOf(text: string): number {
  return [...text].reduce((sum, character) => sum + (wide.test(character) ? 2 : 1), 0);
}
