import type { Rule, Term } from "../rego/index.ts";
import { type ResultKind, resultKindOf } from "./check-rules.ts";
import { PolicyError } from "./errors.ts";

/** A rule's name: of `a`, `a contains x`, and `a[x] := y`; undefined where its head has more (`a.b`, `a[x][y]`). */
export function nameOfRule({ head }: Rule): string | undefined {
  const { head: first, operands } = head.ref;
  const isEntry = operands.length === 1 && head.assigned && operands[0]?.kind !== "string";
  return first.kind === "var" && (operands.length === 0 || isEntry) ? first.name : undefined;
}

/** Whether and what a rule's results count as. */
export function checkKindOf(rule: Rule): ResultKind | undefined {
  const name = nameOfRule(rule);
  return name === undefined ? undefined : resultKindOf(name);
}

const supportedValues: ReadonlySet<Term["kind"]> = new Set(["string", "object", "var", "call"]);

/** `file:row` */
export function at({ file, row }: { file: string; row: number }): string {
  return `${file}:${row}`;
}

/** Checks and annotated rules must give texts, objects, variables or calls (Conforma's inspection). */
export function assertSupportedValue(rule: Rule): void {
  const value = rule.head.value ?? rule.head.key;
  if (value === undefined || supportedValues.has(value.kind)) {
    return;
  }
  const place = at(rule.location);
  throw new PolicyError(
    `the rule ${JSON.stringify(nameOfRule(rule) ?? "")} returns an unsupported value, at ${place}: ` +
      `expected a string, an object, a variable or a call, found ${value.kind}; checks are written "deny contains result if"`,
    { code: "rule-invalid", subject: place },
  );
}

/** `deny[msg] if { ... }` makes an object of OPA v1, and would never report anything. */
export function assertNoIfWithoutContains(rule: Rule): void {
  const { head } = rule;
  const name = head.ref.head.kind === "var" ? head.ref.head.name : "";
  const isCheck = head.ref.operands.length > 0 && resultKindOf(name) !== undefined;
  if (isCheck && head.value?.kind === "boolean" && head.value.value) {
    const place = at(rule.location);
    throw new PolicyError(
      `rule is using 'if' keyword without 'contains' keyword: ${name} at ${place}; write "${name} contains ... if"`,
      { code: "rule-invalid", subject: place },
    );
  }
}
