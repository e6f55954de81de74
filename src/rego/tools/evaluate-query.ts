import {
  type CompiledPolicy,
  compileQuery,
  type ExternalFunction,
  type PureFunction,
  type QueryOptions,
} from "../compile/index.ts";
import { RegoError, RegoErrors } from "../errors.ts";
import {
  type EvaluationLimits,
  loadPolicy,
  type Profile,
  type QuerySolution,
  type StartOptions,
} from "../run/index.ts";
import { parseBody, parseModule } from "../syntax/index.ts";
import { readJsonDocument, readYamlDocument } from "../testing/data-documents.ts";
import { TestError } from "../testing/errors.ts";
import { loadTests, MAX_FILE_BYTES } from "../testing/load.ts";
import type { PolicyFiles } from "../testing/ports.ts";
import type { Value } from "../value/index.ts";
import { formatProblems, isToolError, problemsToJson } from "./problem-report.ts";
import {
  metricsToTable,
  type ProfileKey,
  profileToJson,
  profileToTable,
  type StageTimes,
  toMetrics,
} from "./profile-report.ts";
import { type Additions, type QueryFormat, reportSolutions } from "./query-formats.ts";
import type { QueryExpressionText } from "./query-report.ts";
import { sourceLines } from "./source-lines.ts";

export interface EvaluateQueryOptions {
  query: string;
  /** Files and directories with policies and data, as `opa eval -d` takes them. */
  paths: readonly string[];
  /** See `LoadTestsOptions`. */
  ignore?: readonly string[];
  /** File with the input document, JSON or YAML. */
  input?: string;
  /** The input document itself, in place of a file. */
  inputText?: string;
  files: PolicyFiles;
  signal: AbortSignal;
  format: QueryFormat;
  /** What `time.now_ns()` answers. */
  nowNs: bigint;
  /** Package that the query's names are resolved in: `data.a.b` or `a.b`. */
  package?: string;
  /** `data.a.b`, or `data.a.b as c`. */
  imports?: readonly string[];
  /** Whether an error of a built-in function ends the evaluation. */
  strictBuiltinErrors?: boolean;
  /** Unused and duplicate names, and deprecated functions, are errors. Default: false. */
  strict?: boolean;
  /** Characters after which a table's cell is cut; 0 for none, the default. */
  prettyLimit?: number;
  /** Reports how long the stages took (formats `json` and `pretty`). Default: false. */
  metrics?: boolean;
  /** Reports also what each row and rule took. Default: false. */
  profile?: boolean;
  /** Rows that the profile shows; 0 for all. Default: 10. */
  profileLimit?: number;
  profileSort?: readonly ProfileKey[];
  /** Nanoseconds from any beginning, for the times of stages. */
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
    const { modules, documents } = await loadTests(options.paths, lines.files, {
      signal: options.signal,
      ...(options.ignore === undefined ? {} : { ignore: options.ignore }),
    });
    const input = await readInput(options);
    const loadFilesNs = lap();
    const compiled = compileQuery(options.query, modules, toQueryOptions(options));
    const compileNs = lap();
    phase = "failed";
    const { solutions, profile } = solve(compiled, documents, input, options);
    const times = { loadFilesNs, compileNs, evaluationNs: lap() };
    return {
      kind: solutions.length === 0 ? "undefined" : "defined",
      report: reportSolutions(solutions, placeExpressions(compiled, options.query), {
        format: options.format,
        ...(options.prettyLimit === undefined ? {} : { prettyLimit: options.prettyLimit }),
        ...toAdditions(times, profile, options),
      }),
    };
  } catch (thrown) {
    if (!isToolError(thrown)) throw thrown;
    const isJson = options.format === "json" || options.format === "discard";
    return { kind: phase, report: isJson ? problemsToJson(thrown, at) : formatProblems(thrown, at) };
  }
}

/** What is reported besides the solutions, as members of an object and as tables. */
function toAdditions(times: StageTimes, profile: Profile, options: EvaluateQueryOptions): Additions {
  const isProfiled = options.profile === true;
  if (!isProfiled && options.metrics !== true) return { members: {}, tables: "" };
  const { profileLimit, profileSort, query } = options;
  const shown = {
    query,
    ...(profileLimit === undefined ? {} : { limit: profileLimit }),
    ...(profileSort === undefined ? {} : { sort: profileSort }),
  };
  return {
    members: { metrics: toMetrics(times), ...(isProfiled ? profileToJson(profile, shown) : {}) },
    tables: metricsToTable(times) + (isProfiled ? profileToTable(profile, shown) : ""),
  };
}

async function readInput(options: EvaluateQueryOptions): Promise<Value | undefined> {
  const { input: path, inputText, signal } = options;
  if (inputText !== undefined) return parseInput("stdin", inputText);
  if (path === undefined) return undefined;
  if ((await options.files.kind(path)) !== "file") {
    throw new TestError(`${path}: no such file`, { code: "test_load", subject: path });
  }
  return parseInput(
    path,
    new TextDecoder().decode(await options.files.read(path, { maxBytes: MAX_FILE_BYTES, signal })),
  );
}

function parseInput(path: string, text: string): Value {
  try {
    return readJsonDocument(path, text);
  } catch (thrown) {
    if (path.endsWith(".json")) throw thrown;
    return readYamlDocument(path, text);
  }
}

function toQueryOptions(options: EvaluateQueryOptions): QueryOptions {
  const { functions, externals, forbidden, strict } = options;
  return {
    ...(functions === undefined ? {} : { functions }),
    ...(externals === undefined ? {} : { externals }),
    ...(forbidden === undefined ? {} : { forbidden }),
    ...(options.profile === true ? { watch: "times" as const } : {}),
    ...(strict === undefined ? {} : { strict }),
    ...(options.package === undefined ? {} : { package: options.package.replace(/^data\./, "").split(".") }),
    ...(options.imports === undefined ? {} : { imports: options.imports.map(toImport) }),
  };
}

/** Throws `RegoError` for what is no import; there is no file that its place would be in. */
function toImport(text: string): { path: readonly string[]; alias?: string } {
  try {
    const [found, ...others] = parseModule("", `package q\n\nimport ${text}\n`).imports;
    if (found === undefined || others.length > 0) throw new RegoError("rego_parse_error", "expected one import");
    return { path: found.path, ...(found.alias === undefined ? {} : { alias: found.alias }) };
  } catch (thrown) {
    const error = thrown instanceof RegoErrors ? thrown.errors[0] : thrown;
    if (!(error instanceof RegoError)) throw thrown;
    throw new RegoError(error.code, `import ${text}: ${error.message}`);
  }
}

function solve(
  compiled: CompiledPolicy,
  data: Value,
  input: Value | undefined,
  options: EvaluateQueryOptions,
): { solutions: readonly QuerySolution[]; profile: Profile } {
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
    if (step.kind === "done") return { solutions: step.results, profile: loaded.profile() };
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
