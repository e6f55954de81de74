import type { Json } from "../../types/index.ts";
import type { CompiledPolicy } from "../compile/index.ts";
import { RegoError } from "../errors.ts";
import { fromJson, isList, RegoObject, RegoSet, type Value } from "../value/index.ts";
import { Context, type Outcome, pendingMark } from "./context.ts";
import { type DocumentNode, Place } from "./documents.ts";
import type { Environment } from "./environment.ts";
import { defaultLimits, type Run } from "./state.ts";
import type { Evaluation, QuerySolution, StartOptions, StepResult } from "./types.ts";

/** Starts an evaluation below the context of the loaded data. */
export function createEvaluation(
  compiled: CompiledPolicy,
  environment: Environment,
  loaded: { context: Context; volatile: Uint8Array },
  options: StartOptions,
): Evaluation {
  const { state } = environment;
  const { data, memo } = loaded.context;
  const root = new Context(loaded.context, loaded.volatile, { input: options.input, data, size: memo.length });
  const run: Run = {
    limits: { ...defaultLimits, ...options.limits },
    root,
    builtins: { nowNs: options.nowNs, cache: new Map(), seed: options.seed ?? seedOf(options.nowNs) },
    strict: options.strictBuiltinErrors === true,
    print: options.print,
    answers: new Map(),
    noted: new Map(),
    kept: new Map(),
    resets: [],
    printed: new Map(),
    printedInPass: new Map(),
    evaluations: 0,
    steps: 0,
    spentMs: 0,
    depth: 0,
  };
  let passes = 0;
  environment.watch.failures?.reset();
  const pass = <T>(part: () => { outcome: T; isPending: boolean }): StepResult<T> => {
    passes += 1;
    if (passes > run.limits.maxPasses) {
      throw new RegoError("limit_passes", `evaluation took more than the ${run.limits.maxPasses} passes that it may`);
    }
    for (const reset of run.resets.splice(0)) reset();
    run.noted.clear();
    run.printedInPass.clear();
    const { outcome, isPending } = attempt(run, () => state.enter(run, part));
    environment.watch.times?.pause();
    if (outcome === undefined || run.noted.size > 0) return { kind: "pending", calls: [...run.noted.values()] };
    if (isPending) throw new Error("something is pending, but nothing was asked");
    return { kind: "done", results: outcome };
  };
  return {
    step: (entrypoints = compiled.entrypoints) =>
      pass(() => {
        const outcomes = entrypoints.map((path) => evaluatePath(environment, root, path));
        const results = outcomes.map((outcome) => (outcome === pendingMark ? undefined : outcome));
        assertSize(results, run.limits.maxOutput);
        return { outcome: results, isPending: outcomes.includes(pendingMark) };
      }),
    query: () =>
      pass(() => {
        const solutions: QuerySolution[] = [];
        const { query } = environment.emitted;
        if (query === undefined) throw new Error("no query was compiled");
        const isPending = query(root, (values, expressions) => {
          solutions.push({ bindings: toBindings(compiled, values), expressions });
          if (solutions.length > run.limits.maxOutput) throw outputError(run.limits.maxOutput);
        });
        return { outcome: solutions, isPending };
      }),
    answer: (key: string, value: Json | undefined) => {
      run.answers.set(key, value === undefined ? undefined : fromJson(value));
    },
    get evaluations() {
      return run.evaluations;
    },
    get passes() {
      return passes;
    },
  };
}

/**
 * What a part of the evaluation gives; no outcome where it ends with an error of the policy while something is pending: with the
 * answers at hand the evaluation may never come to it.
 */
function attempt<T>(
  run: Run,
  part: () => { outcome: T; isPending: boolean },
): { outcome: T | undefined; isPending: boolean } {
  try {
    return part();
  } catch (thrown) {
    if (run.noted.size === 0 || !(thrown instanceof RegoError) || !thrown.code.startsWith("eval_")) throw thrown;
    return { outcome: undefined, isPending: true };
  }
}

function toBindings(compiled: CompiledPolicy, values: readonly Value[]): (readonly [string, Value])[] {
  const names = compiled.query?.variables ?? [];
  return names.flatMap((name, index) => {
    const value = values[index];
    return value === undefined ? [] : [[name, value] as const];
  });
}

function evaluatePath({ documents }: Environment, context: Context, path: readonly string[]): Outcome {
  let place: Place | Value | undefined = new Place(documents.nodes[0] as DocumentNode, context.data);
  for (const key of path) {
    const next: Place | Outcome = documents.get(context, place, key);
    if (next === undefined || next === pendingMark) return next;
    place = next;
  }
  return documents.value(context, place);
}

function seedOf(nowNs: bigint): Uint8Array {
  const seed = new Uint8Array(16);
  new DataView(seed.buffer).setBigUint64(0, BigInt.asUintN(64, nowNs));
  return seed;
}

/** Throws RegoError (limit_output) where values have more members, at any depth, than they may. */
function assertSize(values: readonly (Value | undefined)[], max: number): void {
  const open: (Value | undefined)[] = [...values];
  let count = 0;
  while (open.length > 0) {
    const value = open.pop();
    count += 1;
    if (count > max) throw outputError(max);
    if (typeof value !== "object" || value === null) continue;
    if (isList(value) || value instanceof RegoSet)
      for (const item of isList(value) ? value : value.unordered()) open.push(item);
    else if (value instanceof RegoObject) for (const key of value.unorderedKeys()) open.push(value.get(key));
  }
}

function outputError(max: number): RegoError {
  return new RegoError("limit_output", `results have more than the ${max} members that they may`);
}
