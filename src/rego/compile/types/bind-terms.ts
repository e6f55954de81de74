import { compareValues, isList } from "../../value/index.ts";
import type { RefTerm, Term, Variable } from "../ir.ts";

/** Receives what is evaluated before a statement, in its order. */
export type Bind = (variable: Variable, term: Term) => void;

/**
 * A term in which references and comprehensions stand as variables: they are evaluated before the statement that the term is in.
 * The term itself where there is none in it.
 */
export function bindTerm(term: Term, bind: Bind): Term {
  switch (term.kind) {
    case "constant":
    case "variable":
      return term;
    case "ref":
    case "comprehension": {
      const variable: Variable = { id: 0, name: "", generated: true };
      bind(variable, bindMembers(term, bind));
      return { kind: "variable", variable, location: term.location };
    }
    default:
      return bindMembers(term, bind);
  }
}

/** The same, but a reference or comprehension on the outside stays. */
export function bindMembers(term: Term, bind: Bind): Term {
  switch (term.kind) {
    case "ref": {
      const operands = bindAll(term.operands, bind);
      return operands === term.operands ? term : { ...term, operands };
    }
    case "array": {
      const items = bindAll(term.items, bind);
      return items === term.items ? term : { ...term, items };
    }
    case "set": {
      const sorted = term.items.length < 2 ? term.items : term.items.toSorted((a, b) => compareTerms(a, b));
      const items = bindAll(sorted, bind);
      return items === sorted ? term : { ...term, items };
    }
    case "object": {
      const sorted = term.pairs.length < 2 ? term.pairs : term.pairs.toSorted(([a], [b]) => compareTerms(a, b));
      const members = sorted.flat();
      const bound = bindAll(members, bind);
      if (bound === members) return term;
      const pairs = sorted.map((_, index): [Term, Term] => [bound[2 * index] as Term, bound[2 * index + 1] as Term]);
      return { ...term, pairs };
    }
    default:
      return term;
  }
}

/** Members of sets, and of objects by their keys, are evaluated in OPA's order of terms. */
function compareTerms(a: Term, b: Term): number {
  if (a.kind === "constant" && b.kind === "constant") return compareValues(a.value, b.value);
  return a.kind === "ref" && b.kind === "ref" ? compareRefs(a, b) : rankOf(a) - rankOf(b);
}

/** Local variables come before documents: OPA gives them names that do. */
function compareRefs(a: RefTerm, b: RefTerm): number {
  const [left, right] = [a, b].map(({ root }) => (typeof root === "string" ? root : ""));
  if (left !== right) return (left ?? "") < (right ?? "") ? -1 : 1;
  for (const [index, operand] of a.operands.entries()) {
    const other = b.operands[index];
    const order = other === undefined ? 1 : compareTerms(operand, other);
    if (order !== 0) return order;
  }
  return a.operands.length - b.operands.length;
}

const ranks: readonly Term["kind"][] = ["variable", "ref", "array", "object", "set", "comprehension"];

function rankOf(term: Term): number {
  if (term.kind !== "constant") return ranks.indexOf(term.kind);
  const { value } = term;
  if (typeof value !== "object" || value === null) return -1;
  if (isList(value)) return ranks.indexOf("array");
  return value.kind === "number" ? -1 : ranks.indexOf(value.kind);
}

/** All terms of a list; the list itself where nothing in it changes. */
export function bindAll(terms: Term[], bind: Bind): Term[] {
  let bound: Term[] | undefined;
  for (const [index, term] of terms.entries()) {
    const after = bindTerm(term, bind);
    if (after !== term) {
      bound ??= [...terms];
      bound[index] = after;
    }
  }
  return bound ?? terms;
}
