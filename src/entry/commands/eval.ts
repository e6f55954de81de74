import type { RegoEvalConfiguration } from "../../inputs/index.ts";
import { ecExternalFunctions, ecPureFunctions } from "../../policy/index.ts";
import { defaultForbidden, type EvaluateQueryOutcome, evaluateQuery } from "../../rego/index.ts";
import type { Console } from "../console.ts";
import { exitCodes } from "../exit-codes.ts";
import { policyFiles } from "../ports/policy-files.ts";
import type { Machine } from "../wiring.ts";

/**
 * `sealcheck eval QUERY`: what `opa eval` prints. Conforma's functions are known; those that ask a registry are undefined.
 * Exit codes: 0; 1 where the result is undefined and `--fail` was given; 2 where files, policies or the query are wrong; 3
 * where the evaluation ended with an error.
 */
export async function runRegoEval(
  configuration: RegoEvalConfiguration,
  _machine: Machine,
  console: Console,
  signal: AbortSignal,
): Promise<number> {
  const outcome = await evaluateQuery({
    query: configuration.query,
    paths: configuration.paths,
    ...(configuration.input === undefined ? {} : { input: configuration.input }),
    files: policyFiles,
    signal,
    format: configuration.format,
    nowNs: BigInt(Date.now()) * 1_000_000n,
    ...(configuration.package === undefined ? {} : { package: configuration.package }),
    imports: configuration.imports,
    strictBuiltinErrors: configuration.strictBuiltinErrors,
    profile: configuration.profile,
    clockNs: () => process.hrtime.bigint(),
    ...(configuration.timeoutMs === 0 ? {} : { limits: { timeMs: configuration.timeoutMs } }),
    functions: ecPureFunctions,
    externals: ecExternalFunctions,
    forbidden: defaultForbidden,
    print: (message) => console.writeError(`${message}\n`),
  });
  return write(outcome, configuration, console);
}

function write(outcome: EvaluateQueryOutcome, { format, failUndefined }: RegoEvalConfiguration, console: Console) {
  const isError = outcome.kind === "broken" || outcome.kind === "failed";
  if (isError && format === "pretty") console.writeError(outcome.report);
  else console.writeOut(outcome.report);
  switch (outcome.kind) {
    case "defined":
      return exitCodes.passed;
    case "undefined":
      return failUndefined ? exitCodes.refused : exitCodes.passed;
    case "broken":
      return exitCodes.usage;
    case "failed":
      return exitCodes.undecided;
  }
}
