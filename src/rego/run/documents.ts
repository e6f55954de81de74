import { type CompiledPolicy, type DocumentKey, toDocumentKey, toKeyValue } from "../compile/index.ts";
import { ObjectBuilder, RegoObject, type Value } from "../value/index.ts";
import { type Context, type Outcome, pendingMark } from "./context.ts";
import { get, getPath, items, mergeObjects, mode } from "./values.ts";

/** A node of the tree of rules, as the run time walks it. */
export interface DocumentNode {
  index: number;
  path: readonly Value[];
  /** Index of the rule that is here, or -1. */
  rule: number;
  keys: readonly Value[];
  children: ReadonlyMap<DocumentKey, DocumentNode>;
}

/** A place in `data` that is made of rules and base documents. */
export class Place {
  readonly node: DocumentNode;
  readonly base: Value | undefined;

  constructor(node: DocumentNode, base: Value | undefined) {
    this.node = node;
    this.base = base;
  }
}

/** Evaluates a rule's document. */
export type EvaluateRule = (rule: number, context: Context) => Outcome;

/** Reads `data` where rules and base documents meet. */
export class Documents {
  readonly nodes: readonly DocumentNode[];
  readonly #evaluate: EvaluateRule;
  readonly #isFunction: (rule: number) => boolean;

  constructor(compiled: CompiledPolicy, evaluate: EvaluateRule) {
    this.nodes = toNodes(compiled);
    this.#evaluate = evaluate;
    this.#isFunction = (rule) => compiled.rules[rule]?.kind === "function";
  }

  /** The place of a node, or the base document where a `with` replaced it. */
  at(context: Context, index: number): Place | Value | undefined {
    const node = this.nodes[index] as DocumentNode;
    const base = getPath(context.data, node.path);
    return context.hidden?.has(index) === true ? base : new Place(node, base);
  }

  get(context: Context, place: Place | Value, key: Value): Place | Outcome {
    if (!(place instanceof Place)) return get(place, key);
    const base = place.base === undefined ? undefined : get(place.base, key);
    const child = childOf(place.node, key);
    if (child === undefined || context.hidden?.has(child.index) === true) return base;
    if (child.rule < 0) return new Place(child, base);
    return this.#isFunction(child.rule) ? undefined : this.#evaluate(child.rule, context);
  }

  /** Keys of the base document, then those of the rules; a key can come twice. */
  keys(place: Place | Value): readonly Value[] {
    const base = place instanceof Place ? place.base : place;
    const kind = base === undefined ? -1 : mode(base);
    const own = base === undefined ? [] : items(base, kind);
    const keys = kind === 0 ? own.map((_, index) => index) : own;
    return place instanceof Place ? [...keys, ...place.node.keys] : keys;
  }

  /** The whole document at a place. */
  value(context: Context, place: Place | Value): Outcome {
    if (!(place instanceof Place)) return place;
    const virtual = this.#leaves(context, place.node);
    if (virtual === pendingMark || place.base === undefined) return virtual;
    return place.base instanceof RegoObject ? mergeObjects(place.base, virtual) : place.base;
  }

  #leaves(context: Context, node: DocumentNode): RegoObject | typeof pendingMark {
    const builder = new ObjectBuilder();
    let isPending = false;
    for (const child of node.children.values()) {
      const { path, index, rule } = child;
      if (path.length === 1 && path[0] === "system") continue;
      if (context.hidden?.has(index) === true || (rule >= 0 && this.#isFunction(rule))) continue;
      const value = rule < 0 ? this.#leaves(context, child) : this.#evaluate(rule, context);
      if (value === pendingMark) isPending = true;
      else if (value !== undefined) builder.set(path[path.length - 1] as Value, value);
    }
    return isPending ? pendingMark : builder.build();
  }

  /** The nodes at and below a path. */
  below(path: readonly Value[]): DocumentNode[] {
    let node: DocumentNode | undefined = this.nodes[0];
    for (const key of path) node = node === undefined ? undefined : childOf(node, key);
    const found: DocumentNode[] = [];
    const visit = (current: DocumentNode): void => {
      found.push(current);
      for (const child of current.children.values()) visit(child);
    };
    if (node !== undefined) visit(node);
    return found;
  }
}

function childOf(node: DocumentNode, key: Value): DocumentNode | undefined {
  const known = toDocumentKey(key);
  return known === undefined ? undefined : node.children.get(known);
}

function toNodes(compiled: CompiledPolicy): DocumentNode[] {
  const nodes: DocumentNode[] = [];
  const visit = (index: number, path: readonly Value[]): DocumentNode => {
    const { rule, keys, children } = compiled.nodes[index] as CompiledPolicy["nodes"][number];
    const map = new Map<DocumentKey, DocumentNode>();
    const node: DocumentNode = { index, path, rule, keys: keys.map(toKeyValue), children: map };
    nodes[index] = node;
    for (const [position, key] of keys.entries()) {
      map.set(key, visit(children[position] as number, [...path, toKeyValue(key)]));
    }
    return node;
  };
  visit(0, []);
  return nodes;
}
