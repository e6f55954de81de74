import type { Statement, Term, Variable } from "./ir.ts";

export type VariableSet = Set<Variable>;

/** Adds the variables of a term, without those inside of comprehensions. */
export function addTermVariables(term: Term, out: VariableSet): void {
  switch (term.kind) {
    case "constant":
    case "comprehension":
      return;
    case "variable":
      out.add(term.variable);
      return;
    case "ref":
      if (typeof term.root !== "string") out.add(term.root);
      for (const operand of term.operands) addTermVariables(operand, out);
      return;
    case "array":
    case "set":
      for (const item of term.items) addTermVariables(item, out);
      return;
    case "object":
      for (const [key, value] of term.pairs) {
        addTermVariables(key, out);
        addTermVariables(value, out);
      }
  }
}

/** The terms of a statement; of `every`, the domain. */
export function termsOf(statement: Statement): Term[] {
  const terms = coreTerms(statement);
  for (const { value } of statement.with) if (value.kind === "term") terms.push(value.term);
  return terms;
}

function coreTerms(statement: Statement): Term[] {
  switch (statement.kind) {
    case "equal":
      return [statement.left, statement.right];
    case "call":
      return statement.output === undefined ? [...statement.args] : [...statement.args, statement.output];
    case "term":
      return [statement.term];
    case "every":
      return [statement.domain];
  }
}

/** Adds the variables of a statement, without those inside of comprehensions and of `every`. */
export function addStatementVariables(statement: Statement, out: VariableSet): void {
  switch (statement.kind) {
    case "equal":
      addTermVariables(statement.left, out);
      addTermVariables(statement.right, out);
      break;
    case "call":
      for (const arg of statement.args) addTermVariables(arg, out);
      if (statement.output !== undefined) addTermVariables(statement.output, out);
      break;
    case "term":
      addTermVariables(statement.term, out);
      break;
    case "every":
      addTermVariables(statement.domain, out);
  }
  for (const { value } of statement.with) if (value.kind === "term") addTermVariables(value.term, out);
}

/** Every variable inside of the statement's comprehensions and of its `every`. */
export function closureVariables(statement: Statement): VariableSet {
  const out: VariableSet = new Set();
  if (statement.kind === "every") addBodyVariables(statement.body, out);
  for (const term of termsOf(statement)) addClosureVariables(term, out);
  return out;
}

/** Adds every variable inside of a term's comprehensions. */
export function addClosureVariables(term: Term, out: VariableSet): void {
  visitComprehensions(term, (comprehension) => {
    if (comprehension.key !== undefined) addAllVariables(comprehension.key, out);
    addAllVariables(comprehension.term, out);
    addBodyVariables(comprehension.body, out);
  });
}

function addAllVariables(term: Term, out: VariableSet): void {
  addTermVariables(term, out);
  addClosureVariables(term, out);
}

function addBodyVariables(body: readonly Statement[], out: VariableSet): void {
  for (const statement of body) {
    for (const term of termsOf(statement)) addAllVariables(term, out);
    if (statement.kind === "every") {
      if (statement.key !== undefined) out.add(statement.key);
      out.add(statement.value);
      addBodyVariables(statement.body, out);
    }
  }
}

/** Calls back for the outermost comprehensions in a term. */
export function visitComprehensions(
  term: Term,
  visit: (comprehension: Extract<Term, { kind: "comprehension" }>) => void,
): void {
  switch (term.kind) {
    case "comprehension":
      visit(term);
      return;
    case "ref":
      for (const operand of term.operands) visitComprehensions(operand, visit);
      return;
    case "array":
    case "set":
      for (const item of term.items) visitComprehensions(item, visit);
      return;
    case "object":
      for (const [key, value] of term.pairs) {
        visitComprehensions(key, visit);
        visitComprehensions(value, visit);
      }
  }
}
