import { compareValues, type Value } from "../../value/index.ts";
import { type DocumentKey, toDocumentKey, toKeyValue } from "../document-key.ts";
import type { Term, Variable } from "../ir.ts";
import { anyType, type ObjectType, or, select, stringType, type Type, typeOfValue, valuesOf } from "./algebra.ts";

/** A step of a rule's path: a key, or, in the paths of sets below a key that varies, the variable. */
export type TreeKey = DocumentKey | Variable;

/** A place in the tree of documents: a document or function has a type, what is only on the way to one has none. */
export class TypeNode {
  type: Type | undefined;
  readonly children = new Map<TreeKey, TypeNode>();
  /** The type of everything below, as of a version of the tree. */
  extent: { version: number; type: Type } | undefined;

  ensure(key: TreeKey): TypeNode {
    let child = this.children.get(key);
    if (child === undefined) {
      child = new TypeNode();
      this.children.set(key, child);
    }
    return child;
  }
}

/** The types of the documents and functions that were checked so far, as OPA's type environment has them. */
export class TypeTree {
  readonly root = new TypeNode();
  #version = 0;

  /** Whether nothing was checked yet. */
  get isEmpty(): boolean {
    return this.#version === 0;
  }

  /** What a rule gives is added to what others give at and around its path. */
  insert(path: readonly TreeKey[], type: Type): void {
    this.#version += 1;
    let node = this.root;
    for (const [index, key] of path.entries()) {
      const child = node.children.get(key);
      if (child?.type?.kind === "object" && index + 1 < path.length) {
        child.type = insertIntoObject(child.type, path.slice(index + 1), type);
      }
      node = child ?? node.ensure(key);
    }
    node.type = merge(node.type, type);
    if (type.kind !== "object" || node.children.size === 0) return;
    for (const [below, leaf] of leavesOf(node)) {
      if (node.type?.kind === "object") node.type = insertIntoObject(node.type, below, leaf);
    }
  }

  /** A rule with something wrong in it can be anything. */
  open(path: readonly TreeKey[]): void {
    this.#version += 1;
    let node = this.root;
    for (const key of path) node = node.ensure(key);
    node.type = anyType;
  }

  /** The type of the whole document at a node. */
  extent(node: TypeNode): Type {
    if (node.type !== undefined) return node.type;
    if (node.extent?.version === this.#version) return node.extent.type;
    const members: { key: Value; value: Type }[] = [];
    for (const [key, child] of node.children) {
      // OPA does not list null.
      if (key !== null && !isVariable(key)) members.push({ key: toKeyValue(key), value: this.extent(child) });
    }
    members.sort((a, b) => compareValues(a.key, b.key));
    const type: Type = { kind: "object", static: members, dynamic: { key: stringType, value: anyType } };
    node.extent = { version: this.#version, type };
    return type;
  }

  /** The type of what operands lead to from `data`; of what is no rule's document, anything is true. */
  typeAt(operands: readonly Term[]): Type | undefined {
    if (this.isEmpty) return anyType;
    let node = this.root;
    for (const [index, operand] of operands.entries()) {
      const child = childOf(node, operand);
      if (child !== undefined) node = child;
      else if (node.type !== undefined) return follow(node.type, operands.slice(index));
      else if (operand.kind === "constant") return anyType;
      else return follow(this.extent(node), operands.slice(index));
    }
    return this.extent(node);
  }

  /** The type of the function at a path. */
  functionAt(path: readonly string[]): Type | undefined {
    let node = this.root;
    for (const key of path) {
      const child = node.children.get(key);
      if (child === undefined) return node.type === undefined ? anyType : select(node.type, key);
      node = child;
    }
    return this.extent(node);
  }
}

/** The node below that a constant operand names. */
export function childOf(node: TypeNode, operand: Term): TypeNode | undefined {
  const key = operand.kind === "constant" ? toDocumentKey(operand.value) : undefined;
  return key === undefined ? undefined : node.children.get(key);
}

/** The type of what operands lead to. */
export function follow(start: Type, operands: readonly Term[]): Type | undefined {
  let type: Type | undefined = start;
  for (const operand of operands) {
    if (type === undefined) return undefined;
    type = operand.kind === "constant" && !isComposite(operand) ? select(type, operand.value) : valuesOf(type);
  }
  return type;
}

/** Whether a term is, or has the form of, a collection. */
export function isComposite(term: Term): boolean {
  if (term.kind !== "constant") return term.kind !== "variable";
  const { value } = term;
  return typeof value === "object" && value !== null && !("text" in value);
}

export function isVariable(key: TreeKey): key is Variable {
  return typeof key === "object" && key !== null;
}

function insertIntoObject(object: ObjectType, path: readonly TreeKey[], type: Type): ObjectType {
  const [key, ...rest] = path;
  if (key === undefined) return object;
  const keyType = isVariable(key) ? undefined : typeOfValue(toKeyValue(key));
  const value = rest.length === 0 ? type : insertIntoObject({ kind: "object", static: [] }, rest, type);
  const { dynamic } = object;
  return { ...object, dynamic: { key: or(dynamic?.key, keyType), value: or(dynamic?.value, value) } };
}

/** The documents below a node that have a type, with their paths from there. */
function leavesOf(node: TypeNode): [TreeKey[], Type][] {
  return [...node.children].flatMap(([key, child]): [TreeKey[], Type][] => {
    if (child.type !== undefined) return [[[key], child.type]];
    return leavesOf(child).map(([path, type]) => [[key, ...path], type]);
  });
}

/** What two rules at one path give together. */
function merge(a: Type | undefined, b: Type | undefined): Type | undefined {
  if (a === undefined) return b;
  if (b === undefined) return a;
  if (a.kind === "set" && b.kind === "set") return { kind: "set", of: or(a.of, b.of) };
  if (isMap(a) && isMap(b)) {
    const dynamic = { key: or(a.dynamic?.key, b.dynamic?.key), value: merge(a.dynamic?.value, b.dynamic?.value) };
    return { kind: "object", static: [], dynamic };
  }
  if (isMap(a) && b.kind === "anyOf") return mergeIntoUnion(b.of, a) ?? or(a, b);
  if (isMap(b) && a.kind === "anyOf") return mergeIntoUnion(a.of, b) ?? or(a, b);
  return or(a, b);
}

/** Objects without keys that are known beforehand are one object. */
function mergeIntoUnion(union: readonly Type[], map: ObjectType): Type | undefined {
  const index = union.findIndex(isMap);
  const member = union[index];
  if (member?.kind !== "object") return undefined;
  const key = or(member.dynamic?.key, map.dynamic?.key);
  const value = or(member.dynamic?.value, map.dynamic?.value);
  return { kind: "anyOf", of: union.with(index, { kind: "object", static: [], dynamic: { key, value } }) };
}

function isMap(type: Type): type is ObjectType {
  return type.kind === "object" && type.static.length === 0;
}
