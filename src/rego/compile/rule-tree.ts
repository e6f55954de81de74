import type { Location } from "../syntax/index.ts";
import { compareValues, type Value } from "../value/index.ts";
import { type DocumentKey, toDocumentKey, toKeyValue } from "./document-key.ts";
import { formatPath } from "./format-ref.ts";
import type { LoweredRule, WithTarget } from "./ir.ts";
import type { Problems } from "./problems.ts";

/** All rules that make one document, or one function. */
export interface Group {
  index: number;
  path: DocumentKey[];
  kind: "complete" | "set" | "object" | "function";
  arity: number;
  /** In the order of the modules; for an object, the rules of everything below are among them. */
  rules: LoweredRule[];
  /** The rule with `default`, which is not among `rules`. */
  default: LoweredRule | undefined;
}

export class TreeNode {
  readonly key: DocumentKey;
  readonly path: DocumentKey[];
  readonly children = new Map<DocumentKey, TreeNode>();
  readonly rules: LoweredRule[] = [];
  group: Group | undefined;

  constructor(key: DocumentKey, path: DocumentKey[]) {
    this.key = key;
    this.path = path;
  }

  child(key: Value): TreeNode | undefined {
    const known = toDocumentKey(key);
    return known === undefined ? undefined : this.children.get(known);
  }

  /** Children in OPA's order. */
  sorted(): TreeNode[] {
    return [...this.children.values()].sort((a, b) => compareValues(toKeyValue(a.key), toKeyValue(b.key)));
  }
}

export interface PackagePlace {
  path: readonly string[];
  location: Location;
}

/** The tree of documents that the rules make; checks that they do not contradict each other. */
export class RuleTree {
  readonly root = new TreeNode("data", []);
  readonly groups: Group[] = [];

  constructor(packages: readonly PackagePlace[], rules: readonly LoweredRule[], problems: Problems) {
    for (const { path } of packages) this.#ensure(path);
    for (const rule of rules) this.#ensure(rule.path).rules.push(rule);
    this.#checkConflicts(this.root, problems);
    this.#checkPackages(packages, problems);
    this.#group(this.root);
  }

  #ensure(path: readonly DocumentKey[]): TreeNode {
    let node = this.root;
    for (const key of path) {
      let child = node.children.get(key);
      if (child === undefined) {
        child = new TreeNode(key, [...node.path, key]);
        node.children.set(key, child);
      }
      node = child;
    }
    return node;
  }

  /** The node at a path, whatever is there. */
  find(path: readonly Value[]): TreeNode | undefined {
    let node: TreeNode | undefined = this.root;
    for (const key of path) {
      node = node.child(key);
      if (node === undefined) return undefined;
    }
    return node;
  }

  /** The function or document at exactly a path. */
  findGroup(path: readonly Value[]): Group | undefined {
    return this.find(path)?.group;
  }

  /** All groups at and below a node. */
  groupsBelow(node: TreeNode): Group[] {
    const found: Group[] = [];
    const visit = (current: TreeNode): void => {
      if (current.group !== undefined) found.push(current.group);
      for (const child of current.children.values()) visit(child);
    };
    visit(node);
    return found;
  }

  #group(node: TreeNode): void {
    if (node.rules.length > 0) {
      const rules = node.rules.some((rule) => rule.isGeneral) ? rulesBelow(node) : node.rules;
      const first = node.rules[0] as LoweredRule;
      const isObject = rules.some((rule) => rule.isGeneral);
      const kind = first.isFunction ? "function" : isObject ? "object" : first.isSet ? "set" : "complete";
      const group: Group = {
        index: this.groups.length,
        path: node.path,
        kind,
        arity: first.branches[0]?.args.length ?? 0,
        rules: rules.filter((rule) => !rule.isDefault),
        default: rules.find((rule) => rule.isDefault),
      };
      this.groups.push(group);
      node.group = group;
      if (isObject) return;
    }
    for (const child of node.children.values()) this.#group(child);
  }

  #checkConflicts(node: TreeNode, problems: Problems): void {
    if (node.rules.length > 0) checkNode(node, problems);
    for (const child of node.children.values()) this.#checkConflicts(child, problems);
  }

  #checkPackages(packages: readonly PackagePlace[], problems: Problems): void {
    for (const { path, location } of packages) {
      const rule = this.find(path)?.rules.find((candidate) => !candidate.isGeneral);
      if (rule === undefined) continue;
      const name = formatPath(path[0] ?? "", path.slice(1));
      const at = `${rule.location.file}:${rule.location.row}`;
      const message = `package ${name} conflicts with rule ${ruleName(rule)} defined at ${at}`;
      problems.add("rego_type_error", location, message);
    }
  }
}

function ruleName(rule: LoweredRule): string {
  const [first, ...rest] = rule.path.slice(rule.package.length);
  return formatPath(String(first ?? ""), rest);
}

function rulesBelow(node: TreeNode): LoweredRule[] {
  const rules = [...node.rules];
  for (const child of node.sorted()) rules.push(...rulesBelow(child));
  return rules;
}

function checkNode(node: TreeNode, problems: Problems): void {
  const first = node.rules[0] as LoweredRule;
  const last = node.rules[node.rules.length - 1] as LoweredRule;
  const isSomeGround = node.rules.some((rule) => !rule.isGeneral);
  if (isSomeGround && node.children.size > 0) {
    const conflicting = [...node.children.values()].flatMap(rulesBelow);
    if (conflicting.length > 0) {
      const names = [...new Set(conflicting.map((rule) => rule.text))].sort().join(" ");
      problems.add("rego_type_error", first.location, `rule ${last.text} conflicts with [${names}]`);
      return;
    }
  }
  const kinds = new Set(node.rules.map((rule) => rule.isSet));
  const arities = new Set(node.rules.map((rule) => rule.branches[0]?.args.length));
  const complete = node.rules.filter((rule) => !rule.isSet && !rule.isGeneral).length;
  const isMixed = complete > 0 && complete < node.rules.length;
  const isFunctionMixed = new Set(node.rules.map((rule) => rule.isFunction)).size > 1;
  if (kinds.size > 1 || arities.size > 1 || isMixed || isFunctionMixed) {
    problems.add("rego_type_error", first.location, `conflicting rules ${last.text} found`);
    return;
  }
  const defaults = node.rules.filter((rule) => rule.isDefault);
  if (defaults.length > 1) {
    const places = defaults.map((rule) => `${rule.location.file}:${rule.location.row}`).join(", ");
    // OPA reports it at the top of the package.
    const location = { ...first.location, row: 1, col: 1 };
    problems.add("rego_type_error", location, `multiple default rules ${first.text} found at ${places}`);
  }
}

/** How a replaced function is looked up at run time; undefined where the target is a document. */
export function mockKey(tree: RuleTree, target: WithTarget): string | undefined {
  if (target.kind === "builtin") return target.name;
  if (target.kind === "input") return undefined;
  const group = tree.findGroup(target.path);
  return group?.kind === "function" ? `#${group.index}` : undefined;
}
