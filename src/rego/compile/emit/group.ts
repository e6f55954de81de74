import type { Statement, Term } from "../ir.ts";
import type { Group } from "../rule-tree.ts";
import { termsOf } from "../variables.ts";
import { emitComplete } from "./complete.ts";
import { emitKeyed, emitPartial } from "./partial.ts";
import type { EmitUnit } from "./unit.ts";

/** Writes the functions that evaluate a document or a function of the policies. */
export function emitGroup(unit: EmitUnit, group: Group): void {
  if (group.kind === "function") emitFunctionGroup(unit, group);
  else emitDocumentGroup(unit, group);
}

function emitDocumentGroup(unit: EmitUnit, group: Group): void {
  const { index } = group;
  // Who watches failures is told also where a value is remembered.
  const remembered = unit.watch.mode === "failures" ? "undefined" : `c.memo[${index}]`;
  unit.lines.push(
    `function R${index}(c){const v=${remembered};return v===undefined?K.lookup(c,${index},E${index}):v===U?undefined:v;}`,
  );
  if (group.kind === "complete") emitComplete(unit, group, { parameters: "c", unpack: "", args: "[]" });
  else emitPartial(unit, group);
}

/** Writes the functions that evaluate a document for one key, for all documents that code so far needs them of. */
export function emitKeyedGroups(unit: EmitUnit): void {
  // Writing one can add others.
  for (const group of unit.keyed) {
    const { index } = group;
    const whole = unit.plan.keyed.get(group) === "few" ? `,R${index}` : "";
    unit.lines.push(`function D${index}(c,key){return K.lookupKey(c,${index},key,Q${index}${whole});}`);
    emitKeyed(unit, group);
  }
}

function emitFunctionGroup(unit: EmitUnit, group: Group): void {
  const { index, arity } = group;
  const params = Array.from({ length: arity }, (_, position) => `x${position}`);
  const list = ["c", ...params].join(",");
  const packed = `[${params.join(",")}]`;
  if (unit.plan.pending.has(group) || unit.watch.mode === "failures" || isHeavy(group)) {
    unit.lines.push(`function F${index}(${list}){return K.invoke(c,${index},${packed},E${index});}`);
    const unpack = params.map((name, position) => `const ${name}=a[${position}];`).join("");
    emitComplete(unit, group, { parameters: "c,a", unpack, args: "a" });
  } else {
    unit.lines.push(`function F${index}(${list}){if(++S.steps>S.maxSteps)K.tick();return E${index}(${list});}`);
    emitComplete(unit, group, { parameters: list, unpack: "", args: packed });
  }
}

/** Whether evaluating a function takes long enough to remember its results. */
function isHeavy(group: Group): boolean {
  const isHeavyStatement = (statement: Statement): boolean => {
    if (statement.kind === "every" || statement.with.length > 0) return true;
    if (statement.kind === "call" && statement.callee.kind === "rule") return true;
    return termsOf(statement).some(
      (term) => term.kind === "comprehension" || (term.kind === "ref" && hasVariableOperand(term.operands)),
    );
  };
  return group.rules.some((rule) => rule.branches.some((branch) => branch.body.some(isHeavyStatement)));
}

function hasVariableOperand(operands: readonly Term[]): boolean {
  return operands.some((operand) => operand.kind === "variable");
}
