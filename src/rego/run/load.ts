import type { CompiledPolicy } from "../compile/index.ts";
import { RegoObject } from "../value/index.ts";
import { Context } from "./context.ts";
import { listCounts } from "./counts.ts";
import { createEnvironment } from "./environment.ts";
import { createEvaluation } from "./evaluation.ts";
import type { LoadedPolicy, LoadOptions } from "./types.ts";

/**
 * Makes compiled policies ready to be evaluated, with their base documents and the host's functions. Documents that
 * depend on nothing else are evaluated once, by the first evaluation that needs them.
 */
export function loadPolicy(compiled: CompiledPolicy, options: LoadOptions = {}): LoadedPolicy {
  const environment = createEnvironment(compiled, options);
  const size = compiled.rules.length;
  const data = options.data ?? RegoObject.empty;
  const volatile = Uint8Array.from(compiled.rules, ({ shared }) => (shared ? 0 : 1));
  const createContext = () => new Context(undefined, new Uint8Array(size), { input: undefined, data, size });
  // Where errors of built-in functions are strict, a document can have another value.
  const lenient = createContext();
  const strict = createContext();
  return {
    start: (started) => {
      const context = started.strictBuiltinErrors === true ? strict : lenient;
      return createEvaluation(compiled, environment, { context, volatile }, started);
    },
    counts: () => listCounts(compiled, environment.counts),
    profile: () => environment.watch.times?.report() ?? { places: [], rules: [] },
    failures: () => environment.watch.failures?.report(),
  };
}
