import { childTerms, type Expression, type Rule, type Term } from "../syntax/index.ts";
import { renameTest } from "./rename-test.ts";

/**
 * A case of `test_x[case] if body` that fails is not in the document, so the document alone does not tell that it was begun. This
 * rule does: it holds the names of the cases, after so much of the body as names them. OPA puts a call with the same purpose at the
 * same place in the body.
 */
export function toCasesRule(rule: Rule, depth: number): Rule | undefined {
  const { head, body, location } = rule;
  const names = head.ref.operands.slice(depth);
  if (names.length === 0) return undefined;
  const variables = new Set(names.flatMap(variablesOf));
  const key: Term = { kind: "array", items: names, location };
  const named = renameTest(rule, depth, "#cases");
  const ref = { ...named.head.ref, operands: named.head.ref.operands.slice(0, depth) };
  return {
    head: { ref, key, assigned: false, location },
    isDefault: false,
    body: body.slice(0, lengthUntilNamed(body, variables)),
    annotations: [],
    location,
  };
}

/** How many statements it takes until every variable was met in one that can give it a value. */
function lengthUntilNamed(body: readonly Expression[], variables: ReadonlySet<string>): number {
  let length = 0;
  for (const variable of variables) {
    const index = body.findIndex((expression) => canBind(expression) && mentions(expression, variable));
    // A name that no statement gives a value is the package's.
    length = Math.max(length, index + 1);
  }
  return length;
}

function canBind(expression: Expression): boolean {
  return !expression.negated && expression.kind !== "some" && expression.kind !== "every";
}

function variablesOf(term: Term): string[] {
  if (term.kind === "var") return [term.name];
  return childTerms(term).flatMap(variablesOf);
}

/** Whether a variable is anywhere in a part of the tree. */
function mentions(part: unknown, name: string): boolean {
  if (Array.isArray(part)) return part.some((item) => mentions(item, name));
  if (typeof part !== "object" || part === null) return false;
  if ("kind" in part && part.kind === "var" && "name" in part) return part.name === name;
  return Object.values(part).some((value) => mentions(value, name));
}
