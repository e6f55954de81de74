import type { CallStatement, ComprehensionTerm, Statement, Term, Variable } from "../ir.ts";
import { outputsOf } from "../lower/outputs.ts";
import { addClosureVariables, addStatementVariables, addTermVariables, closureVariables } from "../variables.ts";
import { walkBody, walkTerm } from "../walk.ts";
import { constantPath, isVirtual } from "./subjects.ts";
import type { Plan } from "./unit.ts";

/** A comprehension that can be evaluated once for all values of the variables around it. */
export interface Indexed {
  body: readonly Statement[];
  /** Variables of the body by whose values the members are found, and the terms outside that they are compared with. */
  keys: readonly { inner: Variable; outer: Term }[];
}

/** The comprehension as it is, where its body gives a value to every variable of the body around it. */
export function asWritten(term: ComprehensionTerm, outer: ReadonlySet<Variable>): Indexed | undefined {
  const safe = order(term.body, outer);
  if (safe === undefined || !isCovered(term, safe)) return undefined;
  for (const variable of outer) if (!safe.has(variable)) return undefined;
  const { location } = term;
  return {
    body: term.body,
    keys: [...outer].map((inner) => ({ inner, outer: { kind: "variable", variable: inner, location } })),
  };
}

/**
 * The variables that a body binds without those around it, in the order that it has; undefined where one is needed before, and
 * where it would be looped over or is a key in a pattern, or nested comprehensions see it: OPA has no index for those.
 */
function order(body: readonly Statement[], outer: ReadonlySet<Variable>): Set<Variable> | undefined {
  const safe = new Set<Variable>();
  for (const statement of body) {
    if (hasOuterLoop(statement, outer, safe)) return undefined;
    const outputs = outputsOf(toUnification(statement), safe);
    const needed = new Set<Variable>();
    addStatementVariables(statement, needed);
    for (const variable of needed) if (!safe.has(variable) && !outputs.has(variable)) return undefined;
    if (isClosedOver(statement, outer)) return undefined;
    for (const variable of closureVariables(statement)) {
      if (outer.has(variable) && !safe.has(variable) && !outputs.has(variable)) return undefined;
    }
    for (const variable of outputs) safe.add(variable);
  }
  return safe;
}

/** Whether a comprehension in a statement sees a variable around the whole; what `every` sees has a value. */
function isClosedOver(statement: Statement, outer: ReadonlySet<Variable>): boolean {
  let isFound = false;
  walkBody([statement], {
    term: (term) => {
      if (term.kind !== "comprehension" || isFound) return;
      const seen = new Set<Variable>();
      addClosureVariables(term, seen);
      isFound = [...seen].some((variable) => outer.has(variable));
    },
  });
  return isFound;
}

/** `==` binds variables where they have no value. */
function toUnification(statement: Statement): Statement {
  if (!isComparison(statement, ["equal"])) return statement;
  const [left, right] = statement.args as [Term, Term];
  const { negated, location } = statement;
  return { kind: "equal", negated, with: statement.with, location, left, right };
}

function hasOuterLoop(statement: Statement, outer: ReadonlySet<Variable>, safe: ReadonlySet<Variable>): boolean {
  const isUnseen = (term: Term): boolean => {
    const seen = new Set<Variable>();
    addTermVariables(term, seen);
    return [...seen].some((variable) => outer.has(variable) && !safe.has(variable));
  };
  let isFound = isWalk(statement) && statement.output !== undefined && isUnseen(statement.output);
  walkBody([statement], {
    term: (term) => {
      if (term.kind === "ref" && term.operands.some(isUnseen)) isFound = true;
      // A pattern gives no values to the keys of its objects and the members of its sets.
      if (term.kind === "object" && term.pairs.some(([key]) => isUnseen(key))) isFound = true;
      if (term.kind === "set" && term.items.some(isUnseen)) isFound = true;
    },
  });
  return isFound;
}

function isWalk(statement: Statement): statement is CallStatement {
  return statement.kind === "call" && statement.callee.kind === "builtin" && statement.callee.name === "walk";
}

/** Whether what the comprehension collects needs nothing but these variables. */
function isCovered(term: ComprehensionTerm, safe: ReadonlySet<Variable>): boolean {
  const needed = new Set<Variable>();
  for (const part of [term.key, term.term]) {
    if (part === undefined) continue;
    addTermVariables(part, needed);
    addClosureVariables(part, needed);
  }
  return [...needed].every((variable) => safe.has(variable));
}

/**
 * The comprehension with variables in the place of terms that are compared and do not depend on it: `y.k == x.k`. OPA evaluates
 * what follows only where the comparison holds, so there must be nothing that shows, costs or fails.
 */
export function withComparedTerms(
  term: ComprehensionTerm,
  outer: ReadonlySet<Variable>,
  plan: Plan,
): Indexed | undefined {
  if (term.of === "object") return undefined;
  const keys: { inner: Variable; outer: Term }[] = [];
  const body = term.body.map((statement): Statement => {
    const sides = comparedTerms(statement);
    const index = sides?.findIndex((side) => isOutside(side, outer, plan)) ?? -1;
    const [side, other] = index < 0 ? [] : index === 0 ? (sides ?? []) : [...(sides ?? [])].reverse();
    if (side === undefined || other === undefined || isOutside(other, outer, plan)) return statement;
    const inner: Variable = { id: -1, name: "", generated: true };
    keys.push({ inner, outer: side });
    const { location } = side;
    const right: Term = { kind: "variable", variable: inner, location };
    return { kind: "equal", negated: false, with: [], location: statement.location, left: other, right };
  });
  const first = term.body.findIndex((statement, index) => body[index] !== statement);
  if (first < 0 || !isQuiet(term, plan) || body.slice(first + 1).some(isCostly)) return undefined;
  const safe = order(body, outer);
  if (safe === undefined || !isCovered(term, safe)) return undefined;
  for (const variable of outer) if (safe.has(variable)) return undefined;
  return { body, keys };
}

function comparedTerms(statement: Statement): readonly Term[] | undefined {
  if (statement.negated || statement.with.length > 0) return undefined;
  if (statement.kind === "equal") return [statement.left, statement.right];
  return isComparison(statement, ["equal"]) ? statement.args : undefined;
}

const comparisons = ["equal", "neq", "lt", "lte", "gt", "gte", "internal.member_2"];

export function isComparison(statement: Statement, names: readonly string[]): statement is CallStatement {
  if (statement.kind !== "call" || statement.output !== undefined || statement.args.length !== 2) return false;
  return statement.callee.kind === "builtin" && names.includes(statement.callee.name);
}

/** A variable from outside, or a reference that begins at one and has a single value. */
function isOutside(term: Term, outer: ReadonlySet<Variable>, plan: Plan): boolean {
  if (term.kind === "variable") return outer.has(term.variable);
  if (term.kind !== "ref" || typeof term.root === "string" || !outer.has(term.root)) return false;
  return term.operands.every((operand) => operand.kind === "constant" || isOutside(operand, outer, plan));
}

/** Whether nothing in the comprehension is a rule, prints, or replaces something. */
function isQuiet(term: ComprehensionTerm, { tree, mocked }: Plan): boolean {
  let isFound = false;
  walkTerm(term, {
    statement: (statement) => {
      if (statement.with.length > 0 || statement.kind === "every") isFound = true;
      if (statement.kind !== "call") return;
      const { callee } = statement;
      if (callee.kind === "rule" || mocked.has(callee.name) || callee.name.startsWith("internal.print")) isFound = true;
    },
    term: (inner) => {
      if (inner.kind === "comprehension" && inner !== term) isFound = true;
      if (inner.kind !== "ref" || inner.root !== "data") return;
      if (isVirtual(tree, constantPath(inner.operands))) isFound = true;
    },
  });
  return !isFound;
}

/** Whether a statement iterates, or calls what can fail. */
function isCostly(statement: Statement): boolean {
  if (statement.kind === "call" && !isComparison(statement, comparisons)) return true;
  let isFound = false;
  walkBody([statement], {
    term: (term) => {
      if (term.kind === "ref" && term.operands.some(({ kind }) => kind === "variable")) isFound = true;
    },
  });
  return isFound;
}
