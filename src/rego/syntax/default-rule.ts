import type { RuleHead, Term } from "./ast.ts";
import { kindName } from "./term-kinds.ts";
import { childTerms, comprehensionBody } from "./term-walk.ts";

/** What a default rule must not have, in OPA's words: a default's value is known before anything is evaluated. */
export function defaultProblems(head: RuleHead): string[] {
  if (head.value === undefined) return ["illegal default rule (must have a value)"];
  return [...valueProblems(head.value), ...argumentProblems(head.args ?? [])];
}

function valueProblems(value: Term): string[] {
  const problems: string[] = [];
  const visit = (term: Term): void => {
    if (comprehensionBody(term) !== undefined) return;
    if (term.kind === "ref" || term.kind === "var" || term.kind === "call") {
      problems.push(`illegal default rule (value cannot contain ${kindName(term)})`);
    } else childTerms(term).forEach(visit);
  };
  visit(value);
  return problems;
}

function argumentProblems(args: readonly Term[]): string[] {
  const problems: string[] = [];
  const seen = new Set<string>();
  for (const arg of args) {
    if (arg.kind !== "var") problems.push(`illegal default rule (arguments cannot contain ${kindName(arg)})`);
    else if (seen.has(arg.name)) problems.push(`illegal default rule (arguments cannot be repeated ${arg.name})`);
    else seen.add(arg.name);
  }
  return problems;
}
