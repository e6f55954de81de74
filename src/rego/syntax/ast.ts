/** A place in a module's text. Rows and columns count from 1, as in OPA's messages. */
export interface Location {
  file: string;
  row: number;
  col: number;
  /** Offset in UTF-16 code units into the module's text, and the end of the node, for quoting the line or the node. */
  offset: number;
  end: number;
}

/**
 * The terms of the language (OPA, policy-reference: "Grammar"). Operators are calls: `x + 1` is `plus(x, 1)`.
 * A bare `data` or `input` is a reference without operands; every other bare name is a variable.
 */
export type Term =
  | { kind: "null"; location: Location }
  | { kind: "boolean"; value: boolean; location: Location }
  /** The literal's text: integers beyond 2^53 and decimals keep their digits. */
  | { kind: "number"; text: string; location: Location }
  | { kind: "string"; value: string; location: Location }
  /** `_` is parsed to a fresh name that starts with `$` and is marked. */
  | { kind: "var"; name: string; wildcard: boolean; location: Location }
  | RefTerm
  /** `json` is set where a large literal is written as JSON, which is its text without commas before closing brackets: `fromJson(JSON.parse(json))` is its value. */
  | { kind: "array"; items: Term[]; location: Location; json?: string }
  | { kind: "object"; pairs: [Term, Term][]; location: Location; json?: string }
  | { kind: "set"; items: Term[]; location: Location }
  | { kind: "array-comprehension"; term: Term; body: Expression[]; location: Location }
  | { kind: "set-comprehension"; term: Term; body: Expression[]; location: Location }
  | { kind: "object-comprehension"; key: Term; value: Term; body: Expression[]; location: Location }
  | CallTerm
  /** `$"text {expression}"`: strings and terms in their order. A part's expression may be undefined: it prints `<undefined>`. */
  | {
      kind: "template-string";
      parts: (string | Term)[];
      /** The `with` chains of parts that have one (`$"{a with input as 1}"`), by the part's index. */
      modifiers?: ReadonlyMap<number, WithModifier[]>;
      /** Written with backquotes. */
      raw?: boolean;
      location: Location;
    };

/** `head[op1].op2`: the head is a variable, or any term (`[1, 2][i]`, `f(x)[y]`); dotted names are string terms. */
export interface RefTerm {
  kind: "ref";
  head: Term;
  operands: Term[];
  location: Location;
}

/**
 * `path.to.function(args)`; the name's parts as written, before imports are resolved: `["array", "concat"]`.
 * An operand that is no string is written into the part before it (`data.f[x](1)` is `["data", "f[x]"]`): no function has such a name.
 */
export interface CallTerm {
  kind: "call";
  name: string[];
  args: Term[];
  /** Set where the source has an infix operator, for messages and printing. */
  infix?: string;
  location: Location;
}

/** `with target as value`. */
export interface WithModifier {
  target: Term;
  value: Term;
  location: Location;
}

interface ExpressionBase {
  negated: boolean;
  with: WithModifier[];
  location: Location;
}

/** One statement of a body. */
export type Expression =
  /** A term that must be defined and not false; calls and infix operators (`eq`, `assign`, `neq`, `internal.member_2`, ...) included. */
  | (ExpressionBase & { kind: "term"; term: Term })
  /** `some x, y`. */
  | (ExpressionBase & { kind: "some"; variables: string[] })
  /** `some value in domain`, `some key, value in domain`. */
  | (ExpressionBase & { kind: "some-in"; key?: Term; value: Term; domain: Term })
  /** `every value in domain { body }`, `every key, value in domain { body }`. Key and value are variables. */
  | (ExpressionBase & { kind: "every"; key?: Term; value: Term; domain: Term; body: Expression[] });

/**
 * A rule's head. `ref` is the name with its bracketed parts: `a.b[x].c` is head var `a` and operands `"b"`, `x`, `"c"`.
 *
 * - `p contains k`: `key` set. - `p[k] := v`: last operand is `k`, `value` set. - `p := v`, `p if ...`: `value` set (`true` where none is written).
 * - `f(x) := v`: `args` set.
 */
export interface RuleHead {
  ref: RefTerm;
  args?: Term[];
  key?: Term;
  value?: Term;
  /** Whether `:=` or `=` was written. */
  assigned: boolean;
  /** Which of the two it was. */
  operator?: ":=" | "=";
  location: Location;
}

/** `head if body else := value if body ...`; `chained` bodies (v0's `f(x) { } { }`) are separate rules. */
export interface Rule {
  head: RuleHead;
  isDefault: boolean;
  /** Empty where no body was written. */
  body: Expression[];
  else?: ElseBranch;
  annotations: Annotations[];
  location: Location;
}

export interface ElseBranch {
  value: Term;
  /** Set where the value is written. */
  operator?: ":=" | "=";
  body: Expression[];
  else?: ElseBranch;
  location: Location;
}

export interface Import {
  /** `["data", "lib", "x"]`, `["input", "y"]`, `["rego", "v1"]`, `["future", "keywords", "in"]`. */
  path: string[];
  alias?: string;
  location: Location;
}

export type AnnotationScope = "rule" | "document" | "package" | "subpackages";

/** A `# METADATA` block, checked against OPA's schema of annotations (OPA, "Annotations"). */
export interface Annotations {
  scope: AnnotationScope;
  title?: string;
  description?: string;
  entrypoint?: boolean;
  organizations?: string[];
  authors?: { name: string; email?: string }[];
  related_resources?: { ref: string; description?: string }[];
  schemas?: { path: string[]; schema?: string[]; definition?: unknown }[];
  custom?: Record<string, unknown>;
  compile?: unknown;
  location: Location;
  /** Row of the last comment line of the block. */
  endRow: number;
}

export interface Module {
  file: string;
  text: string;
  /** `["policy", "release", "tasks"]` for `package policy.release.tasks`: without `data`. */
  package: string[];
  packageLocation: Location;
  imports: Import[];
  rules: Rule[];
  /** All blocks of the file, in order; those of rules are on the rules too. */
  annotations: Annotations[];
  comments: { text: string; location: Location }[];
}
