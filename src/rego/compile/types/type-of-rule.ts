import { toDocumentKey } from "../document-key.ts";
import type { Branch, ComprehensionTerm, LoweredRule, Term } from "../ir.ts";
import { anyType, type Type } from "./algebra.ts";
import type { TypeScope } from "./scope.ts";
import { isComposite, type TreeKey } from "./type-tree.ts";

/** The type of a comprehension, where `scope` is that of its body. */
export function typeOfComprehension(scope: TypeScope, { of, key, term }: ComprehensionTerm): Type {
  const value = scope.of(term);
  if (of === "array") return { kind: "array", static: [], dynamic: value };
  if (of === "set") return { kind: "set", of: value };
  return { kind: "object", static: [], dynamic: { key: key === undefined ? undefined : scope.of(key), value } };
}

/** Where a rule's documents are, with variables where its head has some. */
export function pathOfBranch(rule: LoweredRule, branch: Branch): TreeKey[] {
  return [...rule.package, ...branch.ref.map((operand) => keyOf(operand))];
}

function keyOf(operand: Term): TreeKey {
  if (operand.kind === "variable") return operand.variable;
  const key = operand.kind === "constant" ? toDocumentKey(operand.value) : undefined;
  // What is no key of a path is like one that varies.
  return key === undefined ? { id: 0, name: "", generated: true } : key;
}

/**
 * What a branch gives, where `scope` is that of its body, and where: the keys after the first that varies are in the type, but for
 * sets. Undefined where its type is not known.
 */
export function typeOfBranch(
  scope: TypeScope,
  rule: LoweredRule,
  branch: Branch,
): { path: TreeKey[]; type: Type } | undefined {
  const path = pathOfBranch(rule, branch);
  if (rule.isFunction) return { path, type: typeOfFunction(scope, branch) };
  if (rule.isSet) {
    const of = branch.key === undefined ? undefined : scope.of(branch.key);
    return of === undefined ? undefined : { path, type: { kind: "set", of } };
  }
  let type = branch.value === undefined ? undefined : scope.of(branch.value);
  const ground = branch.ref.findIndex((operand) => operand.kind !== "constant" || isComposite(operand));
  if (type === undefined || ground < 0) return type === undefined ? undefined : { path, type };
  for (const operand of branch.ref.slice(ground).reverse()) {
    const key = keyType(scope, operand);
    if (key === undefined) return undefined;
    type = { kind: "object", static: [], dynamic: { key, value: type } };
  }
  return { path: path.slice(0, rule.package.length + ground), type };
}

/** What a call in a head gives is any key where nothing is known of it. */
function keyType(scope: TypeScope, operand: Term): Type | undefined {
  return scope.of(operand) ?? (operand.kind === "variable" && operand.variable.name === "" ? anyType : undefined);
}

function typeOfFunction(scope: TypeScope, branch: Branch): Type {
  for (const arg of branch.args) openVariables(scope, arg);
  const args = branch.args.map((arg) => scope.of(arg));
  return { kind: "function", args, result: branch.value === undefined ? undefined : scope.of(branch.value) };
}

/** Parameters that nothing in the body says something about can be anything. */
function openVariables(scope: TypeScope, term: Term): void {
  if (term.kind === "variable" && scope.get(term.variable) === undefined) scope.set(term.variable, anyType);
  else if (term.kind === "array" || term.kind === "set") for (const item of term.items) openVariables(scope, item);
  else if (term.kind === "object") {
    for (const pair of term.pairs) for (const member of pair) openVariables(scope, member);
  }
}
