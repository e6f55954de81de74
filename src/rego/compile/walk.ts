import type { Statement, Term } from "./ir.ts";
import { eachTerm } from "./variables.ts";

// Lists are gone through by index: all policies are walked once or twice, in code that is hardly warm, where each step of
// `for of` makes an object.

export interface Visitor {
  statement?(statement: Statement): void;
  /** Every term, outer ones first. */
  term?(term: Term): void;
}

/** Visits all statements and terms of a body, those inside of comprehensions and `every` too. */
export function walkBody(body: readonly Statement[], visitor: Visitor): void {
  const visit = (term: Term): void => walkTerm(term, visitor);
  for (let index = 0; index < body.length; index += 1) {
    const statement = body[index] as Statement;
    visitor.statement?.(statement);
    eachTerm(statement, visit);
    if (statement.kind === "every") walkBody(statement.body, visitor);
  }
}

export function walkTerm(term: Term, visitor: Visitor): void {
  visitor.term?.(term);
  switch (term.kind) {
    case "ref":
      walkTerms(term.operands, visitor);
      return;
    case "array":
    case "set":
      walkTerms(term.items, visitor);
      return;
    case "object":
      for (let index = 0; index < term.pairs.length; index += 1) walkTerms(term.pairs[index] as [Term, Term], visitor);
      return;
    case "comprehension":
      if (term.key !== undefined) walkTerm(term.key, visitor);
      walkTerm(term.term, visitor);
      walkBody(term.body, visitor);
  }
}

function walkTerms(terms: readonly Term[], visitor: Visitor): void {
  for (let index = 0; index < terms.length; index += 1) walkTerm(terms[index] as Term, visitor);
}

/** Replaces each body in a body, outermost last: those of comprehensions and of `every`. */
export function mapBodies(body: Statement[], map: (body: Statement[]) => Statement[]): Statement[] {
  const visit = (term: Term): void => mapTermBodies(term, map);
  for (let index = 0; index < body.length; index += 1) {
    const statement = body[index] as Statement;
    if (statement.kind === "every") statement.body = mapBodies(statement.body, map);
    eachTerm(statement, visit);
  }
  return map(body);
}

function mapTermBodies(term: Term, map: (body: Statement[]) => Statement[]): void {
  switch (term.kind) {
    case "ref":
      mapInTerms(term.operands, map);
      return;
    case "array":
    case "set":
      mapInTerms(term.items, map);
      return;
    case "object":
      for (let index = 0; index < term.pairs.length; index += 1) mapInTerms(term.pairs[index] as [Term, Term], map);
      return;
    case "comprehension":
      term.body = mapBodies(term.body, map);
  }
}

function mapInTerms(terms: readonly Term[], map: (body: Statement[]) => Statement[]): void {
  for (let index = 0; index < terms.length; index += 1) mapTermBodies(terms[index] as Term, map);
}
