import type { Branch, LoweredRule, Term } from "../ir.ts";
import type { Group } from "../rule-tree.ts";
import { BodyEmitter } from "./body.ts";
import { emitBranches } from "./branches.ts";
import { emitGuards } from "./guards.ts";
import { createRuleIndex, type RuleIndex } from "./rule-index.ts";
import { emitMatch } from "./unify.ts";
import type { EmitUnit } from "./unit.ts";

/** Writes the function that evaluates a set or an object. */
export function emitPartial(unit: EmitUnit, group: Group): void {
  const index = createRuleIndex(group, unit.plan);
  const emitter = new BodyEmitter(unit, "p");
  emitter.push(`const a=new ${builderOf(group)}();let p=false;`);
  const branches = emitBranches(unit, group, index, {
    constant: () => -1,
    emit: (branch, name, tests, rule) => {
      const member = new BodyEmitter(unit, "p");
      member.push("let p=false;");
      emitMember(member, { group, rule, tests: new Map([[branch, tests]]), count: 0 });
      member.push("return p;");
      unit.addFunction(name, "c,a", member.lines.join(""));
    },
  });
  if (branches === undefined) {
    for (const rule of index.rules) emitMember(emitter, { group, rule, tests: index.tests, count: 0 });
  } else {
    emitter.push(`p=K.collect(${branches.name},c,${branches.values},a);`);
    if (unit.plan.pending.has(group)) emitter.notePending("p");
  }
  finish(emitter);
  unit.addFunction(`E${group.index}`, "c", emitter.lines.join(""));
}

/** Writes the function that evaluates what of a set or an object has to do with some keys. */
export function emitKeyed(unit: EmitUnit, group: Group, { name, count }: { name: string; count: number }): void {
  const index = createRuleIndex(group, unit.plan);
  const emitter = new BodyEmitter(unit, "p");
  emitter.push(`const a=new ${builderOf(group)}();let p=false;`);
  for (const rule of index.rules) emitMember(emitter, { group, rule, tests: index.tests, count });
  finish(emitter);
  unit.addFunction(name, "c,k", emitter.lines.join(""));
}

function builderOf(group: Group): string {
  return group.kind === "set" ? "SetBuilder" : "K.DocumentBuilder";
}

interface MemberParts {
  group: Group;
  rule: LoweredRule;
  tests: RuleIndex["tests"];
  /** How many keys are asked for, in the list `k`. */
  count: number;
}

/** A `default` below an object with variable keys counts for nothing, as in OPA. */
function finish(emitter: BodyEmitter): void {
  if (emitter.canPend("p")) emitter.push("if(p)return P;");
  emitter.push("return a.build();");
}

function emitMember(emitter: BodyEmitter, { group, rule, tests, count }: MemberParts): void {
  const { unit } = emitter;
  const branch = rule.branches[0] as Branch;
  const at = unit.location(branch.location);
  const operands = branch.ref.slice(group.path.length - rule.package.length);
  emitter.block([], "p", () => {
    const keys = rule.isSet ? [...operands, branch.key as Term] : operands;
    for (const [position, key] of keys.slice(0, count).entries()) emitMatch(emitter, key, `k[${position}]`);
    emitGuards(emitter, branch, tests.get(branch) ?? []);
    emitter.push(unit.watch.beginRule(group.path, branch.location));
    for (const statement of branch.body) emitter.statement(statement);
    emitter.push(unit.watch.whenTrue(branch.location));
    if (group.kind === "set") {
      emitter.push(`a.add(${emitter.term(branch.key as Term)});`);
      // The one member that was asked for is there.
      if (count > 0) emitter.push("return a.build();");
      return;
    }
    const path = `[${operands.map((operand) => emitter.term(operand)).join(",")}]`;
    if (rule.isSet) emitter.push(`a.add(${path},${emitter.term(branch.key as Term)},${at});`);
    else {
      const value = branch.value === undefined ? "true" : emitter.term(branch.value);
      emitter.push(`a.put(${path},${value},${at});`);
    }
  });
}
