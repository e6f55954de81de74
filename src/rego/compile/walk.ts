import type { Statement, Term } from "./ir.ts";
import { termsOf } from "./variables.ts";

export interface Visitor {
  statement?(statement: Statement): void;
  /** Every term, outer ones first. */
  term?(term: Term): void;
}

/** Visits all statements and terms of a body, those inside of comprehensions and `every` too. */
export function walkBody(body: readonly Statement[], visitor: Visitor): void {
  for (const statement of body) {
    visitor.statement?.(statement);
    for (const term of termsOf(statement)) walkTerm(term, visitor);
    if (statement.kind === "every") walkBody(statement.body, visitor);
  }
}

export function walkTerm(term: Term, visitor: Visitor): void {
  visitor.term?.(term);
  switch (term.kind) {
    case "ref":
      for (const operand of term.operands) walkTerm(operand, visitor);
      return;
    case "array":
    case "set":
      for (const item of term.items) walkTerm(item, visitor);
      return;
    case "object":
      for (const [key, value] of term.pairs) {
        walkTerm(key, visitor);
        walkTerm(value, visitor);
      }
      return;
    case "comprehension":
      if (term.key !== undefined) walkTerm(term.key, visitor);
      walkTerm(term.term, visitor);
      walkBody(term.body, visitor);
  }
}

/** Replaces each body in a body, innermost last: those of comprehensions and of `every`. */
export function mapBodies(body: readonly Statement[], map: (body: Statement[]) => Statement[]): Statement[] {
  for (const statement of body) {
    if (statement.kind === "every") statement.body = mapBodies(statement.body, map);
    for (const term of termsOf(statement)) mapTermBodies(term, map);
  }
  return map([...body]);
}

function mapTermBodies(term: Term, map: (body: Statement[]) => Statement[]): void {
  switch (term.kind) {
    case "ref":
      for (const operand of term.operands) mapTermBodies(operand, map);
      return;
    case "array":
    case "set":
      for (const item of term.items) mapTermBodies(item, map);
      return;
    case "object":
      for (const [key, value] of term.pairs) {
        mapTermBodies(key, map);
        mapTermBodies(value, map);
      }
      return;
    case "comprehension":
      term.body = mapBodies(term.body, map);
  }
}
