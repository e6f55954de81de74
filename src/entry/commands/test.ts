import type { RegoTestConfiguration } from "../../inputs/index.ts";
import { ecExternalFunctions, ecPureFunctions } from "../../policy/index.ts";
import { createEngineEvaluator, type PolicyTestOutcome, runPolicyTests } from "../../rego/index.ts";
import type { Console } from "../console.ts";
import { exitCodes } from "../exit-codes.ts";
import { policyFiles } from "../ports/policy-files.ts";
import { limitHeapGrowth } from "../ports/threads.ts";
import type { Machine } from "../wiring.ts";

/**
 * `sealcheck test PATH...`: the unit tests of policies, as `opa test` runs them. Conforma's functions are known and have no
 * answers: tests replace them by `with`.
 */
export async function runRegoTests(
  configuration: RegoTestConfiguration,
  _machine: Machine,
  console: Console,
  signal: AbortSignal,
): Promise<number> {
  limitHeapGrowth();
  const outcome = await runPolicyTests({
    paths: configuration.paths,
    files: policyFiles,
    createEvaluator: createEngineEvaluator({
      nowNs: () => BigInt(Date.now()) * 1_000_000n,
      functions: ecPureFunctions,
      externals: ecExternalFunctions,
      limits: { timeMs: configuration.timeoutMs },
    }),
    signal,
    nowNs: () => process.hrtime.bigint(),
    verbose: configuration.verbose,
    format: configuration.format,
    coverage: configuration.coverage,
    threshold: configuration.threshold,
    ignore: configuration.ignore,
    exitZeroOnSkipped: configuration.exitZeroOnSkipped,
    failOnEmpty: configuration.failOnEmpty,
    color: configuration.color === "always" || (configuration.color === "auto" && console.outHasColors),
    ...(configuration.run === undefined ? {} : { run: configuration.run }),
  });
  return print(outcome, console);
}

function print(outcome: PolicyTestOutcome, console: Console): number {
  if (outcome.kind === "broken") {
    console.writeError(`${outcome.message}\n`);
    return exitCodes.usage;
  }
  console.writeOut(outcome.output);
  if (outcome.problem !== undefined) console.writeError(`${outcome.problem}\n`);
  return outcome.kind === "passed" ? exitCodes.passed : exitCodes.refused;
}
