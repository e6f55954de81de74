import { RegoError, type RegoErrorCode, RegoErrors } from "../errors.ts";
import type { Location } from "../syntax/index.ts";

/** Collects what is wrong with a set of modules, so that it is said all at once. */
export class Problems {
  readonly errors: RegoError[] = [];

  add(code: RegoErrorCode, location: Location | undefined, message: string, details?: readonly string[]): void {
    const isKnown = this.errors.some(
      (error) =>
        error.code === code &&
        error.message === message &&
        error.location?.file === location?.file &&
        error.location?.row === location?.row &&
        error.location?.col === location?.col,
    );
    if (!isKnown) this.errors.push(new RegoError(code, message, location, details));
  }

  /** Throws RegoErrors, in the order of the files, where there is a problem. */
  throwIfAny(): void {
    if (this.errors.length === 0) return;
    throw new RegoErrors(this.errors.toSorted(compareErrors));
  }
}

function compareErrors(a: RegoError, b: RegoError): number {
  const left = a.location;
  const right = b.location;
  if (left === undefined || right === undefined) return left === right ? 0 : left === undefined ? -1 : 1;
  if (left.file !== right.file) return left.file < right.file ? -1 : 1;
  return left.row - right.row || left.col - right.col;
}
