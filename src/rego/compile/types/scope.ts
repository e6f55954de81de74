import type { RegoType } from "../../builtins/index.ts";
import type { ComprehensionTerm, PathKey, RefTerm, Term, Variable } from "../ir.ts";
import type { Group, RuleTree, TreeNode } from "../rule-tree.ts";
import { anyType, or, select, stringType, type Type, typeOfValue, unknownType, valuesOf } from "./algebra.ts";

/** The types of documents and functions that were checked so far. */
export class DocumentTypes {
  readonly #tree: RuleTree;
  readonly #types = new Map<Group, Type>();
  readonly #extents = new Map<TreeNode, RegoType>();

  constructor(tree: RuleTree) {
    this.#tree = tree;
  }

  /** Adds what a rule of the group gives. */
  add(group: Group, type: Type | undefined): void {
    const joined = or(this.#types.get(group), type);
    if (joined !== undefined) this.#types.set(group, joined);
  }

  /** Forgets what is known of a group: anything is right. */
  open(group: Group): void {
    this.#types.set(group, anyType);
  }

  of(group: Group): Type | undefined {
    return this.#types.get(group);
  }

  get root(): TreeNode {
    return this.#tree.root;
  }

  at(path: readonly PathKey[]): Group | undefined {
    return this.#tree.findGroup(path);
  }

  /** The type of the whole document at a node. */
  extent(node: TreeNode): Type {
    if (node.group !== undefined) return this.of(node.group) ?? anyType;
    let type = this.#extents.get(node);
    if (type === undefined) {
      const members = [...node.children.values()].map((child) => ({
        key: child.key,
        value: this.extent(child) as RegoType,
      }));
      type = { kind: "object", static: members, dynamic: { key: stringType, value: anyType } };
      this.#extents.set(node, type);
    }
    return type;
  }
}

/** What is known of a body's variables; the bodies of comprehensions see what is around them. */
export class TypeScope {
  readonly documents: DocumentTypes;
  readonly #types = new Map<Variable, Type>();
  readonly #outer: TypeScope | undefined;
  readonly #comprehensions: Map<ComprehensionTerm, Type | undefined>;

  constructor(documents: DocumentTypes, outer?: TypeScope) {
    this.documents = documents;
    this.#outer = outer;
    this.#comprehensions = outer === undefined ? new Map() : outer.#comprehensions;
  }

  get(variable: Variable): Type | undefined {
    return this.#types.get(variable) ?? this.#outer?.get(variable);
  }

  set(variable: Variable, type: Type): void {
    this.#types.set(variable, type);
  }

  setComprehension(term: ComprehensionTerm, type: Type | undefined): void {
    this.#comprehensions.set(term, type);
  }

  /** The type of a term, as far as it is known. */
  of(term: Term): Type | undefined {
    switch (term.kind) {
      case "constant":
        return typeOfValue(term.value);
      case "variable":
        return this.get(term.variable);
      case "array":
        return { kind: "array", static: term.items.map((item) => this.#member(item)) };
      case "set": {
        const of = term.items.map((item) => this.of(item)).reduce<Type | undefined>(or, undefined);
        return { kind: "set", of: of === undefined || of.kind === "function" ? anyType : of };
      }
      case "object":
        return this.#object(term);
      case "comprehension":
        return this.#comprehensions.get(term);
      case "ref":
        return this.#ref(term);
    }
  }

  #member(term: Term): RegoType {
    const type = this.of(term);
    return type === undefined || type.kind === "function" ? unknownType : type;
  }

  #object(term: Extract<Term, { kind: "object" }>): Type | undefined {
    const members: Extract<RegoType, { kind: "object" }>["static"][number][] = [];
    let dynamic: { key: RegoType; value: RegoType } | undefined;
    for (const [key, value] of term.pairs) {
      const type = this.#member(value);
      if (key.kind === "constant") members.push({ key: key.value, value: type });
      else dynamic = { key: this.#member(key), value: type };
    }
    return { kind: "object", static: members, ...(dynamic === undefined ? {} : { dynamic }) };
  }

  #ref({ root, operands }: RefTerm): Type | undefined {
    if (root === "input") return anyType;
    if (root !== "data") {
      const type = this.get(root);
      return type === undefined ? undefined : follow(type, operands);
    }
    let node = this.documents.root;
    for (const [index, operand] of operands.entries()) {
      if (node.group !== undefined || operand.kind !== "constant") {
        return follow(this.documents.extent(node), operands.slice(index));
      }
      const child = node.children.get(operand.value as PathKey);
      if (child === undefined) return anyType;
      node = child;
    }
    return this.documents.extent(node);
  }
}

/** The type of what operands lead to. */
function follow(start: Type, operands: readonly Term[]): Type | undefined {
  let type: Type | undefined = start;
  for (const operand of operands) {
    if (type === undefined || type === unknownType) return undefined;
    type = operand.kind === "constant" && !isComposite(operand) ? select(type, operand.value) : valuesOf(type);
  }
  return type;
}

export function isComposite(term: Term): boolean {
  if (term.kind !== "constant") return term.kind !== "variable";
  const { value } = term;
  return typeof value === "object" && value !== null && !("text" in value);
}
