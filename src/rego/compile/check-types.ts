import type { FunctionType, RegoType } from "../builtins/index.ts";
import type { Location } from "../syntax/index.ts";
import { formatValue } from "../value/index.ts";
import type { Dependencies } from "./dependencies.ts";
import { rulesOf } from "./dependencies.ts";
import { formatOperand, formatPath } from "./format-ref.ts";
import type { FunctionTable } from "./functions.ts";
import type {
  Branch,
  Callee,
  CallStatement,
  ComprehensionTerm,
  LoweredRule,
  PathKey,
  RefTerm,
  Statement,
  Term,
} from "./ir.ts";
import { scalarName } from "./ir.ts";
import type { Problems } from "./problems.ts";
import type { Group, RuleTree, TreeNode } from "./rule-tree.ts";
import {
  anyType,
  type FunctionKind,
  isUnknown,
  keysOf,
  select,
  type Type,
  unifies,
  unknownType,
  valuesOf,
} from "./type-algebra.ts";
import { DocumentTypes, isComposite, TypeScope } from "./type-scope.ts";
import { unifyTerm, unifyTerms } from "./unify-types.ts";
import { termsOf, visitComprehensions } from "./variables.ts";

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

function typeOfComprehension(scope: TypeScope, { of, key, term }: ComprehensionTerm): Type | undefined {
  const value = scope.of(term) as RegoType | undefined;
  if (of === "array") return { kind: "array", static: [], ...(value === undefined ? {} : { dynamic: value }) };
  if (of === "set") return { kind: "set", of: value ?? unknownType };
  const keyType = key === undefined ? undefined : (scope.of(key) as RegoType | undefined);
  const dynamic = { key: keyType ?? unknownType, value: value ?? unknownType };
  return { kind: "object", static: [], dynamic };
}

function typeOfBranch(scope: TypeScope, group: Group, rule: LoweredRule, branch: Branch): Type | undefined {
  if (group.kind === "function") {
    const args = branch.args.map((arg) => {
      openVariables(scope, arg);
      return scope.of(arg);
    });
    return { kind: "function", args, result: branch.value === undefined ? undefined : scope.of(branch.value) };
  }
  const member = rule.isSet ? branch.key : branch.value;
  const type = member === undefined ? undefined : (scope.of(member) as RegoType | undefined);
  if (type === undefined) return undefined;
  let document: RegoType = rule.isSet ? { kind: "set", of: type } : type;
  for (const operand of branch.ref.slice(group.path.length - rule.package.length).reverse()) {
    const key = scope.of(operand) as RegoType | undefined;
    if (key === undefined) return undefined;
    document = { kind: "object", static: [], dynamic: { key, value: document } };
  }
  return document;
}

/** Parameters that nothing in the body says something about can be anything. */
function openVariables(scope: TypeScope, term: Term): void {
  if (term.kind === "variable" && scope.get(term.variable) === undefined) scope.set(term.variable, anyType);
  else if (term.kind === "array") for (const item of term.items) openVariables(scope, item);
  else if (term.kind === "object") for (const [, value] of term.pairs) openVariables(scope, value);
}

/** What is wrong with a reference, if something is; variables among its operands get the types of keys. */
function checkRef(scope: TypeScope, ref: RefTerm): string | undefined {
  const { root, operands } = ref;
  if (root === "input") return checkOperands(scope, anyType, ref, 0);
  if (root !== "data") {
    // OPA says that nothing can match, instead.
    if (root.name === scalarName) return undefined;
    // What is indexed and not known yet is anything from here on.
    if (scope.get(root) === undefined) scope.set(root, anyType);
    return checkOperands(scope, scope.get(root) ?? anyType, ref, 0);
  }
  let node: TreeNode = scope.documents.root;
  if (node.children.size === 0) return checkOperands(scope, anyType, ref, 0);
  for (const [index, operand] of operands.entries()) {
    if (operand.kind === "variable") {
      const keys = keysOf(scope.documents.extent(node)) ?? anyType;
      const known = scope.get(operand.variable);
      if (known === undefined) scope.set(operand.variable, keys);
      else if (!unifies(keys, known)) return `undefined ref: ${formatRef(ref)}`;
      return checkOperands(scope, anyType, ref, index + 1);
    }
    const child = operand.kind === "constant" ? node.children.get(operand.value as PathKey) : undefined;
    // A base document: nothing is known of it.
    if (child === undefined) return checkOperands(scope, anyType, ref, index + 1);
    if (child.group !== undefined) {
      if (child.group.kind === "function") {
        return `function ${formatRef({ ...ref, operands: operands.slice(0, index + 1) })} used as reference, not called`;
      }
      return checkOperands(scope, scope.documents.of(child.group) ?? anyType, ref, index + 1);
    }
    node = child;
  }
  return undefined;
}

function checkOperands(scope: TypeScope, start: Type, ref: RefTerm, from: number): string | undefined {
  let type: Type | undefined = start;
  for (const operand of ref.operands.slice(from)) {
    const keys: Type | undefined = type === undefined ? undefined : keysOf(type);
    if (type === undefined || keys === undefined) return `undefined ref: ${formatRef(ref)}`;
    if (operand.kind === "constant" && !isComposite(operand)) {
      const member = select(type, operand.value);
      if (member === undefined) return `undefined ref: ${formatRef(ref)}`;
      type = member;
      continue;
    }
    if (!isKey(scope, operand, keys)) return `undefined ref: ${formatRef(ref)}`;
    type = valuesOf(type);
  }
  return undefined;
}

function isKey(scope: TypeScope, operand: Term, keys: Type): boolean {
  if (operand.kind === "variable") {
    const known = scope.get(operand.variable);
    if (known !== undefined) return unifies(known, keys);
    scope.set(operand.variable, keys);
    return true;
  }
  if (operand.kind === "ref") {
    const known = scope.of(operand);
    return known === undefined || unifies(known, keys);
  }
  return operand.kind === "comprehension" || unifyTerm(scope, operand, keys, false);
}

function formatRef({ root, operands }: RefTerm): string {
  let text = typeof root === "string" ? root : root.name;
  for (const operand of operands) {
    if (operand.kind === "variable") text += `[${operand.variable.name}]`;
    else if (operand.kind !== "constant") text += "[_]";
    else if (isComposite(operand)) text += `[${formatValue(operand.value)}]`;
    else text += formatOperand(operand.value as PathKey);
  }
  return text;
}
