import { formatDuration } from "./duration.ts";
import { toCaseKey } from "./explain-failures.ts";
import {
  countResults,
  type FailedExpression,
  OUTCOME_WORDS,
  summarize,
  type TestResult,
  walkCases,
} from "./results.ts";

const LINE = "-".repeat(80);

export interface PrettyOptions {
  verbose: boolean;
  /** Whether words for outcomes are coloured. */
  color: boolean;
  /** The text of a file's row, to be quoted with a failure. */
  sourceLine?(file: string, row: number): string | undefined;
}

/**
 * The report of `opa test --var-values`: for each failure the expression that failed and the values in it, and what failed in the
 * rules that it asked for; then what did not pass (everything, when verbose), then the counts. The last line is `N passed, N failed`.
 */
export function reportPretty(results: readonly TestResult[], options: PrettyOptions): string {
  const lines: string[] = [...failures(results, options)];
  const listed = listResults(results, options.verbose);
  lines.push(...listed, ...(listed.length === 0 ? [] : [LINE]), ...totals(results));
  return `${(options.color ? lines.map(paint) : lines).join("\n")}\n`;
}

const colors: Readonly<Record<string, number>> = { PASS: 32, FAIL: 31, ERROR: 31, SKIPPED: 33 };

/** Colours the outcome in a line such as `data.a.test_b: FAIL (1ms)` or `FAIL: 1/2`. */
function paint(line: string): string {
  return line.replace(/^(\S.*: |\s+\S+: |)(PASS|FAIL|ERROR|SKIPPED)(?=$|: \d| \([^()]*\)$)/, (_, before, word) => {
    return `${before}\u001b[${colors[word]}m${word}\u001b[0m`;
  });
}

function failures(results: readonly TestResult[], options: PrettyOptions): string[] {
  const failed = results.filter(({ outcome }) => outcome === "fail");
  if (failed.length === 0) return [];
  const lines = failed.flatMap((result) => [
    toLine(result),
    "",
    ...why(result, options),
    "",
    ...notes(result, options),
  ]);
  return ["FAILURES", LINE, ...lines, "SUMMARY", LINE];
}

/** As they stand in the trace that `opa test -v` prints. */
function notes({ notes = [] }: TestResult, { verbose }: PrettyOptions): string[] {
  if (!verbose || notes.length === 0) return [];
  return [...notes.map((note) => `  Note ${JSON.stringify(note)}`), ""];
}

function place({ location }: TestResult, { sourceLine }: PrettyOptions): string[] {
  const text = sourceLine?.(location.file, location.row)?.trim();
  return [`  ${location.file}:${location.row}:`, ...(text === undefined || text === "" ? [] : [`    ${text}`])];
}

function why(result: TestResult, options: PrettyOptions): string[] {
  const cases = failedCases(result);
  if (cases.length > 0) return cases;
  const lines = (result.explanation?.test ?? []).flatMap((failed, index) => describe(failed, index));
  return lines.length === 0 ? place(result, options) : lines;
}

/** Every case that failed and is no group, below the groups that lead to it. */
function failedCases({ cases, explanation }: TestResult): string[] {
  const lines: string[] = [];
  for (const { names, result: found } of walkCases(cases)) {
    if (!found.fail || found.cases.size > 0) continue;
    lines.push(...names.map((name, index) => `${"  ".repeat(index + 1)}${name}: FAIL`));
    const known = explanation?.cases.get(toCaseKey(names)) ?? [];
    const inner = known.flatMap((failed, index) => describe(failed, index));
    if (inner.length > 0) lines.push("", ...indent(inner.join("\n"), names.length + 1));
  }
  return lines;
}

/** The first is in the test itself, the others in rules that it asked for. */
function describe({ file, row, lines, rule }: FailedExpression, index: number): string[] {
  const title = rule === undefined ? `  ${file}:${row}:` : `  in ${rule}, ${file}:${row}:`;
  return [...(index === 0 ? [] : [""]), title, ...indent(lines.join("\n"), 2)];
}

function listResults(results: readonly TestResult[], verbose: boolean): string[] {
  const lines: string[] = [];
  let lastFile = "";
  for (const result of results) {
    if (!verbose && result.outcome === "pass") continue;
    const { file, row } = result.location;
    if (lastFile !== "" && lastFile !== file) lines.push("");
    lastFile = file;
    lines.push(`${file}:${row}:`, toLine(result), ...listCases(result, verbose));
    if (result.output !== "") lines.push("", ...indent(result.output.trim()), "");
    if (result.error !== undefined) lines.push(`  ${String(result.error)}`);
  }
  return lines;
}

function listCases(result: TestResult, verbose: boolean): string[] {
  const lines: string[] = [];
  for (const { names, result: found } of walkCases(result.cases)) {
    if (found.fail || verbose)
      lines.push(`${"  ".repeat(names.length)}${names.at(-1)}: ${found.fail ? "FAIL" : "PASS"}`);
  }
  return lines;
}

function indent(text: string, levels = 1): string[] {
  return text.split("\n").map((line) => (line === "" ? "" : "  ".repeat(levels) + line));
}

function toLine(result: TestResult): string {
  const duration = result.outcome === "skip" ? "" : ` (${formatDuration(result.durationNs)})`;
  return `${result.package}.${result.name}: ${OUTCOME_WORDS[result.outcome]}${duration}`;
}

function totals(results: readonly TestResult[]): string[] {
  const counts = countResults(results);
  const { passed, failed, skipped, errors } = counts;
  const total = passed + failed + skipped + errors;
  const rows: [string, number][] = [
    ["PASS", passed],
    ["FAIL", failed],
    ["SKIPPED", skipped],
    ["ERROR", errors],
  ];
  return [
    ...rows.filter(([, count]) => count > 0).map(([word, count]) => `${word}: ${count}/${total}`),
    summarize(counts),
  ];
}
