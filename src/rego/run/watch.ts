import type { CompiledPolicy } from "../compile/index.ts";
import type { Context, Outcome } from "./context.ts";
import { Failures } from "./failures.ts";
import type { createMemos } from "./memos.ts";
import { Times } from "./times.ts";

type Memos = ReturnType<typeof createMemos>;

interface Watcher {
  around(rule: number, part: () => Outcome): Outcome;
  document(owner: Context, rule: number, part: (run: (evaluate: () => Outcome) => Outcome) => Outcome): Outcome;
}

export interface Watch {
  times?: Times;
  failures?: Failures;
  /** What documents and functions are looked up with. */
  memos: Memos;
  /** What emitted code calls. */
  kit: Partial<Pick<Times, "at" | "solved" | "began"> & Pick<Failures, "failed">>;
}

/** Who takes what watching code reports, if there is one. */
export function createWatch(compiled: CompiledPolicy, memos: Memos): Watch {
  if (compiled.watch === "times") {
    const times = new Times(compiled);
    return {
      times,
      memos: watchMemos(memos, times),
      kit: { at: times.at, solved: times.solved, began: times.began },
    };
  }
  if (compiled.watch === "failures") {
    const failures = new Failures(compiled);
    return { failures, memos: watchMemos(memos, failures), kit: { at: failures.at, failed: failures.failed } };
  }
  return { memos, kit: {} };
}

/** Tells the watcher where documents and functions are evaluated. */
function watchMemos(memos: Memos, watcher: Watcher): Memos {
  return {
    lookup: (context, rule, code) =>
      watcher.document(context.ownerOf(rule), rule, (run) => memos.lookup(context, rule, (c) => run(() => code(c)))),
    lookupKey: (context, rule, keys, code) =>
      memos.lookupKey(context, rule, keys, (c, k) => watcher.around(rule, () => code(c, k))),
    invoke: (context, rule, args, code) =>
      memos.invoke(context, rule, args, (c, a) => watcher.around(rule, () => code(c, a))),
  };
}
