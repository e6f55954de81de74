import { canonicalKey, type Value } from "../value/index.ts";
import { type CallMemo, type Context, type Memo, type Outcome, pendingMark, undefinedMark } from "./context.ts";
import type { State } from "./state.ts";

export type EvaluateDocument = (context: Context) => Outcome;
/** With the keys that the part of a document is looked for by: one, or the first few of its path. */
export type EvaluateKey = (context: Context, keys: readonly Value[]) => Outcome;
export type EvaluateCall = (context: Context, args: readonly Value[]) => Outcome;

/** Results of one function that are remembered for each of its first arguments: the rest is computed again. */
const maxRemembered = 100_000;

/** Keys of a document that are evaluated one by one before the whole is. */
const maxKeys = 4;

/** What emitted code looks documents and functions up with, so that each is evaluated once in its context. */
export function createMemos(state: State) {
  return {
    /** The value of a document that the context does not remember. */
    lookup(context: Context, rule: number, code: EvaluateDocument): Outcome {
      const owner = context.ownerOf(rule);
      let memo = owner.memo[rule];
      if (memo === undefined) {
        memo = toMemo(evaluate(state, owner, undefined, code));
        remember(state, owner, rule, memo);
      }
      if (owner !== context) remember(state, context, rule, memo);
      return memo === undefinedMark ? undefined : memo;
    },
    /** The part of a document that has to do with some keys; after a few of them the whole, where there is code for it. */
    lookupKey(
      context: Context,
      rule: number,
      keys: readonly Value[],
      code: EvaluateKey,
      whole?: EvaluateDocument,
    ): Outcome {
      const owner = context.ownerOf(rule);
      const memo = owner.memo[rule];
      if (memo !== undefined && memo !== pendingMark) return memo === undefinedMark ? undefined : memo;
      const level = memoOf(owner.keyed, rule);
      const position = toPosition(keys);
      if (whole !== undefined && level.size >= maxKeys && !level.has(position)) return whole(context);
      return recall(state, level, position, () => evaluate(state, owner, keys, code));
    },
    /** A function's result. Arguments that are collections are told apart by identity: that is quick, and often enough. */
    invoke(context: Context, rule: number, args: readonly Value[], code: EvaluateCall): Outcome {
      let owner = context.ownerOf(rule);
      // Results for arguments that came from an input must not outlive its evaluation.
      if (owner.parent === undefined) owner = state.run.root;
      const level = levelOf(memoOf(owner.calls, rule), args);
      return recall(state, level, args[args.length - 1] as Value, () => evaluate(state, owner, args, code));
    },
  };
}

/** A list that is the only key is another position than its members one after the other. */
function toPosition(keys: readonly Value[]): string {
  return keys.length === 1 ? canonicalKey(keys[0] as Value) : `#${canonicalKey(keys)}`;
}

function toMemo(outcome: Outcome): Memo {
  return outcome === undefined ? undefinedMark : outcome;
}

function evaluate<A>(
  state: State,
  context: Context,
  argument: A,
  code: (context: Context, argument: A) => Outcome,
): Outcome {
  state.descend();
  const outcome = code(context, argument);
  state.leave();
  return outcome;
}

/** What is pending is remembered until the next pass begins. */
function remember(state: State, context: Context, rule: number, memo: Memo): void {
  context.memo[rule] = memo;
  if (memo !== pendingMark) return;
  state.run.resets.push(() => {
    context.memo[rule] = undefined;
  });
}

function recall(state: State, level: CallMemo, key: Value, compute: () => Outcome): Outcome {
  const known = level.get(key) as Memo | undefined;
  if (known !== undefined) return known === undefinedMark ? undefined : known;
  const outcome = compute();
  if (level.size < maxRemembered) level.set(key, toMemo(outcome));
  if (outcome === pendingMark) {
    state.run.resets.push(() => {
      level.delete(key);
    });
  }
  return outcome;
}

function memoOf(maps: Map<number, CallMemo>, rule: number): CallMemo {
  let memo = maps.get(rule);
  if (memo === undefined) {
    memo = new Map();
    maps.set(rule, memo);
  }
  return memo;
}

/** The level of the last argument. */
function levelOf(memo: CallMemo, args: readonly Value[]): CallMemo {
  let level = memo;
  for (let index = 0; index < args.length - 1; index += 1) {
    const key = args[index] as Value;
    let next = level.get(key) as CallMemo | undefined;
    if (next === undefined) {
      next = new Map();
      level.set(key, next);
    }
    level = next;
  }
  return level;
}
