import type { EveryStatement } from "../ir.ts";
import type { BodyEmitter } from "./body.ts";
import { keyOf, loopHeader, memberOf, prepareIteration } from "./iteration.ts";

/** Writes `every`: a loop that ends with the first element for which its body has no solution. */
export function emitEvery(emitter: BodyEmitter, statement: EveryStatement): void {
  const { unit } = emitter;
  const iteration = prepareIteration(emitter, emitter.atom(emitter.term(statement.domain)));
  const pending = unit.name("p");
  const holds = unit.name("n");
  const some = unit.name("n");
  const inner = unit.name("p");
  const label = unit.name("L");
  emitter.push(`if(${iteration.mode}<0)${emitter.fail()}let ${pending}=false,${holds}=true;`);
  emitter.push(`${label}:${loopHeader(iteration)}{if(++S.steps>S.maxSteps)K.tick();`);
  emitter.inLevel(() => {
    emitter.push(`let ${some}=false,${inner}=false;`);
    if (statement.key !== undefined) emitter.bind(statement.key, emitter.atom(keyOf(iteration)));
    emitter.bind(statement.value, emitter.atom(memberOf(iteration)));
    emitter.block(statement.body, inner, (block) => {
      emitter.push(`${some}=true;break ${block};`);
    });
    if (emitter.canPend(inner)) emitter.notePending(pending);
    const isInner = emitter.canPend(inner) ? `if(${inner})${pending}=true;else` : "";
    emitter.push(`if(!${some}){${isInner}{${holds}=false;break ${label};}}}`);
  });
  emitter.push(`if(!${holds})${emitter.fail()}`);
  emitter.requireSettled(pending);
}
