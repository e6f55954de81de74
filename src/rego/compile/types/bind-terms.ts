import type { Term, Variable } from "../ir.ts";

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
    case "array":
    case "set": {
      const items = bindAll(term.items, bind);
      return items === term.items ? term : { ...term, items };
    }
    case "object": {
      const members = term.pairs.flat();
      const bound = bindAll(members, bind);
      if (bound === members) return term;
      const pairs = term.pairs.map((_, index): [Term, Term] => [
        bound[2 * index] as Term,
        bound[2 * index + 1] as Term,
      ]);
      return { ...term, pairs };
    }
    default:
      return term;
  }
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
