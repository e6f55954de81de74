import { RegoErrors } from "../errors.ts";
import { formatProblems, isToolError } from "../tools/problem-report.ts";
import { sourceLines } from "../tools/source-lines.ts";
import { type CoverageReport, reportCoverage, toCoverage } from "./coverage.ts";
import { type DiscoveredTests, discoverTests, type TestRule } from "./discover.ts";
import { TestError } from "./errors.ts";
import { createExplainer } from "./explain-failures.ts";
import { toGoJson } from "./go-json.ts";
import { type LoadedTests, loadTests } from "./load.ts";
import type { CreateTestEvaluator, PolicyFiles, TestEvaluator } from "./ports.ts";
import { reportJson } from "./report-json.ts";
import { reportJunit } from "./report-junit.ts";
import { reportPretty } from "./report-pretty.ts";
import { countResults, summarize, type TestCounts, type TestResult } from "./results.ts";
import { filterTests, runTests } from "./run.ts";

export type TestFormat = "pretty" | "json" | "junit";

export interface PolicyTestOptions {
  /** Files and directories, `a.b:path` for documents that belong below `data.a.b`. */
  paths: readonly string[];
  files: PolicyFiles;
  createEvaluator: CreateTestEvaluator;
  signal: AbortSignal;
  /** Nanoseconds from any beginning, for durations. */
  nowNs(): bigint;
  /** Only tests whose full name has a match (RE2). */
  run?: string;
  /** Default: false. */
  verbose?: boolean;
  /** Default: pretty. */
  format?: TestFormat;
  /** Skipped tests do not make the run a failure. Default: false, as in OPA. */
  exitZeroOnSkipped?: boolean;
  /** No test at all is an error. Default: false, as in OPA. */
  failOnEmpty?: boolean;
  /**
   * Reports what the tests evaluated, where all of them passed: in the format `json` instead of the results, as in OPA; in
   * `pretty` after them. Not with `junit`. Default: false.
   */
  coverage?: boolean;
  /** Percent of the rows below which the run has failed. Default: 0. Needs `coverage`. */
  threshold?: number;
  /** Whether the words for outcomes are coloured in the format `pretty`. Default: false. */
  color?: boolean;
  /** See `LoadTestsOptions`. */
  ignore?: readonly string[];
  /** See `ParseModuleOptions`. Default: OPA's functions. */
  isBuiltin?: (name: string) => boolean;
}

/** Failed tests that are run once more. */
const maxExplained = 200;

/** What a run of tests came to. */
export type PolicyTestOutcome =
  | {
      kind: "passed" | "failed";
      /** The report; in the format `pretty` its last line is the summary. */
      output: string;
      /** `4 passed, 1 failed, 1 skipped` */
      summary: string;
      /** What the report does not say: too few rows are covered, or there were no tests. */
      problem?: string;
      counts: TestCounts;
      /** Where coverage was wanted. */
      coverage?: CoverageReport;
      results: readonly TestResult[];
      /** OPA's: 0 or 2. */
      exitCode: 0 | 2;
    }
  | {
      /** The tests could not be run: files, policies or options are wrong. */
      kind: "broken";
      message: string;
      error: Error;
      /** OPA's. */
      exitCode: 1;
    };

/** Does what `opa test PATH...` does. Throws only where the signal says so, and for faults of this program. */
export async function runPolicyTests(options: PolicyTestOptions): Promise<PolicyTestOutcome> {
  const lines = sourceLines(options.files);
  try {
    const loaded = await loadTests(options.paths, lines.files, {
      signal: options.signal,
      ...(options.ignore === undefined ? {} : { ignore: options.ignore }),
      ...(options.isBuiltin === undefined ? {} : { isBuiltin: options.isBuiltin }),
    });
    const { tests, evaluator } = prepare(loaded, options);
    if (tests.length === 0 && options.failOnEmpty === true) {
      throw new TestError("no tests were run", { code: "test_filter" });
    }
    const results = await runTests(tests, evaluator, options);
    await explainResults(results, tests, loaded, options);
    const coverage = options.coverage === true ? toCoverage(loaded.modules, evaluator.counts?.() ?? []) : undefined;
    return toOutcome(results, coverage, loaded, options);
  } catch (thrown) {
    if (!isToolError(thrown)) throw thrown;
    const message = formatProblems(thrown, lines.at).trimEnd();
    return { kind: "broken", message, error: thrown, exitCode: 1 };
  }
}

/**
 * Runs tests that failed once more, in code that tells what was not true: the other tests pay nothing for it. OPA's JSON has no place
 * for what comes of it.
 */
async function explainResults(
  results: TestResult[],
  tests: readonly TestRule[],
  { modules, documents }: LoadedTests,
  options: PolicyTestOptions,
): Promise<void> {
  if (options.format === "json") return;
  const failed = results.flatMap(({ outcome }, position) => (outcome === "fail" ? [position] : []));
  const chosen = failed.slice(0, maxExplained).flatMap((position) => tests[position] ?? []);
  if (chosen.length === 0) return;
  const discovered = discoverTests(modules, { cases: false });
  const entrypoints = chosen.map(({ path }) => path);
  const program = { modules: discovered.modules, documents, entrypoints, watch: "failures" as const };
  const evaluator = options.createEvaluator(program);
  const explain = createExplainer(modules);
  for (const [index, test] of chosen.entries()) {
    options.signal.throwIfAborted();
    const evaluation = await evaluator.evaluate(test.path, { signal: options.signal });
    const found = "error" in evaluation ? undefined : evaluator.failures?.();
    const result = results[failed[index] ?? -1];
    if (found !== undefined && result !== undefined) result.explanation = explain(test, found);
  }
}

interface Prepared {
  tests: readonly TestRule[];
  evaluator: TestEvaluator;
}

/** Compiles. The rules that list the cases of tables may be what does not compile: then the tables go without. */
function prepare(loaded: LoadedTests, options: PolicyTestOptions): Prepared {
  const full = discoverTests(loaded.modules, { cases: true });
  try {
    return compile(full, loaded, options);
  } catch (thrown) {
    const hasCases = full.tests.some(({ casesPath }) => casesPath !== undefined);
    if (!(thrown instanceof RegoErrors) || !hasCases) throw thrown;
    return compile(discoverTests(loaded.modules, { cases: false }), loaded, options);
  }
}

function compile(discovered: DiscoveredTests, loaded: LoadedTests, options: PolicyTestOptions): Prepared {
  const tests = filterTests(discovered.tests, options.run);
  const entrypoints = tests
    .filter(({ skip }) => !skip)
    .flatMap(({ path, casesPath }) => (casesPath === undefined ? [path] : [path, casesPath]));
  const { documents } = loaded;
  const watch = options.coverage === true ? "rows" : "nothing";
  return {
    tests,
    evaluator: options.createEvaluator({ modules: discovered.modules, documents, entrypoints, watch }),
  };
}

function toOutcome(
  results: TestResult[],
  coverage: CoverageReport | undefined,
  loaded: LoadedTests,
  options: PolicyTestOptions,
): PolicyTestOutcome {
  const counts = countResults(results);
  const isFine = (result: TestResult): boolean =>
    result.outcome === "pass" || (result.outcome === "skip" && options.exitZeroOnSkipped === true);
  const isCovered = coverage === undefined || coverage.coverage >= (options.threshold ?? 0);
  const passed = results.every(isFine);
  const report = writeReport(results, loaded, options);
  return {
    kind: passed && isCovered ? "passed" : "failed",
    output: passed && coverage !== undefined ? writeCoverage(report, coverage, options) : report,
    ...(results.length === 0 ? { problem: noTests(options) } : {}),
    ...(passed && !isCovered ? { problem: tooLittle(coverage.coverage, options) } : {}),
    summary: summarize(counts),
    counts,
    results,
    ...(coverage === undefined ? {} : { coverage }),
    exitCode: passed && isCovered ? 0 : 2,
  };
}

function noTests({ run }: PolicyTestOptions): string {
  if (run === undefined) return "no tests were found: a test is a rule whose name begins with test_";
  return `no tests were run: no test has a full name (data.package.test_name) with a match of ${run}`;
}

/** In OPA's words. */
function tooLittle(percent: number, { threshold = 0 }: PolicyTestOptions): string {
  return `Code coverage threshold not met: got ${percent.toFixed(2)} instead of ${threshold.toFixed(2)}`;
}

function writeCoverage(report: string, coverage: CoverageReport, { format }: PolicyTestOptions): string {
  if (format === "json") return `${toGoJson(coverage)}\n`;
  return format === "junit" ? report : reportCoverage(coverage) + report;
}

function writeReport(results: TestResult[], loaded: LoadedTests, options: PolicyTestOptions): string {
  switch (options.format ?? "pretty") {
    case "json":
      return reportJson(results);
    case "junit":
      return reportJunit(results);
    case "pretty": {
      const texts = new Map(loaded.modules.map(({ file, text }) => [file, text]));
      const sourceLine = (file: string, row: number): string | undefined => texts.get(file)?.split("\n")[row - 1];
      return reportPretty(results, { verbose: options.verbose === true, color: options.color === true, sourceLine });
    }
  }
}
