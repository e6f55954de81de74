import type { Kind } from "./calls.ts";
import type { Piece } from "./pieces.ts";
import type { Random } from "./random.ts";

export interface Local {
  name: string;
  /** "any": the checker knows no type. */
  kind: Kind;
}

export interface Scope {
  /** Names that have a value here. */
  bound: Local[];
  /** Whether references may iterate: not below `not`, not in a template. */
  still?: boolean;
}

export interface KnownRule {
  name: string;
  kind: "complete" | "set" | "object" | "deep";
}

export interface KnownFunction {
  name: string;
  arity: number;
}

/** What shapes of rules are made with. */
export interface Kit {
  random: Random;
  rules: KnownRule[];
  functions: KnownFunction[];
  /** Whether the module has the imports of `library.ts`. */
  isImporting: boolean;
  constant(depth: number): Piece;
  term(kind: Kind, depth: number, scope: Scope): Piece;
  body(scope: Scope, max: number): Piece[];
  fresh(scope: Scope, kind?: Kind): string;
  /** A reference to something that is likely to have members. */
  reference(scope: Scope, depth: number): Piece;
}

export const words = ["", "a", "b", "ab", "abc", "a.b", "x", "1", "-2.5", "b,a", " a ", "é", "%v %d", "[a-b]+", "*"];
export const numbers = ["0", "1", "2", "3", "-1", "1.5", "10", "0.1", "1e2", "9007199254740993", "-0.5"];
export const comparisons = ["==", "!=", "<", "<=", ">", ">="];
