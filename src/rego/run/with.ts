import { type CompiledPolicy, toKeyValue } from "../compile/index.ts";
import type { Value } from "../value/index.ts";
import { Context, type Memo, Replacement, undefinedMark } from "./context.ts";
import type { DocumentNode, Documents } from "./documents.ts";
import { getPath, patch } from "./values.ts";

/** Enters a `with`: the context in which its targets have the given values. */
export type EnterWith = (context: Context, site: number, values: readonly (Value | Replacement)[]) => Context;

interface Site {
  targets: readonly Target[];
  affected: Uint8Array;
}

type Target =
  | { kind: "input"; path: readonly Value[] }
  | { kind: "data"; path: readonly Value[]; nodes: readonly DocumentNode[] }
  | { kind: "function"; key: string };

/** Prepares what all `with` of a policy set need. */
export function createWith(compiled: CompiledPolicy, documents: Documents, same: (value: Value) => Value): EnterWith {
  const effects = compiled.effects.map((rules) => {
    const affected = new Uint8Array(compiled.rules.length);
    for (const rule of rules) affected[rule] = 1;
    return affected;
  });
  const sites = compiled.withs.map((site): Site => {
    const targets = site.targets.map((target): Target => {
      if (target.kind === "function") return target;
      const path = target.path.map(toKeyValue);
      return target.kind === "input" ? { kind: "input", path } : { kind: "data", path, nodes: documents.below(path) };
    });
    return { targets, affected: effects[site.effects] as Uint8Array };
  });
  const plain: EnterWith = (parent, index, values) => enter(parent, sites[index] as Site, values);
  return compiled.externals.length === 0 ? plain : createRemembering(plain, same);
}

/** Contexts that are remembered below one context. */
const maxEntered = 1_000;

type Entered = Map<Value | number, Entered | Context>;

/** Enters a context again in the next pass: what was complete in it is not evaluated twice. */
function createRemembering(plain: EnterWith, same: (value: Value) => Value): EnterWith {
  const known = new WeakMap<Context, { entered: Entered; size: number }>();
  return (parent, index, values) => {
    // What was loaded is evaluated in one pass; functions are made anew each time.
    if (parent.parent === undefined || values.some((value) => value instanceof Replacement)) {
      return plain(parent, index, values);
    }
    let below = known.get(parent);
    if (below === undefined) {
      below = { entered: new Map(), size: 0 };
      known.set(parent, below);
    }
    const keys = [index, ...(values as readonly Value[]).map(same)];
    const last = keys.pop() as Value;
    let level = below.entered;
    for (const key of keys) {
      let next = level.get(key) as Entered | undefined;
      if (next === undefined) {
        next = new Map();
        if (below.size < maxEntered) level.set(key, next);
      }
      level = next;
    }
    let context = level.get(last) as Context | undefined;
    if (context === undefined) {
      context = plain(parent, index, values);
      if (below.size < maxEntered) level.set(last, context);
      below.size += 1;
    }
    return context;
  };
}

function enter(parent: Context, { targets, affected }: Site, values: readonly (Value | Replacement)[]): Context {
  let { input, data } = parent;
  let mocks: Map<string, Value | Replacement> | undefined;
  const hidden = new Map<number, DocumentNode>();
  for (const [position, target] of targets.entries()) {
    const value = values[position] as Value;
    if (target.kind === "input") input = patch(input, target.path, value);
    else if (target.kind === "data") {
      data = patch(data, target.path, value);
      for (const node of target.nodes) hidden.set(node.index, node);
    } else {
      mocks ??= new Map(parent.mocks);
      mocks.set(target.key, values[position] as Value | Replacement);
    }
  }
  const context = new Context(parent, affected, { input, data, size: parent.memo.length });
  if (mocks !== undefined) {
    context.mocks = mocks;
    context.mockEffects = join(parent.mockEffects, affected);
  }
  if (hidden.size > 0) {
    context.hidden = new Set([...(parent.hidden ?? []), ...hidden.keys()]);
    const presets = new Map<number, Memo>(parent.presets);
    for (const { rule, path } of hidden.values()) {
      if (rule >= 0) presets.set(rule, toMemo(getPath(data, path)));
    }
    context.presets = presets;
  }
  for (const [rule, memo] of context.presets ?? []) context.memo[rule] = memo;
  return context;
}

function join(first: Uint8Array | undefined, second: Uint8Array): Uint8Array {
  if (first === undefined) return second;
  return second.map((mark, index) => mark | (first[index] as number));
}

function toMemo(value: Value | undefined): Memo {
  return value === undefined ? undefinedMark : value;
}
