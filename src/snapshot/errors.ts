import { StageError } from "../types/index.ts";

export type SnapshotErrorCode =
  | "SNAPSHOT_NOT_GIVEN"
  | "SNAPSHOT_UNREADABLE"
  | "SNAPSHOT_UNPARSABLE"
  | "SNAPSHOT_EMPTY"
  | "SNAPSHOT_TOO_LARGE"
  | "INDEX_TOO_LARGE"
  | "INDEX_TOO_DEEP"
  | "SHARD_INVALID";

/**
 * The list of images could not be made. Codes `SNAPSHOT_*` and `SHARD_INVALID` are the user's to mend (exit code 2);
 * codes `INDEX_*` are attached to one component, which then could not be decided.
 */
export class SnapshotError extends StageError<SnapshotErrorCode> {}
