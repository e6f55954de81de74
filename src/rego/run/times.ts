import type { CompiledPolicy, CompiledSite } from "../compile/index.ts";
import type { Context, Outcome } from "./context.ts";
import type { PlaceProfile, Profile, RuleProfile } from "./types.ts";

/** Nanoseconds in a millisecond. */
const nsPerMs = 1e6;

/**
 * What code reports that was compiled to be timed. Time belongs to the expression that was begun last, until the next one is begun
 * or the rule that it is in ends: what a rule takes that an expression asks for is not counted for the expression.
 */
export class Times {
  readonly #compiled: CompiledPolicy;
  readonly #evaluations: Float64Array;
  readonly #solutions: Float64Array;
  readonly #timesMs: Float64Array;
  readonly #bodies: Float64Array;
  #last = -1;
  #since = 0;

  constructor(compiled: CompiledPolicy) {
    this.#compiled = compiled;
    this.#evaluations = new Float64Array(compiled.sites.length);
    this.#solutions = new Float64Array(compiled.sites.length);
    this.#timesMs = new Float64Array(compiled.sites.length);
    this.#bodies = new Float64Array(compiled.watchedRules.length);
  }

  /** An expression is about to be evaluated. */
  readonly at = (site: number): void => {
    this.#switchTo(site);
    this.#evaluations[site] = (this.#evaluations[site] ?? 0) + 1;
  };

  /** An expression has a solution. */
  readonly solved = (site: number): void => {
    this.#solutions[site] = (this.#solutions[site] ?? 0) + 1;
  };

  /** A rule's body is about to be evaluated. */
  readonly began = (rule: number): void => {
    this.#bodies[rule] = (this.#bodies[rule] ?? 0) + 1;
  };

  /** Runs what evaluates a document or function; afterwards the time is that of the expression before. */
  around(_: number, part: () => Outcome): Outcome {
    const before = this.#last;
    const outcome = part();
    this.#switchTo(before);
    return outcome;
  }

  document(_: Context, rule: number, part: (run: (evaluate: () => Outcome) => Outcome) => Outcome): Outcome {
    return part((evaluate) => this.around(rule, evaluate));
  }

  #switchTo(site: number): void {
    const now = performance.now();
    if (this.#last >= 0) this.#timesMs[this.#last] = (this.#timesMs[this.#last] ?? 0) + now - this.#since;
    this.#last = site;
    this.#since = now;
  }

  /** Between two parts of an evaluation nothing is timed. */
  pause(): void {
    this.#switchTo(-1);
  }

  report(): Profile {
    return { places: this.#places(), rules: this.#rules() };
  }

  #places(): PlaceProfile[] {
    return this.#compiled.sites.flatMap(({ span: { file, row, col } }, index) => {
      const evaluations = this.#evaluations[index] ?? 0;
      if (evaluations === 0) return [];
      const timeNs = Math.round((this.#timesMs[index] ?? 0) * nsPerMs);
      return [{ location: { file, row, col }, timeNs, evaluations, solutions: this.#solutions[index] ?? 0 }];
    });
  }

  #rules(): RuleProfile[] {
    const rules = this.#compiled.watchedRules.map(({ path, location }, index) => ({
      path,
      location,
      timeNs: 0,
      evaluations: this.#bodies[index] ?? 0,
    }));
    for (const [index, site] of this.#compiled.sites.entries()) {
      const rule = rules[ruleOf(site)];
      if (rule !== undefined) rule.timeNs += Math.round((this.#timesMs[index] ?? 0) * nsPerMs);
    }
    return rules.filter(({ evaluations }) => evaluations > 0);
  }
}

/** Queries have no rule, and no file. */
function ruleOf({ span, rule }: CompiledSite): number {
  return span.file === "" ? -1 : rule;
}
