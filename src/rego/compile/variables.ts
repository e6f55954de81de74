import type { ComprehensionTerm, Statement, Term, Variable } from "./ir.ts";

export type VariableSet = Set<Variable>;

// By index for the reason that walk.ts has.

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
      addVariablesOf(term.operands, out);
      return;
    case "array":
    case "set":
      addVariablesOf(term.items, out);
      return;
    case "object":
      for (let index = 0; index < term.pairs.length; index += 1) addVariablesOf(term.pairs[index] as [Term, Term], out);
  }
}

function addVariablesOf(terms: readonly Term[], out: VariableSet): void {
  for (let index = 0; index < terms.length; index += 1) addTermVariables(terms[index] as Term, out);
}

/** The terms of a statement; of `every`, the domain. */
export function termsOf(statement: Statement): Term[] {
  const terms: Term[] = [];
  eachTerm(statement, (term) => terms.push(term));
  return terms;
}

/** Calls back for the terms of a statement; of `every`, for the domain. */
export function eachTerm(statement: Statement, visit: (term: Term) => void): void {
  switch (statement.kind) {
    case "equal":
      visit(statement.left);
      visit(statement.right);
      break;
    case "call":
      for (let index = 0; index < statement.args.length; index += 1) visit(statement.args[index] as Term);
      if (statement.output !== undefined) visit(statement.output);
      break;
    case "term":
      visit(statement.term);
      break;
    case "every":
      visit(statement.domain);
  }
  if (statement.with.length === 0) return;
  for (const { value } of statement.with) if (value.kind === "term") visit(value.term);
}

/** Adds the variables of a statement, without those inside of comprehensions and of `every`. */
export function addStatementVariables(statement: Statement, out: VariableSet): void {
  eachTerm(statement, (term) => addTermVariables(term, out));
}

/** Every variable inside of the statement's comprehensions and of its `every`. */
export function closureVariables(statement: Statement): VariableSet {
  const out: VariableSet = new Set();
  if (statement.kind === "every") addBodyVariables(statement.body, out);
  eachTerm(statement, (term) => addClosureVariables(term, out));
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
    eachTerm(statement, (term) => addAllVariables(term, out));
    if (statement.kind === "every") {
      if (statement.key !== undefined) out.add(statement.key);
      out.add(statement.value);
      addBodyVariables(statement.body, out);
    }
  }
}

/** Calls back for the outermost comprehensions in a term. */
export function visitComprehensions(term: Term, visit: (comprehension: ComprehensionTerm) => void): void {
  switch (term.kind) {
    case "comprehension":
      visit(term);
      return;
    case "ref":
      visitInTerms(term.operands, visit);
      return;
    case "array":
    case "set":
      visitInTerms(term.items, visit);
      return;
    case "object":
      for (let index = 0; index < term.pairs.length; index += 1) visitInTerms(term.pairs[index] as [Term, Term], visit);
  }
}

function visitInTerms(terms: readonly Term[], visit: (comprehension: ComprehensionTerm) => void): void {
  for (let index = 0; index < terms.length; index += 1) visitComprehensions(terms[index] as Term, visit);
}
