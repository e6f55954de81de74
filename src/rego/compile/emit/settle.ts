import type { RefTerm, Term, Variable } from "../ir.ts";
import { addPatternVariables } from "../lower/outputs.ts";
import { isDynamic } from "../lower/terms.ts";
import { addClosureVariables } from "../variables.ts";
import type { BodyEmitter } from "./body.ts";
import { canEvaluate } from "./evaluable.ts";

/**
 * OPA makes expressions of their own of the references and comprehensions that are members of a collection or operands of a
 * reference. They come before the expression that they stood in, and are evaluated also where that could not be true without them.
 */
class Settler {
  readonly #emitter: BodyEmitter;
  /** Variables that get their values later: a comprehension that needs them has to wait. */
  readonly #free: ReadonlySet<Variable>;

  constructor(emitter: BodyEmitter, free: ReadonlySet<Variable>) {
    this.#emitter = emitter;
    this.#free = free;
  }

  /** The term with what its members or operands give in their place. */
  members(term: Term): Term {
    const settle = (inner: Term): Term => this.#settle(inner);
    switch (term.kind) {
      case "ref":
        return { ...term, operands: term.operands.map(settle) };
      case "array":
      case "set":
        return { ...term, items: term.items.map(settle) };
      case "object":
        return { ...term, pairs: term.pairs.map(([key, value]): [Term, Term] => [settle(key), settle(value)]) };
      default:
        return term;
    }
  }

  #settle(term: Term): Term {
    if (!isDynamic(term) || this.#isWaiting(term)) return term;
    const settled = this.members(term);
    if ((term.kind !== "ref" && term.kind !== "comprehension") || !canEvaluate(this.#emitter, settled)) return settled;
    return this.#emitter.stored(this.#emitter.atom(this.#emitter.term(settled)), term.location);
  }

  #isWaiting(term: Term): boolean {
    if (term.kind !== "comprehension" || this.#free.size === 0) return false;
    const closed = new Set<Variable>();
    addClosureVariables(term, closed);
    return [...closed].some((variable) => this.#free.has(variable));
  }
}

/** Patterns that are compared, without references and comprehensions in them: they were evaluated. */
export function settlePatterns(emitter: BodyEmitter, terms: readonly Term[]): Term[] {
  if (!terms.some(isDynamicCollection)) return [...terms];
  const free = new Set<Variable>();
  for (const term of terms) addPatternVariables(term, free);
  for (const variable of free) if (emitter.isBound(variable)) free.delete(variable);
  const settler = new Settler(emitter, free);
  return terms.map((term) => (isDynamicCollection(term) ? settler.members(term) : term));
}

function isDynamicCollection(term: Term): boolean {
  return (term.kind === "array" || term.kind === "object" || term.kind === "set") && isDynamic(term);
}

/** The same of a reference's operands. */
export function settleOperands(emitter: BodyEmitter, ref: RefTerm): readonly Term[] {
  if (!ref.operands.some(isDynamic)) return ref.operands;
  const settled = new Settler(emitter, new Set()).members(ref);
  return settled.kind === "ref" ? settled.operands : ref.operands;
}
