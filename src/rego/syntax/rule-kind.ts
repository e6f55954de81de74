import type { Rule, Term } from "./ast.ts";
import { isGround } from "./term-walk.ts";

/** What a rule makes a part of. */
export type DocumentKind = "complete" | "set" | "object";

/** The key that OPA gives a head: a set's member, or the one operand of `p[x]` where that is a key and no name. */
export function headKey({ head, body, isDefault }: Rule): Term | undefined {
  if (head.key !== undefined) return head.key;
  const [operand, ...others] = head.ref.operands;
  if (operand === undefined || others.length > 0 || head.args !== undefined || isDefault) return undefined;
  return body.length === 0 || !isGround(operand) || operand.kind === "ref" ? operand : undefined;
}

/** OPA's kind of document: `p["a"] := 1` is a member of an object, `p["a"] if x` is a complete rule, `p[x].y if z` an object's again. */
export function documentKind(rule: Rule): DocumentKind {
  if (rule.head.key !== undefined) return "set";
  const isMember = headKey(rule) !== undefined || rule.head.ref.operands.some((operand) => !isGround(operand));
  return isMember ? "object" : "complete";
}
