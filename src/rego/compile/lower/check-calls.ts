import type { Location } from "../../syntax/index.ts";
import { formatPath } from "../format-ref.ts";
import type { FunctionTable } from "../functions.ts";
import type { CallStatement, Statement, Term, WithClause } from "../ir.ts";
import type { Problems } from "../problems.ts";
import { type Group, mockKey, type RuleTree } from "../rule-tree.ts";
import { arityDetails } from "../types/arity-details.ts";
import { mapBodies } from "../walk.ts";
import type { VariableFactory } from "./scope.ts";
import { isDynamic, toAssignment } from "./terms.ts";

export interface CallServices {
  tree: RuleTree;
  functions: FunctionTable;
  problems: Problems;
  factory: VariableFactory;
  strict: boolean;
  /** Receives the functions that some `with` replaces, see `mockKey`. */
  mocked: Set<string>;
}

/**
 * Finds out what `with` replaces and puts the values that it needs into statements before it; gives explicit outputs
 * (`f(x, y)` for `y = f(x)`) their place; reports calls of unknown functions and wrong numbers of arguments.
 */
export function checkCalls(body: Statement[], services: CallServices): Statement[] {
  return mapBodies(body, (statements) => {
    let out: Statement[] | undefined;
    for (let index = 0; index < statements.length; index += 1) {
      const statement = statements[index] as Statement;
      if (statement.with.length > 0) {
        out ??= statements.slice(0, index);
        for (const clause of statement.with) resolveWith(clause, out, services);
      }
      if (statement.kind === "call") checkCall(statement, services);
      out?.push(statement);
    }
    return out ?? statements;
  });
}

function resolveWith(clause: WithClause, out: Statement[], services: CallServices): void {
  const { value } = clause;
  if (value.kind === "function") return;
  const isFunctionTarget = checkTarget(clause, services);
  const key = mockKey(services.tree, clause.target);
  if (key !== undefined) services.mocked.add(key);
  const { callee } = value;
  if (callee !== undefined) {
    const group = callee.kind === "rule" ? services.tree.findGroup(callee.path) : undefined;
    const isFunction = callee.kind === "builtin" || group?.kind === "function";
    if (isFunction && isFunctionTarget) {
      clause.value = { kind: "function", callee };
      return;
    }
  }
  let term = callee?.kind === "builtin" ? freeVariable(callee.name, clause.location, services) : value.term;
  if (isDynamic(term)) {
    const variable = services.factory.temporary();
    out.push(toAssignment(variable, term, clause.location));
    term = { kind: "variable", variable, location: clause.location };
  }
  clause.value = { kind: "term", term };
}

/** The name of a built-in function where a value is needed: a name that has none. */
function freeVariable(name: string, location: Location, { factory }: CallServices): Term {
  const [first = ""] = name.split(".");
  return { kind: "variable", variable: { ...factory.create(first, false), isFree: true }, location };
}

/** Reports targets that cannot be replaced; returns whether the target is a function. */
function checkTarget(clause: WithClause, { tree, functions, problems }: CallServices): boolean {
  const { target, location } = clause;
  if (target.kind === "input") return false;
  if (target.kind === "data") {
    let node = tree.root;
    for (const [index, key] of target.path.entries()) {
      const child = node.child(key);
      if (child === undefined) return false;
      if (index < target.path.length - 1 && child.rules.length > 0) {
        const message = "with keyword cannot partially replace virtual document(s)";
        problems.add("rego_compile_error", location, message);
        return false;
      }
      node = child;
    }
    return node.group?.kind === "function";
  }
  const known = functions.get(target.name);
  if (known === undefined) {
    const message = "with keyword target must reference existing input, data, or a function";
    problems.add("rego_type_error", location, message);
    return true;
  }
  const prefix = "with keyword replacing built-in function:";
  if (functions.forbidden.has(target.name)) {
    problems.add("rego_compile_error", location, `${prefix} target must not be unsafe: "${target.name}"`);
  } else if (target.name === "eq" || target.name.startsWith("rego.metadata.")) {
    problems.add("rego_compile_error", location, `${prefix} replacement of "${target.name}" invalid`);
  } else if (target.name.startsWith("internal.")) {
    const message = `${prefix} replacement of internal function "${target.name}" invalid`;
    problems.add("rego_compile_error", location, message);
  } else if (known.relation) {
    problems.add("rego_compile_error", location, `${prefix} target must not be a relation`);
  } else if (known.type.result === undefined) {
    problems.add("rego_compile_error", location, `${prefix} target must not be a void function`);
  }
  return true;
}

function checkCall(statement: CallStatement, services: CallServices): void {
  const { problems, functions } = services;
  const arity = arityOf(statement, services);
  if (arity === undefined) {
    problems.add("rego_type_error", statement.location, `undefined function ${nameOf(statement)}`);
    return;
  }
  const { callee, args } = statement;
  if (callee.kind === "builtin") {
    if (functions.forbidden.has(callee.name)) {
      const message = `unsafe built-in function calls in expression: ${callee.name}`;
      problems.add("rego_type_error", statement.location, message);
    }
    const known = functions.get(callee.name);
    if (services.strict && known?.deprecated === true) {
      const message = `deprecated built-in function calls in expression: ${callee.name}`;
      problems.add("rego_type_error", statement.location, message);
    }
    if (
      statement.nested &&
      known !== undefined &&
      known.type.result === undefined &&
      callee.name !== "internal.print"
    ) {
      problems.add("rego_type_error", statement.location, `${callee.name} used as value`);
    }
    if (known?.type.variadic !== undefined) return;
  }
  if (!statement.nested && args.length === arity + 1) statement.output = args.pop();
  else if (args.length !== arity) reportArity(statement, arity, services);
}

function reportArity(statement: CallStatement, arity: number, { problems, functions }: CallServices): void {
  const count = statement.args.length;
  const name = nameOf(statement);
  const { callee, location } = statement;
  if (callee.kind === "builtin") {
    const details = arityDetails(statement, functions.get(callee.name)?.type);
    problems.add("rego_type_error", location, `${name}: arity mismatch`, details);
    return;
  }
  const message = `function ${name} has arity ${arity}, got ${count} argument${count === 1 ? "" : "s"}`;
  problems.add("rego_type_error", location, message);
}

function nameOf({ callee }: CallStatement): string {
  if (callee.kind === "rule") return formatPath("data", callee.path);
  const [root = "", ...keys] = callee.name.split(".");
  return formatPath(root, keys);
}

function arityOf({ callee }: CallStatement, { tree, functions }: CallServices): number | undefined {
  if (callee.kind === "builtin") return functions.get(callee.name)?.type.args.length;
  const group: Group | undefined = tree.findGroup(callee.path);
  return group?.arity;
}
