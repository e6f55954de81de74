import {
  type CompiledPolicy,
  compileQuery,
  type ExternalFunction,
  type PureFunction,
  type QueryOptions,
} from "../compile/index.ts";
import { RegoError } from "../errors.ts";
import {
  type EvaluationLimits,
  loadPolicy,
  type PlaceCount,
  type QuerySolution,
  type StartOptions,
} from "../run/index.ts";
import { parseBody } from "../syntax/index.ts";
import { readJsonDocument, readYamlDocument } from "../testing/data-documents.ts";
import { TestError } from "../testing/errors.ts";
import { loadTests, MAX_FILE_BYTES } from "../testing/load.ts";
import type { PolicyFiles } from "../testing/ports.ts";
import type { Value } from "../value/index.ts";
import { formatProblems, isToolError, problemsToJson, type ToolFormat } from "./problem-report.ts";
import { profileToJson, profileToTable } from "./profile-report.ts";
import { type QueryExpressionText, solutionsToJson, solutionsToTable } from "./query-report.ts";
import { sourceLines } from "./source-lines.ts";

export interface EvaluateQueryOptions {
  query: string;
  /** Files and directories with policies and data, as `opa eval -d` takes them. */
  paths: readonly string[];
  /** File with the input document, JSON or YAML. */
  input?: string;
  files: PolicyFiles;
  signal: AbortSignal;
  format: ToolFormat;
  /** What `time.now_ns()` answers. */
  nowNs: bigint;
  /** Package that the query's names are resolved in: `data.a.b` or `a.b`. */
  package?: string;
  /** `data.a.b`, or `data.a.b as c`. */
  imports?: readonly string[];
  /** Whether an error of a built-in function ends the evaluation. */
  strictBuiltinErrors?: boolean;
  /** Reports what took how long, and the places that were evaluated most often. Default: false. */
  profile?: boolean;
  /** Nanoseconds from any beginning, for the profile. */
  clockNs?(): bigint;
  limits?: EvaluationLimits;
  functions?: readonly PureFunction[];
  /** Functions of a host that is not there: they are defined for no argument. */
  externals?: readonly ExternalFunction[];
  forbidden?: readonly string[];
  print?: NonNullable<StartOptions["print"]>;
}

/** `report` is what to print: the solutions, or the errors. */
export type EvaluateQueryOutcome =
  | { kind: "defined" | "undefined"; report: string }
  /** Files, policies or the query are wrong. */
  | { kind: "broken"; report: string }
  /** The evaluation ended with an error. */
  | { kind: "failed"; report: string };

/** Does what `opa eval` does. Throws only where the signal says so, and for faults of this program. */
export async function evaluateQuery(options: EvaluateQueryOptions): Promise<EvaluateQueryOutcome> {
  const lines = sourceLines(options.files);
  const at = (file: string, row: number): string | undefined =>
    file === "" ? options.query.split("\n")[row - 1] : lines.at(file, row);
  let phase: "broken" | "failed" = "broken";
  try {
    const lap = createLaps(options.clockNs);
    const { modules, documents } = await loadTests(options.paths, lines.files, { signal: options.signal });
    const input = await readInput(options);
    const loadFilesNs = lap();
    const compiled = compileQuery(options.query, modules, toQueryOptions(options));
    const compileNs = lap();
    phase = "failed";
    const { solutions, places } = solve(compiled, documents, input, options);
    const profile = { loadFilesNs, compileNs, evaluationNs: lap(), places };
    const expressions = placeExpressions(compiled, options.query);
    const [report, profiled] =
      options.format === "json" ? [solutionsToJson, profileToJson] : [solutionsToTable, profileToTable];
    return {
      kind: solutions.length === 0 ? "undefined" : "defined",
      report:
        options.profile === true ? profiled(report(solutions, expressions), profile) : report(solutions, expressions),
    };
  } catch (thrown) {
    if (!isToolError(thrown)) throw thrown;
    return { kind: phase, report: options.format === "json" ? problemsToJson(thrown, at) : formatProblems(thrown) };
  }
}

async function readInput(options: EvaluateQueryOptions): Promise<Value | undefined> {
  const { input: path, signal } = options;
  if (path === undefined) return undefined;
  if ((await options.files.kind(path)) !== "file") {
    throw new TestError(`${path}: no such file`, { code: "test_load", subject: path });
  }
  const text = new TextDecoder().decode(await options.files.read(path, { maxBytes: MAX_FILE_BYTES, signal }));
  try {
    return readJsonDocument(path, text);
  } catch (thrown) {
    if (path.endsWith(".json")) throw thrown;
    return readYamlDocument(path, text);
  }
}

function toQueryOptions(options: EvaluateQueryOptions): QueryOptions {
  const { functions, externals, forbidden } = options;
  return {
    ...(functions === undefined ? {} : { functions }),
    ...(externals === undefined ? {} : { externals }),
    ...(forbidden === undefined ? {} : { forbidden }),
    counted: options.profile === true,
    ...(options.package === undefined ? {} : { package: options.package.replace(/^data\./, "").split(".") }),
    ...(options.imports === undefined ? {} : { imports: options.imports.map(toImport) }),
  };
}

function toImport(text: string): { path: readonly string[]; alias?: string } {
  const [, path = "", alias] = /^\s*(\S+)(?:\s+as\s+(\S+))?\s*$/.exec(text) ?? [];
  return { path: path.split("."), ...(alias === undefined ? {} : { alias }) };
}

function solve(
  compiled: CompiledPolicy,
  data: Value,
  input: Value | undefined,
  options: EvaluateQueryOptions,
): { solutions: readonly QuerySolution[]; places: readonly PlaceCount[] } {
  const { functions, limits, print, strictBuiltinErrors } = options;
  const loaded = loadPolicy(compiled, { data, ...(functions === undefined ? {} : { functions }) });
  const evaluation = loaded.start({
    nowNs: options.nowNs,
    ...(input === undefined ? {} : { input }),
    ...(limits === undefined ? {} : { limits }),
    ...(print === undefined ? {} : { print }),
    ...(strictBuiltinErrors === undefined ? {} : { strictBuiltinErrors }),
  });
  for (;;) {
    options.signal.throwIfAborted();
    const step = evaluation.query();
    if (step.kind === "done") return { solutions: step.results, places: evaluation.profile() };
    for (const { key } of step.calls) evaluation.answer(key, undefined);
  }
}

/** Nanoseconds since the last lap. */
function createLaps(clockNs: () => bigint = () => 0n): () => number {
  let last = clockNs();
  return () => {
    const before = last;
    last = clockNs();
    return Number(last - before);
  };
}

/** The compiled query has its expressions in the order of their evaluation, and without their places. */
function placeExpressions(compiled: CompiledPolicy, query: string): QueryExpressionText[] {
  const places = parseBody(query).map(({ location: { row, col, offset, end } }) => ({
    row,
    col,
    text: query.slice(offset, end),
  }));
  return (compiled.query?.expressions ?? []).map((text) => {
    const index = places.findIndex((place) => place.text === text);
    const [place] = index < 0 ? [] : places.splice(index, 1);
    if (place === undefined) throw new RegoError("eval_internal_error", `the expression ${text} is not in the query`);
    return place;
  });
}
