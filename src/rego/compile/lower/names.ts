import { childTerms, comprehensionBody, type Expression, type Term as SyntaxTerm } from "../../syntax/index.ts";

/** Names that a body declares with `some` and `:=`, in `every` too but not inside of comprehensions. */
export function declaredNames(body: readonly Expression[]): Set<string> {
  const names = new Set<string>();
  for (const expression of body) addDeclared(expression, names);
  return names;
}

function addDeclared(expression: Expression, names: Set<string>): void {
  switch (expression.kind) {
    case "some":
      for (const name of expression.variables) names.add(name);
      break;
    case "some-in":
      if (expression.key !== undefined) addNames(expression.key, names);
      addNames(expression.value, names);
      break;
    case "every":
      for (const inner of expression.body) addDeclared(inner, names);
      break;
    case "term": {
      const term = expression.term;
      if (term.kind === "call" && term.name.length === 1 && term.name[0] === "assign" && term.args[0] !== undefined) {
        addNames(term.args[0], names);
      }
    }
  }
}

/** Every variable's name in a term. */
export function addNames(term: SyntaxTerm, names: Set<string>): void {
  switch (term.kind) {
    case "var":
      names.add(term.name);
      break;
    case "ref":
      addNames(term.head, names);
      for (const operand of term.operands) addNames(operand, names);
      break;
    case "array":
      if (term.json === undefined) for (const item of term.items) addNames(item, names);
      break;
    case "set":
      for (const item of term.items) addNames(item, names);
      break;
    case "object":
      if (term.json !== undefined) break;
      for (const [key, value] of term.pairs) {
        addNames(key, names);
        addNames(value, names);
      }
      break;
    case "call":
      for (const arg of term.args) addNames(arg, names);
      break;
  }
}

/** Every variable's name in a term, also those in bodies of comprehensions. */
export function addNamesInside(term: SyntaxTerm, names: Set<string>): void {
  if (term.kind === "var") names.add(term.name);
  if ("json" in term && term.json !== undefined) return;
  for (const child of childTerms(term)) addNamesInside(child, names);
  for (const expression of comprehensionBody(term) ?? []) addNamesOfExpression(expression, names);
}

function addNamesOfExpression(expression: Expression, names: Set<string>): void {
  const visit = (term: SyntaxTerm | undefined): void => {
    if (term !== undefined) addNamesInside(term, names);
  };
  for (const modifier of expression.with) visit(modifier.value);
  switch (expression.kind) {
    case "some":
      for (const name of expression.variables) names.add(name);
      return;
    case "some-in":
    case "every":
      visit(expression.key);
      visit(expression.value);
      visit(expression.domain);
      if (expression.kind === "every") for (const inner of expression.body) addNamesOfExpression(inner, names);
      return;
    case "term":
      visit(expression.term);
  }
}
