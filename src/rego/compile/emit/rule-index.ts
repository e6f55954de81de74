import type { Branch, LoweredRule, Statement, Term } from "../ir.ts";
import type { Group } from "../rule-tree.ts";
import type { Alternative } from "./alternatives.ts";
import { type Condition, conditionsOf, type SubjectCounts } from "./conditions.ts";
import type { Subject } from "./subjects.ts";
import type { Plan } from "./unit.ts";

/** One look at a subject: it is defined, or one of the alternatives. */
export interface Test {
  subject: Subject;
  alternatives: readonly Alternative[] | undefined;
  /** Index of the body's statement that would find out last. */
  at: number;
  /** Whether the body itself does not find out. */
  isMore: boolean;
}

/** What OPA's index knows of a group's rules. */
export interface RuleIndex {
  /** The group's rules in the order in which OPA evaluates them: those that nothing is known of come first. */
  rules: readonly LoweredRule[];
  /** What must hold for a branch to be entered at all. */
  tests: ReadonlyMap<Branch, readonly Test[]>;
}

/** Works out which tests stand before a group's rules, and the order of the rules. */
export function createRuleIndex(group: Group, plan: Plan): RuleIndex {
  const { tree } = plan;
  // Most groups are done here: there is nothing that could be known of them.
  if (!plan.readsDocuments(group) && !comparesArguments(group)) return { rules: group.rules, tests: nothing };
  const met: SubjectCounts = new Map();
  const conditions = new Map<Branch, Condition[]>();
  for (const rule of group.rules) {
    for (const branch of rule.branches) conditions.set(branch, conditionsOf(branch, tree, met));
  }
  const subjects = [...met.values()].sort((a, b) => b.count - a.count || comparePlaces(a.subject, b.subject));
  const tests = new Map<Branch, readonly Test[]>();
  const ranks = new Map<Branch, readonly number[]>();
  for (const [branch, known] of conditions) {
    const found: Test[] = [];
    const rank: number[] = [];
    for (const { subject } of known.length === 0 ? [] : subjects) {
      const test = toTest(known.filter((condition) => condition.subject.key === subject.key));
      if (test !== undefined) found.push(test);
      rank.push(rankOf(test));
      // OPA does not look any further where there are several values.
      if ((test?.alternatives?.length ?? 0) > 1) break;
    }
    tests.set(branch, found);
    ranks.set(branch, rank);
  }
  return { rules: sortRules(group.rules, ranks), tests };
}

const nothing: RuleIndex["tests"] = new Map();

/** Whether a function's body compares something with a constant: that could be a parameter. */
function comparesArguments({ kind, rules }: Group): boolean {
  return kind === "function" && rules.some(({ branches }) => branches.some(({ body }) => body.some(isComparison)));
}

function isComparison(statement: Statement): boolean {
  if (statement.negated || statement.kind === "every" || statement.kind === "term") return false;
  if (statement.kind === "equal") return isConstant(statement.left) || isConstant(statement.right);
  const { callee, output, args } = statement;
  return output === undefined && callee.kind === "builtin" && indexed.has(callee.name) && args.some(isConstant);
}

const indexed = new Set(["equal", "internal.member_2", "glob.match"]);

function isConstant({ kind }: Term): boolean {
  return kind === "constant" || kind === "array";
}

function comparePlaces({ place: a }: Subject, { place: b }: Subject): number {
  return a[0] - b[0] || a[1] - b[1];
}

function toTest(conditions: readonly Condition[]): Test | undefined {
  const [first] = conditions;
  if (first === undefined) return undefined;
  const at = Math.max(...conditions.map((condition) => condition.at));
  const values = conditions.map(({ value }) => value).filter((value) => value !== undefined);
  const isMore = conditions.some((condition) => condition.isMore);
  return { subject: first.subject, alternatives: values.length < conditions.length ? undefined : values, at, isMore };
}

/** Where a rule stands among those that other tests lead to. */
function rankOf(test: Test | undefined): number {
  if (test === undefined) return 0;
  const [first] = test.alternatives ?? [];
  if (first === undefined) return 1;
  if (typeof first !== "object" || first === null) return 3;
  return "items" in first ? 2 : 4;
}

function sortRules(
  rules: readonly LoweredRule[],
  ranks: ReadonlyMap<Branch, readonly number[]>,
): readonly LoweredRule[] {
  const rankOfRule = (rule: LoweredRule): readonly number[] =>
    rule.branches.map((branch) => ranks.get(branch) ?? []).reduce((a, b) => (compareRanks(b, a) < 0 ? b : a));
  const ranked = rules.map((rule) => ({ rule, rank: rankOfRule(rule) }));
  return ranked.sort((a, b) => compareRanks(a.rank, b.rank)).map(({ rule }) => rule);
}

function compareRanks(a: readonly number[], b: readonly number[]): number {
  for (const [index, rank] of a.entries()) {
    const other = b[index];
    if (other === undefined) return 1;
    if (rank !== other) return rank - other;
  }
  return a.length - b.length;
}
