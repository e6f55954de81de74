import { compileModules, type ExternalFunction, type FunctionDeclaration } from "../compile/index.ts";
import { RegoError, RegoErrors } from "../errors.ts";
import { loadTests } from "../testing/load.ts";
import type { PolicyFiles } from "../testing/ports.ts";
import { formatProblems, isToolError, problemsToJson, type ToolFormat } from "./problem-report.ts";
import { sourceLines } from "./source-lines.ts";

export interface CheckPoliciesOptions {
  /** Files and directories, as `opa check` takes them: files that are no `.rego` are not looked at. */
  paths: readonly string[];
  files: PolicyFiles;
  signal: AbortSignal;
  /** Unused and duplicate names, and deprecated functions, are errors. */
  strict: boolean;
  /** See `LoadTestsOptions`. */
  ignore?: readonly string[];
  format: ToolFormat;
  /** Errors of a compilation that are reported; 0 for all, the default. A last one then says that there are more. */
  maxErrors?: number;
  functions?: readonly FunctionDeclaration[];
  externals?: readonly ExternalFunction[];
  /** See `CompileOptions`. */
  forbidden?: readonly string[];
}

export type CheckPoliciesOutcome =
  | { kind: "valid" }
  /** `report` has the errors that the first failing stage found, in the order of files and rows. */
  | { kind: "invalid"; report: string };

/** Parses and compiles every policy below the paths; nothing is evaluated. */
export async function checkPolicies(options: CheckPoliciesOptions): Promise<CheckPoliciesOutcome> {
  const lines = sourceLines(options.files);
  try {
    const { modules } = await loadTests(options.paths, lines.files, {
      signal: options.signal,
      onlyPolicies: true,
      ...(options.ignore === undefined ? {} : { ignore: options.ignore }),
    });
    compileModules(modules, {
      entrypoints: [],
      strict: options.strict,
      ...(options.functions === undefined ? {} : { functions: options.functions }),
      ...(options.externals === undefined ? {} : { externals: options.externals }),
      ...(options.forbidden === undefined ? {} : { forbidden: options.forbidden }),
    });
    return { kind: "valid" };
  } catch (thrown) {
    if (!isToolError(thrown)) throw thrown;
    return { kind: "invalid", report: report(limitErrors(thrown, options.maxErrors), options.format, lines.at) };
  }
}

/** In OPA's words. */
function limitErrors(thrown: Error, maxErrors = 0): Error {
  if (!(thrown instanceof RegoErrors) || maxErrors === 0 || thrown.errors.length <= maxErrors) return thrown;
  return new RegoErrors([
    ...thrown.errors.slice(0, maxErrors),
    new RegoError("rego_compile_error", "error limit reached"),
  ]);
}

function report(thrown: Error, format: ToolFormat, at: Parameters<typeof problemsToJson>[1]): string {
  return format === "json" ? problemsToJson(thrown, at) : formatProblems(thrown, at);
}
