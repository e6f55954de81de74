import type { Value } from "../../value/index.ts";
import { type DocumentKey, toDocumentKey } from "../document-key.ts";
import type { Term } from "../ir.ts";
import type { RuleTree } from "../rule-tree.ts";

/** What a condition looks at: a path below a document (without rules in its way), or a parameter by its position. */
export interface Subject {
  root: "input" | "data" | number;
  path: readonly Value[];
  /** Equal for equal subjects. */
  key: string;
  /** Row and column of the reference that was met first. */
  place: readonly [row: number, col: number];
}

export function argumentAt(position: number): Subject {
  return { root: position, path: [], key: `#${position}`, place: [0, position] };
}

/** Whether a rule is at, above or below the path. */
export function isVirtual(tree: RuleTree, path: readonly Value[]): boolean {
  return areVirtual(tree, path.map(toDocumentKey));
}

/** The same of a path's keys; undefined is a collection. */
export function areVirtual(tree: RuleTree, keys: readonly (DocumentKey | undefined)[]): boolean {
  let node = tree.root;
  for (const key of keys) {
    const child = key === undefined ? undefined : node.children.get(key);
    if (child === undefined) return false;
    if (child.rules.length > 0) return true;
    node = child;
  }
  return true;
}

/** Whether a path leads to a document of rules, or into one. */
export function isBelowRules(tree: RuleTree, path: readonly Value[]): boolean {
  let node = tree.root;
  for (const key of path) {
    const child = node.child(key);
    if (child === undefined) return false;
    if (child.group !== undefined) return true;
    node = child;
  }
  return false;
}

/** The keys at the beginning of a path, up to the first that is not constant. */
export function constantPath(operands: readonly Term[]): Value[] {
  const path: Value[] = [];
  for (const operand of operands) {
    if (operand.kind !== "constant") break;
    path.push(operand.value);
  }
  return path;
}
