import { equalValues } from "../../value/index.ts";
import type { ComprehensionTerm, EqualStatement, RefTerm, Term } from "../ir.ts";
import { pairs } from "../lower/outputs.ts";
import { isDynamic } from "../lower/terms.ts";
import type { BodyEmitter } from "./body.ts";
import { canEvaluate, canMatch, isFree } from "./evaluable.ts";
import { isInline } from "./literals.ts";
import { settlePatterns } from "./settle.ts";
import { constantPath, isBelowRules } from "./subjects.ts";

/** Writes the unification of a statement's two terms. */
export function emitEqual(emitter: BodyEmitter, statement: Pick<EqualStatement, "left" | "right" | "location">): void {
  const [first, second] = settleSides(emitter, [statement.left, statement.right]);
  let open = membersOf(first, second);
  while (open.length > 0) {
    const later = open.filter(([left, right]) => !unify(emitter, left, right));
    if (later.length === open.length) throw new Error(`cannot order the unification in row ${statement.location.row}`);
    open = later;
  }
}

/** What must be equal for two terms to be, at any depth: a variable that one pair binds can be needed by another. */
function membersOf(left: Term, right: Term): [Term, Term][] {
  const members = left.kind === "constant" && right.kind === "constant" ? undefined : pairs(left, right);
  return members?.flatMap(([a, b]) => membersOf(a, b)) ?? [[left, right]];
}

/** What is evaluated inside of patterns comes before anything is compared. A variable without a value takes what it is given. */
function settleSides(emitter: BodyEmitter, sides: [Term, Term]): [Term, Term] {
  if (sides.some((side) => isFree(emitter, side))) return sides;
  return settlePatterns(emitter, sides) as [Term, Term];
}

/** Writes the unification of two terms, or returns false where variables of both must be bound first. */
function unify(emitter: BodyEmitter, left: Term, right: Term): boolean {
  if (left.kind === "constant" && right.kind === "constant") {
    if (!equalValues(left.value, right.value)) emitter.push(`if(true)${emitter.fail()}`);
    return true;
  }
  if (left.kind === "comprehension" && right.kind === "ref" && canEvaluate(emitter, right)) {
    matchComprehension(emitter, left, right);
  } else if (left.kind === "ref" && right.kind === "comprehension" && canEvaluate(emitter, left)) {
    matchComprehension(emitter, right, left);
  } else if (canEvaluate(emitter, left) && canMatch(emitter, right))
    emitMatch(emitter, right, emitter.atom(emitter.term(left)));
  else if (canEvaluate(emitter, right) && canMatch(emitter, left))
    emitMatch(emitter, left, emitter.atom(emitter.term(right)));
  else if (left.kind === "variable" || right.kind === "variable" || isDynamic(left) || isDynamic(right)) return false;
  else emitter.push(`if(true)${emitter.fail()}`);
  return true;
}

/** A reference is evaluated first. OPA looks at a base document only when it has what the comprehension collects. */
function matchComprehension(emitter: BodyEmitter, comprehension: ComprehensionTerm, ref: RefTerm): void {
  const value = emitter.atom(emitter.term(ref));
  if (ref.root !== "data" || isBelowRules(emitter.unit.plan.tree, constantPath(ref.operands))) {
    emitMatch(emitter, comprehension, value);
  } else emitter.push(`if(!eq(${value},${emitter.atom(emitter.term(comprehension))}))${emitter.fail()}`);
}

/** As OPA does it: a set is compared with what the comprehension gives, whatever that is; other values only with their kind. */
const kindNames = { array: "List", object: "Object", set: "Set" } as const;

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
    case "comprehension":
      emitter.push(`if(!K.canBe${kindNames[term.of]}(${value}))${fail}`);
      emitter.push(`if(!eq(${value},${emitter.atom(emitter.term(term))}))${emitter.fail()}`);
      return;
    default: {
      const held = emitter.atom(value);
      const other = emitter.atom(emitter.term(term));
      emitter.push(`if(!eq(${held},${other}))${emitter.fail()}`);
    }
  }
}
