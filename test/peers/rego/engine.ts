import {
  compileModules,
  fromJson,
  type LoadedPolicy,
  loadPolicy,
  parseModule,
  RegoError,
  RegoErrors,
  RegoObject,
  toJsonText,
} from "../../../src/rego/index.ts";
import type { Answer, Problem } from "./answers.ts";
import { library } from "./library.ts";

/** This project's engine, asked the way the server is asked. */
export class Engine {
  readonly #base: RegoObject;
  #policy: LoadedPolicy | undefined;

  constructor(base: unknown) {
    this.#base = RegoObject.from([["base", fromJson(base)]]);
  }

  put(module: string): readonly Problem[] | undefined {
    this.#policy = undefined;
    try {
      const modules = [parseModule("lib.rego", library), parseModule("p.rego", module)];
      const compiled = compileModules(modules, { entrypoints: "all" });
      this.#policy = loadPolicy(compiled, { data: this.#base });
      return undefined;
    } catch (thrown) {
      return toProblems(thrown);
    }
  }

  ask(path: string, input: unknown): Answer {
    const policy = this.#policy;
    if (policy === undefined) throw new Error("no program was put here");
    try {
      const evaluation = policy.start({ input: fromJson(input), nowNs: 0n });
      const step = evaluation.step([path === "" ? ["p"] : ["p", path]]);
      if (step.kind === "pending") throw new Error("something is pending");
      const [value] = step.results;
      return { value: value === undefined ? undefined : toJsonText(value) };
    } catch (thrown) {
      return { problems: toProblems(thrown) };
    }
  }
}

function toProblems(thrown: unknown): Problem[] {
  const errors = thrown instanceof RegoErrors ? thrown.errors : thrown instanceof RegoError ? [thrown] : undefined;
  if (errors === undefined) {
    return [{ code: "crash", row: 0, message: thrown instanceof Error ? (thrown.stack ?? "") : String(thrown) }];
  }
  return errors.map(({ code, message, location }) => ({ code, message, row: location?.row ?? 0 }));
}
