import type { Module, Rule, Term } from "./ast.ts";
import { formatTerm } from "./format.ts";
import { isGround } from "./term-walk.ts";

/** One part of a document's path. Nearly always a string; `p[1] := 2` has a number. */
export type PathPart = string | number | boolean | null;

/** The path of the document that a rule makes, `data` first, up to the first variable: `["data", "a", "p"]` for `p[x] := y` in package `a`. */
export function rulePath(module: Module, rule: Rule): PathPart[] {
  const { head, operands } = rule.head.ref;
  const path: PathPart[] = ["data", ...module.package, head.kind === "var" ? head.name : formatTerm(head)];
  for (const operand of operands) {
    if (!isGround(operand)) break;
    path.push(toPart(operand));
  }
  return path;
}

function toPart(term: Term): PathPart {
  switch (term.kind) {
    case "string":
    case "boolean":
      return term.value;
    case "null":
      return null;
    case "number":
      return Number(term.text);
    default:
      return formatTerm(term);
  }
}
