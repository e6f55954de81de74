import { canonicalKey, isList, type Value } from "../../value/index.ts";
import type { Branch, CallStatement, RefTerm, Statement, Term, Variable } from "../ir.ts";
import type { RuleTree } from "../rule-tree.ts";
import { type Alternative, isPlainGlob, isScalar, membersOf, toAlternative, toPattern } from "./alternatives.ts";
import { argumentAt, constantPath, isVirtual, type Subject } from "./subjects.ts";

/** What a body says of a subject. Without a value: it is defined. */
export interface Condition {
  subject: Subject;
  value: Alternative | undefined;
  /** The variable that has the subject's value. */
  variable: Variable | undefined;
  /** Index of the statement in the body that says so. */
  at: number;
  /** Whether the body itself says less: OPA forgets a reference among the members of a collection where a value follows it. */
  isMore: boolean;
}

/**
 * What must hold of documents and parameters for a body to have a solution, as far as OPA's index knows it: of the body's
 * own expressions, not negated and without `with`, comparisons with constants, membership, globs, and that references are defined
 * (v1/ast/index.go in OPA). None for a body that prints.
 */
export function conditionsOf(branch: Branch, tree: RuleTree, met: SubjectCounts): Condition[] {
  if (branch.body.some((statement) => isCallOf(statement, "internal.print"))) return [];
  const collector = new Collector(branch, tree, met);
  for (const [at, statement] of branch.body.entries()) {
    if (statement.with.length === 0) collector.statement(statement, at);
  }
  return collector.conditions;
}

/** How often something was said of each subject, in all rules of a group. */
export type SubjectCounts = Map<string, { subject: Subject; count: number }>;

function isCallOf(statement: Statement, name: string): statement is CallStatement {
  return statement.kind === "call" && statement.callee.kind === "builtin" && statement.callee.name === name;
}

/** Stands where the value has no variable in the policy; a copy of it where OPA makes one of its own. */
const nobody: Variable = { id: -1, name: "", generated: true };

class Collector {
  readonly conditions: Condition[] = [];
  readonly #constants = new Map<Variable, Value>();
  /** The variables that OPA makes for references inside of terms. */
  readonly #copies = new Map<Term, Variable>();
  readonly #branch: Branch;
  readonly #tree: RuleTree;
  readonly #met: SubjectCounts;
  #at = 0;

  constructor(branch: Branch, tree: RuleTree, met: SubjectCounts) {
    this.#branch = branch;
    this.#tree = tree;
    this.#met = met;
  }

  statement(statement: Statement, at: number): void {
    this.#at = at;
    switch (statement.kind) {
      case "term":
        this.#operands(statement.term);
        if (!statement.negated && statement.term.kind === "ref") this.#defined(statement.term, nobody);
        return;
      case "equal":
        this.#operands(statement.left);
        this.#operands(statement.right);
        if (!statement.negated) this.#equal(statement.left, statement.right);
        return;
      case "call":
        this.#call(statement);
        return;
      case "every":
        this.#evaluated(statement.domain);
    }
  }

  #call(statement: CallStatement): void {
    const { args, output, negated } = statement;
    const [first, second, third] = args;
    if (isCallOf(statement, "equal") && output === undefined && first !== undefined && second !== undefined) {
      this.#operands(first);
      this.#operands(second);
      if (!negated) this.#equal(first, second);
      return;
    }
    for (const arg of args) this.#evaluated(arg);
    if (output !== undefined) this.#evaluated(output);
    if (negated || output !== undefined || first === undefined || second === undefined) return;
    if (isCallOf(statement, "internal.member_2")) this.#member(first, second);
    if (isCallOf(statement, "glob.match") && third !== undefined) this.#glob(first, second, third);
  }

  /** What OPA evaluates before the expression that a term stands in: references inside of it. */
  #operands(term: Term): void {
    if (term.kind === "ref") for (const operand of term.operands) this.#evaluated(operand);
    else this.#evaluated(term);
  }

  #evaluated(term: Term): void {
    switch (term.kind) {
      case "ref":
        this.#operands(term);
        this.#copies.set(term, { ...nobody });
        this.#defined(term, this.#copies.get(term) as Variable);
        return;
      case "array":
      case "set":
        for (const item of term.items) this.#evaluated(item);
        return;
      case "object":
        for (const [key, value] of term.pairs) {
          this.#evaluated(key);
          this.#evaluated(value);
        }
    }
  }

  #defined(ref: RefTerm, variable: Variable): void {
    const subject = this.#subject(ref, ref.operands);
    if (subject !== undefined) this.#insert(subject, undefined, variable);
  }

  #equal(left: Term, right: Term): void {
    if (this.#contains(left, right) || this.#contains(right, left)) return;
    if (!this.#compare(left, right)) this.#compare(right, left);
  }

  /** `input.xs[_] == 1` */
  #contains(ref: Term, other: Term): boolean {
    if (ref.kind !== "ref" || ref.operands[ref.operands.length - 1]?.kind !== "variable") return false;
    const subject = this.#subject(ref, ref.operands.slice(0, -1));
    const value = this.#constant(other);
    if (subject === undefined || value === undefined || !isScalar(value)) return false;
    this.#insert(subject, value, undefined);
    return true;
  }

  #compare(left: Term, right: Term): boolean {
    if (left.kind === "variable") {
      if (right.kind === "constant") this.#constants.set(left.variable, right.value);
      const subject = this.#subjectOf(left);
      if (subject === undefined || right.kind === "ref") return false;
      return this.#insertTerm(subject, right);
    }
    if (left.kind !== "ref") return false;
    const subject = this.#subject(left, left.operands);
    if (subject === undefined) return false;
    const value = right.kind === "variable" ? this.#constants.get(right.variable) : undefined;
    if (value === undefined) return this.#insertTerm(subject, right);
    const found = toAlternative(value);
    if (found !== undefined) this.#insert(subject, found, undefined);
    return true;
  }

  #insertTerm(subject: Subject, term: Term): boolean {
    if (term.kind === "variable") this.#insert(subject, undefined, term.variable);
    else {
      const found = term.kind === "array" ? toPattern(term.items) : toAlternative(this.#constant(term));
      if (found === undefined) return false;
      this.#insert(subject, found, undefined);
    }
    return true;
  }

  #member(item: Term, collection: Term): void {
    const subject = this.#subjectOf(item);
    if (subject !== undefined) {
      const members = this.#members(collection) ?? [];
      const isMore = members.some(({ value }) => value === undefined);
      for (const { value, variable } of members) this.#insert(subject, value, variable, isMore);
      return;
    }
    const owner = this.#subjectOf(collection);
    if (owner === undefined || typeof owner.root === "number") return;
    const value = this.#constant(item);
    if (value !== undefined && isScalar(value)) this.#insert(owner, value, undefined);
  }

  /** What a subject in a collection may be; undefined where OPA cannot say. */
  #members(collection: Term): readonly Member[] | undefined {
    const constant = membersOf(this.#constant(collection));
    if (constant !== undefined)
      return toMembers(constant.map((value) => ({ value: toAlternative(value), variable: undefined })));
    const terms = termsInOrder(collection);
    const found = terms?.map((term): Member => {
      if (term.kind === "variable") return { value: undefined, variable: term.variable };
      if (term.kind === "ref" || term.kind === "comprehension") {
        return { value: undefined, variable: this.#copies.get(term) ?? { ...nobody } };
      }
      const value = term.kind === "array" ? toPattern(term.items) : toAlternative(this.#constant(term));
      return { value, variable: undefined };
    });
    return found === undefined ? undefined : toMembers(found);
  }

  #glob(pattern: Term, delimiters: Term, text: Term): void {
    const subject = this.#subjectOf(text);
    const glob = this.#constant(pattern);
    const list = delimiters.kind === "constant" ? delimiters.value : undefined;
    if (subject === undefined || typeof glob !== "string" || list === undefined || !isList(list)) return;
    if (!list.every((delimiter) => typeof delimiter === "string")) return;
    const joined = list.length === 0 ? "." : list.join("");
    if (isPlainGlob(glob, joined)) this.#insert(subject, { glob, delimiters: joined }, undefined);
  }

  #constant(term: Term): Value | undefined {
    if (term.kind === "constant") return term.value;
    return term.kind === "variable" ? this.#constants.get(term.variable) : undefined;
  }

  /** The subject that a term is, or that a variable stands for. */
  #subjectOf(term: Term): Subject | undefined {
    if (term.kind === "ref") return this.#subject(term, term.operands);
    if (term.kind !== "variable") return undefined;
    const known = this.conditions.find(({ variable }) => variable === term.variable);
    if (known !== undefined) return known.subject;
    const position = this.#branch.args.findIndex((arg) => arg.kind === "variable" && arg.variable === term.variable);
    return position < 0 ? undefined : argumentAt(position);
  }

  #subject({ root, location }: RefTerm, operands: readonly Term[]): Subject | undefined {
    if (root !== "input" && root !== "data") return undefined;
    const path = constantPath(operands);
    if (path.length < operands.length) return undefined;
    if (root === "data" && isVirtual(this.#tree, path)) return undefined;
    return { root, path, key: `${root}${canonicalKey(path)}`, place: [location.row, location.col] };
  }

  #insert(subject: Subject, value: Alternative | undefined, variable: Variable | undefined, isMore = false): void {
    const condition: Condition = { subject, value, variable, at: this.#at, isMore };
    const met = this.#met.get(subject.key);
    if (met === undefined) this.#met.set(subject.key, { subject, count: 1 });
    else met.count += 1;
    for (const [index, other] of this.conditions.entries()) {
      if (other.subject.key !== subject.key) continue;
      if (isSame(other, condition)) return;
      if (value === undefined || other.value !== undefined) continue;
      this.conditions[index] = condition;
      return;
    }
    this.conditions.push(condition);
  }
}

type Member = Pick<Condition, "value" | "variable">;

/** None where one of them is neither a value that is looked for nor a variable. */
function toMembers(members: readonly Member[]): readonly Member[] | undefined {
  const isUnknown = ({ value, variable }: Member): boolean => value === undefined && variable === undefined;
  return members.some(isUnknown) ? undefined : members;
}

/** The members of a collection in the order in which OPA looks at them: of a set, scalars before variables before lists. */
function termsInOrder(collection: Term): readonly Term[] | undefined {
  if (collection.kind === "array") return collection.items;
  if (collection.kind === "object") return collection.pairs.map(([, value]) => value);
  if (collection.kind !== "set") return undefined;
  const rank = ({ kind }: Term): number => (kind === "constant" ? 0 : kind === "array" ? 2 : 1);
  return [...collection.items].sort((a, b) => rank(a) - rank(b));
}

function isSame(a: Condition, b: Condition): boolean {
  if (a.value === undefined || b.value === undefined) return a.value === b.value && a.variable === b.variable;
  return JSON.stringify(a.value) === JSON.stringify(b.value);
}
