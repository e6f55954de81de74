import { formatValue } from "../../value/index.ts";
import { formatOperand } from "../format-ref.ts";
import type { PathKey, RefTerm, Term } from "../ir.ts";
import { anyType, keysOf, select, type Type, unifies, valuesOf } from "./algebra.ts";
import type { TypeScope } from "./scope.ts";
import { childOf, isComposite } from "./type-tree.ts";
import { unifyTerm } from "./unify.ts";

/** What is wrong with a reference, if something is; variables among its operands get the types of keys. */
export function checkRef(scope: TypeScope, ref: RefTerm): string | undefined {
  const { root } = ref;
  if (typeof root !== "string") {
    const known = scope.get(root);
    // What is indexed and not known yet is anything from here on.
    if (known === undefined) scope.set(root, anyType);
    return checkOperands(scope, known ?? anyType, ref, 0);
  }
  const override = scope.overrides?.get(root);
  if (override === undefined && (root === "input" || scope.tree.isEmpty)) return checkOperands(scope, anyType, ref, 0);
  const type = scope.of(ref);
  if (type?.kind === "function") return calledAs(ref);
  if (override !== undefined) return checkOperands(scope, override, ref, 0);
  return checkDocument(scope, ref);
}

/** From `data` down to the document, or to where the tree of documents ends. */
function checkDocument(scope: TypeScope, ref: RefTerm): string | undefined {
  const { tree } = scope;
  let node = tree.root;
  for (const [index, operand] of ref.operands.entries()) {
    const isName = operand.kind === "variable" || (operand.kind === "constant" && typeof operand.value === "string");
    // Packages have names.
    if (index < 2 && !isName) return undefinedRef(ref);
    if (operand.kind === "variable") {
      const keys = keysOf(tree.extent(node));
      const known = scope.get(operand.variable);
      if (known === undefined) scope.set(operand.variable, keys);
      else if (!unifies(keys, known)) return undefinedRef(ref);
    }
    const child = childOf(node, operand);
    // A base document: nothing is known of it.
    if (child === undefined) return checkOperands(scope, anyType, ref, 0);
    if (child.type !== undefined) return checkOperands(scope, child.type, ref, index + 1);
    node = child;
  }
  return undefined;
}

function checkOperands(scope: TypeScope, start: Type, ref: RefTerm, from: number): string | undefined {
  let type: Type | undefined = start;
  for (let index = from; index < ref.operands.length; index += 1) {
    const operand = ref.operands[index] as Term;
    const keys: Type | undefined = keysOf(type);
    if (keys === undefined) return type?.kind === "function" ? calledAs(ref) : undefinedRef(ref);
    if (operand.kind === "constant" && !isComposite(operand)) {
      type = select(type, operand.value);
      if (type === undefined) return undefinedRef(ref);
      continue;
    }
    if (!isKey(scope, operand, keys)) return undefinedRef(ref);
    type = valuesOf(type);
  }
  return undefined;
}

function isKey(scope: TypeScope, operand: Term, keys: Type): boolean {
  if (operand.kind !== "variable") return unifyTerm(scope, operand, keys, false);
  const known = scope.get(operand.variable);
  if (known !== undefined) return unifies(known, keys);
  scope.set(operand.variable, keys);
  return true;
}

function undefinedRef(ref: RefTerm): string {
  return `undefined ref: ${formatRef(ref)}`;
}

function calledAs(ref: RefTerm): string {
  const last = ref.operands[ref.operands.length - 1];
  const isUnnamed = last?.kind === "variable" && last.variable.name === "";
  const shown = isUnnamed ? { ...ref, operands: ref.operands.slice(0, -1) } : ref;
  return `function ${formatRef(shown)} used as reference, not called`;
}

/** A reference as OPA prints it, but for variables that have no name. */
export function formatRef({ root, operands }: RefTerm): string {
  let text = typeof root === "string" ? root : root.name;
  for (const operand of operands) {
    if (operand.kind === "variable") text += `[${operand.variable.name || "_"}]`;
    else if (operand.kind !== "constant") text += "[_]";
    else if (isComposite(operand)) text += `[${formatValue(operand.value)}]`;
    else text += formatOperand(operand.value as PathKey);
  }
  return text;
}
