import type { Term } from "../ir.ts";
import type { BodyEmitter } from "./body.ts";

/** Whether every variable of a term is bound, but for those that iterating over references binds. */
export function canEvaluate(emitter: BodyEmitter, term: Term): boolean {
  switch (term.kind) {
    case "constant":
    case "comprehension":
      return true;
    case "variable":
      return emitter.isBound(term.variable);
    case "ref":
      return typeof term.root === "string" || emitter.isBound(term.root);
    case "array":
    case "set":
      return term.items.every((item) => canEvaluate(emitter, item));
    case "object":
      return term.pairs.every(([key, value]) => canEvaluate(emitter, key) && canEvaluate(emitter, value));
  }
}

/** Whether a term is a pattern whose keys, and what else it compares, can be evaluated. */
export function canMatch(emitter: BodyEmitter, term: Term): boolean {
  if (term.kind === "variable") return true;
  if (term.kind === "array") return term.items.every((item) => canMatch(emitter, item));
  if (term.kind !== "object") return canEvaluate(emitter, term);
  return term.pairs.every(([key, value]) => canEvaluate(emitter, key) && canMatch(emitter, value));
}

/** Whether a term is a variable that has no value yet. */
export function isFree(emitter: BodyEmitter, term: Term): boolean {
  return term.kind === "variable" && !emitter.isBound(term.variable);
}
