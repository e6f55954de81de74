import { StageError } from "../types/index.ts";

/** Why a run, or one component of it, could not be decided. */
export type RunErrorCode =
  | "worker-crashed"
  | "worker-out-of-memory"
  | "component-timeout"
  | "run-timeout"
  | "too-many-passes"
  | "too-large"
  | "aborted";

export class RunError extends StageError<RunErrorCode> {}
