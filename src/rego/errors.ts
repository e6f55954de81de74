import { StageError } from "../types/index.ts";
import type { Location } from "./syntax/ast.ts";

/** OPA's codes, and `limit_*` for this engine's bounds. */
export type RegoErrorCode =
  | "rego_parse_error"
  | "rego_compile_error"
  | "rego_type_error"
  | "rego_unsafe_var_error"
  | "rego_recursion_error"
  | "eval_internal_error"
  | "eval_builtin_error"
  | "eval_type_error"
  | "eval_conflict_error"
  | "eval_with_merge_error"
  | "limit_time"
  | "limit_steps"
  | "limit_depth"
  | "limit_output"
  | "limit_passes";

/** One problem, as `opa` prints it: `file:row: code: message`. */
export class RegoError extends StageError<RegoErrorCode> {
  readonly location: Location | undefined;
  /** Lines that explain the message: the types that were found and wanted. */
  readonly details: readonly string[];

  constructor(code: RegoErrorCode, message: string, location?: Location, details: readonly string[] = []) {
    super(message, { code, ...(location === undefined ? {} : { subject: `${location.file}:${location.row}` }) });
    this.location = location;
    this.details = details;
  }

  override toString(): string {
    const at = this.location === undefined ? "" : `${this.location.file}:${this.location.row}: `;
    return [`${at}${this.code}: ${this.message}`, ...this.details].join("\n\t");
  }
}

/** All problems that were found in a set of modules. */
export class RegoErrors extends Error {
  readonly errors: readonly RegoError[];

  constructor(errors: readonly RegoError[]) {
    super(
      errors.length === 1
        ? `1 error occurred: ${String(errors[0])}`
        : `${errors.length} errors occurred:\n${errors.map(String).join("\n")}`,
    );
    this.name = "RegoErrors";
    this.errors = errors;
  }
}
