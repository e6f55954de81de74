import { equalValues, isList, RegoObject, RegoSet, type Value } from "../../value/index.ts";
import type { Term } from "../ir.ts";
import {
  type ArrayType,
  anyType,
  isUnknown,
  type ObjectType,
  or,
  select,
  type Type,
  typeOfValue,
  unifies,
} from "./algebra.ts";
import type { TypeScope } from "./scope.ts";

/** Unifies two terms' types, and gives variables the types that follow. False where no value can be both. */
function unifyTerms(scope: TypeScope, a: Term, b: Term): boolean {
  return unifyTyped(scope, a, scope.of(a), b, scope.of(b));
}

/** The same, where the types are known. */
export function unifyTyped(
  scope: TypeScope,
  a: Term,
  typeA: Type | undefined,
  b: Term,
  typeB: Type | undefined,
): boolean {
  const isUnknownA = isUnknown(typeA);
  const isUnknownB = isUnknown(typeB);
  if (isUnknownA && !isUnknownB) return unifyTerm(scope, a, typeB, false);
  if (isUnknownB && !isUnknownA) return unifyTerm(scope, b, typeA, false);
  if (!isUnknownA) return unifies(typeA, typeB);
  if (a.kind === "array" || a.kind === "object") return unifyMembers(scope, a, b);
  if (a.kind !== "variable") return false;
  if (b.kind === "variable") return unifyWithAny(scope, a, b);
  return b.kind === "array" || b.kind === "object" ? unifyMembers(scope, b, a) : false;
}

/** Nothing is known of either term: the first can be anything, and the second is what the first is. */
function unifyWithAny(scope: TypeScope, a: Term, b: Term): boolean {
  return unifyTerm(scope, a, anyType, false) && unifyTerm(scope, b, scope.of(a), false);
}

function unifyMembers(scope: TypeScope, a: Term, b: Term): boolean {
  if (b.kind === "variable") return unifyWithAny(scope, a, b);
  if (a.kind === "array" && b.kind === "array") {
    if (a.items.length !== b.items.length) return false;
    return a.items.every((item, index) => unifyTerms(scope, item, b.items[index] as Term));
  }
  if (a.kind !== "object" || b.kind !== "object" || a.pairs.length !== b.pairs.length) return false;
  const partners: [Term, Term][] = [];
  for (const [key, value] of a.pairs) {
    const partner = b.pairs.find(([other]) => isSame(key, other));
    if (partner === undefined) return false;
    partners.push([value, partner[1]]);
  }
  return partners.every(([left, right]) => unifyTerms(scope, left, right));
}

function isSame(a: Term, b: Term): boolean {
  if (a.kind === "constant" && b.kind === "constant") return equalValues(a.value, b.value);
  return a.kind === "variable" && b.kind === "variable" && a.variable === b.variable;
}

/** Unifies a term with a type. `isUnion`: variables get the type in addition to what they have. */
export function unifyTerm(scope: TypeScope, term: Term, type: Type | undefined, isUnion: boolean): boolean {
  switch (term.kind) {
    case "constant":
      return unifyConstant(term.value, type);
    case "variable": {
      const known = scope.get(term.variable);
      if (isUnion) scope.set(term.variable, or(known, type));
      else if (known !== undefined) return unifies(known, type);
      else scope.set(term.variable, type);
      return true;
    }
    case "ref":
    case "comprehension":
      return unifies(scope.of(term), type);
    default:
      return unifyCollection(scope, term, type, isUnion);
  }
}

/** Members of constant collections are compared one by one, as those of written ones are. */
function unifyConstant(value: Value, type: Type | undefined): boolean {
  if (type === undefined) return false;
  if (type.kind === "any") return true;
  if (typeof value !== "object" || value === null) return unifies(typeOfValue(value), type);
  if (type.kind === "anyOf") return type.of.some((member) => unifyConstant(value, member));
  if (isList(value)) {
    if (type.kind !== "array" || (value.length !== type.static.length && type.dynamic === undefined)) return false;
    return value.every((item, index) => unifyConstant(item, type.static[index] ?? type.dynamic));
  }
  if (value instanceof RegoObject) {
    if (type.kind !== "object" || (value.size !== type.static.length && type.dynamic === undefined)) return false;
    return value.unorderedKeys().every((key) => unifyConstant(value.get(key) ?? null, select(type, key)));
  }
  if (value instanceof RegoSet) {
    return type.kind === "set" && value.unordered().every((item) => unifyConstant(item, type.of));
  }
  return unifies(typeOfValue(value), type);
}

function unifyCollection(
  scope: TypeScope,
  term: Extract<Term, { kind: "array" | "object" | "set" }>,
  type: Type | undefined,
  isUnion: boolean,
): boolean {
  if (type?.kind === "any") {
    const members = term.kind === "object" ? term.pairs.flat() : term.items;
    for (const member of members) unifyTerm(scope, member, anyType, true);
    return true;
  }
  if (type?.kind === "anyOf") {
    return type.of.map((member) => unifyTerm(scope, term, member, true)).includes(true);
  }
  if (term.kind === "array" && type?.kind === "array") return unifyArray(scope, term.items, type, isUnion);
  if (term.kind === "object" && type?.kind === "object") return unifyObject(scope, term.pairs, type, isUnion);
  if (term.kind !== "set" || type?.kind !== "set") return false;
  return term.items.every((item) => unifyTerm(scope, item, type.of, isUnion));
}

function unifyArray(scope: TypeScope, items: readonly Term[], type: ArrayType, isUnion: boolean): boolean {
  if (items.length !== type.static.length && type.dynamic === undefined) return false;
  return items.every((item, index) => unifyTerm(scope, item, type.static[index] ?? type.dynamic, isUnion));
}

function unifyObject(
  scope: TypeScope,
  pairs: readonly (readonly [Term, Term])[],
  type: ObjectType,
  isUnion: boolean,
): boolean {
  if (pairs.length !== type.static.length && type.dynamic === undefined) return false;
  return pairs.every(([key, value]) => {
    if (key.kind !== "constant") {
      unifyTerm(scope, value, anyType, isUnion);
      return true;
    }
    const wanted = select(type, key.value);
    return wanted !== undefined && unifyTerm(scope, value, wanted, isUnion);
  });
}
