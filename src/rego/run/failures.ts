import type { CompiledPolicy, CompiledSite } from "../compile/index.ts";
import { RegoObject, RegoSet, type Value } from "../value/index.ts";
import { type Context, type Outcome, pendingMark } from "./context.ts";
import type { FailedRule, Failure } from "./types.ts";

/** Failures that are kept of one evaluation of a rule: the latest ones. */
const maxFailures = 10_000;
/** Failures that are kept of all rules together. */
const maxKept = 200_000;
/** Rules without a result that are kept for each evaluation of a rule: the latest ones. */
const maxInner = 64;

/** Evaluates what is not remembered. */
type Run = (evaluate: () => Outcome) => Outcome;

interface Frame {
  rule: number;
  /** The expression that is being evaluated. */
  site: number;
  failures: Failure[];
  inner: FailedRule[];
}

/** What code reports that was compiled to tell which expressions are not true. */
export class Failures {
  readonly #compiled: CompiledPolicy;
  /** What was found when a document was evaluated: it is remembered as long as its value is. */
  readonly #known = new WeakMap<Context, Map<number, FailedRule>>();
  #frames: Frame[] = [];
  #kept = 0;
  #root: FailedRule | undefined;

  constructor(compiled: CompiledPolicy) {
    this.#compiled = compiled;
  }

  /** Forgets what an earlier evaluation found. */
  reset(): void {
    this.#frames = [];
    this.#root = undefined;
    this.#kept = 0;
  }

  /** An expression is about to be evaluated. */
  readonly at = (site: number): void => {
    const frame = this.#frames.at(-1);
    if (frame !== undefined) frame.site = site;
  };

  /** An expression is not true. */
  readonly failed = (index: number, values: readonly (Value | undefined)[]): void => {
    const frame = this.#frames.at(-1);
    const site = this.#compiled.sites[index];
    if (frame === undefined || site === undefined || this.#kept >= maxKept) return;
    if (frame.failures.length >= maxFailures) frame.failures.shift();
    else this.#kept += 1;
    frame.failures.push(toFailure(site, values, [...frame.inner]));
  };

  /** Runs what evaluates a document or function, and keeps what is not true in it. */
  around(rule: number, part: () => Outcome): Outcome {
    const frame = this.#open(rule);
    const outcome = part();
    this.#frames.pop();
    this.#add(this.#toFailedRule(frame), outcome);
    return outcome;
  }

  /** The same for a document; where its value is remembered, so is what was found. */
  document(owner: Context, rule: number, part: (run: Run) => Outcome): Outcome {
    const outcome = part((evaluate) => {
      const frame = this.#open(rule);
      const result = evaluate();
      this.#frames.pop();
      this.#remember(owner, this.#toFailedRule(frame), rule);
      return result;
    });
    const known = this.#known.get(owner)?.get(rule);
    if (known !== undefined) this.#add(known, outcome);
    return outcome;
  }

  #open(rule: number): Frame {
    const frame: Frame = { rule, site: -1, failures: [], inner: [] };
    this.#frames.push(frame);
    return frame;
  }

  #remember(owner: Context, failed: FailedRule, rule: number): void {
    const known = this.#known.get(owner) ?? new Map<number, FailedRule>();
    known.set(rule, failed);
    this.#known.set(owner, known);
  }

  #toFailedRule({ rule, failures }: Frame): FailedRule {
    return { path: ["data", ...(this.#compiled.rules[rule]?.path ?? [])].join("."), failures };
  }

  /** Rules that have a result are no reason for a failure; what the host asked for is always kept. */
  #add(failed: FailedRule, outcome: Outcome): void {
    const outer = this.#frames.at(-1);
    if (outer === undefined) {
      this.#root = failed;
      return;
    }
    if (outcome === pendingMark || !isNothing(outcome)) return;
    const at = this.#compiled.sites[outer.site]?.span;
    if (outer.inner.length >= maxInner) outer.inner.shift();
    outer.inner.push(at === undefined ? failed : { ...failed, at });
  }

  /** What was found in the document that was asked for last. */
  report(): FailedRule | undefined {
    return this.#root;
  }
}

function toFailure(site: CompiledSite, values: readonly (Value | undefined)[], inner: FailedRule[]): Failure {
  const locals = site.locals.flatMap((name, index) => {
    const value = values[index];
    return value === undefined ? [] : [[name, value] as const];
  });
  const terms = site.terms.flatMap((span, index) => {
    const value = values[site.locals.length + index];
    return value === undefined ? [] : [[span, value] as const];
  });
  return { span: site.span, locals, terms, isMissing: site.isMissing, inner };
}

/** Whether a result is what a rule has that found nothing. */
function isNothing(outcome: Outcome): boolean {
  if (outcome === undefined || outcome === false) return true;
  return (outcome instanceof RegoSet || outcome instanceof RegoObject) && outcome.size === 0;
}
