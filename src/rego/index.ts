/**
 * A Rego engine for JavaScript: source in, JavaScript out, with the semantics of OPA 1.15.
 *
 * `parseModule` -> `compileModules` -> `loadPolicy` -> `start` -> `step`, and `answer` where external functions are used.
 */

export * from "./builtins/index.ts";
export type {
  CompiledNode,
  CompiledPolicy,
  CompiledRule,
  CompileOptions,
  ExternalFunction,
  FunctionDeclaration,
  PureFunction,
  QueryOptions,
  SourceLocation,
  SourceSpan,
  Watch,
} from "./compile/index.ts";
export { compileModules, compileQuery, defaultForbidden } from "./compile/index.ts";
export * from "./errors.ts";
export type {
  Evaluation,
  EvaluationLimits,
  FailedRule,
  Failure,
  LoadedPolicy,
  LoadOptions,
  PendingCall,
  PlaceCount,
  PlaceProfile,
  Profile,
  QuerySolution,
  RuleProfile,
  StartOptions,
  StepResult,
} from "./run/index.ts";
export { loadPolicy } from "./run/index.ts";
export * from "./syntax/index.ts";
export * from "./testing/index.ts";
export * from "./tools/index.ts";
export * from "./value/index.ts";
