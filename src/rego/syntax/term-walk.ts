import type { Expression, Term } from "./ast.ts";

/** The terms directly inside a term; bodies of comprehensions are not entered. */
export function childTerms(term: Term): Term[] {
  switch (term.kind) {
    case "null":
    case "boolean":
    case "number":
    case "string":
    case "var":
      return [];
    case "ref":
      return [term.head, ...term.operands];
    case "array":
    case "set":
      return term.items;
    case "object":
      return term.pairs.flat();
    case "array-comprehension":
    case "set-comprehension":
      return [term.term];
    case "object-comprehension":
      return [term.key, term.value];
    case "call":
      return term.args;
    case "template-string":
      return term.parts.filter((part) => typeof part !== "string");
  }
}

/** The body of a comprehension, where the term is one. */
export function comprehensionBody(term: Term): Expression[] | undefined {
  return "body" in term ? term.body : undefined;
}

/** Whether a term has no variables in it: as OPA counts, where a reference's head is none. */
export function isGround(term: Term): boolean {
  if (term.kind === "var" || term.kind === "template-string" || comprehensionBody(term) !== undefined) return false;
  if (term.kind === "ref") return term.operands.every(isGround);
  return childTerms(term).every(isGround);
}
