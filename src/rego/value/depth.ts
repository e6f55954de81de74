import { RegoError } from "../errors.ts";

/** Values nest at most this deep. */
export const maxDepth = 1000;

/** Throws `RegoError` (limit_depth) beyond `maxDepth`. */
export function assertDepth(depth: number): void {
  if (depth > maxDepth) throw new RegoError("limit_depth", `expected a value at most ${maxDepth} levels deep`);
}

/** The text of a value has at most this many code units. */
export const maxTextLength = 64 * 1024 * 1024;

/** Throws `RegoError` (limit_output) beyond `maxTextLength`: shared parts of a value are written as often as they are met. */
export function assertTextLength(length: number): void {
  if (length > maxTextLength) {
    throw new RegoError("limit_output", `expected a value whose text has at most ${maxTextLength} characters`);
  }
}
