/** What `opa test` does: load policies and data, run the rules that are tests, report. */
export type { CoverageReport, FileCoverage, RowRange } from "./coverage.ts";
export { createEngineEvaluator, type EngineEvaluatorOptions } from "./engine-evaluator.ts";
export { TestError, type TestErrorCode, TestLoadErrors } from "./errors.ts";
export { type LoadedTests, type LoadTestsOptions, loadTests, MAX_FILE_BYTES, MAX_FILES, MAX_LEVELS } from "./load.ts";
export { type PolicyTestOptions, type PolicyTestOutcome, runPolicyTests, type TestFormat } from "./policy-tests.ts";
export type { CreateTestEvaluator, PolicyFiles, TestEvaluation, TestEvaluator, TestProgram } from "./ports.ts";
export { reportJson } from "./report-json.ts";
export { reportJunit } from "./report-junit.ts";
export { reportPretty } from "./report-pretty.ts";
export {
  type CaseResult,
  countResults,
  summarize,
  type TestCounts,
  type TestOutcome,
  type TestResult,
} from "./results.ts";
