import type { Dependencies, Facts } from "../dependencies.ts";
import { type DocumentKey, toDocumentKey } from "../document-key.ts";
import type { FunctionTable } from "../functions.ts";
import type { LoweredRule, Term, WithTarget } from "../ir.ts";
import type { Group, RuleTree, TreeNode } from "../rule-tree.ts";
import { areVirtual } from "./subjects.ts";
import type { Keyed, Plan } from "./unit.ts";

/** Works out what the emitter must know: what can be pending, what `with` changes, what is shared. */
export function createPlan(
  tree: RuleTree,
  functions: FunctionTable,
  dependencies: Dependencies,
  mocked: ReadonlySet<string>,
): Omit<Plan, "watch"> & { nodes: readonly TreeNode[] } {
  const pending = dependencies.affected((_, facts) => hasKind(facts, functions, "external"));
  const nodes: TreeNode[] = [];
  const indices = new Map<TreeNode, number>();
  const visit = (node: TreeNode): void => {
    indices.set(node, nodes.length);
    nodes.push(node);
    for (const child of node.sorted()) visit(child);
  };
  visit(tree.root);
  const effects = new Map<string, readonly number[]>();
  return {
    tree,
    functions,
    pending,
    keyed: keyedGroups(tree, [...dependencies.selfDependent(), ...pending]),
    mocked,
    nodes,
    readsDocuments: (group) => readsDocuments(dependencies.factsOf(group), tree),
    nodeIndex: (node) => indices.get(node) as number,
    effectsOf: (targets) => {
      const key = JSON.stringify(targets);
      let found = effects.get(key);
      if (found === undefined) {
        const affected = dependencies.affected((group, facts) =>
          targets.some((target) => isChanged(group, facts, target, tree)),
        );
        found = [...affected].map(({ index }) => index).sort((a, b) => a - b);
        effects.set(key, found);
      }
      return found;
    },
  };
}

function readsDocuments({ input, data }: Facts, tree: RuleTree): boolean {
  return input || data.some((path) => !areVirtual(tree, path));
}

/** Whether a group's value can differ from one evaluation to the next with the same data. */
export function isVolatile(facts: Facts, functions: FunctionTable): boolean {
  if (facts.input) return true;
  for (const name of facts.functions) {
    const known = functions.get(name);
    if (known?.nondeterministic === true || known?.kind === "external") return true;
  }
  return false;
}

/** Partial rules that are asked for one key: those that must be, and those with constant keys, which exclude each other. */
function keyedGroups(tree: RuleTree, needed: readonly Group[]): Map<Group, Keyed> {
  const keyed = new Map<Group, Keyed>();
  for (const group of tree.groups) {
    if (group.kind !== "object" && group.kind !== "set") continue;
    const constant = group.rules.filter((rule) => keyOf(group, rule)?.kind === "constant").length;
    if (constant > 0 && group.rules.length > 1) keyed.set(group, { isFew: constant < group.rules.length, most: 1 });
  }
  for (const group of needed) {
    if (group.kind === "object" || group.kind === "set") keyed.set(group, { isFew: false, most: mostKeys(group) });
  }
  return keyed;
}

/** How many keys the path to a value has at most; the member that a rule adds to a set is the last of them. */
function mostKeys(group: Group): number {
  if (group.kind === "set") return 1;
  const lengths = group.rules.map(({ branches, isSet, package: { length } }) => {
    return (branches[0]?.ref.length ?? 0) - (group.path.length - length) + (isSet ? 1 : 0);
  });
  return Math.max(1, ...lengths);
}

/** The first key that a rule gives a value to, or the member that it adds. */
function keyOf(group: Group, rule: LoweredRule): Term | undefined {
  const [branch] = rule.branches;
  return group.kind === "set" ? branch?.key : branch?.ref[group.path.length - rule.package.length];
}

function hasKind(facts: Facts, functions: FunctionTable, kind: "external" | "pure"): boolean {
  for (const name of facts.functions) if (functions.get(name)?.kind === kind) return true;
  return false;
}

/** Whether a group itself reads, calls or is what a `with` replaces. */
function isChanged(group: Group, facts: Facts, target: WithTarget, tree: RuleTree): boolean {
  if (target.kind === "input") return facts.input;
  if (target.kind === "builtin") return facts.functions.has(target.name);
  const path = target.path.map(toDocumentKey);
  if (startsWith(group.path, path)) return true;
  const replaced = tree.findGroup(target.path);
  if (replaced !== undefined) return facts.groups.has(replaced);
  return facts.data.some((read) => startsWith(read, path) || startsWith(path, read));
}

function startsWith(path: readonly (DocumentKey | undefined)[], prefix: readonly (DocumentKey | undefined)[]): boolean {
  return path.length >= prefix.length && prefix.every((key, index) => path[index] === key);
}
