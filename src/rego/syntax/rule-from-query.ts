import type { CallTerm, Expression, RefTerm, Rule, RuleHead, Term } from "./ast.ts";
import { formatTerm } from "./format.ts";
import type { ParsedRule } from "./rule-parser.ts";
import { SyntaxFailure } from "./syntax-failure.ts";
import { kindName } from "./term-kinds.ts";

/**
 * A rule without a body, from the statement that it looks like: `p := 1`, `p.q := 1`, `f(x) := 1`, `p.q` (refused by Rego v1).
 * Throws a `SyntaxFailure` where the statement is no rule.
 */
export function toRule(query: readonly Expression[], isBuiltin: (name: string) => boolean): ParsedRule {
  const [expression, ...others] = query;
  if (expression === undefined) throw new Error("a query has at least one expression");
  const refuse = (message: string): never => {
    throw new SyntaxFailure(message, expression.location);
  };
  if (others.length > 0) return refuse("multiple expressions cannot be used for rule head");
  if (expression.with.length > 0) return refuse("expressions using with keyword cannot be used for rule head");
  if (expression.negated) return refuse("negated expressions cannot be used for rule head");
  if (expression.kind === "every") return refuse("expression cannot be used for rule head");
  if (expression.kind !== "term") return refuse("'some' declarations cannot be used for rule head");
  const { term, location } = expression;
  const problem = ruleProblem(term, isBuiltin);
  if (problem !== undefined) return refuse(problem);
  const head = toHead(term);
  if (head === undefined) return refuse(`invalid rule head: ${formatTerm(term)}`);
  const rule: Rule = { head: { ...head, location }, isDefault: false, body: [], annotations: [], location };
  const named = term.kind === "ref";
  const oldSet = named && head.ref.operands.length === 1;
  return { rule, oldSet, missingIf: [], bare: named && !oldSet };
}

function isAssignment(term: CallTerm): boolean {
  return term.infix === ":=" || term.infix === "=";
}

function ruleProblem(term: Term, isBuiltin: (name: string) => boolean): string | undefined {
  if (term.kind === "call" && isAssignment(term)) {
    const [left] = term.args;
    if (left === undefined) return "assignment requires two operands";
    const usable = left.kind === "var" || left.kind === "ref" || left.kind === "call";
    return usable ? undefined : `${kindName(left)} cannot be used for rule name`;
  }
  if (term.kind === "ref") return term.operands.length === 0 ? "refs cannot be used for rule head" : undefined;
  if (term.kind !== "call") return `${kindName(term)} cannot be used for rule name`;
  if (term.infix !== undefined || isBuiltin(term.name.join("."))) return "rule name conflicts with built-in function";
  return term.args.length === 0 ? "rule argument list must take at least one argument" : undefined;
}

function toHead(term: Term): RuleHead | undefined {
  if (term.kind === "call" && isAssignment(term)) {
    const [left, value] = term.args;
    const head = left === undefined ? undefined : toHead(left);
    return head === undefined || value === undefined
      ? undefined
      : { ...head, value, assigned: true, operator: term.infix === "=" ? "=" : ":=" };
  }
  const value: Term = { kind: "boolean", value: true, location: term.location };
  const ref = toHeadRef(term);
  if (ref === undefined) return undefined;
  const args = term.kind === "call" && term.args.length > 0 ? { args: term.args } : {};
  return { ref, ...args, value, assigned: false, location: term.location };
}

function toHeadRef(term: Term): RefTerm | undefined {
  const { location } = term;
  if (term.kind === "var") return { kind: "ref", head: term, operands: [], location };
  if (term.kind === "ref") return term.head.kind === "var" ? term : undefined;
  if (term.kind !== "call" || term.infix !== undefined) return undefined;
  const [name, ...rest] = term.name;
  if (name === undefined || term.name.some((part) => part.endsWith("]"))) return undefined;
  const operands = rest.map((value): Term => ({ kind: "string", value, location }));
  return { kind: "ref", head: { kind: "var", name, wildcard: false, location }, operands, location };
}
