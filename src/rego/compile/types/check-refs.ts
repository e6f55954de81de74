import type { Value } from "../../value/index.ts";
import { toKeyValue } from "../document-key.ts";
import type { RefTerm, Term } from "../ir.ts";
import { anyType, keysOf, select, stringType, type Type, unifies, valuesOf } from "./algebra.ts";
import { type Fault, keyFault, knownKeys, memberlessFault } from "./fault-details.ts";
import type { TypeScope } from "./scope.ts";
import { childOf, isComposite, isVariable, type TypeNode } from "./type-tree.ts";
import { unifyTerm } from "./unify.ts";

/** What is wrong with a reference, if something is; variables among its operands get the types of keys. */
export function checkRef(scope: TypeScope, ref: RefTerm): Fault | undefined {
  const { root } = ref;
  if (typeof root !== "string") {
    const known = scope.get(root);
    // What is indexed and not known yet is anything from here on.
    if (known === undefined) scope.set(root, anyType);
    return checkOperands(scope, known ?? anyType, ref, 0);
  }
  const override = scope.overrides?.get(root);
  if (override === undefined && (root === "input" || scope.tree.isEmpty)) return checkOperands(scope, anyType, ref, 0);
  if (override === undefined) return checkDocument(scope, ref);
  const type = scope.of(ref);
  if (type?.kind === "function") return memberlessFault(ref, ref.operands.length, type);
  return checkOperands(scope, override, ref, 0);
}

/** From `data` down to the document, or to where the tree of documents ends. */
function checkDocument(scope: TypeScope, ref: RefTerm): Fault | undefined {
  const { tree } = scope;
  let node = tree.root;
  for (const [index, operand] of ref.operands.entries()) {
    const isName = operand.kind === "variable" || (operand.kind === "constant" && typeof operand.value === "string");
    // Packages have names.
    if (index < 2 && !isName) {
      return keyFault(ref, index, { have: scope.of(operand), want: stringType, oneOf: keysOfNode(node) });
    }
    if (operand.kind === "variable") {
      const keys = keysOf(tree.extent(node));
      const known = scope.get(operand.variable);
      if (known === undefined) scope.set(operand.variable, keys);
      else if (!unifies(keys, known)) {
        return keyFault(ref, index, { have: known, want: keys, oneOf: keysOfNode(node) });
      }
    }
    const child = childOf(node, operand);
    // A base document: nothing is known of it.
    if (child === undefined) return checkOperands(scope, anyType, ref, 0);
    if (child.type !== undefined) {
      const isCallee = child.type.kind === "function" && index + 1 === ref.operands.length;
      return isCallee ? memberlessFault(ref, index + 1, child.type) : checkOperands(scope, child.type, ref, index + 1);
    }
    node = child;
  }
  return undefined;
}

function checkOperands(scope: TypeScope, start: Type, ref: RefTerm, from: number): Fault | undefined {
  let type: Type | undefined = start;
  for (let index = from; index < ref.operands.length; index += 1) {
    const operand = ref.operands[index] as Term;
    const keys: Type | undefined = keysOf(type);
    if (keys === undefined) return memberlessFault(ref, index, type);
    if (operand.kind === "constant" && !isComposite(operand)) {
      const member = select(type, operand.value);
      if (member === undefined) return keyFault(ref, index, { want: keys, oneOf: knownKeys(type) });
      type = member;
      continue;
    }
    if (!isKey(scope, operand, keys)) {
      const oneOf = operand.kind === "variable" ? knownKeys(type) : [];
      return keyFault(ref, index, { have: scope.of(operand), want: keys, oneOf });
    }
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

function keysOfNode(node: TypeNode): Value[] {
  return [...node.children.keys()].flatMap((key) => (isVariable(key) ? [] : [toKeyValue(key)]));
}
