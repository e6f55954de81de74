import { equalValues, type Value } from "../../value/index.ts";
import type { Branch, LoweredRule, Statement, Term } from "../ir.ts";
import type { Group } from "../rule-tree.ts";
import { BodyEmitter } from "./body.ts";
import { emitMatch } from "./unify.ts";
import type { EmitUnit } from "./unit.ts";

/** Writes the functions that evaluate a document or a function of the policies. */
export function emitGroup(unit: EmitUnit, group: Group): void {
  if (group.kind === "function") emitFunctionGroup(unit, group);
  else emitDocumentGroup(unit, group);
}

function emitDocumentGroup(unit: EmitUnit, group: Group): void {
  const { index } = group;
  const remembered = unit.plan.watch === "failures" ? "undefined" : `c.memo[${index}]`;
  unit.lines.push(
    `function R${index}(c){const v=${remembered};return v===undefined?K.lookup(c,${index},E${index}):v===U?undefined:v;}`,
  );
  if (group.kind === "complete") emitComplete(unit, group, "");
  else emitPartial(unit, group, false);
}

/** Writes the functions that evaluate a document for one key, for all documents that code so far needs them of. */
export function emitKeyedGroups(unit: EmitUnit): void {
  // Writing one can add others.
  for (const group of unit.keyed) {
    const { index } = group;
    unit.lines.push(`function D${index}(c,key){return K.lookupKey(c,${index},key,Q${index});}`);
    emitPartial(unit, group, true);
  }
}

function emitFunctionGroup(unit: EmitUnit, group: Group): void {
  const { index, arity } = group;
  const params = Array.from({ length: arity }, (_, position) => `x${position}`);
  const list = ["c", ...params].join(",");
  if (unit.plan.pending.has(group) || unit.plan.watch === "failures" || isHeavy(group)) {
    unit.lines.push(`function F${index}(${list}){return K.invoke(c,${index},[${params.join(",")}],E${index});}`);
    const unpacked = params.map((name, position) => `const ${name}=a[${position}];`).join("");
    emitComplete(unit, group, `c,a){${unpacked}`);
  } else {
    unit.lines.push(`function F${index}(${list}){if(++S.steps>S.maxSteps)K.tick();return E${index}(${list});}`);
    emitComplete(unit, group, `${list}){`);
  }
}

/** Whether evaluating a function takes long enough to remember its results. */
function isHeavy(group: Group): boolean {
  const isHeavyStatement = (statement: Statement): boolean => {
    if (statement.kind === "every" || statement.with.length > 0) return true;
    if (statement.kind === "call") return statement.callee.kind === "rule";
    const terms = statement.kind === "equal" ? [statement.left, statement.right] : [statement.term];
    return terms.some(
      (term) => term.kind === "comprehension" || (term.kind === "ref" && hasVariableOperand(term.operands)),
    );
  };
  return group.rules.some((rule) => rule.branches.some((branch) => branch.body.some(isHeavyStatement)));
}

function hasVariableOperand(operands: readonly Term[]): boolean {
  return operands.some((operand) => operand.kind === "variable");
}

/** The one constant that all branches give, if they do: then the first that is true decides. */
function commonValue(group: Group): Value | undefined {
  let common: Value | undefined;
  for (const rule of group.rules) {
    for (const { value } of rule.branches) {
      if (value?.kind !== "constant") return undefined;
      if (common === undefined) common = value.value;
      else if (!equalValues(common, value.value)) return undefined;
    }
  }
  return common;
}

function emitComplete(unit: EmitUnit, group: Group, parameters: string): void {
  const emitter = new BodyEmitter(unit, "p");
  const isEarly = commonValue(group) !== undefined;
  emitter.push(`function E${group.index}(${parameters === "" ? "c){" : parameters}let r,p=false;`);
  for (const rule of group.rules) {
    emitChain(emitter, group, rule, isEarly);
    if (isEarly) leavePending(emitter);
  }
  if (!isEarly) {
    leavePending(emitter);
    emitter.push("if(r!==undefined)return r;");
  }
  if (group.default !== undefined) {
    emitChain(emitter, group, group.default, true);
    leavePending(emitter);
  }
  emitter.push("return undefined;}");
  unit.lines.push(emitter.lines.join(""));
}

function leavePending(emitter: BodyEmitter): void {
  if (emitter.canPend("p")) emitter.push("if(p)return P;");
}

/** A rule with its `else` branches: each is evaluated only where none before it was true, or may yet be. */
function emitChain(emitter: BodyEmitter, group: Group, rule: LoweredRule, isEarly: boolean): void {
  const { unit } = emitter;
  if (rule.branches.length === 1) {
    emitBranch(emitter, group, rule.branches[0] as Branch, "p", isEarly ? "return" : "set");
    return;
  }
  const done = unit.name("n");
  const pending = unit.name("p");
  emitter.push(`let ${done}=false,${pending}=false;`);
  for (const [index, branch] of rule.branches.entries()) {
    if (index > 0) emitter.push(`if(!${done}${emitter.canPend(pending) ? `&&!${pending}` : ""}){`);
    emitBranch(emitter, group, branch, pending, isEarly ? "return" : `${done}=true;`);
    if (index > 0) emitter.push("}");
  }
  if (!emitter.canPend(pending)) return;
  emitter.notePending("p");
  emitter.push(`if(${pending})p=true;`);
}

function emitBranch(emitter: BodyEmitter, group: Group, branch: Branch, pending: string, mode: string): void {
  const { unit } = emitter;
  emitter.block([], pending, () => {
    emitter.push(unit.watch.beginRule(group.path, branch.location));
    for (const [position, arg] of branch.args.entries()) emitMatch(emitter, arg, `x${position}`);
    for (const statement of branch.body) emitter.statement(statement);
    const value = branch.value === undefined ? "true" : emitter.atom(emitter.term(branch.value));
    emitter.push(unit.watch.whenTrue(branch.location));
    // Nothing else can give another value: there is no conflict to look for.
    if (mode === "return" || (group.rules.length === 1 && !emitter.isInLoop())) {
      emitter.push(`return ${value};`);
      return;
    }
    const kind = group.kind === "function" ? "function" : "complete";
    const at = unit.location(branch.location);
    emitter.push(`if(r===undefined)r=${value};else if(!eq(r,${value}))K.conflict("${kind}",${at});`);
    if (mode !== "set") emitter.push(mode);
  });
}

function emitPartial(unit: EmitUnit, group: Group, isKeyed: boolean): void {
  const emitter = new BodyEmitter(unit, "p");
  const builder = group.kind === "set" ? "SetBuilder" : "K.DocumentBuilder";
  emitter.push(
    `function ${isKeyed ? "Q" : "E"}${group.index}(c${isKeyed ? ",key" : ""}){const a=new ${builder}();let p=false;`,
  );
  for (const rule of group.rules) emitMember(emitter, group, rule, isKeyed);
  if (group.default !== undefined) emitMember(emitter, group, group.default, isKeyed);
  leavePending(emitter);
  emitter.push("return a.build();}");
  unit.lines.push(emitter.lines.join(""));
}

function emitMember(emitter: BodyEmitter, group: Group, rule: LoweredRule, isKeyed: boolean): void {
  const { unit } = emitter;
  const branch = rule.branches[0] as Branch;
  const at = unit.location(branch.location);
  const operands = branch.ref.slice(group.path.length - rule.package.length);
  emitter.block([], "p", () => {
    emitter.push(unit.watch.beginRule(group.path, branch.location));
    if (isKeyed) emitMatch(emitter, group.kind === "set" ? (branch.key as Term) : (operands[0] as Term), "key");
    for (const statement of branch.body) emitter.statement(statement);
    emitter.push(unit.watch.whenTrue(branch.location));
    if (group.kind === "set") {
      emitter.push(`a.add(${emitter.term(branch.key as Term)});`);
      return;
    }
    const path = `[${operands.map((operand) => emitter.term(operand)).join(",")}]`;
    if (rule.isSet) emitter.push(`a.add(${path},${emitter.term(branch.key as Term)},${at});`);
    else {
      const value = branch.value === undefined ? "true" : emitter.term(branch.value);
      const isDefault = rule.isDefault ? ",true" : "";
      emitter.push(`a.put(${path},${value},${at}${isDefault});`);
    }
  });
}
