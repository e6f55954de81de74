import type { Location } from "../syntax/index.ts";

/** An expression that was not true, with the values in it. */
export interface FailedExpression {
  file: string;
  row: number;
  /** Its text as it is indented in the file, and the values below it. */
  lines: readonly string[];
  /** The rule that it is in (`data.a.b`), where it is the reason of a failure in another one. */
  rule?: string;
}

/** Why a test, or a case of one, failed: the expression that failed, then what failed in the rules that it asked for. */
export type FailureExplanation = readonly FailedExpression[];

export interface TestExplanation {
  /** Of the whole test; empty for the test of a table. */
  test: FailureExplanation;
  /** By the names that lead to a case, as `toCaseKey` writes them. */
  cases: ReadonlyMap<string, FailureExplanation>;
}

/** One case of a table, or a group of them. */
export interface CaseResult {
  fail: boolean;
  /** By name. Empty for a case that is no group. */
  cases: ReadonlyMap<string, CaseResult>;
}

export type TestOutcome = "pass" | "fail" | "error" | "skip";

/** What came of one test. */
export interface TestResult {
  location: Location;
  /** `data.a` */
  package: string;
  /** `test_x` */
  name: string;
  outcome: TestOutcome;
  /** Set where the outcome is `error`. */
  error?: Error;
  durationNs: number;
  /** What the test printed. */
  output: string;
  /** What `trace` was given, where the test ended without an error. */
  notes?: readonly string[];
  /** A table's cases, by name. */
  cases: ReadonlyMap<string, CaseResult>;
  /** Why it failed, where that was looked for. */
  explanation?: TestExplanation;
}

/** Tests by outcome; a table counts as many as it has cases. */
export interface TestCounts {
  passed: number;
  failed: number;
  errors: number;
  skipped: number;
}

export const OUTCOME_WORDS: Readonly<Record<TestOutcome, string>> = {
  pass: "PASS",
  fail: "FAIL",
  error: "ERROR",
  skip: "SKIPPED",
};

/** Every case with the names that lead to it, depth first, by name. */
export function* walkCases(
  cases: ReadonlyMap<string, CaseResult>,
  names: readonly string[] = [],
): Generator<{ names: readonly string[]; result: CaseResult }> {
  for (const [name, result] of sortedCases(cases)) {
    const path = [...names, name];
    yield { names: path, result };
    yield* walkCases(result.cases, path);
  }
}

export function sortedCases(cases: ReadonlyMap<string, CaseResult>): [string, CaseResult][] {
  return [...cases].sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0));
}

export function countResults(results: readonly TestResult[]): TestCounts {
  const counts: TestCounts = { passed: 0, failed: 0, errors: 0, skipped: 0 };
  for (const result of results) {
    if (result.outcome === "skip") counts.skipped++;
    else if (result.outcome === "error") counts.errors++;
    else if (result.cases.size === 0) counts[result.outcome === "pass" ? "passed" : "failed"]++;
    else countCases(result, counts);
  }
  return counts;
}

function countCases(result: TestResult, counts: TestCounts): void {
  for (const { result: found } of walkCases(result.cases)) {
    if (found.cases.size === 0) counts[found.fail ? "failed" : "passed"]++;
  }
}

/** `4 passed, 1 failed`, with `, 2 skipped` where there are such. A test that ended with an error did not pass: it counts as failed. */
export function summarize(counts: TestCounts): string {
  const skipped = counts.skipped === 0 ? "" : `, ${counts.skipped} skipped`;
  return `${counts.passed} passed, ${counts.failed + counts.errors} failed${skipped}`;
}
