import { RE2JS } from "re2js";
import { readCases } from "./case-results.ts";
import type { TestRule } from "./discover.ts";
import { TestError } from "./errors.ts";
import type { TestEvaluation, TestEvaluator } from "./ports.ts";
import type { CaseResult, TestResult } from "./results.ts";

export interface RunTestsOptions {
  signal: AbortSignal;
  /** Nanoseconds from any beginning. */
  nowNs(): bigint;
}

/**
 * Chooses the tests whose full name (`data.a.test_x`) has a match of a regular expression (RE2). Throws `TestError` where it is none.
 */
export function filterTests(tests: readonly TestRule[], expression: string | undefined): readonly TestRule[] {
  if (expression === undefined || expression === "") return tests;
  const pattern = compilePattern(expression);
  return tests.filter((test) => pattern.matcher(`${test.package}.${test.name}`).find());
}

function compilePattern(expression: string): RE2JS {
  try {
    return RE2JS.compile(expression);
  } catch (cause) {
    const message = `expected a regular expression (RE2) that chooses tests, got "${expression}": ${String(cause)}`;
    throw new TestError(message, { code: "test_filter", cause });
  }
}

/** Runs tests one after another. A test that throws ends with an error; the others are run nevertheless. */
export async function runTests(
  tests: readonly TestRule[],
  evaluator: TestEvaluator,
  options: RunTestsOptions,
): Promise<TestResult[]> {
  const results: TestResult[] = [];
  for (const test of tests) {
    options.signal.throwIfAborted();
    results.push(test.skip ? toResult(test, "skip") : await runTest(test, evaluator, options));
  }
  return results;
}

async function runTest(test: TestRule, evaluator: TestEvaluator, options: RunTestsOptions): Promise<TestResult> {
  const started = options.nowNs();
  const evaluation = await evaluate(evaluator, test.path, options.signal);
  const durationNs = Number(options.nowNs() - started);
  const measured = { durationNs, output: evaluation.output ?? "" };
  if ("error" in evaluation) return { ...toResult(test, "error"), ...measured, error: evaluation.error };
  const { value, defined, notes } = evaluation;
  const seen = { ...measured, ...(notes === undefined ? {} : { notes }) };
  if (!defined) return { ...toResult(test, "fail"), ...seen };
  if (!test.isTable) return { ...toResult(test, value === true ? "pass" : "fail"), ...seen };
  const cases = readCases(value, await begunCases(test, evaluator, options.signal));
  const fail = [...cases.values()].some((found) => found.fail);
  return { ...toResult(test, fail ? "fail" : "pass"), ...seen, cases };
}

/** Cases that were begun. Where they cannot be told, the document alone says what came of the table. */
async function begunCases(test: TestRule, evaluator: TestEvaluator, signal: AbortSignal): Promise<unknown> {
  if (test.casesPath === undefined) return undefined;
  const evaluation = await evaluate(evaluator, test.casesPath, signal);
  return "error" in evaluation ? undefined : evaluation.value;
}

async function evaluate(
  evaluator: TestEvaluator,
  path: readonly string[],
  signal: AbortSignal,
): Promise<TestEvaluation> {
  try {
    return await evaluator.evaluate(path, { signal });
  } catch (thrown) {
    signal.throwIfAborted();
    return { error: thrown instanceof Error ? thrown : new Error(String(thrown)) };
  }
}

function toResult(test: TestRule, outcome: TestResult["outcome"]): TestResult {
  const cases: ReadonlyMap<string, CaseResult> = new Map();
  const { location } = test.rule;
  return { location, package: test.package, name: test.name, outcome, durationNs: 0, output: "", cases };
}
