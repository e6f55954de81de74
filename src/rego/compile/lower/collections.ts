import type { Location, Term as SyntaxTerm } from "../../syntax/index.ts";
import { numberFromText, ObjectBuilder, RegoSet, type Value } from "../../value/index.ts";
import type { Term } from "../ir.ts";

/** The value of a literal that is no collection. */
function toScalar(term: SyntaxTerm): Value | undefined {
  switch (term.kind) {
    case "string":
    case "boolean":
      return term.value;
    case "null":
      return null;
    case "number":
      return numberFromText(term.text);
    default:
      return undefined;
  }
}

/** The values of literals that are no collections, as most data in policies is: none of them needs a term. */
export function scalarsOf(items: readonly SyntaxTerm[]): Value[] | undefined {
  const values: Value[] = [];
  for (let index = 0; index < items.length; index += 1) {
    const value = toScalar(items[index] as SyntaxTerm);
    if (value === undefined) return undefined;
    values.push(value);
  }
  return values;
}

/** The same for an object: a constant, where all its members are such literals. */
export function toScalarObject(pairs: readonly [SyntaxTerm, SyntaxTerm][], location: Location): Term | undefined {
  const members: [Value, Value][] = [];
  for (let index = 0; index < pairs.length; index += 1) {
    const member = scalarsOf(pairs[index] as [SyntaxTerm, SyntaxTerm]);
    if (member === undefined) return undefined;
    members.push(member as [Value, Value]);
  }
  const builder = new ObjectBuilder();
  for (const [key, value] of members) builder.set(key, value);
  return { kind: "constant", value: builder.build(), location };
}

/** A list or a set of terms: a constant, where all of them are. */
export function toCollection(kind: "array" | "set", items: Term[], location: Location): Term {
  const values = constantsOf(items);
  return values === undefined ? { kind, items, location } : toConstant(kind, values, location);
}

export function toConstant(kind: "array" | "set", values: Value[], location: Location): Term {
  return { kind: "constant", value: kind === "array" ? values : RegoSet.from(values), location };
}

/** The same for an object. */
export function toObject(pairs: [Term, Term][], location: Location): Term {
  for (const [key, value] of pairs) {
    if (key.kind !== "constant" || value.kind !== "constant") return { kind: "object", pairs, location };
  }
  const builder = new ObjectBuilder();
  for (const [key, value] of pairs) {
    if (key.kind === "constant" && value.kind === "constant") builder.set(key.value, value.value);
  }
  return { kind: "constant", value: builder.build(), location };
}

function constantsOf(terms: readonly Term[]): Value[] | undefined {
  const values: Value[] = [];
  for (let index = 0; index < terms.length; index += 1) {
    const term = terms[index] as Term;
    if (term.kind !== "constant") return undefined;
    values.push(term.value);
  }
  return values;
}
