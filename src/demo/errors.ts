import { StageError } from "../types/index.ts";

/**
 * `registry_refused`: the registry answered otherwise than a push expects. `registry_unreachable`: it did not answer.
 * `invalid_option`: the caller asked for the impossible.
 */
export type DemoErrorCode = "registry_refused" | "registry_unreachable" | "invalid_option";

/** Something could not be made or pushed. */
export class DemoError extends StageError<DemoErrorCode> {}
