import { RegoError, RegoErrors } from "../../errors.ts";
import type { Variable } from "../ir.ts";

interface Binding {
  /** JavaScript that gives the value: an identifier or a literal. */
  expression: string;
  /** How many loops of the body were open. */
  level: number;
}

/** The variables that have a value in the code that is open. */
export class Bindings {
  readonly #bound = new Map<Variable, Binding>();
  readonly #trail: Variable[] = [];

  has(variable: Variable): boolean {
    return this.#bound.has(variable);
  }

  bind(variable: Variable, expression: string, level: number): void {
    this.#bound.set(variable, { expression, level });
    this.#trail.push(variable);
  }

  /** Throws `RegoErrors` where there is none: the order of the body left a pattern that cannot be taken apart. */
  expression(variable: Variable): string {
    const bound = this.#bound.get(variable);
    if (bound === undefined) {
      throw new RegoErrors([new RegoError("rego_unsafe_var_error", `var ${variable.name} is unsafe`)]);
    }
    return bound.expression;
  }

  /** 0 for what is bound inside of the code that asks. */
  levelOf(variable: Variable): number {
    return this.#bound.get(variable)?.level ?? 0;
  }

  /** Names of the policy with the expressions of their values. */
  named(): [name: string, expression: string][] {
    const locals: [string, string][] = [];
    for (const [{ name, generated }, { expression }] of this.#bound) {
      if (!generated && name !== "_") locals.push([name, expression]);
    }
    return locals;
  }

  mark(): number {
    return this.#trail.length;
  }

  /** Forgets what was bound since the mark: the code that declares it is closed. */
  release(mark: number): void {
    for (const variable of this.#trail.splice(mark)) this.#bound.delete(variable);
  }
}
