import type { Expression, Term as SyntaxTerm, WithModifier } from "../../syntax/index.ts";
import type { Callee, Statement, Term, WithClause, WithTarget } from "../ir.ts";
import { scalarName } from "../ir.ts";
import { walkBody } from "../walk.ts";
import { addNames, addNamesInside } from "./names.ts";
import type { Scope } from "./scope.ts";
import { lowerCapture, lowerTerm, metadataOf, refFromPath, resolveCallee, toAssignment } from "./terms.ts";

/** Lowers a body's expressions in the scope's innermost frame. */
export function lowerBody(scope: Scope, body: readonly Expression[]): Statement[] {
  const out: Statement[] = [];
  for (let index = 0; index < body.length; index += 1) lowerExpression(scope, body[index] as Expression, out);
  return out;
}

function lowerExpression(scope: Scope, expression: Expression, out: Statement[]): void {
  if (expression.with.length === 0) {
    const core = lowerStatement(scope, expression, out);
    if (core === undefined) return;
    core.negated = expression.negated;
    out.push(core);
    return;
  }
  const statements: Statement[] = [];
  let clauses: WithClause[] = [];
  const lowerClauses = (): void => {
    clauses = expression.with.map((modifier) => lowerWith(scope, modifier, out));
  };
  const core = lowerStatement(scope, expression, statements, lowerClauses);
  for (const statement of statements) statement.with = clauses;
  out.push(...statements);
  if (core === undefined) return;
  core.with = clauses;
  core.negated = expression.negated;
  out.push(core);
}

/** `lowerClauses` lowers the `with` modifiers: after what they apply to, but they do not see what is assigned by it. */
function lowerStatement(
  scope: Scope,
  expression: Expression,
  out: Statement[],
  lowerClauses?: () => void,
): Statement | undefined {
  if (expression.kind === "term" && expression.term.kind === "call" && isNamed(expression.term.name, "assign")) {
    return lowerAssignment(scope, expression, out, lowerClauses);
  }
  const core = lowerCore(scope, expression, out);
  lowerClauses?.();
  return core;
}

/** The expression itself; what it needs before goes to `out`. Undefined for a declaration. */
function lowerCore(scope: Scope, expression: Expression, out: Statement[]): Statement | undefined {
  const { location } = expression;
  const base = { negated: false, with: [], location };
  switch (expression.kind) {
    case "some":
      for (const name of expression.variables) scope.declare(name, "declared", location);
      return undefined;
    case "some-in":
      return lowerSomeIn(scope, expression, out);
    case "every":
      return lowerEvery(scope, expression, out);
    case "term": {
      const term = expression.term;
      if (term.kind !== "call") return { ...base, kind: "term", term: lowerTerm(scope, term, out) };
      return lowerCallExpression(scope, term, base, out);
    }
  }
}

function lowerCallExpression(
  scope: Scope,
  term: Extract<SyntaxTerm, { kind: "call" }>,
  base: { negated: boolean; with: WithClause[]; location: Statement["location"] },
  out: Statement[],
): Statement {
  if (isNamed(term.name, "print")) {
    scope.use("print");
    return lowerPrint(scope, term.args, base);
  }
  const { callee, name } = resolveCallee(scope, term.name, term.location);
  const metadata = metadataOf(scope, callee);
  const args = term.args.map((arg) => lowerTerm(scope, arg, out));
  if (metadata !== undefined) {
    const right: Term = { kind: "constant", value: metadata, location: term.location };
    const [left] = args;
    return left === undefined ? { ...base, kind: "term", term: right } : { ...base, kind: "equal", left, right };
  }
  if (isNamed(term.name, "eq") && args.length === 2) {
    return { ...base, kind: "equal", left: args[0] as Term, right: args[1] as Term };
  }
  return { ...base, kind: "call", callee, name, args, output: undefined, nested: false };
}

function lowerPrint(
  scope: Scope,
  args: readonly SyntaxTerm[],
  base: { negated: boolean; with: WithClause[]; location: Statement["location"] },
): Statement {
  const items = args.map((arg) => lowerCapture(scope, arg, { isStrict: true }));
  return {
    ...base,
    kind: "call",
    callee: { kind: "builtin", name: "internal.print" },
    name: "print",
    args: [{ kind: "array", items, location: base.location }],
    output: undefined,
    nested: false,
  };
}

function isNamed(parts: readonly string[], name: string): boolean {
  return parts.length === 1 && parts[0] === name;
}

function lowerAssignment(
  scope: Scope,
  expression: Expression,
  out: Statement[],
  lowerClauses?: () => void,
): Statement | undefined {
  const { location } = expression;
  if (expression.kind !== "term" || expression.term.kind !== "call") return undefined;
  const [pattern, value] = expression.term.args;
  if (pattern === undefined || value === undefined || expression.term.args.length !== 2) {
    scope.problems.add("rego_type_error", location, "assign: arity mismatch");
    return undefined;
  }
  if (expression.negated) {
    scope.refuse(location, "cannot assign vars inside negated expression");
  }
  const right = lowerTerm(scope, value, out);
  lowerClauses?.();
  const left = lowerAssigned(scope, pattern);
  return { kind: "equal", negated: false, with: [], location, left, right };
}

/** The left side of `:=`: every variable in it is declared. */
function lowerAssigned(scope: Scope, term: SyntaxTerm): Term {
  const { location } = term;
  switch (term.kind) {
    case "var": {
      if (term.name === "input" || term.name === "data") {
        scope.refuse(location, `variables must not shadow ${term.name} (use a different variable name)`);
      }
      const variable = term.wildcard ? scope.use(term.name) : scope.declare(term.name, "assigned", location);
      return { kind: "variable", variable, location };
    }
    case "array":
      return { kind: "array", items: term.items.map((item) => lowerAssigned(scope, item)), location };
    case "object": {
      const support: Statement[] = [];
      const pairs = term.pairs.map(([key, value]): [Term, Term] => [
        lowerTerm(scope, key, support),
        lowerAssigned(scope, value),
      ]);
      return { kind: "object", pairs, location };
    }
    default:
      if (term.kind === "ref" && term.operands.length === 0) return lowerAssigned(scope, term.head);
      scope.refuse(location, `cannot assign to ${nameOfKind(term)}`);
      return { kind: "constant", value: null, location };
  }
}

function nameOfKind(term: SyntaxTerm): string {
  return term.kind.replace("-", "");
}

function lowerSomeIn(scope: Scope, expression: Extract<Expression, { kind: "some-in" }>, out: Statement[]): Statement {
  const { location } = expression;
  const domain = lowerTerm(scope, expression.domain, out);
  const hidden = new Set<string>();
  addNamesInside(expression.domain, hidden);
  const names = new Set<string>();
  if (expression.key !== undefined) addPatternNames(expression.key, names);
  addPatternNames(expression.value, names);
  for (const name of names) {
    if (hidden.has(name)) continue;
    scope.declare(name, "declared", location);
    scope.use(name);
  }
  const key: Term =
    expression.key === undefined
      ? { kind: "variable", variable: scope.factory.temporary(), location }
      : lowerTerm(scope, expression.key, out);
  const left = lowerTerm(scope, expression.value, out);
  let right: Term;
  if (domain.kind === "ref") right = { ...domain, operands: [...domain.operands, key] };
  else if (domain.kind === "variable") {
    right = { kind: "ref", root: domain.variable, operands: [key], location: domain.location };
  } else {
    const isScalar = domain.kind === "constant" && (typeof domain.value !== "object" || domain.value === null);
    const subject = scope.factory.create(isScalar ? scalarName : "", true);
    out.push(toAssignment(subject, domain, location));
    right = { kind: "ref", root: subject, operands: [key], location: domain.location };
  }
  return { kind: "equal", negated: false, with: [], location, left, right };
}

/** Variables that unification with a value can bind. */
function addPatternNames(term: SyntaxTerm, names: Set<string>): void {
  if (term.kind === "var" && !term.wildcard) names.add(term.name);
  else if (term.kind === "array") for (const item of term.items) addPatternNames(item, names);
  else if (term.kind === "object") for (const [, value] of term.pairs) addPatternNames(value, names);
}

function lowerEvery(scope: Scope, expression: Extract<Expression, { kind: "every" }>, out: Statement[]): Statement {
  const { location } = expression;
  const locals = new Set<string>();
  if (expression.key !== undefined) addNames(expression.key, locals);
  addNames(expression.value, locals);
  scope.pushIgnored(locals);
  const domain: Statement[] = [];
  const domainTerm = lowerTerm(scope, expression.domain, domain);
  const variable = scope.factory.temporary();
  domain.push(toAssignment(variable, domainTerm, domainTerm.location));
  scope.push();
  const declare = (term: SyntaxTerm | undefined) => {
    if (term?.kind !== "var" || term.wildcard) return scope.factory.temporary();
    return scope.declare(term.name, "declared", location, expression.body[0]?.location);
  };
  const key = expression.key === undefined ? undefined : declare(expression.key);
  const value = declare(expression.value);
  resolveInDomain(scope, domain, locals);
  out.push(...domain);
  const body = lowerBody(scope, expression.body);
  resolveLate(scope, body);
  scope.pop();
  scope.popIgnored();
  const over: Term = { kind: "variable", variable, location: domainTerm.location };
  return { kind: "every", negated: false, with: [], location, key, value, domain: over, body };
}

/** To OPA, what is not declared in the domain is what `every` declares under that name: there, it has no value yet. */
function resolveInDomain(scope: Scope, domain: readonly Statement[], locals: ReadonlySet<string>): void {
  resolveLate(scope, domain);
  walkBody(domain, {
    statement: (statement) => {
      if (statement.kind !== "call" || statement.callee.kind !== "builtin" || isAdded(statement.name)) return;
      const [first = ""] = statement.name.split(".");
      if (locals.has(first)) scope.refuse(statement.location, `called function ${statement.name} shadowed`);
    },
  });
}

/** Calls that nobody wrote. */
function isAdded(name: string): boolean {
  return name === "internal.template_string" || name === "print";
}

/** In the body of `every`, comprehensions see what is declared after them. */
function resolveLate(scope: Scope, body: readonly Statement[]): void {
  const late = scope.lateDeclarations();
  if (late.size === 0) return;
  walkBody(body, {
    term: (term) => {
      if (term.kind === "variable") term.variable = late.get(term.variable) ?? term.variable;
      else if (term.kind === "ref" && typeof term.root !== "string") term.root = late.get(term.root) ?? term.root;
    },
  });
}

/** Resolves a `with` modifier; what its value needs before goes to `out`. */
export function lowerWith(scope: Scope, modifier: WithModifier, out: Statement[]): WithClause {
  const { location } = modifier.target;
  const target = lowerWithTarget(scope, modifier.target);
  const callee = toCallee(scope, modifier.value);
  // The name of a built-in function is no variable: it must not be looked up as one.
  const term: Term =
    callee?.kind === "builtin" ? { kind: "constant", value: null, location } : lowerTerm(scope, modifier.value, out);
  return { target, value: callee === undefined ? { kind: "term", term } : { kind: "term", term, callee }, location };
}

/** Names and constants of a term that can be a path; undefined for anything else. */
function toPath(term: SyntaxTerm): string[] | undefined {
  if (term.kind === "var") return [term.name];
  if (term.kind !== "ref" || term.head.kind !== "var") return undefined;
  const path = [term.head.name];
  for (const operand of term.operands) {
    if (operand.kind !== "string") return undefined;
    path.push(operand.value);
  }
  return path;
}

function toCallee(scope: Scope, term: SyntaxTerm): Callee | undefined {
  const path = toPath(term);
  if (path === undefined) return undefined;
  const first = path[0] as string;
  if (scope.findDeclared(first) !== undefined) return undefined;
  const global = scope.findGlobal(first);
  if (global === undefined && scope.isFunctionName(path.join("."))) {
    scope.use(first);
    return { kind: "builtin", name: path.join(".") };
  }
  const full = global === undefined ? path : [...global.path, ...path.slice(1)];
  return full[0] === "data" ? { kind: "rule", path: full.slice(1) } : undefined;
}

function lowerWithTarget(scope: Scope, term: SyntaxTerm): WithTarget {
  const path = toPath(term);
  const first = path?.[0];
  if (first !== undefined && first !== "input" && first !== "data" && path !== undefined) {
    const global = scope.findGlobal(first);
    if (global === undefined) return { kind: "builtin", name: path.join(".") };
  }
  const support: Statement[] = [];
  // `input` in a target is the document, also where a variable hides it.
  const lowered =
    path !== undefined && (first === "input" || first === "data")
      ? refFromPath(path, term.location)
      : lowerTerm(scope, term, support);
  if (lowered.kind !== "ref" || typeof lowered.root !== "string") return { kind: "builtin", name: "" };
  const keys = lowered.operands.map((operand) => (operand.kind === "constant" ? operand.value : undefined));
  if (keys.includes(undefined)) {
    scope.problems.add("rego_type_error", term.location, "with keyword target must not contain variables");
  }
  return { kind: lowered.root, path: keys.map((key) => key ?? null) };
}
