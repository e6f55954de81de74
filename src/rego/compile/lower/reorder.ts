import type { Location } from "../../syntax/index.ts";
import type { Branch, CallStatement, Statement, Term, Variable } from "../ir.ts";
import type { Problems } from "../problems.ts";
import {
  addStatementVariables,
  addTermVariables,
  closureVariables,
  termsOf,
  type VariableSet,
  visitComprehensions,
} from "../variables.ts";
import { outputsOf } from "./outputs.ts";

/** Variables that are not bound where a statement needs them, or where it shows what is bound before. */
interface Unsafe {
  needed: Map<Statement, VariableSet>;
  undeclared: Map<Statement, VariableSet>;
}

/** Where problems go: those of bodies count only where there is none of heads, and nothing undeclared is shown. */
export interface SafetyProblems {
  heads: Problems;
  bodies: Problems;
}

/**
 * Puts the statements of a rule's bodies into an order in which every variable is bound before it is needed, keeping
 * the written order where it can. Reports variables for which there is no such order.
 */
export function orderBranch(branch: Branch, problems: SafetyProblems): void {
  const safe: VariableSet = new Set();
  for (const arg of branch.args) addTermVariables(arg, safe);
  const written = branch.body;
  const isComplete = orderInto(branch, safe, problems);
  // Where the order is complete, everything in the body is safe; otherwise a head's variable must at least be in it.
  if (!isComplete) for (const statement of written) addStatementVariables(statement, safe);
  checkHead(branch, safe, problems.heads);
}

/** Orders the branch's body; adds what it binds to `safe`. */
function orderInto(branch: Branch, safe: VariableSet, problems: SafetyProblems): boolean {
  const unsafe: Unsafe = { needed: new Map(), undeclared: new Map() };
  branch.body = order(branch.body, safe, unsafe);
  report(unsafe, problems);
  return unsafe.needed.size + unsafe.undeclared.size === 0;
}

/** The same for a query's body: nothing is bound before it. */
export function orderBody(body: readonly Statement[], problems: SafetyProblems): Statement[] {
  const unsafe: Unsafe = { needed: new Map(), undeclared: new Map() };
  const ordered = order(body, new Set(), unsafe);
  report(unsafe, problems);
  return ordered;
}

function checkHead(branch: Branch, known: ReadonlySet<Variable>, problems: Problems): void {
  for (const term of [...branch.ref, branch.key, branch.value]) {
    if (term !== undefined) checkHeadTerm(term, known, problems);
  }
}

/** Each variable in the row in which it stands. */
function checkHeadTerm(term: Term, known: ReadonlySet<Variable>, problems: Problems): void {
  const check = (variable: Variable): void => {
    if (known.has(variable)) return;
    problems.add("rego_unsafe_var_error", term.location, unsafeMessage(variable));
  };
  switch (term.kind) {
    case "variable":
      check(term.variable);
      return;
    case "ref":
      if (typeof term.root !== "string") check(term.root);
      for (const operand of term.operands) checkHeadTerm(operand, known, problems);
      return;
    case "array":
    case "set":
      for (const item of term.items) checkHeadTerm(item, known, problems);
      return;
    case "object":
      for (const pair of term.pairs) for (const member of pair) checkHeadTerm(member, known, problems);
  }
}

/** What is known of a statement that could not be placed at first sight. */
interface Fact {
  statement: Statement;
  variables: VariableSet;
  /** Variables of closures that are the body's own. */
  closed: VariableSet | undefined;
}

/** The body in order; adds to `safe` what it binds. The body as it is where there is no order. */
function order(body: readonly Statement[], safe: VariableSet, unsafe: Unsafe): Statement[] {
  let globals: ReadonlySet<Variable> | undefined;
  let bodyVariables: VariableSet | undefined;
  let isClosed = false;
  const ordered: Statement[] = [];
  const tryPlace = (fact: Fact): boolean => {
    const outputs = outputsOf(fact.statement, safe);
    const { closed, variables } = fact;
    if (closed !== undefined && closed.size > 0 && isSame(closed, outputs)) return false;
    if (!isCovered(variables, safe, outputs)) return false;
    if (closed !== undefined && !isCovered(closed, safe, outputs)) return false;
    ordered.push(fact.statement);
    for (const variable of outputs) safe.add(variable);
    return true;
  };
  const atFirst = new Set(safe);
  let open: Fact[] = [];
  for (const statement of body) {
    if (placeSimple(statement, safe)) {
      ordered.push(statement);
      continue;
    }
    const variables: VariableSet = new Set();
    addStatementVariables(statement, variables);
    let closed: VariableSet | undefined;
    if (hasClosure(statement)) {
      isClosed = true;
      globals ??= atFirst;
      if (bodyVariables === undefined) {
        bodyVariables = new Set();
        for (const other of body) addStatementVariables(other, bodyVariables);
      }
      closed = closedOver(closureVariables(statement), bodyVariables, globals);
    }
    const fact = { statement, variables, closed };
    if (!tryPlace(fact)) open.push(fact);
  }
  for (let before = -1; open.length > 0 && open.length !== before; ) {
    before = open.length;
    open = open.filter((fact) => !tryPlace(fact));
  }
  for (const fact of open) noteUnsafe(fact, safe, unsafe);
  if (isClosed) orderClosures(ordered, atFirst, unsafe);
  return open.length > 0 ? [...body] : ordered;
}

function noteUnsafe({ statement, variables, closed }: Fact, safe: VariableSet, unsafe: Unsafe): void {
  const needed = new Set([...variables, ...(closed ?? [])]);
  const outputs = outputsOf(statement, safe);
  const missing = [...needed].filter((variable) => !safe.has(variable) && !outputs.has(variable));
  unsafe.needed.set(statement, new Set(missing.length > 0 ? missing : outputs));
}

/** Places what most statements are: all is bound, or one variable gets the value of what is. False for the others. */
function placeSimple(statement: Statement, safe: VariableSet): boolean {
  if (statement.kind === "every") return false;
  for (const { value } of statement.with) if (value.kind === "term" && !isBound(value.term, safe)) return false;
  if (statement.kind === "term") return isBound(statement.term, safe);
  if (statement.kind === "equal") {
    const { left, right } = statement;
    const isLeft = isBound(left, safe);
    const isRight = isBound(right, safe);
    if (isLeft && isRight) return true;
    if (statement.negated || (!isLeft && !isRight)) return false;
    const target = isLeft ? right : left;
    if (target.kind !== "variable") return false;
    safe.add(target.variable);
    return true;
  }
  for (const arg of statement.args) if (!isBound(arg, safe)) return false;
  const { output } = statement;
  if (output === undefined || isBound(output, safe)) return true;
  if (statement.negated || output.kind !== "variable") return false;
  safe.add(output.variable);
  return true;
}

/** Whether a term has no comprehension and all its variables are bound. */
function isBound(term: Term, safe: ReadonlySet<Variable>): boolean {
  switch (term.kind) {
    case "constant":
      return true;
    case "comprehension":
      return false;
    case "variable":
      return safe.has(term.variable);
    case "ref":
      if (typeof term.root !== "string" && !safe.has(term.root)) return false;
      for (const operand of term.operands) if (!isBound(operand, safe)) return false;
      return true;
    case "array":
    case "set":
      for (const item of term.items) if (!isBound(item, safe)) return false;
      return true;
    case "object":
      for (const [key, value] of term.pairs) if (!isBound(key, safe) || !isBound(value, safe)) return false;
      return true;
  }
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
      const inner: VariableSet = new Set(known);
      if (statement.key !== undefined) inner.add(statement.key);
      inner.add(statement.value);
      statement.body = order(statement.body, inner, unsafe);
    }
    for (const term of termsOf(statement)) orderInTerm(term, statement, known, unsafe);
    addStatementVariables(statement, known);
  }
}

function orderInTerm(term: Term, statement: Statement, known: VariableSet, unsafe: Unsafe): void {
  visitComprehensions(term, (comprehension) => {
    const wanted: VariableSet = new Set();
    addTermVariables(comprehension.term, wanted);
    if (comprehension.key !== undefined) addTermVariables(comprehension.key, wanted);
    const inner: VariableSet = new Set();
    for (const other of comprehension.body) addStatementVariables(other, inner);
    const missing = [...wanted].filter((variable) => !known.has(variable) && !inner.has(variable));
    if (missing.length > 0) {
      unsafe.needed.set(statement, new Set([...(unsafe.needed.get(statement) ?? []), ...missing]));
    }
    const last = comprehension.body[comprehension.body.length - 1];
    if (last?.kind === "equal" && last.isCapture === true && hasUndeclared(comprehension.body, known, unsafe)) return;
    comprehension.body = order(comprehension.body, new Set(known), unsafe);
  });
}

/** Notes variables of what `print` and template strings show that are not bound before: there is no iteration in them. */
function hasUndeclared(body: readonly Statement[], known: ReadonlySet<Variable>, unsafe: Unsafe): boolean {
  const last = body[body.length - 1] as Statement;
  const variables: VariableSet = new Set();
  for (const statement of body) {
    if (isTemplate(statement)) addShownVariables(statement.args[0], variables);
    // The values of its `with` are no part of what is shown.
    else addStatementVariables({ ...statement, with: [] }, variables);
  }
  const missing = [...variables].filter((variable) => !variable.generated && !known.has(variable));
  if (missing.length > 0) unsafe.undeclared.set(last, new Set(missing));
  return missing.length > 0;
}

function isTemplate(statement: Statement): statement is CallStatement {
  return statement.kind === "call" && statement.name === "internal.template_string";
}

/** Variables of the parts of a template string. Parts that are a variable (a set of it) do not count: they may be bound later. */
function addShownVariables(parts: Term | undefined, variables: VariableSet): void {
  if (parts?.kind !== "array") return;
  for (const part of parts.items) if (part.kind !== "set") addTermVariables(part, variables);
}

function report({ needed, undeclared }: Unsafe, { heads, bodies: problems }: SafetyProblems): void {
  for (const [statement, variables] of undeclared) {
    for (const { name } of variables) heads.add("rego_compile_error", statement.location, `var ${name} is undeclared`);
  }
  const named = new Map<Variable, Location>();
  for (const [statement, variables] of needed) {
    for (const variable of variables) {
      const place = named.get(variable);
      if (variable.generated || (place !== undefined && !isBefore(statement.location, place))) continue;
      named.set(variable, statement.location);
    }
  }
  for (const [variable, location] of named) {
    problems.add("rego_unsafe_var_error", location, `${unsafeMessage(variable)}${hintFor(variable)}`);
  }
  if (named.size > 0 || undeclared.size > 0) return;
  for (const statement of needed.keys()) {
    problems.add("rego_unsafe_var_error", statement.location, "expression is unsafe");
  }
}

function unsafeMessage({ name, generated }: Variable): string {
  return generated ? "expression is unsafe" : `var ${name} is unsafe`;
}

/** In OPA's words, though no module of Rego v1 needs an import for its keywords. */
function hintFor({ name }: Variable): string {
  const isImported = ["contains", "every", "if", "in"].includes(name);
  return isImported ? ` (hint: \`import future.keywords.${name}\` to import a future keyword)` : "";
}

function isBefore(a: Location, b: Location): boolean {
  return a.row < b.row || (a.row === b.row && a.col < b.col);
}
