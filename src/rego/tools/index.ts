/** What `opa eval` and `opa check` do. */
export { type CheckPoliciesOptions, type CheckPoliciesOutcome, checkPolicies } from "./check-policies.ts";
export { type EvaluateQueryOptions, type EvaluateQueryOutcome, evaluateQuery } from "./evaluate-query.ts";
export type { ToolFormat } from "./problem-report.ts";
export { type ProfileKey, profileKeys } from "./profile-report.ts";
export { type QueryFormat, queryFormats } from "./query-formats.ts";
