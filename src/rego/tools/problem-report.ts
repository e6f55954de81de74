import { RegoError, RegoErrors } from "../errors.ts";
import { TestError, TestLoadErrors } from "../testing/errors.ts";

export type ToolFormat = "pretty" | "json";

/** Text of a file's row, for the details of a parse error. */
export type SourceLine = (file: string, row: number) => string | undefined;

/** Whether it says what is wrong with policies, data or a query, and is no fault of this program. */
export function isToolError(thrown: unknown): thrown is Error {
  return (
    thrown instanceof RegoErrors ||
    thrown instanceof RegoError ||
    thrown instanceof TestLoadErrors ||
    thrown instanceof TestError
  );
}

/** As `opa` prints errors: `1 error occurred: file:row: code: message`; the place in a query is `row:col`. */
export function formatProblems(thrown: Error): string {
  if (thrown instanceof TestLoadErrors || thrown instanceof TestError) return `${thrown.message}\n`;
  const lines = toErrors(thrown).map(formatProblem);
  return lines.length === 1
    ? `1 error occurred: ${lines[0]}\n`
    : `${lines.length} errors occurred:\n${lines.join("\n")}\n`;
}

/** The object with `errors` that `opa --format=json` prints. */
export function problemsToJson(thrown: Error, sourceLine: SourceLine): string {
  const errors = toErrors(thrown).map((error) => toProblem(error, sourceLine));
  return `${JSON.stringify({ errors }, undefined, 2)}\n`;
}

function toErrors(thrown: Error): readonly Error[] {
  return thrown instanceof RegoErrors || thrown instanceof TestLoadErrors ? thrown.errors : [thrown];
}

function formatProblem(error: Error): string {
  if (!(error instanceof RegoError) || error.location?.file !== "") return String(error);
  const { row, col } = error.location;
  return `${row}:${col}: ${error.code}: ${error.message}`;
}

function toProblem(error: Error, sourceLine: SourceLine): Record<string, unknown> {
  if (!(error instanceof RegoError)) return { message: error.message };
  const { code, message, location } = error;
  if (location === undefined) return { message, code };
  const { file, row, col } = location;
  const line = code === "rego_parse_error" ? sourceLine(file, row) : undefined;
  return {
    message,
    code,
    location: { file, row, col },
    ...(line === undefined ? {} : { details: { line, idx: Math.max(col - 1, 0) } }),
  };
}
