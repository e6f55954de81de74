import type { ComponentReport, Report, RuleResult, SignatureEntry } from "../types/index.ts";
import type { LooseJson } from "./go-json.ts";
import { codeOf } from "./totals.ts";
import { element, toCdata } from "./xml.ts";

/** A value as Go's `%v` prints it: lists `[a b]`, maps `map[k:v]`. */
function toGoText(value: LooseJson): string {
  if (Array.isArray(value)) {
    return `[${value.map((item: LooseJson) => toGoText(item)).join(" ")}]`;
  }
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value as Readonly<Record<string, LooseJson>>);
    const texts = entries.sort(([left], [right]) => (left < right ? -1 : 1));
    return `map[${texts.map(([key, item]) => `${key}:${toGoText(item)}`).join(" ")}]`;
  }
  return value === null ? "<nil>" : String(value);
}

/** `<code>: <msg> [<other metadata>]` */
function toTestName(result: RuleResult): string {
  const others = Object.entries(result.metadata ?? {})
    .filter(([key, value]) => key !== "code" && value !== undefined)
    .map(([key, value]) => `${key}=${toGoText(value)}`)
    .sort();
  const code = codeOf(result);
  return `${code === "" ? "" : `${code}: `}${result.msg}${others.length === 0 ? "" : ` [${others.join(", ")}]`}`;
}

function testCase(name: string, content: string): string {
  return element(
    "testcase",
    [
      ["name", name],
      ["classname", name],
    ],
    content,
  );
}

function toFinding(tag: string, message: string): string {
  return element(tag, [["message", message]], toCdata(message));
}

function property(name: string, value: string): string {
  return element(
    "property",
    [
      ["name", name],
      ["value", value],
    ],
    "",
  );
}

function signatureProperties(signature: SignatureEntry): readonly string[] {
  const metadata = Object.entries(signature.metadata ?? {})
    .map(([key, value]) => [`metadata.${key}`, value] as const)
    .sort(([left], [right]) => (left < right ? -1 : 1));
  return [
    property("keyId", signature.keyid),
    property("signature", signature.sig),
    ...metadata.map(([name, value]) => property(name, value)),
  ];
}

function toSuite(component: ComponentReport, report: Report, includeSuccesses: boolean): string {
  const { violations, warnings, signatures, error } = component;
  const successes = includeSuccesses ? component.successes : [];
  const errors = error === undefined ? 0 : 1;
  const properties = [
    property("image", component.containerImage),
    property("key", report.key),
    property("success", String(component.success)),
    ...signatures.flatMap(signatureProperties),
    ...component.skipped.map((code) => property("skipped", code)),
  ];
  const cases = [
    ...successes.map((result) => testCase(toTestName(result), "")),
    ...violations.map((result) => testCase(toTestName(result), toFinding("failure", result.msg))),
    ...warnings.map((result) => testCase(toTestName(result), toFinding("skipped", result.msg))),
    ...(error === undefined ? [] : [testCase(`could not decide: ${error.code}`, toFinding("error", error.message))]),
  ];
  return element(
    "testsuite",
    [
      ["name", `${component.name} (${component.containerImage})`],
      ["tests", cases.length],
      ["failures", violations.length],
      ["errors", errors],
      ["id", 0],
      ...(warnings.length === 0 ? [] : [["skipped", warnings.length] as const]),
      ["time", ""],
      ["timestamp", `${new Date(report.createdAtMs).toISOString().slice(0, 19)}Z`],
    ],
    element("properties", [], properties.join("")) + cases.join(""),
  );
}

/** JUnit XML (PARITY 8.7), one suite a component, without an XML declaration. */
export function renderJunit(report: Report, options: { includeSuccesses: boolean }): string {
  const sum = (count: (component: ComponentReport) => number) =>
    report.components.reduce((total, component) => total + count(component), 0);
  const errors = sum(({ error }) => (error === undefined ? 0 : 1));
  const failures = sum(({ violations }) => violations.length);
  const skipped = sum(({ warnings }) => warnings.length);
  const successes = options.includeSuccesses ? sum((component) => component.successes.length) : 0;
  const counts = [
    ["tests", errors + failures + skipped + successes],
    ["errors", errors],
    ["failures", failures],
    ["skipped", skipped],
  ] as const;
  const suites = report.components.map((component) => toSuite(component, report, options.includeSuccesses));
  return element(
    "testsuites",
    counts.filter(([, count]) => count > 0),
    suites.join(""),
  );
}
