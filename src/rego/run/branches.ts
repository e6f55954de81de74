import type { Value } from "../value/index.ts";
import { type Context, type Outcome, pendingMark } from "./context.ts";
import { BranchSelector, type BranchTests, createMatcher, holds } from "./rule-index.ts";
import { eq } from "./values.ts";

/** A rule's branch as emitted code lists it: the code, what it demands of the values that are looked at, and its place. */
type Listed<Run> = readonly [run: Run, tests: BranchTests, chain: number, constant: number, at: number];
type RunBranch = (context: Context, args: readonly Value[]) => Outcome;
type RunMember<Builder> = (context: Context, builder: Builder) => boolean;

interface Branches<Run> {
  selector: BranchSelector;
  listed: readonly Listed<Run>[];
}

/** How emitted code enters the rules of large groups: those that the index leaves, in OPA's order. */
export function createBranches(conflict: (kind: "complete" | "function", at: number) => never) {
  return {
    holds,
    matcher: createMatcher,
    branches: <Run>(listed: readonly Listed<Run>[]): Branches<Run> => ({
      selector: new BranchSelector(listed.map(([, tests]) => tests)),
      listed,
    }),
    /**
     * The value of a complete rule or function. Branches of one chain exclude each other; of those with the same constant only
     * the first that is true, or may be, is entered.
     */
    choose(
      kind: "complete" | "function",
      { selector, listed }: Branches<RunBranch>,
      context: Context,
      values: readonly (Value | undefined)[],
      args: readonly Value[],
    ): Outcome {
      const entered = selector.select(values);
      const [first] = entered;
      if (first === undefined) return undefined;
      if (entered.length === 1) return (listed[first] as Listed<RunBranch>)[0](context, args);
      let found: Value | undefined;
      let isPending = false;
      let closed = -1;
      const settled = new Set<number>();
      for (const position of entered) {
        const [run, , chain, constant, at] = listed[position] as Listed<RunBranch>;
        if (chain === closed || settled.has(constant)) continue;
        const outcome = run(context, args);
        if (outcome === undefined) continue;
        closed = chain;
        if (constant >= 0) settled.add(constant);
        if (outcome === pendingMark) isPending = true;
        else if (found === undefined) found = outcome;
        else if (!eq(found, outcome)) conflict(kind, at);
      }
      return isPending ? pendingMark : found;
    },
    /** Adds the members of a partial rule; returns whether some are pending. */
    collect<Builder>(
      { selector, listed }: Branches<RunMember<Builder>>,
      context: Context,
      values: readonly (Value | undefined)[],
      builder: Builder,
    ): boolean {
      let isPending = false;
      for (const position of selector.select(values)) {
        const [run] = listed[position] as Listed<RunMember<Builder>>;
        if (run(context, builder)) isPending = true;
      }
      return isPending;
    },
  };
}
