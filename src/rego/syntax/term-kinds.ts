import type { Term } from "./ast.ts";
import { formatTerm } from "./format.ts";

/** OPA's name of a kind of term, as its messages and its JSON have it. */
export function kindName(term: Term): string {
  return term.kind.replaceAll("-", "");
}

/** What may stand before `.name`, `[key]` and `(arguments)`. */
export function isReferenceHead(term: Term): boolean {
  switch (term.kind) {
    case "var":
    case "array":
    case "object":
    case "set":
    case "array-comprehension":
    case "set-comprehension":
    case "object-comprehension":
    case "call":
      return true;
    default:
      return false;
  }
}

/** The parts of a function's name. What is no string is written into the part before it: no function has such a name. */
export function calleeName(head: Term, operands: readonly Term[]): string[] {
  const parts = [head.kind === "var" ? head.name : formatTerm(head)];
  for (const operand of operands) {
    if (operand.kind === "string") parts.push(operand.value);
    else parts.push(`${parts.pop() ?? ""}[${formatTerm(operand)}]`);
  }
  return parts;
}
