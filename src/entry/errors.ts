import { StageError } from "../types/index.ts";

/** Faults of the outside world that the ports report, and the user's own wish to end. */
export type EntryErrorCode =
  | "interrupted"
  | "file-unreadable"
  | "file-too-large"
  | "too-many-files"
  | "program-missing"
  | "program-failed"
  | "git-failed"
  | "http-failed"
  | "http-status"
  | "http-too-large"
  | "insecure-redirect"
  | "key-unsupported"
  | "no-cluster"
  | "cluster-failed"
  | "task-outcome-missing"
  | "output-failed";

export class EntryError extends StageError<EntryErrorCode> {}
