import type { FunctionType } from "../builtins/index.ts";
import { compileQuery } from "../compile/index.ts";
import { RegoError, RegoErrors } from "../errors.ts";
import { parseModule } from "../syntax/index.ts";
import { compareValues, formatValue, fromJson, ObjectBuilder, RegoObject, toJson, type Value } from "../value/index.ts";
import { loadPolicy } from "./load.ts";

/** A case of OPA's compliance suite. */
export interface ComplianceCase {
  note: string;
  query: string;
  modules?: readonly string[];
  data?: unknown;
  input?: unknown;
  /** A Rego term. */
  input_term?: string;
  /** A list of bindings. */
  want_result?: readonly Readonly<Record<string, unknown>>[];
  want_error_code?: string;
  /** Part of the error's message. */
  want_error?: string;
  strict_error?: boolean;
  sort_bindings?: boolean;
}

export interface ComplianceFailure {
  note: string;
  reason: string;
}

export interface ComplianceReport {
  passed: string[];
  failed: ComplianceFailure[];
}

/** Runs cases of OPA's compliance suite; the modules are named `test-0.rego`, `test-1.rego`, ... */
export function runComplianceCases(cases: readonly ComplianceCase[]): ComplianceReport {
  const report: ComplianceReport = { passed: [], failed: [] };
  for (const wanted of cases) {
    const reason = runCase(wanted);
    if (reason === undefined) report.passed.push(wanted.note);
    else report.failed.push({ note: wanted.note, reason });
  }
  return report;
}

const sleepType: FunctionType = { args: [{ kind: "string" }], result: { kind: "any" } };

/** Undefined where the case passes. */
function runCase(wanted: ComplianceCase): string | undefined {
  let solutions: Value[];
  try {
    solutions = solve(wanted);
  } catch (thrown) {
    return checkError(wanted, thrown);
  }
  if (wanted.want_error !== undefined || wanted.want_error_code !== undefined) {
    return `expected the error ${wanted.want_error_code} ${wanted.want_error}, got ${formatAll(solutions)}`;
  }
  const expected = (wanted.want_result ?? []).map((solution) => toValue(solution));
  const found = solutions.map((solution) => fromJson(toJson(solution)));
  if (wanted.sort_bindings === true) {
    sortLists(found);
    sortLists(expected);
  }
  found.sort(compareValues);
  expected.sort(compareValues);
  const isEqual =
    found.length === expected.length &&
    found.every((value, index) => compareValues(value, expected[index] as Value) === 0);
  return isEqual ? undefined : `expected ${formatAll(expected)}, got ${formatAll(found)}`;
}

/** Plain JSON, as the cases have it, as a value: numbers keep what JSON.parse left of them. */
function toValue(json: unknown): Value {
  return fromJson(json as Parameters<typeof fromJson>[0]);
}

function solve(wanted: ComplianceCase): Value[] {
  const modules = (wanted.modules ?? []).map((text, index) => parseModule(`test-${index}.rego`, text));
  const functions = [{ name: "test.sleep", type: sleepType, evaluate: () => null }];
  const compiled = compileQuery(wanted.query, modules, { functions, forbidden: [], capture: false });
  const loaded = loadPolicy(compiled, {
    functions,
    ...(wanted.data === undefined ? {} : { data: toValue(wanted.data) }),
  });
  const input = inputOf(wanted);
  const evaluation = loaded.start({
    nowNs: 1_700_000_000_000_000_000n,
    strictBuiltinErrors: wanted.strict_error === true,
    ...(input === undefined ? {} : { input }),
  });
  const answer = evaluation.query();
  if (answer.kind === "pending") throw new Error("expected an answer");
  return answer.results.map(({ bindings }) => RegoObject.from(bindings));
}

function inputOf(wanted: ComplianceCase): Value | undefined {
  if (wanted.input_term === undefined) return wanted.input === undefined ? undefined : toValue(wanted.input);
  const compiled = compileQuery(`x = ${wanted.input_term}`, [], { capture: false });
  const answer = loadPolicy(compiled).start({ nowNs: 0n }).query();
  return answer.kind === "done" ? answer.results[0]?.bindings[0]?.[1] : undefined;
}

function checkError(wanted: ComplianceCase, thrown: unknown): string | undefined {
  const errors = thrown instanceof RegoErrors ? thrown.errors : thrown instanceof RegoError ? [thrown] : undefined;
  if (errors === undefined) return `threw ${thrown instanceof Error ? thrown.stack : String(thrown)}`;
  const texts = errors.map(String).join("; ");
  const isCode = wanted.want_error_code === undefined || errors.some(({ code }) => code === wanted.want_error_code);
  const isText =
    wanted.want_error === undefined || errors.some((error) => String(error).includes(wanted.want_error as string));
  const isWanted = wanted.want_error !== undefined || wanted.want_error_code !== undefined;
  if (isWanted && isCode && isText) return undefined;
  return `expected ${wanted.want_error_code ?? "no error"} ${wanted.want_error ?? ""}, got ${texts}`;
}

function formatAll(values: readonly Value[]): string {
  return `[${values.map((value) => formatValue(value)).join(", ")}]`;
}

/** Sorts the lists in the bindings: they are sets, whose order does not matter. */
function sortLists(solutions: Value[]): void {
  for (const [index, solution] of solutions.entries()) {
    if (!(solution instanceof RegoObject)) continue;
    const builder = new ObjectBuilder();
    for (const [key, value] of solution.entries()) {
      builder.set(key, Array.isArray(value) ? [...(value as Value[])].sort(compareValues) : value);
    }
    solutions[index] = builder.build();
  }
}
