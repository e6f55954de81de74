import { type DocumentKey, toDocumentKey } from "./document-key.ts";
import type { Branch, Callee, LoweredRule, RefTerm, Statement, Term } from "./ir.ts";
import type { Problems } from "./problems.ts";
import type { Group, RuleTree, TreeNode } from "./rule-tree.ts";
import { walkBody, walkTerm } from "./walk.ts";

/** What a rule, or all rules of a group, look at. */
export interface Facts {
  groups: Set<Group>;
  /** Whether `input` is read. */
  input: boolean;
  /** Paths below `data` that are read, up to the first operand that is not constant. */
  data: (DocumentKey | undefined)[][];
  /** Names of functions that are no rules. */
  functions: Set<string>;
}

/** What each group depends on, directly. */
export class Dependencies {
  readonly #tree: RuleTree;
  readonly #facts = new Map<Group, Facts>();
  readonly #groupOfRule = new Map<LoweredRule, Group>();
  readonly #dependents = new Map<Group, Set<Group>>();
  /** What each rule uses, and each of its branches. */
  readonly #rules = new Map<LoweredRule, Set<LoweredRule>>();
  readonly #branches = new Map<Branch, Set<LoweredRule>>();

  constructor(tree: RuleTree) {
    this.#tree = tree;
    for (const group of tree.groups) for (const rule of rulesOf(group)) this.#groupOfRule.set(rule, group);
    for (const group of tree.groups) {
      const facts: Facts = { groups: new Set(), input: false, data: [], functions: new Set() };
      for (const rule of rulesOf(group)) this.#addRule(rule, facts);
      this.#facts.set(group, facts);
      for (const other of facts.groups) this.#addDependent(other, group);
    }
  }

  #addDependent(used: Group, user: Group): void {
    const known = this.#dependents.get(used);
    if (known === undefined) this.#dependents.set(used, new Set([user]));
    else known.add(user);
  }

  #addRule(rule: LoweredRule, facts: Facts): void {
    const all = new Set<LoweredRule>();
    for (const branch of rule.branches) {
      const rules = rule.branches.length === 1 ? all : new Set<LoweredRule>();
      for (const term of headTerms(branch)) this.#addTerm(term, facts, rules);
      this.#addBody(branch.body, facts, rules);
      this.#branches.set(branch, rules);
      if (rules !== all) for (const other of rules) all.add(other);
    }
    this.#rules.set(rule, all);
  }

  /** The facts of a query's body. */
  ofBody(body: readonly Statement[]): Facts {
    const facts: Facts = { groups: new Set(), input: false, data: [], functions: new Set() };
    this.#addBody(body, facts, new Set());
    return facts;
  }

  #addBody(body: readonly Statement[], facts: Facts, rules: Set<LoweredRule>): void {
    walkBody(body, {
      statement: (statement) => {
        if (statement.kind === "call") this.#addCallee(statement.callee, facts, rules);
        for (const { target, value, location } of statement.with) {
          if (value.kind === "function") this.#addCallee(value.callee, facts, rules);
          if (target.kind !== "data") continue;
          const operands = target.path.map((key): Term => ({ kind: "constant", value: key, location }));
          for (const rule of this.#referred(operands)) rules.add(rule);
        }
      },
      term: (term) => this.#addRef(term, facts, rules),
    });
  }

  #addTerm(term: Term, facts: Facts, rules: Set<LoweredRule>): void {
    walkTerm(term, { term: (inner) => this.#addRef(inner, facts, rules) });
  }

  #addCallee(callee: Callee, facts: Facts, rules: Set<LoweredRule>): void {
    if (callee.kind === "builtin") {
      facts.functions.add(callee.name);
      return;
    }
    const group = this.#tree.findGroup(callee.path);
    if (group === undefined) return;
    facts.groups.add(group);
    for (const rule of rulesOf(group)) rules.add(rule);
  }

  #addRef(term: Term, facts: Facts, rules: Set<LoweredRule>): void {
    if (term.kind !== "ref") return;
    if (term.root === "input") facts.input = true;
    if (term.root !== "data") return;
    facts.data.push(constantPrefix(term));
    const direct = this.#direct(term);
    if (direct !== undefined) {
      facts.groups.add(direct);
      for (const rule of rulesOf(direct)) rules.add(rule);
      return;
    }
    for (const rule of this.#referred(term.operands)) {
      rules.add(rule);
      const group = this.#groupOfRule.get(rule);
      if (group !== undefined) facts.groups.add(group);
    }
  }

  /** The group that a reference names, where nothing but its rules can be meant. */
  #direct({ operands }: RefTerm): Group | undefined {
    let node = this.#tree.root;
    for (const operand of operands) {
      if (operand.kind !== "constant") return undefined;
      const child = node.child(operand.value);
      if (child === undefined) return undefined;
      if (child.group !== undefined) return child.children.size === 0 ? child.group : undefined;
      node = child;
    }
    return undefined;
  }

  /** All rules that a reference may get to. */
  #referred(operands: readonly Term[]): Set<LoweredRule> {
    const found = new Set<LoweredRule>();
    const visit = (node: TreeNode, index: number): void => {
      const operand = operands[index];
      if (operand === undefined) {
        const below = (current: TreeNode): void => {
          for (const rule of current.rules) found.add(rule);
          for (const child of current.children.values()) below(child);
        };
        below(node);
        return;
      }
      const children =
        operand.kind === "constant"
          ? [node.child(operand.value)].filter((child) => child !== undefined)
          : [...node.children.values()];
      for (const child of children) {
        for (const rule of child.rules) found.add(rule);
        visit(child, index + 1);
      }
    };
    visit(this.#tree.root, 0);
    return found;
  }

  factsOf(group: Group): Facts {
    return this.#facts.get(group) as Facts;
  }

  /** The groups that the given ones depend on, directly or not, and themselves. */
  reachable(start: Iterable<Group>): Set<Group> {
    const found = new Set<Group>(start);
    for (const group of found) for (const other of this.factsOf(group).groups) found.add(other);
    return found;
  }

  /** The groups that satisfy a condition or depend on one that does. */
  affected(isCause: (group: Group, facts: Facts) => boolean): Set<Group> {
    const found = new Set<Group>();
    for (const [group, facts] of this.#facts) if (isCause(group, facts)) found.add(group);
    for (const group of found) for (const other of this.#dependents.get(group) ?? []) found.add(other);
    return found;
  }

  /** All rules, each after those that it uses. */
  rulesInOrder(): Set<LoweredRule> {
    const done = new Set<LoweredRule>();
    const entered = new Set<LoweredRule>();
    const visit = (rule: LoweredRule): void => {
      if (entered.has(rule)) return;
      entered.add(rule);
      for (const other of this.#rules.get(rule) ?? []) visit(other);
      done.add(rule);
    };
    for (const rule of this.#rules.keys()) visit(rule);
    return done;
  }

  /** Reports rules that need themselves. */
  checkRecursion(problems: Problems): void {
    for (const rule of this.#recursiveRules()) {
      for (const branch of rule.branches) {
        const path = this.#pathToSelf(rule, branch);
        if (path === undefined) continue;
        const text = path.map((step) => step.text).join(" -> ");
        problems.add("rego_recursion_error", branch.location, `rule ${rule.text} is recursive: ${text}`);
      }
    }
  }

  /** Rules left after taking away, again and again, those that use none of the rest, or that none of the rest uses. */
  #recursiveRules(): Set<LoweredRule> {
    const open = new Map<LoweredRule, number>();
    const users = new Map<LoweredRule, LoweredRule[]>();
    for (const [rule, used] of this.#rules) {
      open.set(rule, used.size);
      for (const other of used) {
        const list = users.get(other);
        if (list === undefined) users.set(other, [rule]);
        else list.push(rule);
      }
    }
    const done = [...open].filter(([, count]) => count === 0).map(([rule]) => rule);
    for (const rule of done) {
      open.delete(rule);
      for (const user of users.get(rule) ?? []) {
        const count = (open.get(user) ?? 0) - 1;
        open.set(user, count);
        if (count === 0) done.push(user);
      }
    }
    return new Set(open.keys());
  }

  /** From one of a rule's branches to the rule. */
  #pathToSelf(rule: LoweredRule, branch: Branch): LoweredRule[] | undefined {
    const cameFrom = new Map<LoweredRule, LoweredRule>();
    const queue = [rule];
    for (const current of queue) {
      const used = current === rule ? this.#branches.get(branch) : this.#rules.get(current);
      for (const next of used ?? []) {
        if (next === rule) {
          const path = [rule];
          for (let step = current; step !== rule; step = cameFrom.get(step) as LoweredRule) path.unshift(step);
          return [rule, ...path];
        }
        if (cameFrom.has(next)) continue;
        cameFrom.set(next, current);
        queue.push(next);
      }
    }
    return undefined;
  }

  /** Groups that depend on themselves, though none of their rules does. */
  selfDependent(): Group[] {
    const open = new Map<Group, number>();
    for (const [group, facts] of this.#facts) open.set(group, facts.groups.size);
    const done = [...open].filter(([, count]) => count === 0).map(([group]) => group);
    for (const group of done) {
      open.delete(group);
      for (const user of this.#dependents.get(group) ?? []) {
        const count = (open.get(user) ?? 0) - 1;
        open.set(user, count);
        if (count === 0) done.push(user);
      }
    }
    return [...open.keys()].filter((group) => this.reachable(this.factsOf(group).groups).has(group));
  }
}

export function rulesOf(group: Group): LoweredRule[] {
  return group.default === undefined ? group.rules : [...group.rules, group.default];
}

function headTerms(branch: Branch): Term[] {
  return [...branch.args, ...branch.ref, branch.key, branch.value].filter((term) => term !== undefined);
}

function constantPrefix(ref: RefTerm): (DocumentKey | undefined)[] {
  const path: (DocumentKey | undefined)[] = [];
  for (const operand of ref.operands) {
    if (operand.kind !== "constant") break;
    path.push(toDocumentKey(operand.value));
  }
  return path;
}
