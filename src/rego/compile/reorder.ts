import type { Location } from "../syntax/index.ts";
import type { Branch, Statement, Term, Variable } from "./ir.ts";
import { outputsOf } from "./outputs.ts";
import type { Problems } from "./problems.ts";
import {
  addTermVariables,
  closureVariables,
  statementVariables,
  termsOf,
  type VariableSet,
  visitComprehensions,
} from "./variables.ts";

type Unsafe = Map<Statement, VariableSet>;

/**
 * Puts the statements of a rule's bodies into an order in which every variable is bound before it is needed, keeping
 * the written order where it can. Reports variables for which there is no such order.
 */
export function orderBranch(branch: Branch, problems: Problems): void {
  const bound: VariableSet = new Set();
  for (const arg of branch.args) addTermVariables(arg, bound);
  checkHead(branch, bound, problems);
  branch.body = orderBody(branch.body, bound, problems);
}

/** The same for a query's body: nothing is bound before it. */
export function orderBody(body: readonly Statement[], bound: VariableSet, problems: Problems): Statement[] {
  const unsafe: Unsafe = new Map();
  const ordered = order(body, bound, unsafe);
  report(unsafe, problems);
  return ordered;
}

function checkHead(branch: Branch, bound: VariableSet, problems: Problems): void {
  const isPlain = (term: Term | undefined): boolean => term === undefined || term.kind === "constant";
  if (branch.ref.every(isPlain) && isPlain(branch.key) && isPlain(branch.value)) return;
  const known = new Set(bound);
  for (const statement of branch.body) for (const variable of statementVariables(statement)) known.add(variable);
  const head: VariableSet = new Set();
  const places = new Map<Variable, Location>();
  for (const term of [...branch.ref, branch.key, branch.value]) {
    if (term === undefined) continue;
    const before = new Set(head);
    addTermVariables(term, head);
    for (const variable of head) if (!before.has(variable)) places.set(variable, term.location);
  }
  for (const variable of head) {
    if (known.has(variable) || variable.generated) continue;
    problems.add("rego_unsafe_var_error", places.get(variable), `var ${variable.name} is unsafe`);
  }
}

function order(body: readonly Statement[], globals: ReadonlySet<Variable>, unsafe: Unsafe): Statement[] {
  const facts = body.map((statement) => ({
    statement,
    variables: statementVariables(statement),
    closures: hasClosure(statement) ? closureVariables(statement) : undefined,
    isPlaced: false,
  }));
  const bodyVariables: VariableSet = new Set();
  const isClosed = facts.some((fact) => fact.closures !== undefined);
  if (isClosed) for (const fact of facts) for (const variable of fact.variables) bodyVariables.add(variable);
  const safe: VariableSet = new Set(globals);
  const ordered: Statement[] = [];
  for (let isChanged = true; isChanged; ) {
    isChanged = false;
    for (const fact of facts) {
      if (fact.isPlaced) continue;
      const outputs = outputsOf(fact.statement, safe);
      const closed = fact.closures === undefined ? undefined : closedOver(fact.closures, bodyVariables, globals);
      if (closed !== undefined && closed.size > 0 && isSame(closed, outputs)) continue;
      if (!isCovered(fact.variables, safe, outputs)) continue;
      if (closed !== undefined && !isCovered(closed, safe, outputs)) continue;
      fact.isPlaced = true;
      isChanged = true;
      ordered.push(fact.statement);
      for (const variable of outputs) safe.add(variable);
    }
  }
  for (const fact of facts) {
    if (fact.isPlaced) continue;
    const needed = new Set([...fact.variables, ...closedOver(fact.closures ?? new Set(), bodyVariables, globals)]);
    const outputs = outputsOf(fact.statement, safe);
    const missing = [...needed].filter((variable) => !safe.has(variable) && !outputs.has(variable));
    unsafe.set(fact.statement, new Set(missing.length > 0 ? missing : outputs));
  }
  if (ordered.length < body.length) return [...body];
  if (isClosed) orderClosures(ordered, globals, unsafe);
  return ordered;
}

function hasClosure(statement: Statement): boolean {
  if (statement.kind === "every") return true;
  let isFound = false;
  for (const term of termsOf(statement)) {
    visitComprehensions(term, () => {
      isFound = true;
    });
  }
  return isFound;
}

function closedOver(closures: VariableSet, body: VariableSet, globals: ReadonlySet<Variable>): VariableSet {
  const found: VariableSet = new Set();
  for (const variable of closures) if (body.has(variable) && !globals.has(variable)) found.add(variable);
  return found;
}

function isSame(a: VariableSet, b: VariableSet): boolean {
  return a.size === b.size && [...a].every((variable) => b.has(variable));
}

function isCovered(variables: VariableSet, safe: ReadonlySet<Variable>, outputs: ReadonlySet<Variable>): boolean {
  for (const variable of variables) if (!safe.has(variable) && !outputs.has(variable)) return false;
  return true;
}

/** Orders the bodies of comprehensions and of `every`, which see what the statements before them bound. */
function orderClosures(ordered: readonly Statement[], globals: ReadonlySet<Variable>, unsafe: Unsafe): void {
  const known: VariableSet = new Set(globals);
  for (const statement of ordered) {
    if (statement.kind === "every") {
      const inner = new Set(known);
      if (statement.key !== undefined) inner.add(statement.key);
      inner.add(statement.value);
      statement.body = order(statement.body, inner, unsafe);
    }
    for (const term of termsOf(statement)) orderInTerm(term, statement, known, unsafe);
    for (const variable of statementVariables(statement)) known.add(variable);
  }
}

function orderInTerm(term: Term, statement: Statement, known: VariableSet, unsafe: Unsafe): void {
  visitComprehensions(term, (comprehension) => {
    const wanted: VariableSet = new Set();
    addTermVariables(comprehension.term, wanted);
    if (comprehension.key !== undefined) addTermVariables(comprehension.key, wanted);
    const inner: VariableSet = new Set(known);
    for (const other of comprehension.body) for (const variable of statementVariables(other)) inner.add(variable);
    const missing = [...wanted].filter((variable) => !inner.has(variable));
    if (missing.length > 0) unsafe.set(statement, new Set([...(unsafe.get(statement) ?? []), ...missing]));
    comprehension.body = order(comprehension.body, known, unsafe);
  });
}

function report(unsafe: Unsafe, problems: Problems): void {
  if (unsafe.size === 0) return;
  const named = new Map<Variable, Location>();
  let isUndeclared = false;
  for (const [statement, variables] of unsafe) {
    for (const variable of variables) {
      if (statement.kind === "equal" && statement.isCapture === true && !variable.generated) {
        problems.add("rego_compile_error", statement.location, `var ${variable.name} is undeclared`);
        isUndeclared = true;
        continue;
      }
      const place = named.get(variable);
      if (variable.generated || (place !== undefined && !isBefore(statement.location, place))) continue;
      named.set(variable, statement.location);
    }
  }
  for (const [variable, location] of named) {
    problems.add("rego_unsafe_var_error", location, `var ${variable.name} is unsafe`);
  }
  if (named.size > 0 || isUndeclared) return;
  for (const statement of unsafe.keys()) {
    problems.add("rego_unsafe_var_error", statement.location, "expression is unsafe");
  }
}

function isBefore(a: Location, b: Location): boolean {
  return a.row < b.row || (a.row === b.row && a.col < b.col);
}
