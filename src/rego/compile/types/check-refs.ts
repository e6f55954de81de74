import { formatValue } from "../../value/index.ts";
import { formatOperand } from "../format-ref.ts";
import { type PathKey, type RefTerm, scalarName, type Term } from "../ir.ts";
import type { TreeNode } from "../rule-tree.ts";
import { anyType, keysOf, select, type Type, unifies, valuesOf } from "./algebra.ts";
import { isComposite, type TypeScope } from "./scope.ts";
import { unifyTerm } from "./unify.ts";

/** What is wrong with a reference, if something is; variables among its operands get the types of keys. */
export function checkRef(scope: TypeScope, ref: RefTerm): string | undefined {
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
