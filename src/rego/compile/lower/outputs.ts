import { equalValues, isList } from "../../value/index.ts";
import type { Statement, Term, Variable } from "../ir.ts";
import { addTermVariables, termsOf, type VariableSet } from "../variables.ts";

/**
 * The variables that a statement binds, where those in `safe` are bound before it. Those that references iterate over are among them
 * even where they are bound before, but for statements with `=`.
 */
export function outputsOf(statement: Statement, safe: ReadonlySet<Variable>): VariableSet {
  const none: VariableSet = new Set();
  if (statement.negated) return none;
  for (const { value } of statement.with) {
    if (value.kind === "term" && !isSafe(value.term, safe)) return none;
  }
  switch (statement.kind) {
    case "term":
    case "every":
      return refOutputs(termsOf(statement), safe);
    case "equal":
      return equalOutputs(statement.left, statement.right, termsOf(statement), safe);
    case "call":
      return callOutputs(statement, safe);
  }
}

function isSafe(term: Term, safe: ReadonlySet<Variable>): boolean {
  const variables: VariableSet = new Set();
  addTermVariables(term, variables);
  for (const variable of variables) if (!safe.has(variable)) return false;
  return true;
}

/** Variables that iterating over references binds: `x[i]` binds `i` where `x` is bound. */
function refOutputs(terms: readonly Term[], safe: ReadonlySet<Variable>): VariableSet {
  const out: VariableSet = new Set();
  const visit = (term: Term): void => {
    switch (term.kind) {
      case "ref":
        if (typeof term.root !== "string" && !safe.has(term.root)) return;
        for (const operand of term.operands) addOperandVariables(operand, out);
        return;
      case "array":
      case "set":
        for (const item of term.items) visit(item);
        return;
      case "object":
        for (const [key, value] of term.pairs) {
          visit(key);
          visit(value);
        }
    }
  };
  for (const term of terms) visit(term);
  return out;
}

/** What is indexed is not bound by it, wherever it stands: `x[i.a]` does not bind `i`. */
function addOperandVariables(term: Term, out: VariableSet): void {
  switch (term.kind) {
    case "variable":
      out.add(term.variable);
      return;
    case "ref":
      for (const operand of term.operands) addOperandVariables(operand, out);
      return;
    case "array":
    case "set":
      for (const item of term.items) addOperandVariables(item, out);
      return;
    case "object":
      for (const pair of term.pairs) for (const member of pair) addOperandVariables(member, out);
  }
}

function callOutputs(statement: Extract<Statement, { kind: "call" }>, safe: ReadonlySet<Variable>): VariableSet {
  const out = refOutputs(termsOf(statement), safe);
  if (statement.output === undefined) return out;
  const inputs: VariableSet = new Set();
  for (const arg of statement.args) addInputVariables(arg, inputs);
  for (const variable of inputs) if (!out.has(variable) && !safe.has(variable)) return new Set();
  addPatternVariables(statement.output, out);
  return out;
}

/** Variables that must be bound before a call; sets and object keys are looked at by the safety check itself. */
function addInputVariables(term: Term, out: VariableSet): void {
  if (term.kind === "ref") for (const operand of term.operands) addTermVariables(operand, out);
  else addTermVariables(term, out);
}

/** Variables that get a value when the term is unified with one. */
export function addPatternVariables(term: Term, out: VariableSet): void {
  switch (term.kind) {
    case "variable":
      out.add(term.variable);
      return;
    case "array":
      for (const item of term.items) addPatternVariables(item, out);
      return;
    case "object":
      for (const [, value] of term.pairs) addPatternVariables(value, out);
  }
}

function equalOutputs(left: Term, right: Term, terms: readonly Term[], safe: ReadonlySet<Variable>): VariableSet {
  const out = refOutputs(terms, safe);
  const known: VariableSet = new Set([...safe, ...out]);
  const equations: [Variable, Term][] = [];
  addEquations(left, right, known, equations, out);
  let isChanged = true;
  while (isChanged) {
    isChanged = false;
    for (const [variable, term] of equations) {
      const pattern: VariableSet = new Set();
      addPatternVariables(term, pattern);
      if (known.has(variable)) {
        for (const other of pattern) {
          if (known.has(other)) continue;
          known.add(other);
          out.add(other);
          isChanged = true;
        }
      } else if ([...pattern].every((other) => known.has(other))) {
        known.add(variable);
        out.add(variable);
        isChanged = true;
      }
    }
  }
  for (const variable of out) if (safe.has(variable)) out.delete(variable);
  return out;
}

function addEquations(
  left: Term,
  right: Term,
  known: VariableSet,
  equations: [Variable, Term][],
  out: VariableSet,
): void {
  const mark = (term: Term): void => {
    const pattern: VariableSet = new Set();
    addPatternVariables(term, pattern);
    for (const variable of pattern) {
      known.add(variable);
      out.add(variable);
    }
  };
  if (left.kind === "variable" || right.kind === "variable") {
    const [name, other] = left.kind === "variable" ? [left, right] : [right, left];
    if (name.kind !== "variable") return;
    if (other.kind === "variable" || other.kind === "array" || other.kind === "object") {
      equations.push([name.variable, other]);
    } else if (other.kind !== "ref" || isRootKnown(other, known)) mark(name);
    return;
  }
  if (left.kind === "ref") {
    if (isRootKnown(left, known)) mark(right);
  } else if (right.kind === "ref") {
    if (isRootKnown(right, known)) mark(left);
  } else if (left.kind === "comprehension") {
    if (left.of !== "set" && left.of === right.kind) mark(right);
  } else if (right.kind === "comprehension") {
    // To OPA, a comprehension of any kind binds what is in a list on its left side, and none what is in an object there.
    if (left.kind === "array") mark(left);
  } else {
    for (const [a, b] of commonMembers(left, right)) addEquations(a, b, known, equations, out);
  }
}

function isRootKnown(term: Extract<Term, { kind: "ref" }>, known: ReadonlySet<Variable>): boolean {
  return typeof term.root === "string" || known.has(term.root);
}

/** Members that two collections of one size have at the same places or keys. */
function commonMembers(left: Term, right: Term): [Term, Term][] {
  const members = pairs(left, right);
  if (members !== undefined || left.kind !== "object" || right.kind !== "object") return members ?? [];
  if (left.pairs.length !== right.pairs.length) return [];
  return left.pairs.flatMap(([key, value]): [Term, Term][] => {
    const partner = right.pairs.find(([other]) => isSameKey(key, other));
    return partner === undefined ? [] : [[value, partner[1]]];
  });
}

/** The terms that must be equal for two collections to be; undefined where they never are, or are no patterns. */
export function pairs(left: Term, right: Term): [Term, Term][] | undefined {
  const a = spread(left);
  const b = spread(right);
  if (a.kind === "array" && b.kind === "array") {
    if (a.items.length !== b.items.length) return undefined;
    return a.items.map((item, index): [Term, Term] => [item, b.items[index] as Term]);
  }
  if (a.kind !== "object" || b.kind !== "object" || a.pairs.length !== b.pairs.length) return undefined;
  const found: [Term, Term][] = [];
  for (const [key, value] of a.pairs) {
    if (key.kind !== "constant" && key.kind !== "variable") return undefined;
    const partner = b.pairs.find(([other]) => isSameKey(key, other));
    if (partner === undefined) return undefined;
    found.push([value, partner[1]]);
  }
  return found;
}

function isSameKey(a: Term, b: Term): boolean {
  if (a.kind === "constant" && b.kind === "constant") return equalValues(a.value, b.value);
  return a.kind === "variable" && b.kind === "variable" && a.variable === b.variable;
}

/** A constant collection as a term of its members. */
function spread(term: Term): Term {
  if (term.kind !== "constant") return term;
  const { value, location } = term;
  if (isList(value)) {
    return { kind: "array", items: value.map((item): Term => ({ kind: "constant", value: item, location })), location };
  }
  if (typeof value === "object" && value !== null && value.kind === "object") {
    const members = value.entries().map(([key, member]): [Term, Term] => [
      { kind: "constant", value: key, location },
      { kind: "constant", value: member, location },
    ]);
    return { kind: "object", pairs: members, location };
  }
  return term;
}
