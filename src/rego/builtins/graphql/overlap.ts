import { assertDepth, spend } from "../../value/index.ts";
import { assertResultSize } from "../builtin.ts";
import { findNamed } from "./lookup.ts";
import type { GraphqlSchema } from "./schema.ts";
import {
  type Argument,
  type Definition,
  type FieldDefinition,
  formatGraphqlValue,
  formatType,
  type Place,
  type QueryDocument,
  type Selection,
  type Type,
} from "./tree.ts";

/** What the walk found out about a field. */
export interface FieldFacts {
  readonly parent: Definition | undefined;
  readonly definition: FieldDefinition | undefined;
}

const maxComparisons = 100_000;

/** Fields with one name in the result that cannot be merged (GraphQL specification, 5.3.2). */
export function findConflicts(
  selections: readonly Selection[],
  schema: GraphqlSchema,
  query: QueryDocument,
  facts: ReadonlyMap<Selection, FieldFacts>,
): { message: string; place: Place | undefined }[] {
  const search = new ConflictSearch(schema, query, facts);
  return search.within(selections).map(({ name, reason, place }) => ({
    message: `Fields "${name}" conflict because ${reason}. Use different aliases on the fields to fetch both if this was intentional.`,
    place,
  }));
}

interface Conflict {
  readonly name: string;
  readonly reason: string;
  readonly place: Place | undefined;
}

class ConflictSearch {
  readonly #schema: GraphqlSchema;
  readonly #query: QueryDocument;
  readonly #facts: ReadonlyMap<Selection, FieldFacts>;
  #comparisons = 0;

  constructor(schema: GraphqlSchema, query: QueryDocument, facts: ReadonlyMap<Selection, FieldFacts>) {
    this.#schema = schema;
    this.#query = query;
    this.#facts = facts;
  }

  within(selections: readonly Selection[]): Conflict[] {
    const conflicts: Conflict[] = [];
    for (const set of this.#collect(selections).values()) {
      const fields = [...set];
      for (const [index, field] of fields.entries()) {
        spend(fields.length - index);
        for (const other of fields.slice(index + 1)) conflicts.push(...this.#compare(field, other, false, 0));
      }
    }
    return conflicts;
  }

  /** Fields by their name in the result, those of fragments included. */
  #collect(selections: readonly Selection[]): Map<string, Set<Selection>> {
    const fields = new Map<string, Set<Selection>>();
    const seen = new Set<string>();
    const visit = (list: readonly Selection[], depth: number): void => {
      assertDepth(depth);
      for (const selection of list) {
        spend(2);
        if (selection.Alias !== undefined) {
          const name = selection.Alias === "" ? (selection.Name ?? "") : selection.Alias;
          const known = fields.get(name);
          if (known === undefined) fields.set(name, new Set([selection]));
          else known.add(selection);
        } else if (selection.TypeCondition !== undefined) visit(selection.SelectionSet ?? [], depth + 1);
        else if (!seen.has(selection.Name ?? "")) {
          seen.add(selection.Name ?? "");
          const fragment = findNamed(this.#query.Fragments, selection.Name ?? "");
          visit(fragment?.SelectionSet ?? [], depth + 1);
        }
      }
    };
    visit(selections, 0);
    return fields;
  }

  #compare(a: Selection, b: Selection, areExclusive: boolean, depth: number): Conflict[] {
    assertDepth(depth);
    this.#comparisons += 1;
    spend(10);
    if (this.#comparisons > maxComparisons) assertResultSize(Number.MAX_SAFE_INTEGER);
    const [factsA, factsB] = [this.#facts.get(a), this.#facts.get(b)];
    if (factsA?.parent === undefined || factsB?.parent === undefined) return [];
    const isExclusive =
      areExclusive ||
      (factsA.parent.Name !== factsB.parent.Name &&
        factsA.parent.Kind === "OBJECT" &&
        factsB.parent.Kind === "OBJECT" &&
        factsA.definition !== undefined &&
        factsB.definition !== undefined);
    const name = a.Alias === undefined || a.Alias === "" ? (a.Name ?? "") : a.Alias;
    const conflict = (reason: string): Conflict[] => [{ name, reason, place: b.place }];
    if (!isExclusive && a.Name !== b.Name)
      return conflict(`"${a.Name ?? ""}" and "${b.Name ?? ""}" are different fields`);
    if (!isExclusive && !haveSameArguments(a.Arguments ?? [], b.Arguments ?? [])) {
      return conflict("they have differing arguments");
    }
    const [typeA, typeB] = [factsA.definition?.Type, factsB.definition?.Type];
    if (typeA !== undefined && typeB !== undefined && this.#doTypesConflict(typeA, typeB)) {
      return conflict(`they return conflicting types "${formatType(typeA)}" and "${formatType(typeB)}"`);
    }
    const inner = this.#between(a.SelectionSet ?? [], b.SelectionSet ?? [], isExclusive, depth + 1);
    if (inner.length === 0) return [];
    return conflict(inner.map((part) => `subfields "${part.name}" conflict because ${part.reason}`).join(" and "));
  }

  #between(a: readonly Selection[], b: readonly Selection[], areExclusive: boolean, depth: number): Conflict[] {
    if (a.length === 0 || b.length === 0) return [];
    const conflicts: Conflict[] = [];
    const others = this.#collect(b);
    for (const [name, fields] of this.#collect(a)) {
      for (const field of fields) {
        for (const other of others.get(name) ?? []) {
          if (field !== other) conflicts.push(...this.#compare(field, other, areExclusive, depth));
        }
      }
    }
    return conflicts;
  }

  #doTypesConflict(a: Type, b: Type): boolean {
    if (a.Elem !== undefined && b.Elem !== undefined) return this.#doTypesConflict(a.Elem, b.Elem);
    if (a.Elem !== undefined || b.Elem !== undefined) return true;
    if ((a.NonNull === true) !== (b.NonNull === true)) return true;
    const isLeaf = (name: string): boolean => ["SCALAR", "ENUM"].includes(this.#schema.types.get(name)?.Kind ?? "");
    const [nameA, nameB] = [a.NamedType ?? "", b.NamedType ?? ""];
    return isLeaf(nameA) && isLeaf(nameB) && nameA !== nameB;
  }
}

function haveSameArguments(a: readonly Argument[], b: readonly Argument[]): boolean {
  if (a.length !== b.length) return false;
  return a.every((arg) => {
    spend(b.length);
    return b.some(
      (other) => arg.Name === other.Name && formatGraphqlValue(arg.Value) === formatGraphqlValue(other.Value),
    );
  });
}
