import { formatValue, spend } from "../../value/index.ts";
import { toFailure } from "../builtin.ts";
import { findNamed } from "./lookup.ts";
import { prelude } from "./prelude.ts";
import {
  type ArgumentDefinition,
  type Definition,
  type Directive,
  type DirectiveDefinition,
  type FieldDefinition,
  formatType,
  type Place,
  type SchemaDefinition,
  type SchemaDocument,
  type Type,
  typeNameOf,
} from "./tree.ts";

/** A schema that was checked, with what queries are validated against. */
export interface GraphqlSchema {
  readonly types: Map<string, Definition>;
  readonly directives: Map<string, DirectiveDefinition>;
  /** The object types that a type stands for, by its name. */
  readonly possible: Map<string, Definition[]>;
  /** Root types by operation. */
  readonly roots: Map<string, Definition>;
}

function fail(message: string, place: Place | undefined): Error {
  const at = place === undefined ? "input" : `input:${place.line}:${place.column}`;
  return toFailure(`Error in gqlparser SchemaDocument to Schema conversion: ${at}: ${message}`);
}

const redefinable = new Set(["include", "skip", "deprecated", "specifiedBy", "defer", "oneOf"]);

/** Builds and checks a schema (GraphQL specification, 3). Throws `BuiltinError`. */
export function buildSchema(document: SchemaDocument): GraphqlSchema {
  const schema: GraphqlSchema = { types: new Map(), directives: new Map(), possible: new Map(), roots: new Map() };
  const base = prelude();
  for (const definition of [...(base.Definitions ?? []), ...(document.Definitions ?? [])]) {
    if (schema.types.has(definition.Name)) throw fail(`Cannot redeclare type ${definition.Name}.`, definition.place);
    schema.types.set(definition.Name, { ...definition });
  }
  const extended = new Set<Definition>();
  for (const extension of document.Extensions ?? []) extend(schema, extension, extended);
  for (const definition of schema.types.values()) addPossible(schema, definition);
  for (const directive of [...(base.Directives ?? []), ...(document.Directives ?? [])]) {
    if (schema.directives.has(directive.Name) && !redefinable.has(directive.Name)) {
      throw fail(`Cannot redeclare directive ${directive.Name}.`, directive.place);
    }
    schema.directives.set(directive.Name, directive);
  }
  readRoots(schema, document);
  for (const [, definition] of [...schema.types].sort(byName)) checkDefinition(schema, definition);
  for (const [, directive] of [...schema.directives].sort(byName)) {
    checkName(directive.Name, directive.place);
    checkArguments(schema, directive.Arguments ?? [], directive.Name);
  }
  inferRoots(schema, document);
  return schema;
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Lists of a definition are copied when it is extended for the first time. */
function extend(schema: GraphqlSchema, extension: Definition, extended: Set<Definition>): void {
  const { Kind, Name, place } = extension;
  let definition = schema.types.get(Name);
  if (definition === undefined) {
    definition = { Kind, Name, ...(place === undefined ? {} : { place }) };
    schema.types.set(Name, definition);
  }
  if (definition.Kind !== Kind) {
    throw fail(`Cannot extend type ${Name} because the base type is a ${definition.Kind}, not ${Kind}.`, place);
  }
  const isFirst = !extended.has(definition);
  extended.add(definition);
  const join = <Item>(own: Item[] | undefined, more: readonly Item[] | undefined): Item[] => {
    const items = isFirst || own === undefined ? [...(own ?? [])] : own;
    for (const item of more ?? []) {
      spend(1);
      items.push(item);
    }
    return items;
  };
  definition.Directives = join(definition.Directives, extension.Directives);
  definition.Interfaces = join(definition.Interfaces, extension.Interfaces);
  definition.Fields = join(definition.Fields, extension.Fields);
  definition.Types = join(definition.Types, extension.Types);
  definition.EnumValues = join(definition.EnumValues, extension.EnumValues);
}

function addPossible(schema: GraphqlSchema, definition: Definition): void {
  const add = (name: string, type: Definition | undefined): void => {
    spend(1);
    if (type === undefined) return;
    const known = schema.possible.get(name);
    if (known === undefined) schema.possible.set(name, [type]);
    else known.push(type);
  };
  if (definition.Kind === "UNION")
    for (const name of definition.Types ?? []) add(definition.Name, schema.types.get(name));
  for (const name of definition.Interfaces ?? []) add(name, definition);
  if (definition.Kind === "OBJECT" || definition.Kind === "INPUT_OBJECT") add(definition.Name, definition);
}

function readRoots(schema: GraphqlSchema, document: SchemaDocument): void {
  const [, second] = document.Schema ?? [];
  if (second !== undefined) {
    throw fail("Cannot have multiple schema entry points, consider schema extensions instead.", second.place);
  }
  for (const definition of [...(document.Schema ?? []), ...(document.SchemaExtension ?? [])])
    readRoot(schema, definition);
}

function readRoot(schema: GraphqlSchema, definition: SchemaDefinition): void {
  for (const { Operation, Type, place } of definition.OperationTypes ?? []) {
    const type = schema.types.get(Type);
    if (type === undefined) throw fail(`Schema root ${Operation} refers to a type ${Type} that does not exist.`, place);
    schema.roots.set(Operation, type);
  }
  checkDirectives(schema, definition.Directives ?? [], "SCHEMA", undefined);
}

function inferRoots(schema: GraphqlSchema, document: SchemaDocument): void {
  if ((document.Schema ?? []).length === 0) {
    for (const name of ["Query", "Mutation", "Subscription"]) {
      const type = schema.types.get(name);
      if (type !== undefined && !schema.roots.has(name.toLowerCase())) schema.roots.set(name.toLowerCase(), type);
    }
  }
  const query = schema.roots.get("query");
  if (query === undefined) return;
  const name: ArgumentDefinition = { Name: "name", Type: { NamedType: "String", NonNull: true } };
  query.Fields = [
    ...(query.Fields ?? []),
    { Name: "__schema", Type: { NamedType: "__Schema", NonNull: true } },
    { Name: "__type", Type: { NamedType: "__Type", NonNull: false }, Arguments: [name] },
  ];
}

function checkName(name: string, place: Place | undefined): void {
  if (!name.startsWith("__")) return;
  throw fail(`Name "${name}" must not begin with "__", which is reserved by GraphQL introspection.`, place);
}

function checkDefinition(schema: GraphqlSchema, definition: Definition): void {
  const { Kind, Name, place } = definition;
  spend(4);
  for (const field of definition.Fields ?? []) checkField(schema, field, Kind);
  for (const name of definition.Types ?? []) {
    const type = schema.types.get(name);
    if (type === undefined) throw fail(`Undefined type ${formatValue(name)}.`, place);
    if (type.Kind !== "OBJECT") throw fail(`${Kind} type ${formatValue(name)} must be OBJECT.`, place);
  }
  for (const name of definition.Interfaces ?? []) checkInterface(schema, definition, name);
  checkContent(schema, definition);
  const names = new Set<string>();
  for (const field of definition.Fields ?? []) {
    if (names.has(field.Name)) throw fail(`Field ${Name}.${field.Name} can only be defined once.`, field.place);
    names.add(field.Name);
  }
  if (definition.BuiltIn !== true) checkName(Name, place);
  checkDirectives(schema, definition.Directives ?? [], Kind, undefined);
}

function checkField(schema: GraphqlSchema, field: FieldDefinition, kind: string): void {
  spend(4);
  checkName(field.Name, field.place);
  checkType(schema, field.Type);
  checkArguments(schema, field.Arguments ?? [], undefined);
  const location = kind === "INPUT_OBJECT" ? "INPUT_FIELD_DEFINITION" : "FIELD_DEFINITION";
  checkDirectives(schema, field.Directives ?? [], location, undefined);
}

function checkType(schema: GraphqlSchema, type: Type): void {
  if (!schema.types.has(typeNameOf(type))) throw fail(`Undefined type ${typeNameOf(type)}.`, type.place);
}

const outputKinds = ["SCALAR", "OBJECT", "INTERFACE", "UNION", "ENUM"];
const inputKinds = ["SCALAR", "ENUM", "INPUT_OBJECT"];

function checkContent(schema: GraphqlSchema, definition: Definition): void {
  const { Kind, Name, place } = definition;
  const fields = definition.Fields ?? [];
  if (Kind === "OBJECT" || Kind === "INTERFACE") {
    if (fields.length === 0) throw fail(`${Kind} ${Name}: must define one or more fields.`, place);
    for (const field of fields) {
      const type = schema.types.get(typeNameOf(field.Type));
      if (type === undefined || outputKinds.includes(type.Kind)) continue;
      throw fail(`${Kind} ${Name}: field must be one of ${outputKinds.join(", ")}.`, field.place);
    }
  }
  if (Kind === "INPUT_OBJECT") {
    if (fields.length === 0) throw fail(`${Kind} ${Name}: must define one or more input fields.`, place);
    for (const field of fields) {
      const type = schema.types.get(typeNameOf(field.Type));
      if (type === undefined || inputKinds.includes(type.Kind)) continue;
      throw fail(`${type.Kind} ${field.Name}: field must be one of ${inputKinds.join(", ")}.`, field.place);
    }
  }
  if (Kind !== "ENUM") return;
  const values = definition.EnumValues ?? [];
  if (values.length === 0) throw fail(`${Kind} ${Name}: must define one or more unique enum values.`, place);
  for (const value of values) {
    if (["true", "false", "null"].includes(value.Name))
      throw fail(`${Kind} ${Name}: non-enum value ${value.Name}.`, place);
    checkDirectives(schema, value.Directives ?? [], "ENUM_VALUE", undefined);
  }
}

function checkArguments(
  schema: GraphqlSchema,
  args: readonly ArgumentDefinition[],
  directive: string | undefined,
): void {
  for (const arg of args) {
    spend(4);
    checkName(arg.Name, arg.place);
    checkType(schema, arg.Type);
    const kind = schema.types.get(typeNameOf(arg.Type))?.Kind ?? "";
    if (!inputKinds.includes(kind)) {
      const reason = `because ${kind} is not a valid input type`;
      throw fail(`cannot use ${formatType(arg.Type)} as argument ${arg.Name} ${reason}`, arg.place);
    }
    checkDirectives(schema, arg.Directives ?? [], "ARGUMENT_DEFINITION", directive);
  }
}

function checkDirectives(
  schema: GraphqlSchema,
  directives: readonly Directive[],
  location: string,
  current: string | undefined,
): void {
  for (const { Name, Arguments, place } of directives) {
    spend(4);
    checkName(Name, place);
    if (Name === current) throw fail(`Directive ${Name} cannot refer to itself.`, place);
    const definition = schema.directives.get(Name);
    if (definition === undefined) throw fail(`Undefined directive ${Name}.`, place);
    if (!(definition.Locations ?? []).includes(location)) {
      throw fail(`Directive ${Name} is not applicable on ${location}.`, place);
    }
    const known = definition.Arguments ?? [];
    for (const arg of Arguments ?? []) {
      if (findNamed(known, arg.Name) !== undefined) continue;
      throw fail(`Undefined argument ${arg.Name} for directive ${Name}.`, arg.place);
    }
    for (const wanted of known) {
      if (wanted.Type.NonNull !== true || wanted.DefaultValue !== undefined) continue;
      const given = findNamed(Arguments, wanted.Name);
      if (given === undefined || given.Value.Kind === 6) {
        throw fail(`Argument ${wanted.Name} for directive ${Name} cannot be null.`, place);
      }
    }
  }
}

function checkInterface(schema: GraphqlSchema, definition: Definition, name: string): void {
  const wanted = schema.types.get(name);
  if (wanted === undefined) throw fail(`Undefined type ${formatValue(name)}.`, definition.place);
  if (wanted.Kind !== "INTERFACE") {
    throw fail(`${formatValue(name)} is a non interface type ${wanted.Kind}.`, definition.place);
  }
  const prefix = `For ${definition.Name} to implement ${name}`;
  for (const field of wanted.Fields ?? []) {
    const found = findNamed(definition.Fields, field.Name);
    if (found === undefined) throw fail(`${prefix} it must have a field called ${field.Name}.`, definition.place);
    if (!isCovariant(schema, field.Type, found.Type)) {
      throw fail(`${prefix} the field ${field.Name} must have type ${formatType(field.Type)}.`, found.place);
    }
    checkInterfaceArguments(prefix, field, found);
  }
  for (const ancestor of wanted.Interfaces ?? []) {
    spend((definition.Interfaces ?? []).length);
    if ((definition.Interfaces ?? []).includes(ancestor)) continue;
    const message =
      ancestor === definition.Name
        ? `Type ${definition.Name} cannot implement ${name} because it would create a circular reference.`
        : `Type ${definition.Name} must implement ${ancestor} because it is implemented by ${name}.`;
    throw fail(message, definition.place);
  }
}

function checkInterfaceArguments(prefix: string, wanted: FieldDefinition, found: FieldDefinition): void {
  const same = `${prefix} the field ${wanted.Name} must have the same arguments but`;
  for (const arg of wanted.Arguments ?? []) {
    const other = findNamed(found.Arguments, arg.Name);
    if (other === undefined) throw fail(`${same} it is missing ${arg.Name}.`, found.place);
    if (!isCompatible(arg.Type, other.Type)) throw fail(`${same} ${arg.Name} has the wrong type.`, other.place);
  }
  for (const arg of found.Arguments ?? []) {
    const isKnown = findNamed(wanted.Arguments, arg.Name) !== undefined;
    if (isKnown || arg.Type.NonNull !== true || arg.DefaultValue !== undefined) continue;
    const rule = "must be optional or have a default value but";
    throw fail(`${prefix} any additional arguments on ${found.Name} ${rule} ${arg.Name} is required.`, arg.place);
  }
}

/** Whether a value of the first type fits where the second one is wanted. */
export function isCompatible(type: Type, wanted: Type): boolean {
  if ((type.NamedType ?? "") !== (wanted.NamedType ?? "")) return false;
  if (type.Elem !== undefined && (wanted.Elem === undefined || !isCompatible(type.Elem, wanted.Elem))) return false;
  return wanted.NonNull !== true || type.NonNull === true;
}

function isCovariant(schema: GraphqlSchema, wanted: Type, actual: Type): boolean {
  if (wanted.NonNull === true && actual.NonNull !== true) return false;
  if (wanted.Elem === undefined) {
    if ((wanted.NamedType ?? "") === (actual.NamedType ?? "")) return true;
    return findNamed(schema.possible.get(wanted.NamedType ?? ""), actual.NamedType ?? "") !== undefined;
  }
  return actual.Elem !== undefined && isCovariant(schema, wanted.Elem, actual.Elem);
}
