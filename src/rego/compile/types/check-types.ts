import type { FunctionType } from "../../builtins/index.ts";
import type { Location } from "../../syntax/index.ts";
import { type Dependencies, rulesOf } from "../dependencies.ts";
import { formatPath } from "../format-ref.ts";
import type { FunctionTable } from "../functions.ts";
import type { Callee, CallStatement, Statement, Term } from "../ir.ts";
import type { Problems } from "../problems.ts";
import type { Group, RuleTree } from "../rule-tree.ts";
import { termsOf, visitComprehensions } from "../variables.ts";
import { type FunctionKind, isUnknown, type Type, unifies } from "./algebra.ts";
import { checkRef } from "./check-refs.ts";
import { DocumentTypes, TypeScope } from "./scope.ts";
import { typeOfBranch, typeOfComprehension } from "./type-of-rule.ts";
import { unifyTerm, unifyTerms } from "./unify.ts";

interface Found {
  location: Location;
  message: string;
}

/** Reports calls, comparisons and references that cannot be right, whatever the input is. */
export function checkTypes(
  tree: RuleTree,
  functions: FunctionTable,
  dependencies: Dependencies,
  problems: Problems,
  query: readonly Statement[],
): void {
  const checker = new TypeChecker(tree, functions);
  for (const group of inOrder(tree.groups, dependencies)) checker.checkGroup(group);
  checker.checkQuery(query);
  for (const { location, message } of checker.found) problems.add("rego_type_error", location, message);
}

/** Groups after those that they depend on. */
function inOrder(groups: readonly Group[], dependencies: Dependencies): Set<Group> {
  const done = new Set<Group>();
  const entered = new Set<Group>();
  const visit = (group: Group): void => {
    if (entered.has(group)) return;
    entered.add(group);
    for (const other of dependencies.factsOf(group).groups) visit(other);
    done.add(group);
  };
  for (const group of groups) visit(group);
  return done;
}

class TypeChecker {
  readonly found: Found[] = [];
  readonly #documents: DocumentTypes;
  readonly #functions: FunctionTable;

  constructor(tree: RuleTree, functions: FunctionTable) {
    this.#documents = new DocumentTypes(tree);
    this.#functions = functions;
  }

  checkQuery(body: readonly Statement[]): void {
    this.found.push(...this.#body(new TypeScope(this.#documents), body));
  }

  checkGroup(group: Group): void {
    let isOpen = false;
    const types: (Type | undefined)[] = [];
    for (const rule of rulesOf(group)) {
      for (const branch of rule.branches) {
        const scope = new TypeScope(this.#documents);
        const found = this.#body(scope, branch.body);
        if (found.length > 0) isOpen = true;
        else types.push(typeOfBranch(scope, group, rule, branch));
        this.found.push(...found);
      }
    }
    for (const type of types) this.#documents.add(group, type);
    // Rules below each other's documents are not told apart: nothing is known of what they make together.
    const isMixed = group.kind === "object" && (rulesOf(group).length > 1 || rulesOf(group).some(({ isSet }) => isSet));
    if (isOpen || isMixed) this.#documents.open(group);
  }

  /** Checks a body's statements in their order; returns what is wrong. */
  #body(scope: TypeScope, body: readonly Statement[]): Found[] {
    const found: Found[] = [];
    for (const statement of body) {
      const closures: Found[] = [];
      for (const term of termsOf(statement)) this.#closures(scope, term, closures);
      const refs: Found[] = [];
      this.#refs(scope, statement, refs);
      found.push(...closures, ...refs);
      const error = this.#statement(scope, statement);
      if (error === undefined) continue;
      const isFollowing = closures.length + refs.length > 0 && error.isUnknown;
      if (!isFollowing) found.push(error);
    }
    return found;
  }

  #closures(scope: TypeScope, term: Term, found: Found[]): void {
    visitComprehensions(term, (comprehension) => {
      const inner = new TypeScope(this.#documents, scope);
      const wrong = this.#body(inner, comprehension.body);
      found.push(...wrong);
      scope.setComprehension(comprehension, wrong.length > 0 ? undefined : typeOfComprehension(inner, comprehension));
    });
  }

  #refs(scope: TypeScope, statement: Statement, found: Found[]): void {
    const visit = (term: Term): void => {
      switch (term.kind) {
        case "ref": {
          const error = checkRef(scope, term);
          if (error !== undefined) found.push({ location: term.location, message: error });
          for (const operand of term.operands) visit(operand);
          return;
        }
        case "array":
        case "set":
          for (const item of term.items) visit(item);
          return;
        case "object":
          for (const pair of term.pairs) for (const member of pair) visit(member);
      }
    };
    if (statement.kind === "every") {
      for (const inner of statement.body) {
        for (const term of termsOf(inner)) this.#closures(scope, term, found);
        this.#refs(scope, inner, found);
      }
    } else if (statement.kind === "equal") {
      visit(statement.left);
      visit(statement.right);
    } else if (statement.kind === "term") visit(statement.term);
    else {
      for (const arg of statement.args) visit(arg);
      if (statement.output !== undefined) visit(statement.output);
    }
  }

  #statement(scope: TypeScope, statement: Statement): (Found & { isUnknown: boolean }) | undefined {
    const replaced = this.#with(statement);
    if (replaced !== undefined) return replaced;
    if (statement.kind === "equal") return checkEqual(scope, statement.left, statement.right, statement.location);
    if (statement.kind !== "call") return undefined;
    const { callee, args, output } = statement;
    if (callee.kind === "builtin" && callee.name === "equal" && output === undefined && args.length === 2) {
      return checkEqual(scope, args[0] as Term, args[1] as Term, statement.location);
    }
    return this.#call(scope, statement);
  }

  #call(scope: TypeScope, statement: CallStatement): (Found & { isUnknown: boolean }) | undefined {
    const type = this.#typeOf(statement.callee);
    if (type === undefined) return undefined;
    // References and comprehensions are bound to variables before the call: that must be possible.
    for (const arg of statement.args) {
      const unbound = findUnbound(scope, arg);
      if (unbound !== undefined) return { location: unbound.location, message: "match error", isUnknown: true };
    }
    const args = statement.output === undefined ? statement.args : [...statement.args, statement.output];
    const wanted = [...type.args, ...(type.result === undefined ? [] : [type.result])];
    for (const [index, arg] of args.entries()) {
      const want = wanted[index] ?? type.variadic;
      if (want === undefined || unifyTerm(scope, arg, want, false)) continue;
      return {
        location: statement.location,
        message: `${nameOf(statement.callee)}: invalid argument(s)`,
        isUnknown: args.some((other) => isUnknown(scope.of(other))),
      };
    }
    return undefined;
  }

  #typeOf(callee: Callee): FunctionKind | undefined {
    if (callee.kind === "builtin") {
      const known = this.#functions.get(callee.name);
      return known === undefined ? undefined : toFunctionKind(known.type);
    }
    const group = this.#documents.at(callee.path);
    const type = group === undefined ? undefined : this.#documents.of(group);
    return type?.kind === "function" ? type : undefined;
  }

  #with(statement: Statement): (Found & { isUnknown: boolean }) | undefined {
    for (const { target, value, location } of statement.with) {
      if (value.kind !== "function" || target.kind === "input") continue;
      const callee: Callee =
        target.kind === "builtin" ? target : { kind: "rule", path: target.path.map((key) => String(key)) };
      const replaced = this.#typeOf(callee);
      const replacement = this.#typeOf(value.callee);
      if (replaced === undefined || replacement === undefined || unifies(replaced, replacement)) continue;
      return { location, message: `${nameOf(callee)}: arity mismatch`, isUnknown: false };
    }
    return undefined;
  }
}

function toFunctionKind({ args, result, variadic }: FunctionType): FunctionKind {
  return { kind: "function", args, result, ...(variadic === undefined ? {} : { variadic }) };
}

function nameOf(callee: Callee): string {
  return callee.kind === "builtin" ? callee.name : formatPath("data", callee.path);
}

function checkEqual(
  scope: TypeScope,
  left: Term,
  right: Term,
  location: Location,
): (Found & { isUnknown: boolean }) | undefined {
  for (const member of [...membersOf(left), ...membersOf(right)]) {
    const unbound = findUnbound(scope, member);
    if (unbound !== undefined) return { location: unbound.location, message: "match error", isUnknown: true };
  }
  const isUnknownSide = isUnknown(scope.of(left)) || isUnknown(scope.of(right));
  if (unifyTerms(scope, left, right)) return undefined;
  return { location, message: "match error", isUnknown: isUnknownSide };
}

/** The terms in a term that are evaluated before it. */
function membersOf(term: Term): Term[] {
  if (term.kind === "ref") return term.operands;
  if (term.kind === "array" || term.kind === "set") return term.items;
  return term.kind === "object" ? term.pairs.flat() : [];
}

/** A reference or comprehension, in a term that is evaluated before a statement, of which no type is known. */
function findUnbound(scope: TypeScope, term: Term): Term | undefined {
  if ((term.kind === "ref" || term.kind === "comprehension") && isUnknown(scope.of(term))) return term;
  for (const member of membersOf(term)) {
    const found = findUnbound(scope, member);
    if (found !== undefined) return found;
  }
  return undefined;
}
