import type { Branch, Statement, Term } from "../ir.ts";
import { walkBody } from "../walk.ts";
import type { Alternative } from "./alternatives.ts";
import type { BodyEmitter } from "./body.ts";
import { emitRef } from "./ref.ts";
import type { Test } from "./rule-index.ts";
import { constantPath, isVirtual, type Subject } from "./subjects.ts";
import type { EmitUnit, Plan } from "./unit.ts";

/**
 * Writes those of a branch's tests that its body would come to only after something that costs, can end with an error, or asks:
 * where one of them fails, OPA does not enter the rule. Who watches rows or times is told nothing of such a rule: then all are written.
 */
export function emitGuards(emitter: BodyEmitter, branch: Branch, tests: readonly Test[]): void {
  const { plan, watch } = emitter.unit;
  if (tests.length === 0 || watch.mode === "failures") return;
  const first = watch.mode === "nothing" ? branch.body.findIndex((statement) => isNoticed(statement, plan)) : 0;
  for (const test of tests) if (test.isMore || (first >= 0 && test.at >= first)) emitTest(emitter, branch, test);
}

function emitTest(emitter: BodyEmitter, branch: Branch, { subject, alternatives }: Test): void {
  const value = emitSubject(emitter, branch, subject);
  if (alternatives === undefined) return;
  const { unit } = emitter;
  const [only] = alternatives;
  if (only !== undefined && alternatives.length === 1 && (typeof only !== "object" || only === null)) {
    const literal = unit.constant(only);
    emitter.push(`if(${value}!==${literal}&&!K.holds(${value},${literal}))${emitter.fail()}`);
    return;
  }
  const matcher = unit.name("k");
  unit.lines.push(`const ${matcher}=K.matcher(${toSource(alternatives, unit)});`);
  emitter.push(`if(!${matcher}(${value}))${emitter.fail()}`);
}

/** The subject's value; leaves where there is none. */
function emitSubject(emitter: BodyEmitter, { location }: Branch, { root, path }: Subject): string {
  if (typeof root === "number") return `x${root}`;
  const operands = path.map((key): Term => ({ kind: "constant", value: key, location }));
  return emitter.atom(emitRef(emitter, { kind: "ref", root, operands, location }));
}

/** Alternatives as run/rule-index.ts reads them. */
export function toSource(alternatives: readonly Alternative[], unit: EmitUnit): string {
  const sources = alternatives.map((one) => {
    if (typeof one !== "object" || one === null) return unit.constant(one);
    if ("glob" in one) return `{glob:${unit.constant(one.glob)},delimiters:${unit.constant(one.delimiters)}}`;
    return `{items:[${one.items.map((item) => (item === undefined ? "U" : unit.constant(item))).join(",")}]}`;
  });
  return `[${sources.join(",")}]`;
}

/** Statements that show, other than by being true or not, that they were evaluated; and those that iterate. */
function isNoticed(statement: Statement, plan: Plan): boolean {
  let isFound = false;
  walkBody([statement], {
    statement: (inner) => {
      if (inner.kind === "every" || inner.with.length > 0) isFound = true;
      else if (inner.kind === "call")
        isFound ||= inner.callee.kind === "rule" || isNoticedCall(inner.callee.name, plan);
    },
    term: (term) => {
      if (term.kind === "comprehension") isFound = true;
      if (term.kind !== "ref") return;
      if (term.operands.some(({ kind }) => kind === "variable")) isFound = true;
      else if (term.root === "data" && isVirtual(plan.tree, constantPath(term.operands))) isFound = true;
    },
  });
  return isFound;
}

function isNoticedCall(name: string, { functions, mocked }: Plan): boolean {
  const known = functions.get(name);
  return (
    known?.kind === "external" || known?.relation === true || mocked.has(name) || name === "internal.template_string"
  );
}
