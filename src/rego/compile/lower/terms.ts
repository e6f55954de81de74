import {
  type CallTerm,
  formatTerm,
  type Location,
  type Term as SyntaxTerm,
  type WithModifier,
} from "../../syntax/index.ts";
import { fromJson, numberFromText, type Value } from "../../value/index.ts";
import type { Callee, RefTerm, Statement, Term, Variable } from "../ir.ts";
import { scalarsOf, toCollection, toConstant, toObject, toScalarObject } from "./collections.ts";
import { inOrderOfKeys, inOrderOfTerms } from "./member-order.ts";
import { declaredNames } from "./names.ts";
import type { Scope } from "./scope.ts";

/**
 * Resolves names in a term and moves its calls into statements that are added to `out`, in the order of evaluation.
 * What is left has no calls: constants, variables, references, collections and comprehensions.
 */
export function lowerTerm(scope: Scope, term: SyntaxTerm, out: Statement[]): Term {
  const { location } = term;
  switch (term.kind) {
    case "null":
      return { kind: "constant", value: null, location };
    case "boolean":
    case "string":
      return { kind: "constant", value: term.value, location };
    case "number":
      return { kind: "constant", value: numberFromText(term.text), location };
    case "var":
      return lowerVariable(scope, term.name, location);
    case "ref":
      return lowerRef(scope, term.head, term.operands, location, out);
    case "array":
    case "set":
    case "object":
      return lowerCollection(scope, term, out);
    case "array-comprehension":
    case "set-comprehension":
    case "object-comprehension":
      return lowerComprehension(scope, term, location);
    case "call":
      return lowerCall(scope, term, out);
    case "template-string":
      return lowerTemplate(scope, term, out);
  }
}

function lowerVariable(scope: Scope, name: string, location: Location): Term {
  const global = scope.findGlobal(name);
  if (global !== undefined) return refFromPath(global.path, location);
  if (name === "input" || name === "data") {
    const declared = scope.findDeclared(name);
    if (declared === undefined) return { kind: "ref", root: name, operands: [], location };
    return { kind: "variable", variable: scope.use(name), location };
  }
  return { kind: "variable", variable: scope.use(name), location };
}

function lowerCollection(
  scope: Scope,
  term: Extract<SyntaxTerm, { kind: "array" | "set" | "object" }>,
  out: Statement[],
): Term {
  const { location } = term;
  const json = term.kind === "set" ? undefined : term.json;
  if (json !== undefined) return { kind: "constant", value: fromJson(JSON.parse(json)), location };
  if (term.kind === "object") {
    const constant = toScalarObject(term.pairs, location);
    if (constant !== undefined) return constant;
    const pairs = inOrderOfKeys(scope, term.pairs).map((pair): [Term, Term] => [
      lowerTerm(scope, pair[0], out),
      lowerTerm(scope, pair[1], out),
    ]);
    return toObject(pairs, location);
  }
  const scalars = scalarsOf(term.items);
  if (scalars !== undefined) return toConstant(term.kind, scalars, location);
  const ordered = term.kind === "set" ? inOrderOfTerms(scope, term.items) : term.items;
  const items = ordered.map((item) => lowerTerm(scope, item, out));
  return toCollection(term.kind, items, location);
}

/** A reference to `["data", "a", "b"]` or `["input", "a"]`. */
export function refFromPath(path: readonly string[], location: Location): RefTerm {
  const operands = path.slice(1).map((value): Term => ({ kind: "constant", value, location }));
  return { kind: "ref", root: path[0] === "input" ? "input" : "data", operands, location };
}

function lowerRef(
  scope: Scope,
  head: SyntaxTerm,
  operands: readonly SyntaxTerm[],
  location: Location,
  out: Statement[],
): Term {
  const root = lowerTerm(scope, head, out);
  const lowered = operands.map((operand) => lowerTerm(scope, operand, out));
  if (root.kind === "ref") {
    return { kind: "ref", root: root.root, operands: [...root.operands, ...lowered], location };
  }
  if (root.kind === "variable") return { kind: "ref", root: root.variable, operands: lowered, location };
  const subject = scope.factory.temporary();
  out.push(toAssignment(subject, root, location));
  return { kind: "ref", root: subject, operands: lowered, location };
}

/** `variable = term`, as a statement that the compiler adds. */
export function toAssignment(variable: Variable, term: Term, location: Location): Statement {
  const left: Term = { kind: "variable", variable, location };
  return { kind: "equal", negated: false, with: [], location, left, right: term };
}

type Comprehension = Extract<
  SyntaxTerm,
  { kind: "array-comprehension" | "set-comprehension" | "object-comprehension" }
>;

function lowerComprehension(scope: Scope, syntax: Comprehension, location: Location): Term {
  scope.pushIgnored(declaredNames(syntax.body));
  scope.push();
  const body = scope.lowering.body(scope, syntax.body);
  const support: Statement[] = [];
  let key: Term | undefined;
  if (syntax.kind === "object-comprehension") key = lowerTerm(scope, syntax.key, support);
  const lowered = lowerTerm(scope, syntax.kind === "object-comprehension" ? syntax.value : syntax.term, support);
  if (key !== undefined) key = bindDynamic(scope, key, support);
  const term = bindDynamic(scope, lowered, support);
  scope.pop();
  scope.popIgnored();
  const of = syntax.kind === "array-comprehension" ? "array" : syntax.kind === "set-comprehension" ? "set" : "object";
  return { kind: "comprehension", of, key, term, body: [...body, ...support], location };
}

/** Puts a term that needs evaluation into a variable of its own, by a statement. */
export function bindDynamic(scope: Scope, term: Term, out: Statement[]): Term {
  if (!isDynamic(term)) return term;
  const variable = scope.factory.temporary();
  out.push(toAssignment(variable, term, term.location));
  return { kind: "variable", variable, location: term.location };
}

/** Whether a term holds a reference or a comprehension. */
export function isDynamic(term: Term): boolean {
  switch (term.kind) {
    case "constant":
    case "variable":
      return false;
    case "ref":
    case "comprehension":
      return true;
    case "array":
    case "set":
      return term.items.some(isDynamic);
    case "object":
      return term.pairs.some(([key, value]) => isDynamic(key) || isDynamic(value));
  }
}

function lowerCall(scope: Scope, call: CallTerm, out: Statement[]): Term {
  const { location } = call;
  const { callee, name } = resolveCallee(scope, call.name, location);
  const metadata = metadataOf(scope, callee);
  if (metadata !== undefined && call.args.length === 0) return { kind: "constant", value: metadata, location };
  if (name === "print") {
    scope.problems.add("rego_type_error", location, `${formatTerm(call)} used as value`);
  }
  const args = call.args.map((arg) => lowerTerm(scope, arg, out));
  const output: Term = { kind: "variable", variable: scope.factory.temporary(), location };
  if (metadata !== undefined) {
    // Like in OPA, the first argument is what the metadata are compared with, and the call has no value.
    const right: Term = { kind: "constant", value: metadata, location };
    out.push({ kind: "equal", negated: false, with: [], location, left: args[0] as Term, right });
    return output;
  }
  out.push({ kind: "call", negated: false, with: [], location, callee, name, args, output, nested: true });
  return output;
}

/** What a call of a `rego.metadata` function stands for: a constant of the rule. */
export function metadataOf(scope: Scope, callee: Callee): Value | undefined {
  if (callee.kind !== "builtin" || scope.metadata === undefined) return undefined;
  if (callee.name === "rego.metadata.chain") return scope.metadata("chain");
  return callee.name === "rego.metadata.rule" ? scope.metadata("rule") : undefined;
}

/** The function that a dotted name is. */
export function resolveCallee(
  scope: Scope,
  parts: readonly string[],
  location: Location,
): { callee: Callee; name: string } {
  const written = parts.join(".");
  const first = parts[0] as string;
  if (scope.findDeclared(first) !== undefined) {
    scope.refuse(location, `called function ${written} shadowed`);
  }
  const global = scope.findGlobal(first);
  // Like any other name, that of a function is one that cannot be declared behind its use.
  if (global === undefined && first !== "data") scope.use(first);
  const path = global === undefined ? [...parts] : [...global.path, ...parts.slice(1)];
  if (path[0] === "data") return { callee: { kind: "rule", path: path.slice(1) }, name: path.join(".") };
  return { callee: { kind: "builtin", name: path.join(".") }, name: path.join(".") };
}

function lowerTemplate(
  scope: Scope,
  template: Extract<SyntaxTerm, { kind: "template-string" }>,
  out: Statement[],
): Term {
  const { location } = template;
  const items = template.parts.map((part, index): Term => {
    if (typeof part === "string") return { kind: "constant", value: part, location };
    if (part.kind === "var" && template.modifiers?.get(index) === undefined) {
      const term = lowerTerm(scope, part, out);
      if (term.kind === "variable") return { kind: "set", items: [term], location };
    }
    if (part.kind === "call") refuseRelation(scope, part);
    return lowerCapture(scope, part, {
      isStrict: part.kind !== "var",
      modifiers: template.modifiers?.get(index) ?? [],
    });
  });
  const output: Term = { kind: "variable", variable: scope.factory.temporary(), location };
  const args: Term[] = [
    items.length === 0 ? { kind: "constant", value: [""], location } : toCollection("array", items, location),
  ];
  const callee: Callee = { kind: "builtin", name: "internal.template_string" };
  out.push({
    kind: "call",
    negated: false,
    with: [],
    location,
    callee,
    name: "internal.template_string",
    args,
    output,
    nested: true,
  });
  return output;
}

/** A part of a template string has one value. */
function refuseRelation(scope: Scope, { name, location }: CallTerm): void {
  const written = name.join(".");
  if (!scope.isRelation(written)) return;
  const message = `illegal call to relation built-in '${written}' that may cause multiple outputs`;
  scope.problems.add("rego_compile_error", location, message);
}

/** `{x | x = term}`: the term's value as a set, which is empty where the term is undefined. */
export function lowerCapture(
  scope: Scope,
  term: SyntaxTerm,
  options: { isStrict: boolean; modifiers?: readonly WithModifier[] },
): Term {
  const { location } = term;
  const { isStrict, modifiers = [] } = options;
  const body: Statement[] = [];
  const captured: Statement[] = [];
  const clauses = modifiers.map((modifier) => scope.lowering.with(scope, modifier, body));
  const lowered = lowerTerm(scope, term, captured);
  const variable = scope.factory.temporary();
  const capture: Statement = { ...toAssignment(variable, lowered, location) };
  if (isStrict && capture.kind === "equal") capture.isCapture = true;
  captured.push(capture);
  for (const statement of captured) statement.with = clauses;
  body.push(...captured);
  return {
    kind: "comprehension",
    of: "set",
    key: undefined,
    term: { kind: "variable", variable, location },
    body,
    location,
  };
}
