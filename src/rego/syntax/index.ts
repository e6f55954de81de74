/** Rego v1 as OPA 1.15 reads it: text to tree, tree to text and to OPA's JSON, and what annotations say of a rule. */

export { toAnnotationsJson } from "./annotation-json.ts";
export { type AnnotatedNode, AnnotationSet, type MetadataLink } from "./annotation-set.ts";
export type * from "./ast.ts";
export { isIdentifier } from "./characters.ts";
export { formatBody, formatExpression, formatTerm } from "./format.ts";
export { MAX_TEXT_LENGTH, type ParseModuleOptions, parseBody, parseModule, parseRef, parseTerm } from "./parse.ts";
export { type DocumentKind, documentKind } from "./rule-kind.ts";
export { type PathPart, rulePath } from "./rule-path.ts";
export { compareTerms } from "./term-order.ts";
export { childTerms, comprehensionBody, isGround } from "./term-walk.ts";
export { type AstJsonOptions, toAstJson, toTermJson } from "./to-json.ts";
export { MAX_DEPTH } from "./token-stream.ts";
