import { RegoError } from "../errors.ts";

/** Values nest at most this deep. */
export const maxDepth = 1000;

/** Throws `RegoError` (limit_depth) beyond `maxDepth`. */
export function assertDepth(depth: number): void {
  if (depth > maxDepth) throw new RegoError("limit_depth", `expected a value at most ${maxDepth} levels deep`);
}
