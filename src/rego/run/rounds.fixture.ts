import { compileModules, type ExternalFunction } from "../compile/index.ts";
import { RegoError } from "../errors.ts";
import { parseModule } from "../syntax/index.ts";
import { fromJson, toJson } from "../value/index.ts";
import { loadPolicy } from "./load.ts";

/** A function that the host answers. */
export const fetchType: ExternalFunction = {
  name: "host.fetch",
  type: { args: [{ kind: "any" }], result: { kind: "any" } },
};

/** Evaluates `data.t.p`, answering every call with its argument, or what `answers` says: what each round asks, and the outcome. */
export function rounds(text: string, answers: Record<string, unknown> = {}, input: unknown = {}) {
  const compiled = compileModules([parseModule("t.rego", `package t\n\n${text}`)], {
    entrypoints: [["t", "p"]],
    externals: [fetchType],
  });
  const evaluation = loadPolicy(compiled).start({ nowNs: 1n, input: fromJson(input as never) });
  const asked: unknown[][] = [];
  try {
    for (;;) {
      const step = evaluation.step([["t", "p"]]);
      if (step.kind === "done") {
        const [value] = step.results;
        return { asked, value: value === undefined ? undefined : toJson(value), evaluations: evaluation.evaluations };
      }
      asked.push(step.calls.map(({ args }) => args[0]));
      for (const { key, args } of step.calls) {
        const name = String(args[0]);
        evaluation.answer(key, (name in answers ? answers[name] : args[0]) as never);
      }
    }
  } catch (thrown) {
    if (!(thrown instanceof RegoError)) throw thrown;
    return { asked, value: `${thrown.location?.row} ${thrown.code}`, evaluations: evaluation.evaluations };
  }
}
