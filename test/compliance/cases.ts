import {
  compareValues,
  compileQuery,
  type FunctionType,
  formatValue,
  isList,
  loadPolicy,
  ObjectBuilder,
  parseJson,
  parseModule,
  RegoError,
  RegoErrors,
  RegoObject,
  toJsonText,
  type Value,
} from "../../src/rego/index.ts";

/** A case of OPA's compliance suite; documents are values, so that numbers keep their digits. */
export interface ComplianceCase {
  note: string;
  query: string;
  modules: readonly string[];
  data?: Value;
  input?: Value;
  /** A Rego term. */
  inputTerm?: string;
  /** A list of bindings. */
  wantedResult: readonly Value[];
  wantedCode?: string;
  /** Part of the error's text. */
  wantedError?: string;
  /** Whether an error of a built-in function ends the query. */
  strict: boolean;
  /** Whether the order of the lists in the bindings does not matter. */
  sorted: boolean;
}

/** What was wanted and what came instead. */
export interface Mismatch {
  wanted: string;
  got: string;
}

const sleepType: FunctionType = { args: [{ kind: "string" }], result: { kind: "any" } };

/** Reads a file of the suite, `{"cases": [...]}`. Throws where it is none. */
export function parseCases(text: string): ComplianceCase[] {
  const document = parseJson(text);
  const cases = document instanceof RegoObject ? document.get("cases") : undefined;
  if (cases === undefined || !isList(cases)) throw new Error('expected an object with a list "cases"');
  return cases.map(toCase);
}

function toCase(value: Value): ComplianceCase {
  if (!(value instanceof RegoObject)) throw new Error(`expected an object as a case, got ${formatValue(value)}`);
  const text = (key: string): string | undefined => {
    const found = value.get(key);
    return typeof found === "string" ? found : undefined;
  };
  const list = (key: string): readonly Value[] => {
    const found = value.get(key);
    return found !== undefined && isList(found) ? found : [];
  };
  const data = value.get("data");
  const input = value.get("input");
  const inputTerm = text("input_term");
  const wantedCode = text("want_error_code");
  const wantedError = text("want_error");
  return {
    note: text("note") ?? "",
    query: text("query") ?? "",
    modules: list("modules").map(String),
    ...(data === undefined || data === null ? {} : { data }),
    ...(input === undefined ? {} : { input }),
    ...(inputTerm === undefined ? {} : { inputTerm }),
    wantedResult: list("want_result"),
    ...(wantedCode === undefined ? {} : { wantedCode }),
    ...(wantedError === undefined ? {} : { wantedError }),
    strict: value.get("strict_error") === true,
    sorted: value.get("sort_bindings") === true,
  };
}

/** Runs one case; the modules are named `test-0.rego`, `test-1.rego`, ... Undefined where it passes. */
export function runCase(wanted: ComplianceCase): Mismatch | undefined {
  let solutions: Value[];
  try {
    solutions = solve(wanted);
  } catch (thrown) {
    return compareError(wanted, thrown);
  }
  if (isErrorWanted(wanted)) return { wanted: describeError(wanted), got: formatAll(solutions) };
  const expected = [...wanted.wantedResult];
  if (wanted.sorted) {
    sortLists(solutions);
    sortLists(expected);
  }
  solutions.sort(compareValues);
  expected.sort(compareValues);
  const isEqual =
    solutions.length === expected.length &&
    solutions.every((value, index) => compareValues(value, expected[index] as Value) === 0);
  return isEqual ? undefined : { wanted: formatAll(expected), got: formatAll(solutions) };
}

/** 2026-04-01: the suite's certificates were valid when OPA 1.15 came out, and its runner takes the time of the day. */
const nowNs = 1_775_001_600_000_000_000n;

/** The bindings of every solution as JSON has them: sets are lists. */
function solve(wanted: ComplianceCase): Value[] {
  const modules = wanted.modules.map((text, index) => parseModule(`test-${index}.rego`, text));
  const functions = [{ name: "test.sleep", type: sleepType, evaluate: sleep }];
  const compiled = compileQuery(wanted.query, modules, { functions, forbidden: [], capture: false });
  const loaded = loadPolicy(compiled, { functions, ...(wanted.data === undefined ? {} : { data: wanted.data }) });
  const input = inputOf(wanted);
  const evaluation = loaded.start({
    nowNs,
    strictBuiltinErrors: wanted.strict,
    ...(input === undefined ? {} : { input }),
  });
  const answer = evaluation.query();
  if (answer.kind === "pending") throw new Error("expected an answer, got pending calls");
  return answer.results.map(({ bindings }) => parseJson(toJsonText(RegoObject.from(bindings))));
}

/** The suite's own function: waits for a Go duration of milliseconds, and says null. */
function sleep([duration]: readonly Value[]): Value {
  const [, count = "0"] = /^(\d+)ms$/.exec(String(duration)) ?? [];
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Math.min(Number(count), 1_000));
  return null;
}

function inputOf(wanted: ComplianceCase): Value | undefined {
  if (wanted.inputTerm === undefined) return wanted.input;
  const compiled = compileQuery(`x = ${wanted.inputTerm}`, [], { capture: false });
  const answer = loadPolicy(compiled).start({ nowNs: 0n }).query();
  return answer.kind === "done" ? answer.results[0]?.bindings[0]?.[1] : undefined;
}

function isErrorWanted({ wantedCode, wantedError }: ComplianceCase): boolean {
  return wantedCode !== undefined || wantedError !== undefined;
}

function describeError({ wantedCode, wantedError }: ComplianceCase): string {
  return `the error ${wantedCode ?? ""}: ${wantedError ?? ""}`;
}

function compareError(wanted: ComplianceCase, thrown: unknown): Mismatch | undefined {
  const errors = thrown instanceof RegoErrors ? thrown.errors : thrown instanceof RegoError ? [thrown] : undefined;
  const expected = isErrorWanted(wanted) ? describeError(wanted) : formatAll(wanted.wantedResult);
  if (errors === undefined) return { wanted: expected, got: String(thrown instanceof Error ? thrown.stack : thrown) };
  const { wantedCode, wantedError } = wanted;
  const isCode = wantedCode === undefined || errors.some(({ code }) => code === wantedCode);
  const isText = wantedError === undefined || errors.some((error) => String(error).includes(wantedError));
  if (isErrorWanted(wanted) && isCode && isText) return undefined;
  return { wanted: expected, got: errors.map(String).join("; ") };
}

function formatAll(values: readonly Value[]): string {
  return `[${values.map((value) => formatValue(value)).join(", ")}]`;
}

/** Sorts the lists in the bindings. */
function sortLists(solutions: Value[]): void {
  for (const [index, solution] of solutions.entries()) {
    if (!(solution instanceof RegoObject)) continue;
    const builder = new ObjectBuilder();
    for (const [key, value] of solution.entries()) {
      builder.set(key, isList(value) ? [...value].sort(compareValues) : value);
    }
    solutions[index] = builder.build();
  }
}
