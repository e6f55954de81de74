import type { Statement, Term } from "../ir.ts";
import { isDynamic } from "../lower/terms.ts";
import type { BodyEmitter } from "./body.ts";

/**
 * What OPA evaluates before a negation: arguments of calls, and what is inside of collections. Where one of them is
 * undefined the negation is not true but undefined.
 */
export function hoist(emitter: BodyEmitter, statement: Statement): Statement {
  const outer = (term: Term): Term => {
    if (term.kind === "comprehension") return term;
    if (term.kind === "ref") return { ...term, operands: term.operands.map(whole) };
    return whole(term);
  };
  const whole = (term: Term): Term =>
    isDynamic(term) ? emitter.stored(emitter.atom(emitter.term(term)), term.location) : term;
  if (statement.kind === "equal") return { ...statement, left: outer(statement.left), right: outer(statement.right) };
  if (statement.kind === "term") return { ...statement, term: outer(statement.term) };
  if (statement.kind !== "call") return statement;
  const isEqual = statement.callee.kind === "builtin" && statement.callee.name === "equal";
  if (isEqual && statement.output === undefined) return { ...statement, args: statement.args.map(outer) };
  return { ...statement, args: statement.args.map(whole) };
}
