import { RegoError } from "../errors.ts";
import { toGoJson } from "./go-json.ts";
import { type CaseResult, sortedCases, type TestResult } from "./results.ts";

/** The list that `opa test --format=json` prints: durations in nanoseconds, what was printed in base64. */
export function reportJson(results: readonly TestResult[]): string {
  return `${toGoJson(results.map(toJson))}\n`;
}

function toJson(result: TestResult): Record<string, unknown> {
  const { file, row, col } = result.location;
  return {
    location: { file, row, col },
    package: result.package,
    name: result.name,
    ...(result.outcome === "fail" ? { fail: true } : {}),
    ...(result.error === undefined ? {} : { error: toErrorJson(result.error) }),
    ...(result.outcome === "skip" ? { skip: true } : {}),
    duration: result.durationNs,
    ...(result.output === "" ? {} : { output: Buffer.from(result.output).toString("base64") }),
    ...(result.cases.size === 0 ? {} : { sub_results: toCasesJson(result.cases) }),
  };
}

function toErrorJson(error: Error): Record<string, unknown> {
  if (!(error instanceof RegoError)) return { message: error.message };
  const { code, message, location } = error;
  if (location === undefined) return { code, message };
  const { file, row, col } = location;
  return { code, message, location: { file, row, col } };
}

function toCasesJson(cases: ReadonlyMap<string, CaseResult>): Record<string, unknown> {
  return Object.fromEntries(
    sortedCases(cases).map(([name, { fail, cases: inner }]) => [
      name,
      { name, ...(fail ? { fail } : {}), ...(inner.size === 0 ? {} : { sub_results: toCasesJson(inner) }) },
    ]),
  );
}
