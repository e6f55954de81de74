import { equalValues, type Value } from "../../value/index.ts";
import type { Branch, LoweredRule } from "../ir.ts";
import type { Group } from "../rule-tree.ts";
import { BodyEmitter } from "./body.ts";
import { emitBranches } from "./branches.ts";
import { emitGuards } from "./guards.ts";
import { createRuleIndex, type Test } from "./rule-index.ts";
import { emitMatch } from "./unify.ts";
import type { EmitUnit } from "./unit.ts";

/** How the function is called: its name and parameters, what it begins with, and its arguments as a list. */
export interface Signature {
  name: string;
  parameters: string;
  prologue: string;
  args: string;
}

type Tests = ReadonlyMap<Branch, readonly Test[]>;

/** Writes the function that evaluates a complete rule or a function of the policies. */
export function emitComplete(unit: EmitUnit, group: Group, { name, parameters, prologue, args }: Signature): void {
  const index = createRuleIndex(group, unit.plan);
  const emitter = createEmitter(unit, group);
  const constants = constantsOf(index.rules);
  emitter.push(`${prologue}let r,p=false;`);
  const branches = emitBranches(unit, group, index, {
    constant: (rule) => constants.values.get(rule) ?? -1,
    emit: (branch, own, tests) => emitBranchFunction(unit, group, { branch, name: own, tests }),
  });
  if (branches === undefined) emitRules(emitter, group, index, constants);
  else {
    const call = `K.choose("${kindOf(group)}",${branches.name},c,${branches.values},${args})`;
    emitter.push(`r=${call};if(r!==undefined)return r;`);
  }
  if (group.default !== undefined) {
    emitChain(emitter, { group, rule: group.default, tests: index.tests, pending: "p", onTrue: "return" });
    leavePending(emitter);
  }
  emitter.push("return undefined;");
  unit.addFunction(name, parameters, emitter.lines.join(""));
}

function createEmitter(unit: EmitUnit, group: Group): BodyEmitter {
  const emitter = new BodyEmitter(unit, "p");
  emitter.isCalled = group.kind === "function";
  return emitter;
}

function kindOf(group: Group): string {
  return group.kind === "function" ? "function" : "complete";
}

/** The constants that rules give. */
interface Constants {
  /** For each rule whose branches all give the same constant: its number. */
  values: ReadonlyMap<LoweredRule, number>;
  /** Numbers that several rules give. */
  shared: ReadonlySet<number>;
  /** Whether no rule can give anything but the one constant. */
  isOne: boolean;
}

function constantsOf(rules: readonly LoweredRule[]): Constants {
  const found: Value[] = [];
  const values = new Map<LoweredRule, number>();
  const shared = new Set<number>();
  for (const rule of rules) {
    const value = constantOf(rule);
    if (value === undefined) continue;
    const known = found.findIndex((other) => equalValues(other, value));
    if (known >= 0) shared.add(known);
    values.set(rule, known < 0 ? found.push(value) - 1 : known);
  }
  return { values, shared, isOne: found.length === 1 && values.size === rules.length };
}

function constantOf({ branches }: LoweredRule): Value | undefined {
  let common: Value | undefined;
  for (const { value } of branches) {
    if (value?.kind !== "constant") return undefined;
    if (common !== undefined && !equalValues(common, value.value)) return undefined;
    common = value.value;
  }
  return common;
}

function emitRules(
  emitter: BodyEmitter,
  group: Group,
  { rules, tests }: { rules: readonly LoweredRule[]; tests: Tests },
  { values, shared, isOne }: Constants,
): void {
  if (isOne) {
    // The first that is true decides.
    for (const rule of rules) {
      emitChain(emitter, { group, rule, tests, pending: "p", onTrue: "return" });
      leavePending(emitter);
    }
    return;
  }
  const flags = new Map([...shared].map((value) => [value, emitter.unit.name("n")]));
  if (flags.size > 0) emitter.push(`let ${[...flags.values()].map((flag) => `${flag}=false`).join(",")};`);
  for (const rule of rules) {
    const flag = flags.get(values.get(rule) ?? -1);
    if (flag === undefined) emitChain(emitter, { group, rule, tests, pending: "p", onTrue: "" });
    else emitAmongEqual(emitter, { group, rule, tests, flag });
  }
  leavePending(emitter);
  emitter.push("if(r!==undefined)return r;");
}

/** A rule that gives the same constant as others: it says nothing new where one before it is true, or may yet be. */
function emitAmongEqual(
  emitter: BodyEmitter,
  { group, rule, tests, flag }: { group: Group; rule: LoweredRule; tests: Tests; flag: string },
): void {
  const pending = emitter.unit.name("p");
  emitter.push(`if(!${flag}){let ${pending}=false;`);
  emitChain(emitter, { group, rule, tests, pending, onTrue: `${flag}=true;` });
  if (emitter.canPend(pending)) {
    emitter.notePending("p");
    emitter.push(`if(${pending})p=${flag}=true;`);
  }
  emitter.push("}");
}

function leavePending(emitter: BodyEmitter): void {
  if (emitter.canPend("p")) emitter.push("if(p)return P;");
}

interface ChainParts {
  group: Group;
  rule: LoweredRule;
  tests: Tests;
  /** The variable that is set where the rule may yet be true. */
  pending: string;
  /** What is done where the rule is true: its value is returned, or taken note of with this code. */
  onTrue: string;
}

/** A rule with its `else` branches: each is evaluated only where none before it was true, or may yet be. */
function emitChain(emitter: BodyEmitter, { group, rule, tests, pending, onTrue }: ChainParts): void {
  const { unit } = emitter;
  const parts = (branch: Branch) => ({ group, branch, tests: tests.get(branch) ?? [] });
  if (rule.branches.length === 1) {
    emitBranch(emitter, { ...parts(rule.branches[0] as Branch), pending, onTrue });
    return;
  }
  const done = unit.name("n");
  const open = unit.name("p");
  emitter.push(`let ${done}=false,${open}=false;`);
  for (const [index, branch] of rule.branches.entries()) {
    if (index > 0) emitter.push(`if(!${done}${emitter.canPend(open) ? `&&!${open}` : ""}){`);
    emitBranch(emitter, {
      ...parts(branch),
      pending: open,
      onTrue: onTrue === "return" ? onTrue : `${done}=true;${onTrue}`,
    });
    if (index > 0) emitter.push("}");
  }
  if (!emitter.canPend(open)) return;
  emitter.notePending(pending);
  emitter.push(`if(${open})${pending}=true;`);
}

interface BranchParts {
  group: Group;
  branch: Branch;
  tests: readonly Test[];
  pending: string;
  onTrue: string;
}

function emitBranch(emitter: BodyEmitter, { group, branch, tests, pending, onTrue }: BranchParts): void {
  const { unit } = emitter;
  emitter.block([], pending, (label) => {
    for (const [position, arg] of branch.args.entries()) emitMatch(emitter, arg, `x${position}`);
    emitGuards(emitter, branch, tests);
    emitter.push(unit.watch.beginRule(group.path, branch.location));
    for (const statement of branch.body) emitter.statement(statement);
    const value = branch.value === undefined ? "true" : emitter.atom(emitter.term(branch.value));
    emitter.push(unit.watch.whenTrue(branch.location));
    // Nothing else can give another value: there is no conflict to look for.
    if (onTrue === "return" || (group.rules.length === 1 && !emitter.isInLoop())) {
      emitter.push(`return ${value};`);
      return;
    }
    const at = unit.location(branch.location);
    emitter.push(`if(r===undefined)r=${value};else if(!eq(r,${value}))K.conflict("${kindOf(group)}",${at});${onTrue}`);
    // Another solution of the branch would give the same.
    if (branch.value?.kind === "constant" && emitter.isInLoop()) emitter.push(`break ${label};`);
  });
}

/** A branch of a large group as a function of its own: its value, or that it is undefined or pending. */
function emitBranchFunction(
  unit: EmitUnit,
  group: Group,
  { branch, name, tests }: { branch: Branch; name: string; tests: readonly Test[] },
): void {
  const emitter = createEmitter(unit, group);
  const unpack = branch.args.map((_, position) => `const x${position}=a[${position}];`).join("");
  emitter.push(`${unpack}let r,p=false;`);
  const onTrue = branch.value?.kind === "constant" ? "return" : "";
  emitBranch(emitter, { group, branch, tests, pending: "p", onTrue });
  leavePending(emitter);
  emitter.push("return r;");
  unit.addFunction(name, "c,a", emitter.lines.join(""));
}
