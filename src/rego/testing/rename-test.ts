import type { Rule, Term } from "../syntax/index.ts";

/** The rule with a suffix to the name that makes it a test. */
export function renameTest(rule: Rule, depth: number, suffix: string): Rule {
  const rename = (term: Term): Term => {
    if (term.kind === "var") return { ...term, name: term.name + suffix };
    return term.kind === "string" ? { ...term, value: term.value + suffix } : term;
  };
  const { ref } = rule.head;
  const head = depth === 0 ? rename(ref.head) : ref.head;
  const operands = ref.operands.map((operand, index) => (index === depth - 1 ? rename(operand) : operand));
  return { ...rule, head: { ...rule.head, ref: { ...ref, head, operands } } };
}
