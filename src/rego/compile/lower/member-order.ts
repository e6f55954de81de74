import { compareTerms, type Term as SyntaxTerm } from "../../syntax/index.ts";
import type { Scope } from "./scope.ts";

/** Members of a set in the order in which OPA evaluates them: that of the terms, with names of rules and imports resolved. */
export function inOrderOfTerms(scope: Scope, items: readonly SyntaxTerm[]): readonly SyntaxTerm[] {
  return sortBy(scope, items, (item) => item);
}

/** The same for the members of an object, by their keys. */
export function inOrderOfKeys(
  scope: Scope,
  pairs: readonly [SyntaxTerm, SyntaxTerm][],
): readonly [SyntaxTerm, SyntaxTerm][] {
  return sortBy(scope, pairs, ([key]) => key);
}

function sortBy<Item>(scope: Scope, items: readonly Item[], termOf: (item: Item) => SyntaxTerm): readonly Item[] {
  if (items.length < 2) return items;
  const resolved = items.map((item) => ({ item, term: resolveNames(scope, termOf(item)) }));
  return resolved.sort((a, b) => compareTerms(a.term, b.term)).map(({ item }) => item);
}

function resolveNames(scope: Scope, term: SyntaxTerm): SyntaxTerm {
  const { location } = term;
  const visit = (inner: SyntaxTerm): SyntaxTerm => resolveNames(scope, inner);
  switch (term.kind) {
    case "var": {
      const global = scope.findGlobal(term.name);
      if (global === undefined) {
        const isDocument = term.name === "input" || term.name === "data";
        return isDocument ? { kind: "ref", head: term, operands: [], location } : term;
      }
      const [root, ...rest] = global.path;
      const operands = rest.map((value): SyntaxTerm => ({ kind: "string", value, location }));
      return {
        kind: "ref",
        head: { kind: "var", name: root as string, wildcard: false, location },
        operands,
        location,
      };
    }
    case "ref": {
      const head = visit(term.head);
      const operands = term.operands.map(visit);
      if (head.kind !== "ref") return { ...term, head, operands };
      return { ...term, head: head.head, operands: [...head.operands, ...operands] };
    }
    case "array":
      return term.json === undefined ? { ...term, items: term.items.map(visit) } : term;
    case "set":
      return { ...term, items: term.items.map(visit) };
    case "object": {
      if (term.json !== undefined) return term;
      return { ...term, pairs: term.pairs.map(([key, value]): [SyntaxTerm, SyntaxTerm] => [visit(key), visit(value)]) };
    }
    case "call":
      return { ...term, args: term.args.map(visit) };
    default:
      return term;
  }
}
