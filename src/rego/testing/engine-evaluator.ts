import type { Json } from "../../types/index.ts";
import { type CompileOptions, compileModules, type ExternalFunction, type PureFunction } from "../compile/index.ts";
import { RegoError } from "../errors.ts";
import { type EvaluationLimits, type LoadedPolicy, loadPolicy, type PendingCall } from "../run/index.ts";
import { toJson } from "../value/index.ts";
import type { CreateTestEvaluator, TestEvaluation } from "./ports.ts";

export interface EngineEvaluatorOptions {
  /** What `time.now_ns()` answers. */
  nowNs(): bigint;
  /** Functions of the host that need no waiting. */
  functions?: readonly PureFunction[];
  /** Functions of the host that are answered by `answer`; tests mostly replace them by `with`. */
  externals?: readonly ExternalFunction[];
  /** Answers a call; undefined where the function is not defined for the arguments. Default: every call is undefined. */
  answer?(call: PendingCall, signal: AbortSignal): Promise<Json | undefined>;
  /** Names of built-in functions that are an error. Default: none. */
  forbidden?: readonly string[];
  strict?: boolean;
  /** Bounds of one test. Default: five seconds, as in `opa test`. */
  limits?: EvaluationLimits;
}

const DEFAULT_TIME_MS = 5_000;

/** Notes of one test that are kept. */
const maxNotes = 1_000;

/** Evaluates tests with this project's engine. */
export function createEngineEvaluator(options: EngineEvaluatorOptions): CreateTestEvaluator {
  return ({ modules, documents, entrypoints, watch }) => {
    const notes: string[] = [];
    const functions = [...(options.functions ?? []), createTrace(notes)];
    const compileOptions: CompileOptions = {
      entrypoints,
      watch,
      forbidden: options.forbidden ?? [],
      functions,
      ...(options.externals === undefined ? {} : { externals: options.externals }),
      ...(options.strict === undefined ? {} : { strict: options.strict }),
    };
    const compiled = compileModules(modules, compileOptions);
    const policy = loadPolicy(compiled, { data: documents, functions });
    return {
      evaluate: (path, { signal }) => evaluate({ policy, notes }, path, options, signal),
      counts: () => policy.counts(),
      failures: () => policy.failures(),
    };
  };
}

/** OPA's function, which is true: what it is given goes to the notes. */
function createTrace(notes: string[]): PureFunction {
  return {
    name: "trace",
    type: { args: [{ kind: "string" }], result: { kind: "boolean" } },
    evaluate: ([note]) => {
      if (typeof note !== "string") return undefined;
      if (notes.length < maxNotes) notes.push(note);
      return true;
    },
  };
}

async function evaluate(
  { policy, notes }: { policy: LoadedPolicy; notes: string[] },
  path: readonly string[],
  options: EngineEvaluatorOptions,
  signal: AbortSignal,
): Promise<TestEvaluation> {
  let printed: string[] = [];
  const evaluation = policy.start({
    nowNs: options.nowNs(),
    limits: { timeMs: DEFAULT_TIME_MS, ...options.limits },
    print: (message) => printed.push(message),
  });
  const output = (): { output?: string } => (printed.length === 0 ? {} : { output: `${printed.join("\n")}\n` });
  try {
    for (;;) {
      signal.throwIfAborted();
      // What a pass printed that had to wait is printed again by the next.
      printed = [];
      notes.length = 0;
      const step = evaluation.step([path]);
      if (step.kind === "done") {
        const [value] = step.results;
        const seen = { ...output(), ...(notes.length === 0 ? {} : { notes: [...notes] }) };
        return { value: value === undefined ? undefined : toJson(value), defined: value !== undefined, ...seen };
      }
      const answers = await Promise.all(step.calls.map((call) => options.answer?.(call, signal)));
      for (const [index, call] of step.calls.entries()) evaluation.answer(call.key, answers[index]);
    }
  } catch (thrown) {
    if (!(thrown instanceof RegoError)) throw thrown;
    return { error: thrown, ...output() };
  }
}
