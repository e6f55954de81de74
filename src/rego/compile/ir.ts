import type { Location } from "../syntax/index.ts";
import type { Value } from "../value/index.ts";
import type { DocumentKey } from "./document-key.ts";

/** A local variable. Two variables of the same name in different scopes are two objects. */
export interface Variable {
  id: number;
  /** As written, for messages. */
  name: string;
  /** Made by the compiler, or a wildcard: never named in a message. */
  generated: boolean;
  /** Not declared anywhere: what the name is outside of the rule matters. */
  isFree?: true;
}

/** Name of variables that stand for a scalar that was written where a collection is needed. */
export const scalarName = "#scalar";

/** A term after names were resolved and calls were moved into statements of their own. */
export type Term =
  | { kind: "constant"; value: Value; location: Location }
  | { kind: "variable"; variable: Variable; location: Location }
  | RefTerm
  | { kind: "array"; items: Term[]; location: Location }
  | { kind: "set"; items: Term[]; location: Location }
  | { kind: "object"; pairs: [Term, Term][]; location: Location }
  | ComprehensionTerm;

/** `root[op1][op2]`: the root is a document or a local variable. */
export interface RefTerm {
  kind: "ref";
  root: "input" | "data" | Variable;
  operands: Term[];
  location: Location;
}

export interface ComprehensionTerm {
  kind: "comprehension";
  of: "array" | "set" | "object";
  key: Term | undefined;
  term: Term;
  body: Statement[];
  location: Location;
}

export interface WithClause {
  /** Where the target is a function: its name or its path below `data`. */
  target: WithTarget;
  value: WithValue;
  location: Location;
}

export type WithTarget =
  | { kind: "input"; path: Value[] }
  | { kind: "data"; path: Value[] }
  | { kind: "builtin"; name: string };

/**
 * What takes the target's place. While names are resolved, `callee` says which function the value would be, if it is one;
 * afterwards the value is either a function or a term without references.
 */
export type WithValue = { kind: "term"; term: Term; callee?: Callee } | { kind: "function"; callee: Callee };

/** What is called: a built-in or host function by name, or a rule by its path below `data`. */
export type Callee = { kind: "builtin"; name: string } | { kind: "rule"; path: string[] };

interface StatementBase {
  negated: boolean;
  with: WithClause[];
  location: Location;
}

export type EqualStatement = StatementBase & {
  kind: "equal";
  left: Term;
  right: Term;
  /** Set for what `print` and template strings show: variables in it must have been declared before. */
  isCapture?: true;
};
export type CallStatement = StatementBase & {
  kind: "call";
  callee: Callee;
  /** As written, for messages. */
  name: string;
  args: Term[];
  /** The term that the result is unified with; without it the result must not be false. */
  output: Term | undefined;
  /** Whether the output was made by the compiler: the call stood where a value was needed. */
  nested: boolean;
};
export type TermStatement = StatementBase & { kind: "term"; term: Term };
export type EveryStatement = StatementBase & {
  kind: "every";
  key: Variable | undefined;
  value: Variable;
  domain: Term;
  body: Statement[];
};

/** One step of a body. */
export type Statement = EqualStatement | CallStatement | TermStatement | EveryStatement;

/** A rule's body with its head, or one `else` of it. */
export interface Branch {
  args: Term[];
  /** Operands of the head's ref after the package: the rule's name first. */
  ref: Term[];
  key: Term | undefined;
  value: Term | undefined;
  body: Statement[];
  location: Location;
}

export interface LoweredRule {
  /** Path of the package. */
  package: string[];
  /** The rule, then its `else` branches. */
  branches: Branch[];
  isDefault: boolean;
  isFunction: boolean;
  /** `contains`: the value is a set. */
  isSet: boolean;
  /** Path below `data` up to the first operand that is no key of a path. */
  path: DocumentKey[];
  /** Whether operands follow `path`. */
  isGeneral: boolean;
  /** As written, with variables, for messages. */
  text: string;
  location: Location;
  moduleIndex: number;
}

export type PathKey = string | number | boolean | null;
