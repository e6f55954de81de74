import { equalValues } from "../../value/index.ts";
import type { EqualStatement, Term } from "../ir.ts";
import { pairs } from "../lower/outputs.ts";
import { isDynamic } from "../lower/terms.ts";
import type { BodyEmitter } from "./body.ts";
import { isInline } from "./literals.ts";

/** Writes the unification of a statement's two terms. */
export function emitEqual(emitter: BodyEmitter, statement: Pick<EqualStatement, "left" | "right" | "location">): void {
  let open: [Term, Term][] = [[statement.left, statement.right]];
  while (open.length > 0) {
    const later: [Term, Term][] = [];
    for (const [left, right] of open) if (!unify(emitter, left, right)) later.push([left, right]);
    if (later.length === open.length) throw new Error(`cannot order the unification in row ${statement.location.row}`);
    open = later.flatMap(([left, right]) => pairs(left, right) ?? [[left, right] as [Term, Term]]);
  }
}

/** Writes the unification of two terms, or returns false where variables of both must be bound first. */
function unify(emitter: BodyEmitter, left: Term, right: Term): boolean {
  if (left.kind === "constant" && right.kind === "constant") {
    if (!equalValues(left.value, right.value)) emitter.push(`if(true)${emitter.fail()}`);
    return true;
  }
  const members = pairs(left, right);
  if (members !== undefined) equalMembers(emitter, members);
  else if (canEvaluate(emitter, left) && canMatch(emitter, right))
    emitMatch(emitter, right, emitter.atom(emitter.term(left)));
  else if (canEvaluate(emitter, right) && canMatch(emitter, left))
    emitMatch(emitter, left, emitter.atom(emitter.term(right)));
  else if (left.kind === "variable" || right.kind === "variable" || isDynamic(left) || isDynamic(right)) return false;
  else emitter.push(`if(true)${emitter.fail()}`);
  return true;
}

function equalMembers(emitter: BodyEmitter, members: [Term, Term][]): void {
  let open = members;
  while (open.length > 0) {
    const later = open.filter(([left, right]) => !unify(emitter, left, right));
    if (later.length === open.length) throw new Error("cannot order a unification");
    open = later;
  }
}

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

function canMatch(emitter: BodyEmitter, term: Term): boolean {
  if (term.kind === "variable") return true;
  if (term.kind === "array") return term.items.every((item) => canMatch(emitter, item));
  if (term.kind !== "object") return canEvaluate(emitter, term);
  return term.pairs.every(([key, value]) => canEvaluate(emitter, key) && canMatch(emitter, value));
}

/** Unifies a term with a value that is there: binds variables, leaves where it differs. */
export function emitMatch(emitter: BodyEmitter, term: Term, value: string): void {
  const fail = emitter.fail();
  switch (term.kind) {
    case "variable":
      if (emitter.isBound(term.variable)) emitter.push(`if(!eq(${value},${emitter.term(term)}))${fail}`);
      else emitter.bind(term.variable, emitter.atom(value));
      return;
    case "constant": {
      const literal = emitter.unit.constant(term.value);
      if (isInline(term.value)) emitter.push(`if(${value}!==${literal})${fail}`);
      else emitter.push(`if(!eq(${value},${literal}))${fail}`);
      return;
    }
    case "array": {
      const list = emitter.atom(value);
      emitter.push(`if(!K.isList(${list})||${list}.length!==${term.items.length})${fail}`);
      for (const [index, item] of term.items.entries()) emitMatch(emitter, item, emitter.atom(`${list}[${index}]`));
      return;
    }
    case "object": {
      const object = emitter.atom(value);
      emitter.push(`if(!(${object} instanceof RegoObject)||${object}.size!==${term.pairs.length})${fail}`);
      for (const [key, member] of term.pairs) {
        const name = emitter.atom(`${object}.get(${emitter.term(key)})`);
        emitter.push(`if(${name}===undefined)${fail}`);
        emitMatch(emitter, member, name);
      }
      return;
    }
    default: {
      const held = emitter.atom(value);
      const other = emitter.atom(emitter.term(term));
      emitter.push(`if(!eq(${held},${other}))${emitter.fail()}`);
    }
  }
}
