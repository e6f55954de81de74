import { assertDepth, spend } from "../../value/index.ts";
import { assertResultSize } from "../builtin.ts";
import { toGraphqlError } from "./lexer.ts";
import { findNamed, findVariable } from "./lookup.ts";
import { type FieldFacts, findConflicts } from "./overlap.ts";
import { type GraphqlSchema, isCompatible } from "./schema.ts";
import {
  type Argument,
  type ArgumentDefinition,
  type Definition,
  type Directive,
  type FieldDefinition,
  type FragmentDefinition,
  formatGraphqlValue,
  formatType,
  type GraphqlValue,
  type OperationDefinition,
  type Place,
  type QueryDocument,
  type Selection,
  type Type,
  typeNameOf,
  type VariableDefinition,
} from "./tree.ts";
import { describeWrongValue } from "./values.ts";

/** A rule that a query breaks. */
interface Problem {
  readonly message: string;
  readonly place: Place | undefined;
}

const maxNodes = 200_000;
const composite = ["OBJECT", "INTERFACE", "UNION"];
const inputs = ["SCALAR", "ENUM", "INPUT_OBJECT"];

/**
 * Validates a query against a schema (GraphQL specification, 5).
 *
 * Throws `BuiltinError` with the rules that are broken, at the place of the first one.
 */
export function validateQuery(schema: GraphqlSchema, query: QueryDocument): void {
  const [first, ...others] = new Validator(schema, query).run();
  if (first === undefined) return;
  const rest = others.map(
    ({ message, place }) => `\ninput:${place === undefined ? "" : `${place.line}:${place.column}:`} ${message}`,
  );
  throw toGraphqlError(`${first.message}${rest.join("")}`.replace(/\.$/, ""), first.place);
}

class Validator {
  readonly #schema: GraphqlSchema;
  readonly #query: QueryDocument;
  readonly #problems: Problem[] = [];
  readonly #facts = new Map<Selection, FieldFacts>();
  readonly #usedFragments = new Set<string>();
  #operation: OperationDefinition | undefined;
  #usedVariables = new Set<string>();
  #walkedFragments = new Set<string>();
  #nodes = 0;

  constructor(schema: GraphqlSchema, query: QueryDocument) {
    this.#schema = schema;
    this.#query = query;
  }

  run(): readonly Problem[] {
    for (const operation of this.#query.Operations ?? []) this.#checkOperation(operation);
    const used = new Set(this.#usedFragments);
    for (const fragment of this.#query.Fragments ?? []) this.#checkFragment(fragment, used);
    this.#checkUnique(this.#query.Operations ?? [], ({ Name }) => Name ?? "", "operation");
    this.#checkUnique(this.#query.Fragments ?? [], ({ Name }) => Name, "fragment");
    return this.#problems;
  }

  #add(message: string, place: Place | undefined): void {
    this.#problems.push({ message, place });
  }

  #checkUnique<Node extends { place?: Place }>(
    nodes: readonly Node[],
    nameOf: (node: Node) => string,
    kind: string,
  ): void {
    const seen = new Set<string>();
    for (const node of nodes) {
      spend(1);
      const name = nameOf(node);
      if (name !== "" && seen.has(name)) this.#add(`There can be only one ${kind} named "${name}".`, node.place);
      seen.add(name);
    }
  }

  #type(name: string): Definition | undefined {
    return this.#schema.types.get(name);
  }

  #fragment(name: string): FragmentDefinition | undefined {
    return findNamed(this.#query.Fragments, name);
  }

  #checkOperation(operation: OperationDefinition): void {
    const kind = operation.Operation === "" || operation.Operation === undefined ? "query" : operation.Operation;
    const root = this.#schema.roots.get(kind);
    this.#operation = operation;
    this.#usedVariables = new Set();
    this.#walkedFragments = new Set();
    const variables = operation.VariableDefinitions ?? [];
    for (const variable of variables) this.#checkVariable(variable);
    this.#checkUnique(variables, ({ Variable }) => `$${Variable}`, "variable");
    this.#checkDirectives(operation.Directives ?? [], kind.toUpperCase());
    this.#checkSelections(root, operation.SelectionSet ?? [], 0);
    this.#operation = undefined;
    const name = operation.Name ?? "";
    if (root === undefined) this.#add(`Schema does not support operation type "${kind}"`, operation.place);
    if (name === "" && (this.#query.Operations ?? []).length > 1) {
      this.#add("This anonymous operation must be the only defined operation.", operation.place);
    }
    for (const { Variable, place } of variables) {
      if (this.#usedVariables.has(Variable)) continue;
      this.#add(`Variable "$${Variable}" is never used${name === "" ? "" : ` in operation "${name}"`}.`, place);
    }
    if (kind === "subscription" && root !== undefined) this.#checkSubscription(operation, name);
  }

  #checkVariable({ Type, DefaultValue, Directives, Variable, place }: VariableDefinition): void {
    const definition = this.#type(typeNameOf(Type));
    if (definition === undefined) this.#add(`Unknown type "${typeNameOf(Type)}".`, place);
    else if (!inputs.includes(definition.Kind)) {
      this.#add(`Variable "$${Variable}" cannot be non-input type "${formatType(Type)}".`, place);
    }
    if (DefaultValue !== undefined) this.#checkValue(DefaultValue, Type, definition, false, 0);
    this.#checkDirectives(Directives ?? [], "VARIABLE_DEFINITION");
  }

  #checkSubscription(operation: OperationDefinition, name: string): void {
    const fields = new Map<string, Selection>();
    const seen = new Set<string>();
    const collect = (selections: readonly Selection[]): void => {
      for (const selection of selections) {
        spend(1);
        if (isField(selection)) fields.set(selection.Name ?? "", fields.get(selection.Name ?? "") ?? selection);
        else if (isInline(selection)) collect(selection.SelectionSet ?? []);
        else if (!seen.has(selection.Name ?? "")) {
          seen.add(selection.Name ?? "");
          collect(this.#fragment(selection.Name ?? "")?.SelectionSet ?? []);
        }
      }
    };
    collect(operation.SelectionSet ?? []);
    const title = name === "" ? "Anonymous Subscription" : `Subscription "${name}"`;
    const [, second] = [...fields.values()];
    if (second !== undefined) this.#add(`${title} must select only one top level field.`, second.place);
    for (const [field, { place }] of fields) {
      if (field.startsWith("__")) this.#add(`${title} must not select an introspection top level field.`, place);
    }
  }

  #checkFragment(fragment: FragmentDefinition, used: ReadonlySet<string>): void {
    const { Name, TypeCondition = "", place } = fragment;
    const definition = this.#type(TypeCondition);
    this.#walkedFragments = new Set();
    this.#checkDirectives(fragment.Directives ?? [], "FRAGMENT_DEFINITION");
    this.#checkSelections(definition, fragment.SelectionSet ?? [], 0);
    if (definition === undefined) this.#add(`Unknown type "${TypeCondition}".`, place);
    else if (!composite.includes(definition.Kind)) {
      this.#add(`Fragment "${Name}" cannot condition on non composite type "${TypeCondition}".`, place);
    }
    if (!used.has(Name)) this.#add(`Fragment "${Name}" is never used.`, place);
    if (this.#reaches(fragment.SelectionSet ?? [], Name, new Set())) {
      this.#add(`Cannot spread fragment "${Name}" within itself.`, place);
    }
  }

  #reaches(selections: readonly Selection[], name: string, seen: Set<string>): boolean {
    return selections.some((selection) => {
      spend(1);
      if (isField(selection) || isInline(selection)) return this.#reaches(selection.SelectionSet ?? [], name, seen);
      const spread = selection.Name ?? "";
      if (spread === name) return true;
      if (seen.has(spread)) return false;
      seen.add(spread);
      return this.#reaches(this.#fragment(spread)?.SelectionSet ?? [], name, seen);
    });
  }

  #checkSelections(parent: Definition | undefined, selections: readonly Selection[], depth: number): void {
    assertDepth(depth);
    for (const selection of selections) {
      this.#nodes += 1;
      spend(10);
      if (this.#nodes > maxNodes) assertResultSize(Number.MAX_SAFE_INTEGER);
      if (isField(selection)) this.#checkField(parent, selection, depth);
      else if (isInline(selection)) this.#checkInline(parent, selection, depth);
      else this.#checkSpread(parent, selection, depth);
    }
    for (const { message, place } of findConflicts(selections, this.#schema, this.#query, this.#facts)) {
      this.#add(message, place);
    }
  }

  #checkField(parent: Definition | undefined, field: Selection, depth: number): void {
    const name = field.Name ?? "";
    const definition = fieldOf(parent, name);
    this.#facts.set(field, { parent, definition });
    const type = definition === undefined ? undefined : this.#type(typeNameOf(definition.Type));
    this.#checkArguments(field.Arguments ?? [], definition?.Arguments);
    this.#checkDirectives(field.Directives ?? [], "FIELD");
    const selections = field.SelectionSet ?? [];
    this.#checkSelections(type, selections, depth + 1);
    this.#checkUnique(field.Arguments ?? [], ({ Name }) => Name, "argument");
    if (definition === undefined) {
      if (parent !== undefined) this.#add(`Cannot query field "${name}" on type "${parent.Name}".`, field.place);
      return;
    }
    for (const arg of field.Arguments ?? []) {
      if (findNamed(definition.Arguments, arg.Name) !== undefined) continue;
      this.#add(`Unknown argument "${arg.Name}" on field "${parent?.Name ?? ""}.${name}".`, field.place);
    }
    this.#checkRequired(`Field "${name}"`, definition.Arguments ?? [], field.Arguments ?? [], field.place);
    if ((name === "__schema" || name === "__type") && this.#isTooDeep(field, 0, new Set())) {
      this.#add("Maximum introspection depth exceeded", field.place);
    }
    if (type === undefined) return;
    const isLeaf = type.Kind === "ENUM" || type.Kind === "SCALAR";
    if (isLeaf && selections.length > 0) {
      this.#add(`Field "${name}" must not have a selection since type "${type.Name}" has no subfields.`, field.place);
    }
    if (isLeaf || selections.length > 0) return;
    const hint = `Did you mean "${name} { ... }"?`;
    this.#add(
      `Field "${name}" of type "${formatType(definition.Type)}" must have a selection of subfields. ${hint}`,
      field.place,
    );
  }

  /** Lists inside lists of the schema's own description multiply. */
  #isTooDeep(selection: Selection, lists: number, seen: ReadonlySet<string>): boolean {
    // Fragments are followed along every path: their number may double with each.
    spend(4 + seen.size);
    const isList =
      isField(selection) && ["fields", "interfaces", "possibleTypes", "inputFields"].includes(selection.Name ?? "");
    const count = lists + (isList ? 1 : 0);
    if (count >= 3) return true;
    if (isField(selection) || isInline(selection)) {
      return (selection.SelectionSet ?? []).some((child) => this.#isTooDeep(child, count, seen));
    }
    const name = selection.Name ?? "";
    if (seen.has(name)) return false;
    const inner = new Set([...seen, name]);
    return (this.#fragment(name)?.SelectionSet ?? []).some((child) => this.#isTooDeep(child, count, inner));
  }

  #checkRequired(
    title: string,
    wanted: readonly ArgumentDefinition[],
    given: readonly Argument[],
    place: Place | undefined,
  ): void {
    for (const { Name, Type, DefaultValue } of wanted) {
      if (Type.NonNull !== true || DefaultValue !== undefined || findNamed(given, Name) !== undefined) continue;
      this.#add(
        `${title} argument "${Name}" of type "${formatType(Type)}" is required, but it was not provided.`,
        place,
      );
    }
  }

  #checkInline(parent: Definition | undefined, inline: Selection, depth: number): void {
    const condition = inline.TypeCondition ?? "";
    const definition = condition === "" ? parent : this.#type(condition);
    this.#checkDirectives(inline.Directives ?? [], "INLINE_FRAGMENT");
    this.#checkSelections(definition, inline.SelectionSet ?? [], depth + 1);
    if (condition === "") return;
    if (definition === undefined) this.#add(`Unknown type "${condition}".`, inline.place);
    else if (!composite.includes(definition.Kind)) {
      this.#add(`Fragment cannot condition on non composite type "${condition}".`, inline.place);
    }
    if (this.#isPossible(parent, definition)) return;
    const message = `objects of type "${parent?.Name ?? ""}" can never be of type "${condition}".`;
    this.#add(`Fragment cannot be spread here as ${message}`, inline.place);
  }

  #checkSpread(parent: Definition | undefined, spread: Selection, depth: number): void {
    const name = spread.Name ?? "";
    const fragment = this.#fragment(name);
    this.#checkDirectives(spread.Directives ?? [], "FRAGMENT_SPREAD");
    if (this.#operation !== undefined) this.#usedFragments.add(name);
    if (fragment === undefined) {
      this.#add(`Unknown fragment "${name}".`, spread.place);
      return;
    }
    const condition = fragment.TypeCondition ?? "";
    const definition = this.#type(condition);
    if (!this.#walkedFragments.has(name)) {
      this.#walkedFragments.add(name);
      this.#checkSelections(definition, fragment.SelectionSet ?? [], depth + 1);
    }
    if (this.#isPossible(parent, definition)) return;
    const message = `objects of type "${parent?.Name ?? ""}" can never be of type "${condition}".`;
    this.#add(`Fragment "${name}" cannot be spread here as ${message}`, spread.place);
  }

  /** Whether some object is of both types; where one is unknown, another rule tells. */
  #isPossible(parent: Definition | undefined, condition: Definition | undefined): boolean {
    if (parent === undefined || condition === undefined) return true;
    if (!composite.includes(parent.Kind) || !composite.includes(condition.Kind)) return true;
    const namesOf = ({ Name, Kind }: Definition): string[] =>
      Kind === "OBJECT" ? [Name] : (this.#schema.possible.get(Name) ?? []).map((type) => type.Name);
    const parents = new Set(namesOf(parent));
    const possible = this.#schema.possible.get(condition.Name) ?? [];
    spend(parents.size + possible.length);
    return possible.some(({ Name }) => parents.has(Name));
  }

  #checkDirectives(directives: readonly Directive[], location: string): void {
    const seen = new Set<string>();
    for (const { Name, Arguments, place } of directives) {
      const definition = this.#schema.directives.get(Name);
      this.#checkArguments(Arguments ?? [], definition?.Arguments);
      this.#checkUnique(Arguments ?? [], (arg) => arg.Name, "argument");
      if (Name !== "repeatable" && seen.has(Name)) {
        this.#add(`The directive "@${Name}" can only be used once at this location.`, place);
      }
      seen.add(Name);
      if (definition === undefined) {
        this.#add(`Unknown directive "@${Name}".`, place);
        continue;
      }
      if (!(definition.Locations ?? []).includes(location)) {
        this.#add(`Directive "@${Name}" may not be used on ${location}.`, place);
      }
      for (const arg of Arguments ?? []) {
        if (findNamed(definition.Arguments, arg.Name) !== undefined) continue;
        this.#add(`Unknown argument "${arg.Name}" on directive "@${Name}".`, place);
      }
      this.#checkRequired(`Directive "@${Name}"`, definition.Arguments ?? [], Arguments ?? [], place);
    }
  }

  #checkArguments(args: readonly Argument[], definitions: readonly ArgumentDefinition[] | undefined): void {
    for (const { Name, Value } of args) {
      const definition = findNamed(definitions, Name);
      const type = definition?.Type;
      const hasDefault = definition?.DefaultValue !== undefined && definition.DefaultValue.Kind !== 6;
      this.#checkValue(Value, type, type === undefined ? undefined : this.#type(typeNameOf(type)), hasDefault, 0);
    }
  }

  #checkValue(
    value: GraphqlValue,
    type: Type | undefined,
    definition: Definition | undefined,
    hasDefault: boolean,
    depth: number,
  ): void {
    assertDepth(depth);
    if (value.Kind === 0) this.#checkVariableUse(value, type, hasDefault);
    for (const child of value.Children ?? []) {
      const field = value.Kind === 9 ? findNamed(definition?.Fields, child.Name ?? "") : undefined;
      const childType = value.Kind === 9 ? field?.Type : type?.Elem;
      const childDefinition =
        value.Kind !== 9 ? definition : field === undefined ? undefined : this.#type(typeNameOf(field.Type));
      const childDefault = field?.DefaultValue !== undefined && field.DefaultValue.Kind !== 6;
      this.#checkValue(
        child.Value,
        childType,
        childType === undefined ? undefined : childDefinition,
        childDefault,
        depth + 1,
      );
    }
    if (value.Kind === 9) this.#checkUnique(value.Children ?? [], ({ Name }) => Name ?? "", "input field");
    if (type === undefined || definition === undefined) return;
    const variables = this.#operation?.VariableDefinitions ?? [];
    for (const message of describeWrongValue(value, type, definition, variables)) this.#add(message, value.place);
  }

  #checkVariableUse(value: GraphqlValue, type: Type | undefined, hasDefault: boolean): void {
    const operation = this.#operation;
    if (operation === undefined) return;
    const name = value.Raw ?? "";
    const variable = findVariable(operation.VariableDefinitions, name);
    if (variable === undefined) {
      const where = (operation.Name ?? "") === "" ? "" : ` by operation "${operation.Name}"`;
      this.#add(`Variable "$${name}" is not defined${where}.`, value.place);
      return;
    }
    this.#usedVariables.add(name);
    if (type === undefined) return;
    const isOptional = hasDefault || (variable.DefaultValue !== undefined && variable.DefaultValue.Kind !== 6);
    if (isCompatible(variable.Type, isOptional ? { ...type, NonNull: false } : type)) return;
    const types = `of type "${formatType(variable.Type)}" used in position expecting type "${formatType(type)}"`;
    this.#add(`Variable "${formatGraphqlValue(value)}" ${types}.`, value.place);
  }
}

/** A tree that is given as an object may leave the alias out; then anything with a name is a field, as in OPA. */
export function isField(selection: Selection): boolean {
  return selection.Alias !== undefined;
}

export function isInline(selection: Selection): boolean {
  return selection.Alias === undefined && selection.TypeCondition !== undefined;
}

function fieldOf(parent: Definition | undefined, name: string): FieldDefinition | undefined {
  if (name === "__typename") return { Name: name, Type: { NamedType: "String", NonNull: false } };
  return findNamed(parent?.Fields, name);
}
