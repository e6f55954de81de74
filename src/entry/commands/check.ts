import type { RegoCheckConfiguration } from "../../inputs/index.ts";
import { ecExternalFunctions, ecPureFunctions } from "../../policy/index.ts";
import { checkPolicies, defaultForbidden } from "../../rego/index.ts";
import type { Console } from "../console.ts";
import { exitCodes } from "../exit-codes.ts";
import { policyFiles } from "../ports/policy-files.ts";
import { limitHeapGrowth } from "../ports/threads.ts";
import type { Machine } from "../wiring.ts";

/**
 * `sealcheck check PATH...`: what `opa check` prints (in both formats to the stream for errors), with Conforma's functions known. Exit codes: 0 where nothing is wrong, 1
 * where something is.
 */
export async function runRegoCheck(
  configuration: RegoCheckConfiguration,
  _machine: Machine,
  console: Console,
  signal: AbortSignal,
): Promise<number> {
  limitHeapGrowth();
  const outcome = await checkPolicies({
    paths: configuration.paths,
    files: policyFiles,
    signal,
    strict: configuration.strict,
    maxErrors: configuration.maxErrors,
    format: configuration.format,
    ignore: configuration.ignore,
    functions: ecPureFunctions,
    externals: ecExternalFunctions,
    forbidden: defaultForbidden,
  });
  if (outcome.kind === "valid") return exitCodes.passed;
  console.writeError(outcome.report);
  return exitCodes.refused;
}
