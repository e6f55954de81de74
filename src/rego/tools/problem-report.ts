import { detailsToJson } from "../compile/types/fault-details.ts";
import { RegoError, RegoErrors } from "../errors.ts";
import { TestError, TestLoadErrors } from "../testing/errors.ts";
import { toGoJson } from "../testing/go-json.ts";

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

/**
 * As `opa` prints errors: `1 error occurred: file:row: code: message`; the place in a query is `row:col`. Below an error of the
 * parser stands the row of the text, and a mark below the place.
 */
export function formatProblems(thrown: Error, sourceLine: SourceLine): string {
  if (thrown instanceof TestError) return `${thrown.message}\n`;
  const during = thrown instanceof TestLoadErrors ? " during loading" : "";
  const lines = toErrors(thrown).map((error) => formatProblem(error) + excerpt(error, sourceLine));
  return lines.length === 1
    ? `1 error occurred${during}: ${lines[0]}\n`
    : `${lines.length} errors occurred${during}:\n${lines.join("\n")}\n`;
}

/** Where there is no package, nothing in the row is wrong. */
function quotes({ message }: RegoError): boolean {
  return message !== "package expected";
}

/** What an error of the parser quotes. */
interface Quotation {
  line: string;
  /** Characters of the line before the place. */
  idx: number;
}

/** The row of an error's place; where there is nothing but space, as at the end of a file, what is before it. */
function quote(error: RegoError, sourceLine: SourceLine): Quotation | undefined {
  if (error.code !== "rego_parse_error" || error.location === undefined || !quotes(error)) return undefined;
  const { file, row, col } = error.location;
  const here = sourceLine(file, row);
  const at = Math.max(col - 1, 0);
  if (here !== undefined && /\S/.test(here.charAt(at))) return { line: here, idx: at };
  for (let above = row; above > 0; above -= 1) {
    const line = sourceLine(file, above) ?? "";
    const before = (above === row ? line.slice(0, at) : line).trimEnd();
    if (before !== "") return { line, idx: before.length - 1 };
  }
  return here === undefined ? undefined : { line: here, idx: at };
}

/** As OPA draws it, where tabs at the row's beginning are left out. */
function excerpt(error: Error, sourceLine: SourceLine): string {
  const quotation = error instanceof RegoError ? quote(error, sourceLine) : undefined;
  if (quotation === undefined) return "";
  const { line, idx } = quotation;
  const text = line.replace(/^\t+/, "");
  const indent = Math.max(idx - (line.length - text.length), 0);
  return `\n\t${text}\n\t${" ".repeat(indent)}^`;
}

/** The object with `errors` that `opa --format=json` prints. */
export function problemsToJson(thrown: Error, sourceLine: SourceLine): string {
  const errors = toErrors(thrown).map((error) => toProblem(error, sourceLine));
  return `${toGoJson({ errors })}\n`;
}

function toErrors(thrown: Error): readonly Error[] {
  return thrown instanceof RegoErrors || thrown instanceof TestLoadErrors ? thrown.errors : [thrown];
}

function formatProblem(error: Error): string {
  if (error instanceof TestError) return error.message;
  if (!(error instanceof RegoError) || error.location?.file !== "") return String(error);
  const { row, col } = error.location;
  return [`${row}:${col}: ${error.code}: ${error.message}`, ...error.details].join("\n\t");
}

function toProblem(error: Error, sourceLine: SourceLine): Record<string, unknown> {
  if (!(error instanceof RegoError)) return { message: error.message };
  const { code, message, location } = error;
  const explained = detailsToJson(error.details);
  if (location === undefined) return { message, code };
  const { file, row, col } = location;
  const quotation = quote(error, sourceLine);
  return {
    message,
    code,
    location: { file, row, col },
    ...(quotation === undefined ? {} : { details: quotation }),
    ...(explained === undefined ? {} : { details: explained }),
  };
}
