import type { Location } from "./ast.ts";

/** Thrown inside the parser only. No `Error`: many are caught again when a text can be read in two ways, and a stack trace costs. */
export class SyntaxFailure {
  readonly message: string;
  readonly location: Location;

  constructor(message: string, location: Location) {
    this.message = message;
    this.location = location;
  }
}

/** The text nests too deep: no other way to read it is tried. */
export class DepthFailure extends SyntaxFailure {}

/** Runs `parse`; a failure that another way to read the text may avoid is returned, any other throw goes through. */
export function attempt<Result>(parse: () => Result): Result | SyntaxFailure {
  try {
    return parse();
  } catch (thrown) {
    if (thrown instanceof SyntaxFailure && !(thrown instanceof DepthFailure)) return thrown;
    throw thrown;
  }
}

/** Of two ways to read a text that both failed, the one that came farther. The second, where both stopped at one place. */
export function fartherFailure(first: SyntaxFailure, second: SyntaxFailure): SyntaxFailure {
  return first.location.offset > second.location.offset ? first : second;
}
