import type { RegoType } from "../../builtins/index.ts";
import type { Branch, ComprehensionTerm, LoweredRule, Term } from "../ir.ts";
import type { Group } from "../rule-tree.ts";
import { anyType, type Type, unknownType } from "./algebra.ts";
import type { TypeScope } from "./scope.ts";

/** The type of a comprehension, where `scope` is that of its body. */
export function typeOfComprehension(scope: TypeScope, { of, key, term }: ComprehensionTerm): Type | undefined {
  const value = scope.of(term) as RegoType | undefined;
  if (of === "array") return { kind: "array", static: [], ...(value === undefined ? {} : { dynamic: value }) };
  if (of === "set") return { kind: "set", of: value ?? unknownType };
  const keyType = key === undefined ? undefined : (scope.of(key) as RegoType | undefined);
  const dynamic = { key: keyType ?? unknownType, value: value ?? unknownType };
  return { kind: "object", static: [], dynamic };
}

/** The type of what a branch gives, where `scope` is that of its body. */
export function typeOfBranch(scope: TypeScope, group: Group, rule: LoweredRule, branch: Branch): Type | undefined {
  if (group.kind === "function") {
    const args = branch.args.map((arg) => {
      openVariables(scope, arg);
      return scope.of(arg);
    });
    return { kind: "function", args, result: branch.value === undefined ? undefined : scope.of(branch.value) };
  }
  const member = rule.isSet ? branch.key : branch.value;
  const type = member === undefined ? undefined : (scope.of(member) as RegoType | undefined);
  if (type === undefined) return undefined;
  let document: RegoType = rule.isSet ? { kind: "set", of: type } : type;
  for (const operand of branch.ref.slice(group.path.length - rule.package.length).reverse()) {
    const key = scope.of(operand) as RegoType | undefined;
    if (key === undefined) return undefined;
    document = { kind: "object", static: [], dynamic: { key, value: document } };
  }
  return document;
}

/** Parameters that nothing in the body says something about can be anything. */
function openVariables(scope: TypeScope, term: Term): void {
  if (term.kind === "variable" && scope.get(term.variable) === undefined) scope.set(term.variable, anyType);
  else if (term.kind === "array") for (const item of term.items) openVariables(scope, item);
  else if (term.kind === "object") for (const [, value] of term.pairs) openVariables(scope, value);
}
