import { toCaseKey } from "./explain-failures.ts";
import { countResults, type FailureExplanation, type TestResult, walkCases } from "./results.ts";

interface JunitCase {
  name: string;
  result: TestResult;
  fail: boolean;
  durationNs: number;
  explanation: FailureExplanation;
}

/** JUnit XML as CI systems read it: a suite for each package, a test case for each test and for each case of a table. */
export function reportJunit(results: readonly TestResult[]): string {
  const suites = new Map<string, TestResult[]>();
  for (const result of results) suites.set(result.package, [...(suites.get(result.package) ?? []), result]);
  const body = [...suites].flatMap(([name, tests]) => toSuite(name, tests));
  const attributes = countAttributes(results);
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites${attributes}>\n${body.join("\n")}\n</testsuites>\n`;
}

function countAttributes(results: readonly TestResult[]): string {
  const { passed, failed, errors, skipped } = countResults(results);
  const nanoseconds = results.reduce((sum, { durationNs }) => sum + durationNs, 0);
  return toAttributes({
    tests: passed + failed + errors + skipped,
    failures: failed,
    errors,
    skipped,
    time: toSeconds(nanoseconds),
  });
}

function toSuite(name: string, results: readonly TestResult[]): string[] {
  const cases = results.flatMap(toCases);
  return [
    `  <testsuite${toAttributes({ name })}${countAttributes(results)}>`,
    ...cases.flatMap(toTestCase),
    "  </testsuite>",
  ];
}

function toCases(result: TestResult): JunitCase[] {
  const leaves = [...walkCases(result.cases)].filter(({ result: found }) => found.cases.size === 0);
  if (leaves.length === 0) {
    const { name, durationNs, explanation } = result;
    return [{ name, result, fail: result.outcome === "fail", durationNs, explanation: explanation?.test ?? [] }];
  }
  const share = Math.round(result.durationNs / leaves.length);
  return leaves.map(({ names, result: found }) => ({
    name: `${result.name}[${names.join("][")}]`,
    result,
    fail: found.fail,
    durationNs: share,
    explanation: result.explanation?.cases.get(toCaseKey(names)) ?? [],
  }));
}

function toTestCase({ name, result, fail, durationNs, explanation }: JunitCase): string[] {
  const { file, row } = result.location;
  const attributes = toAttributes({ name, classname: result.package, file, line: row, time: toSeconds(durationNs) });
  const inner = [
    ...(result.outcome === "skip" ? ["      <skipped/>"] : []),
    ...(fail ? [toFailure(`${file}:${row}: test failed`, explanation)] : []),
    ...(result.error === undefined ? [] : [`      <error${toAttributes({ message: String(result.error) })}/>`]),
    ...(result.output === "" ? [] : [`      <system-out>${escapeXml(result.output)}</system-out>`]),
  ];
  if (inner.length === 0) return [`    <testcase${attributes}/>`];
  return [`    <testcase${attributes}>`, ...inner, "    </testcase>"];
}

/** The message names the expression that failed, the text has its values. */
function toFailure(message: string, explanation: FailureExplanation): string {
  const [first] = explanation;
  if (first === undefined) return `      <failure${toAttributes({ message })}/>`;
  const texts = explanation.map(({ file, row, lines, rule }) => {
    const title = rule === undefined ? `${file}:${row}:` : `in ${rule}, ${file}:${row}:`;
    return [title, ...lines].join("\n");
  });
  const attributes = toAttributes({ message: `${first.file}:${first.row}: ${first.lines[0]?.trim() ?? ""}` });
  return `      <failure${attributes}>${escapeXml(texts.join("\n\n"))}</failure>`;
}

function toSeconds(nanoseconds: number): string {
  return (nanoseconds / 1e9).toFixed(6);
}

function toAttributes(attributes: Record<string, string | number>): string {
  return Object.entries(attributes)
    .map(([name, value]) => ` ${name}="${escapeXml(String(value))}"`)
    .join("");
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** XML 1.0: what it cannot hold becomes the replacement character. */
function escapeXml(text: string): string {
  return text
    .replace(/[&<>"]/g, (character) => ENTITIES[character] ?? character)
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "\ufffd");
}
