import type { Digest } from "../types/index.ts";
import type { Statement } from "./statement.ts";

export interface ProvenanceOptions {
  /** Repository with its registry, the subject's name. */
  image: string;
  digest: Digest;
  /** Further subjects' digests: an index' children. */
  alsoSubjects?: readonly Digest[];
  /** Default the demo's trusted builder. */
  builderId?: string;
  /** Names of pipeline tasks to leave out. */
  omitTasks?: readonly string[];
  /** Pipeline task to the `result` of its `TEST_OUTPUT`; default `SUCCESS`. */
  testResults?: Readonly<Record<string, "SUCCESS" | "FAILURE" | "WARNING" | "SKIPPED" | "ERROR">>;
  git?: { url: string; revision: string };
  /** RFC 3339, UTC, whole seconds: when the build began; default 2026-01-15T09:30:00Z. */
  startedOn?: string;
}

export function createProvenance(_options: ProvenanceOptions): Statement {
  throw new Error("not yet");
}
