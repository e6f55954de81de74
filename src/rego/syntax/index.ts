/** Rego v1 as OPA 1.15 reads it: text to tree, tree to text and to OPA's JSON, and what annotations say of a rule. */
export type * from "./ast.ts";
export { isIdentifier } from "./characters.ts";
export { formatBody, formatExpression, formatTerm } from "./format.ts";
export { MAX_TEXT_LENGTH, parseBody, parseModule, type ParseModuleOptions, parseRef, parseTerm } from "./parse.ts";
export { MAX_DEPTH } from "./token-stream.ts";
