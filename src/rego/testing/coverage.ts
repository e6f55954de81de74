import type { PlaceCount } from "../run/index.ts";
import {
  childTerms,
  comprehensionBody,
  type ElseBranch,
  type Expression,
  type Module,
  type Rule,
  type Term,
} from "../syntax/index.ts";
import { adjustRows } from "./coverage-rows.ts";

/** Rows from the first to the last. */
export interface RowRange {
  start: { row: number };
  end: { row: number };
}

export interface FileCoverage {
  covered?: RowRange[];
  not_covered?: RowRange[];
  covered_lines?: number;
  not_covered_lines?: number;
  /** Percent. */
  coverage?: number;
}

/** What tests evaluated, as `opa test --coverage` prints it: what is empty or 0 is left out of a file. */
export interface CoverageReport {
  files: Record<string, FileCoverage>;
  covered_lines: number;
  not_covered_lines: number;
  /** Percent of the rows with rules or expressions. */
  coverage: number;
}

/** Rows are covered where an expression that begins there was evaluated, or a rule was true. */
export function toCoverage(modules: readonly Module[], counts: readonly PlaceCount[]): CoverageReport {
  const covered = new Map<string, Set<number>>();
  for (const { location } of counts) {
    if (location.file === "") continue;
    const rows = covered.get(location.file);
    if (rows === undefined) covered.set(location.file, new Set([location.row]));
    else rows.add(location.row);
  }
  const files: Record<string, FileCoverage> = {};
  const total = { covered: 0, open: 0 };
  for (const module of [...modules].sort((left, right) => (left.file < right.file ? -1 : 1))) {
    const rows = covered.get(module.file) ?? new Set();
    adjustRows(module, rows);
    const open = new Set([...rowsOf(module)].filter((row) => !rows.has(row)));
    files[module.file] = toFile(rows, open);
    total.covered += rows.size;
    total.open += open.size;
  }
  return {
    files,
    covered_lines: total.covered,
    not_covered_lines: total.open,
    coverage: toPercent(total.covered, total.open),
  };
}

/** A line a file: percent, name, and the rows that are not covered. */
export function reportCoverage(report: CoverageReport): string {
  const line = (name: string, percent: number, open: readonly RowRange[]): string => {
    const rows = open.map(({ start, end }) => (start.row === end.row ? `${start.row}` : `${start.row}-${end.row}`));
    return `${percent.toFixed(1).padStart(5)}%  ${name}${rows.length === 0 ? "" : `  not covered: ${rows.join(", ")}`}\n`;
  };
  const files = Object.entries(report.files).map(([name, file]) =>
    line(name, file.coverage ?? 0, file.not_covered ?? []),
  );
  return files.join("") + line("all files", report.coverage, []);
}

function toFile(covered: ReadonlySet<number>, open: ReadonlySet<number>): FileCoverage {
  const percent = toPercent(covered.size, open.size);
  return {
    ...(covered.size === 0 ? {} : { covered: toRanges(covered) }),
    ...(open.size === 0 ? {} : { not_covered: toRanges(open) }),
    ...(covered.size === 0 ? {} : { covered_lines: covered.size }),
    ...(open.size === 0 ? {} : { not_covered_lines: open.size }),
    ...(percent === 0 ? {} : { coverage: percent }),
  };
}

function toPercent(covered: number, open: number): number {
  return covered + open === 0 ? 0 : (100 * covered) / (covered + open);
}

function toRanges(rows: ReadonlySet<number>): RowRange[] {
  const ranges: RowRange[] = [];
  for (const row of [...rows].sort((left, right) => left - right)) {
    const last = ranges.at(-1);
    if (last?.end.row === row - 1) last.end.row = row;
    else ranges.push({ start: { row }, end: { row } });
  }
  return ranges;
}

/** Rows in which a rule or an expression begins; declarations (`some`) do not count. */
function rowsOf(module: Module): Set<number> {
  const rows = new Set<number>();
  for (const rule of module.rules) addRule(rule, rows);
  return rows;
}

function addRule({ head, body, else: branch }: Rule, rows: Set<number>): void {
  rows.add(head.location.row);
  for (const term of [head.ref, ...(head.args ?? []), head.key, head.value])
    if (term !== undefined) addTerm(term, rows);
  addBody(body, rows);
  for (let next: ElseBranch | undefined = branch; next !== undefined; next = next.else) {
    rows.add(next.location.row);
    addTerm(next.value, rows);
    addBody(next.body, rows);
  }
}

function addBody(body: readonly Expression[], rows: Set<number>): void {
  for (const expression of body) {
    const { kind } = expression;
    if (kind !== "some" && kind !== "some-in") rows.add(expression.location.row);
    for (const { value } of expression.with) addTerm(value, rows);
    if (kind === "term") addTerm(expression.term, rows);
    if (kind === "some-in" || kind === "every") addTerm(expression.domain, rows);
    if (kind === "every") addBody(expression.body, rows);
  }
}

/** Expressions in a term's comprehensions. */
function addTerm(term: Term, rows: Set<number>): void {
  const body = comprehensionBody(term);
  if (body !== undefined) addBody(body, rows);
  for (const child of childTerms(term)) addTerm(child, rows);
}
