import { StageError } from "../../types/index.ts";

/**
 * - `test_load`: a path that cannot be read, a file that is no document, documents that contradict each other.
 * - `test_filter`: the expression that chooses tests is none.
 * - `test_limit`: more files, bytes or levels of directories than are read.
 */
export type TestErrorCode = "test_load" | "test_filter" | "test_limit";

/** Why tests could not be run at all. */
export class TestError extends StageError<TestErrorCode> {}

/** Everything that went wrong while loading, in the words of `opa test`. */
export class TestLoadErrors extends Error {
  /** RegoError or TestError. */
  readonly errors: readonly Error[];

  constructor(errors: readonly Error[]) {
    const lines = errors.map((error) => (error instanceof TestError ? error.message : String(error)));
    const title =
      errors.length === 1 ? "1 error occurred during loading: " : `${errors.length} errors occurred during loading:\n`;
    super(title + lines.join("\n"));
    this.name = "TestLoadErrors";
    this.errors = errors;
  }
}
