import type { Value } from "../../value/index.ts";
import type { Branch, LoweredRule, Term } from "../ir.ts";
import type { Group } from "../rule-tree.ts";
import { type Alternative, isScalar } from "./alternatives.ts";
import { toSource } from "./guards.ts";
import { toLiteral } from "./literals.ts";
import type { RuleIndex, Test } from "./rule-index.ts";
import { argumentAt, type Subject } from "./subjects.ts";
import type { EmitUnit } from "./unit.ts";

/** Branches that demand values of one subject for which a table is worth its code: few comparisons are quicker than it. */
const minBranches = 32;
/** Subjects that a table looks at, those first that most branches demand something of. */
const maxSubjects = 4;

interface BranchWriter {
  /** The number of the constant that a rule gives, or -1. */
  constant(rule: LoweredRule): number;
  /** Writes a branch as a function of that name, with the tests that the table does not make. */
  emit(branch: Branch, name: string, tests: readonly Test[], rule: LoweredRule): void;
}

/**
 * Writes the rules of a large group as functions of their own, with a table of what they demand: the name of the table, and a list
 * of the values that it looks at. Undefined where the group is written in one piece.
 */
export function emitBranches(
  unit: EmitUnit,
  group: Group,
  { rules, tests }: RuleIndex,
  writer: BranchWriter,
): { name: string; values: string } | undefined {
  if (group.rules.length < minBranches || unit.watch.mode === "failures") return undefined;
  const demands = new Map<Branch, readonly Test[]>();
  for (const branch of rules.flatMap(({ branches }) => branches)) {
    const known = tests.get(branch) ?? [];
    demands.set(branch, [...known, ...argumentTests(branch, known)]);
  }
  const subjects = chooseSubjects([...demands.values()]);
  if (subjects === undefined) return undefined;
  const keys = subjects.map(({ key }) => key);
  const table = unit.name("B");
  const rows: string[] = [];
  for (const [chain, rule] of rules.entries()) {
    for (const branch of rule.branches) {
      const name = unit.name("B");
      const inTable = (demands.get(branch) ?? []).filter(({ subject }) => keys.includes(subject.key));
      const others = (tests.get(branch) ?? []).filter(({ subject }) => !keys.includes(subject.key));
      writer.emit(branch, name, others, rule);
      const demanded = inTable.map(({ subject, alternatives }) => {
        const position = keys.indexOf(subject.key);
        return alternatives === undefined ? `[${position}]` : `[${position},${toSource(alternatives, unit)}]`;
      });
      const at = unit.location(branch.location);
      rows.push(`[${name},[${demanded.join(",")}],${chain},${writer.constant(rule)},${at}]`);
    }
  }
  unit.lines.push(`const ${table}=K.branches([${rows.join(",\n")}]);`);
  return { name: table, values: `[${subjects.map((subject) => toExpression(subject, unit)).join(",")}]` };
}

/** What the patterns of a branch's parameters demand; OPA's index does not look at them. */
function argumentTests(branch: Branch, known: readonly Test[]): Test[] {
  return branch.args.flatMap((arg, position) => {
    const alternative = toDemand(arg);
    const subject = argumentAt(position);
    if (alternative === undefined || known.some((test) => test.subject.key === subject.key)) return [];
    return [{ subject, alternatives: [alternative], at: 0, isMore: false }];
  });
}

function toDemand(term: Term): Alternative | undefined {
  if (term.kind === "constant") return isScalar(term.value) ? term.value : undefined;
  if (term.kind !== "array") return undefined;
  const items = term.items.map((item) => (item.kind === "constant" && isScalar(item.value) ? item.value : undefined));
  return { items };
}

function chooseSubjects(all: readonly (readonly Test[])[]): readonly Subject[] | undefined {
  const counts = new Map<string, { subject: Subject; values: number; tests: number }>();
  for (const tests of all) {
    for (const { subject, alternatives } of tests) {
      const known = counts.get(subject.key) ?? { subject, values: 0, tests: 0 };
      known.tests += 1;
      if (alternatives !== undefined) known.values += 1;
      counts.set(subject.key, known);
    }
  }
  const sorted = [...counts.values()].sort((a, b) => b.values - a.values || b.tests - a.tests);
  if ((sorted[0]?.values ?? 0) < minBranches) return undefined;
  return sorted.slice(0, maxSubjects).map(({ subject }) => subject);
}

/** The subject's value, undefined where there is none. */
function toExpression({ root, path }: Subject, unit: EmitUnit): string {
  if (typeof root === "number") return `x${root}`;
  const step = (value: string, key: Value): string => {
    const isNamed = typeof key === "string" && (root === "input" || !/^[-+]?[0-9]+$/.test(key));
    if (isNamed) return `G(${value},${toLiteral(key)})`;
    return `K.${root === "input" ? "get" : "stored"}(${value},${unit.constant(key)})`;
  };
  return path.reduce(step, `c.${root}`);
}
