import type { FunctionType } from "../builtins/index.ts";
import type { Value } from "../value/index.ts";
import type { DocumentKey } from "./document-key.ts";

/** A function that the host answers, asynchronously, between two passes of an evaluation. */
export interface ExternalFunction {
  /** The dotted name as policies call it: `ec.oci.blob`. */
  name: string;
  type: FunctionType;
}

/** A function that the host adds to the built-in ones. It must depend on nothing but its arguments. */
export interface PureFunction {
  name: string;
  type: FunctionType;
  /** Returns undefined where the function is not defined for the arguments. */
  evaluate(args: readonly Value[]): Value | undefined;
}

/** What a host's function looks like to the compiler. */
export type FunctionDeclaration = Pick<PureFunction, "name" | "type">;

/** Refused unless the caller says otherwise: they reach outside of the evaluation. */
export const defaultForbidden: readonly string[] = ["http.send", "opa.runtime", "net.lookup_ip_addr"];

export interface CompileOptions {
  /** Paths below `data` of the documents that are wanted, `["policy", "release", "deny"]`; "all" keeps every rule. */
  entrypoints: readonly (readonly string[])[] | "all";
  externals?: readonly ExternalFunction[];
  functions?: readonly FunctionDeclaration[];
  /** Names of built-in functions that are an error in policies. Default: `defaultForbidden`. */
  forbidden?: readonly string[];
  /** OPA's strict mode: unused and duplicate names, and deprecated functions, are errors. */
  strict?: boolean;
  /** What the code reports while it runs. Default: nothing, which costs nothing. */
  watch?: Watch;
}

/**
 * - `rows`: how often expressions were evaluated and rules were true.
 * - `times`: the same for each expression and rule, and the time that it took.
 * - `failures`: which expressions were not true, with the values in them.
 */
export type Watch = "nothing" | "rows" | "times" | "failures";

export interface QueryOptions extends Omit<CompileOptions, "entrypoints"> {
  /** Paths to compile besides what the query reaches. */
  entrypoints?: readonly (readonly string[])[] | "all";
  /** Package and imports that the query's names are resolved in. */
  package?: readonly string[];
  imports?: readonly { path: readonly string[]; alias?: string }[];
  /**
   * Whether a solution has the value of each expression, and one expression that does not iterate may be false (default,
   * as in `opa eval`). Without, an expression that is false has no solution.
   */
  capture?: boolean;
}

/** A place in a policy, as errors and `print` name it. */
export interface SourceLocation {
  file: string;
  row: number;
  col: number;
}

/** A place with the text that stands there: offsets in UTF-16 code units into the module's text. */
export interface SourceSpan extends SourceLocation {
  offset: number;
  end: number;
}

/** An expression that watching code reports. */
export interface CompiledSite {
  span: SourceSpan;
  /** Index in `watchedRules` of the rule that it is in; -1 in a query. */
  rule: number;
  /** Variables that have a value there, and terms that were evaluated before: their values are handed over in this order. */
  locals: readonly string[];
  terms: readonly SourceSpan[];
  /** Whether it is left because one of its terms has no value. */
  isMissing: boolean;
}

/** A body of a rule that watching code reports. */
export interface CompiledWatchedRule {
  /** `data.a.b` */
  path: string;
  location: SourceLocation;
}

/** What the run time must know of a rule: its path below `data`, and when its value can be shared. */
export interface CompiledRule {
  path: readonly DocumentKey[];
  kind: "complete" | "set" | "object" | "function";
  /** Whether its value depends on nothing but `data`. */
  shared: boolean;
  /** Whether an entry point reaches it: others have no code. */
  emitted: boolean;
}

/** A node of the tree of packages and rules. */
export interface CompiledNode {
  /** Index in `rules` of the document or function that is here, or -1. */
  rule: number;
  keys: readonly DocumentKey[];
  /** Indices in `nodes`, one for each key. */
  children: readonly number[];
}

/** What the clauses of a `with` replace. */
export interface CompiledWith {
  targets: readonly ({ kind: "input" | "data"; path: readonly DocumentKey[] } | { kind: "function"; key: string })[];
  /** Index in `effects`. */
  effects: number;
}

/**
 * Policies compiled to JavaScript. Plain data: it survives `structuredClone`, so a worker loads it without compiling.
 * It is made to be kept in memory only. What was written in a policy is in `source` as encoded literals, never as code.
 */
export interface CompiledPolicy {
  format: 1;
  /** The wanted documents; none where every rule was wanted. */
  entrypoints: readonly (readonly string[])[];
  source: string;
  watch: Watch;
  /** What is watched: empty but for the times and failures. */
  sites: readonly CompiledSite[];
  watchedRules: readonly CompiledWatchedRule[];
  /** Large constants of the policies, as JSON. */
  constants: readonly string[];
  rules: readonly CompiledRule[];
  /** Tree of documents; the first is `data` itself. */
  nodes: readonly CompiledNode[];
  locations: readonly SourceLocation[];
  withs: readonly CompiledWith[];
  /** Lists of rules (indices) whose value a `with` can change. */
  effects: readonly (readonly number[])[];
  externals: readonly string[];
  functions: readonly string[];
  builtins: readonly string[];
  /** A query's variables, where a query was compiled. */
  query?: CompiledQuery;
}

export interface CompiledQuery {
  variables: readonly string[];
  /** The text of each expression. */
  expressions: readonly string[];
}
