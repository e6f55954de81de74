import { StageError } from "../types/index.ts";

/** `registry_refused`: the registry answered otherwise than a push expects. `invalid_option`: the caller asked for the impossible. */
export type DemoErrorCode = "registry_refused" | "invalid_option";

export class DemoError extends StageError<DemoErrorCode> {}
