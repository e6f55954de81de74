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
  const { index, kind } = group;
  const name = `E${index}`;
  if (kind === "complete") emitComplete(unit, group, { name, parameters: "c", prologue: "", args: "[]" });
  else emitPartial(unit, group);
  unit.lines.push(`const R${index}=K.reader(${index},${name});`);
}

/** Writes the functions that evaluate a document for some keys, for all documents that code so far needs them of. */
export function emitKeyedGroups(unit: EmitUnit): void {
  // Writing one can add others.
  for (const [reader, { group, count }] of unit.keyed) {
    const { index } = group;
    const whole = unit.plan.keyed.get(group)?.isFew ? `,R${index}` : "";
    const name = unit.name("Q");
    emitKeyed(unit, group, { name, count });
    unit.lines.push(`const ${reader}=K.keyReader(${index},${name}${whole});`);
  }
}

function emitFunctionGroup(unit: EmitUnit, group: Group): void {
  const { index, arity } = group;
  const params = Array.from({ length: arity }, (_, position) => `x${position}`);
  const list = ["c", ...params].join(",");
  const name = `F${index}`;
  if (unit.plan.pending.has(group) || unit.watch.mode === "failures" || isHeavy(group)) {
    const prologue = params.map((param, position) => `const ${param}=a[${position}];`).join("");
    emitComplete(unit, group, { name: `E${index}`, parameters: "c,a", prologue, args: "a" });
    unit.lines.push(`const ${name}=K.caller(${index},${arity},E${index});`);
  } else {
    const prologue = "if(++S.steps>S.maxSteps)K.tick();";
    emitComplete(unit, group, { name, parameters: list, prologue, args: `[${params.join(",")}]` });
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
