import type { ComprehensionTerm, Statement, Variable } from "../ir.ts";
import { addClosureVariables } from "../variables.ts";
import { walkTerm } from "../walk.ts";
import type { BodyEmitter } from "./body.ts";
import { emitIndexed, isReplacing } from "./comprehension-index.ts";

/**
 * Writes a comprehension and returns what it collects. One that does not depend on the loops around it is evaluated once, when it
 * is first needed.
 */
export function emitComprehension(
  emitter: BodyEmitter,
  term: ComprehensionTerm,
  statement: Statement | undefined,
): string {
  const name = isShowing(term) ? undefined : emitter.declareAt(levelOf(emitter, term));
  if (name === undefined) return emitRepeated(emitter, term, statement);
  emitter.push(`if(${name}===undefined){`);
  emitter.push(`${name}=${emitRepeated(emitter, term, statement)};}`);
  return name;
}

/** The innermost level that a comprehension depends on. */
function levelOf(emitter: BodyEmitter, term: ComprehensionTerm): number {
  const closed = new Set<Variable>();
  addClosureVariables(term, closed);
  let level = Math.max(1, emitter.contextLevel);
  for (const variable of closed) level = Math.max(level, emitter.levelOf(variable));
  return level;
}

/** A comprehension that is evaluated again and again is looked up where it can be. */
function emitRepeated(emitter: BodyEmitter, term: ComprehensionTerm, statement: Statement | undefined): string {
  const isRepeated = emitter.isCalled || emitter.isBelowLoop() || term.of === "object";
  return (isRepeated ? emitIndexed(emitter, term, statement) : undefined) ?? emitWhole(emitter, term, statement);
}

const builders = { array: "[]", set: "new SetBuilder()", object: "new ObjectBuilder()" } as const;

function emitWhole(emitter: BodyEmitter, term: ComprehensionTerm, statement: Statement | undefined): string {
  const builder = emitter.unit.name("a");
  const pending = emitter.unit.name("p");
  const isSetting = isReplacing(emitter, term, statement);
  emitter.push(`const ${builder}=${builders[term.of]};let ${pending}=false;`);
  const add = (): void => {
    const value = emitter.term(term.term);
    // A list asks for memory now and then: V8 ends the process where there is none left.
    if (term.of === "array")
      emitter.push(`${builder}.push(${value});if((${builder}.length&32767)===0)K.grow(${builder});`);
    else if (term.of === "set") emitter.push(`${builder}.add(${value});`);
    else if (term.key !== undefined) {
      const at = emitter.unit.location(term.location);
      const member = `${emitter.term(term.key)},${value}`;
      if (isSetting) emitter.push(`${builder}.set(${member});`);
      else emitter.push(`if(!${builder}.insert(${member}))K.conflict("object",${at});`);
    }
  };
  emitter.watch.inside(() => emitter.block(term.body, pending, add));
  emitter.requireSettled(pending);
  return term.of === "array" ? builder : emitter.atom(`${builder}.build()`);
}

/** Whether something is printed in a comprehension: that has to happen as often as it is evaluated. */
function isShowing(term: ComprehensionTerm): boolean {
  let isFound = false;
  walkTerm(term, {
    statement: (statement) => {
      if (statement.kind !== "call" || statement.callee.kind !== "builtin") return;
      if (statement.callee.name === "internal.print") isFound = true;
    },
  });
  return isFound;
}
