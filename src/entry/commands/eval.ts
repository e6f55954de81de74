import type { RegoEvalConfiguration } from "../../inputs/index.ts";
import { ecExternalFunctions, ecPureFunctions } from "../../policy/index.ts";
import { defaultForbidden, type EvaluateQueryOutcome, evaluateQuery } from "../../rego/index.ts";
import type { Console } from "../console.ts";
import { exitCodes } from "../exit-codes.ts";
import { policyFiles } from "../ports/policy-files.ts";
import { readStandardInput } from "../ports/standard-input.ts";
import { limitHeapGrowth } from "../ports/threads.ts";
import type { Machine } from "../wiring.ts";

/**
 * `sealcheck eval QUERY`: what `opa eval` prints. Conforma's functions are known; those that ask a registry are undefined.
 * Exit codes: 0; 1 where the result is undefined and `--fail` was given, or defined and `--fail-defined` was; 2 where files,
 * policies or the query are wrong; 3 where the evaluation ended with an error.
 */
export async function runRegoEval(
  configuration: RegoEvalConfiguration,
  _machine: Machine,
  console: Console,
  signal: AbortSignal,
): Promise<number> {
  limitHeapGrowth();
  const outcome = await evaluateQuery({
    query: configuration.query,
    paths: configuration.paths,
    ...(configuration.input === undefined ? {} : { input: configuration.input }),
    ...(configuration.stdinInput ? { inputText: await readStandardInput(signal) } : {}),
    ignore: configuration.ignore,
    files: policyFiles,
    signal,
    format: configuration.format,
    nowNs: BigInt(Date.now()) * 1_000_000n,
    ...(configuration.package === undefined ? {} : { package: configuration.package }),
    imports: configuration.imports,
    strict: configuration.strict,
    strictBuiltinErrors: configuration.strictBuiltinErrors,
    prettyLimit: configuration.prettyLimit,
    metrics: configuration.metrics,
    profile: configuration.profile,
    profileLimit: configuration.profileLimit,
    ...(configuration.profileSort.length === 0 ? {} : { profileSort: configuration.profileSort }),
    clockNs: () => process.hrtime.bigint(),
    ...(configuration.timeoutMs === 0 ? {} : { limits: { timeMs: configuration.timeoutMs } }),
    functions: ecPureFunctions,
    externals: ecExternalFunctions,
    forbidden: defaultForbidden,
    print: (message) => console.writeError(`${message}\n`),
  });
  return write(outcome, configuration, console);
}

function write(
  outcome: EvaluateQueryOutcome,
  { format, failUndefined, failDefined }: RegoEvalConfiguration,
  console: Console,
): number {
  const isError = outcome.kind === "broken" || outcome.kind === "failed";
  if (isError && format !== "json" && format !== "discard") console.writeError(outcome.report);
  else console.writeOut(outcome.report);
  switch (outcome.kind) {
    case "defined":
      return failDefined ? exitCodes.refused : exitCodes.passed;
    case "undefined":
      return failUndefined ? exitCodes.refused : exitCodes.passed;
    case "broken":
      return exitCodes.usage;
    case "failed":
      return exitCodes.undecided;
  }
}
