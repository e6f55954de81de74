import type { FailedRule, Failure } from "../run/index.ts";
import type { Expression, Module, Term } from "../syntax/index.ts";
import { isList, RegoObject, toJson, type Value } from "../value/index.ts";
import { toCaseName } from "./case-results.ts";
import type { TestRule } from "./discover.ts";
import { drawValues } from "./draw-values.ts";
import { contains, ExpressionIndex } from "./expression-index.ts";
import { valuesOf } from "./failure-values.ts";
import type { FailedExpression, FailureExplanation, TestExplanation } from "./results.ts";

/** Reasons that are told of one failure, and how deep they are followed. */
const maxReasons = 6;
const maxDepth = 4;

export function toCaseKey(names: readonly string[]): string {
  return JSON.stringify(names);
}

/** Finds the expressions that made tests fail, from what watching code has reported. */
export function createExplainer(modules: readonly Module[]): (test: TestRule, failed: FailedRule) => TestExplanation {
  const index = new ExpressionIndex(modules);
  return (test, failed) => {
    if (!test.isTable) return { test: explain(failed.failures, index), cases: new Map() };
    const byCase = new Map<string, Failure[]>();
    for (const failure of failed.failures) {
      const names = test.caseNames.map((term) => nameOf(term, failure));
      if (names.includes(undefined)) continue;
      const key = JSON.stringify(names);
      byCase.set(key, [...(byCase.get(key) ?? []), failure]);
    }
    return { test: [], cases: new Map([...byCase].map(([key, failures]) => [key, explain(failures, index)])) };
  };
}

function explain(failures: readonly Failure[], index: ExpressionIndex): FailureExplanation {
  const last = lastOf(failures, index);
  if (last === undefined) return [];
  const reasons: FailedExpression[] = [];
  addReasons(last, { index, out: reasons, depth: 0 });
  return [describe(last, index), ...reasons];
}

interface Located {
  failure: Failure;
  expression: Expression;
}

/** What failed last decides: what is before it was true. Of `every`, it is what failed in its body. */
function lastOf(failures: readonly Failure[], index: ExpressionIndex): Located | undefined {
  const failure = failures.at(-1);
  const expression = failure === undefined ? undefined : index.expressionAt(failure.span);
  if (failure === undefined || expression === undefined) return undefined;
  if (expression.kind === "every") {
    const inside = failures.slice(0, -1).filter(({ span }) => contains(expression.location, span));
    const inner = inside.length === 0 ? undefined : lastOf(inside, index);
    if (inner !== undefined && inner.expression !== expression) return inner;
  }
  return { failure, expression };
}

function describe({ failure, expression }: Located, index: ExpressionIndex): FailedExpression {
  const { location } = expression;
  const text = index.before(location).replace(/\S/g, " ") + index.text(location);
  const lines = [...text.split("\n"), ...drawValues(valuesOf(expression, failure, index), index)];
  return { file: location.file, row: location.row, lines };
}

/** Rules that had no result, in the expression that failed: what failed last in each of their bodies. */
function addReasons(
  { failure, expression }: Located,
  { index, out, depth }: { index: ExpressionIndex; out: FailedExpression[]; depth: number },
): void {
  if (depth >= maxDepth) return;
  const rules = new Map<string, FailedRule>();
  for (const rule of failure.inner) {
    if (rule.at !== undefined && contains(expression.location, rule.at)) rules.set(rule.path, rule);
  }
  for (const rule of rules.values()) {
    for (const failures of byBranch(rule.failures, index)) {
      const last = lastOf(failures, index);
      if (last === undefined || out.length >= maxReasons) continue;
      out.push({ ...describe(last, index), rule: rule.path });
      addReasons(last, { index, out, depth: depth + 1 });
    }
  }
}

/** The failures in each body of a rule, in the order of the text. */
function byBranch(failures: readonly Failure[], index: ExpressionIndex): readonly (readonly Failure[])[] {
  const branches = new Map<string, Failure[]>();
  for (const failure of failures) {
    const branch = index.branchAt(failure.span);
    const key = `${failure.span.file}:${branch?.offset ?? -1}`;
    const known = branches.get(key);
    if (known === undefined) branches.set(key, [failure]);
    else known.push(failure);
  }
  const place = ([first]: readonly Failure[]): [string, number] => [first?.span.file ?? "", first?.span.offset ?? 0];
  return [...branches.values()].sort((left, right) => {
    const [file, offset] = place(left);
    const [otherFile, otherOffset] = place(right);
    return file === otherFile ? offset - otherOffset : file < otherFile ? -1 : 1;
  });
}

/** The name of a case, as far as it was known when the case failed. */
function nameOf(term: Term, failure: Failure): string | undefined {
  const value = resolve(term, new Map(failure.locals));
  return value === undefined ? undefined : toCaseName(toJson(value));
}

function resolve(term: Term, locals: ReadonlyMap<string, Value>): Value | undefined {
  switch (term.kind) {
    case "var":
      return locals.get(term.name);
    case "string":
    case "boolean":
      return term.value;
    case "number":
      return Number(term.text);
    case "ref": {
      let value = resolve(term.head, locals);
      for (const operand of term.operands) {
        const key = resolve(operand, locals);
        if (value === undefined || key === undefined) return undefined;
        value = memberOf(value, key);
      }
      return value;
    }
    default:
      return undefined;
  }
}

function memberOf(value: Value, key: Value): Value | undefined {
  if (value instanceof RegoObject) return value.get(key);
  return isList(value) && typeof key === "number" ? value[key] : undefined;
}
