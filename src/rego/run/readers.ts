import type { Value } from "../value/index.ts";
import { type Context, type Outcome, undefinedMark } from "./context.ts";
import type { createMemos, EvaluateCall, EvaluateDocument, EvaluateKey } from "./memos.ts";

type Memos = ReturnType<typeof createMemos>;
type Caller = (context: Context, ...args: readonly Value[]) => Outcome;

/**
 * Makes the functions that emitted code reads documents and calls functions with, out of those that evaluate. All documents
 * share one code: V8 compiles it once. With `isTold` the memos are asked also for what is remembered.
 */
export function createReaders({ lookup, lookupKey, invoke }: Memos, isTold: boolean) {
  return {
    reader: (rule: number, code: EvaluateDocument): EvaluateDocument =>
      isTold
        ? (context) => lookup(context, rule, code)
        : (context) => {
            const known = context.memo[rule];
            if (known === undefined) return lookup(context, rule, code);
            return known === undefinedMark ? undefined : known;
          },
    keyReader:
      (rule: number, code: EvaluateKey, whole?: EvaluateDocument): EvaluateKey =>
      (context, keys) =>
        lookupKey(context, rule, keys, code, whole),
    caller(rule: number, arity: number, code: EvaluateCall): Caller {
      // Without rest parameters, which cost a list more.
      switch (arity) {
        case 1:
          return (context, x0) => invoke(context, rule, [x0 as Value], code);
        case 2:
          return (context, x0, x1) => invoke(context, rule, [x0 as Value, x1 as Value], code);
        case 3:
          return (context, x0, x1, x2) => invoke(context, rule, [x0 as Value, x1 as Value, x2 as Value], code);
        default:
          return (context, ...args) => invoke(context, rule, args, code);
      }
    },
  };
}
