import { InputError } from "../inputs/index.ts";
import { hasOciCode, OciError } from "../oci/index.ts";
import { PolicyError } from "../policy/index.ts";
import { RegoErrors } from "../rego/index.ts";
import { RunError } from "../run/index.ts";
import { SigstoreError } from "../sigstore/index.ts";
import { SnapshotError } from "../snapshot/index.ts";
import { StageError, toErrorMessage } from "../types/index.ts";
import { exitCodes } from "./exit-codes.ts";

export interface Problem {
  exitCode: number;
  /** Lines for the user, without a stack trace. */
  text: string;
}

/** What a run that could not go on tells its user. A defect of this program keeps its stack trace and has its own code. */
export function toProblem(error: unknown): Problem {
  if (error instanceof AggregateError) {
    const problems = error.errors.map(toProblem);
    return {
      exitCode: problems.some((problem) => problem.exitCode === exitCodes.defect)
        ? exitCodes.defect
        : Math.min(...problems.map((problem) => problem.exitCode)),
      text: problems.map((problem) => problem.text).join("\n"),
    };
  }
  if (error instanceof RegoErrors) return { exitCode: exitCodes.usage, text: error.message };
  if (error instanceof StageError) return { exitCode: toExitCode(error), text: error.message };
  const stack = error instanceof Error ? (error.stack ?? error.message) : toErrorMessage(error);
  return { exitCode: exitCodes.defect, text: `this is a defect of sealcheck, please report it: ${stack}` };
}

function toExitCode(error: StageError): number {
  if (error.retryable || error instanceof RunError) return exitCodes.undecided;
  if (error instanceof PolicyError) return error.outcome === "usage" ? exitCodes.usage : exitCodes.undecided;
  if (error instanceof OciError)
    return hasOciCode(error, "invalid-reference", "insecure-registry") ? exitCodes.usage : exitCodes.undecided;
  if (error instanceof SigstoreError) return error.code === "trust_unavailable" ? exitCodes.undecided : exitCodes.usage;
  if (error instanceof InputError || error instanceof SnapshotError) return exitCodes.usage;
  return exitCodes.usage;
}
