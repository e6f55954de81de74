import { spend } from "../../value/index.ts";

/** Where a node begins; nodes that were given as objects have no place. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** Comments before a node. */
export interface CommentGroup {
  List: readonly { Value: string }[];
}

// The names of fields are those of OPA's results, which are the JSON of its parser's tree. A place is not shown.

export interface Type {
  NamedType?: string;
  Elem?: Type;
  NonNull?: boolean;
  place?: Place;
}

/** Kinds by number: variable, integer, float, text, block text, boolean, null, enum value, list, object. */
export interface GraphqlValue {
  Raw?: string;
  Children?: { Name?: string; Value: GraphqlValue; Comment?: CommentGroup; place?: Place }[];
  Kind: number;
  Comment?: CommentGroup;
  ExpectedTypeHasDefault?: boolean;
  place?: Place;
}

export interface Argument {
  Name: string;
  Value: GraphqlValue;
  Comment?: CommentGroup;
  place?: Place;
}

export interface Directive {
  Name: string;
  Arguments?: Argument[];
  Location?: string;
  place?: Place;
}

interface Described {
  Description?: string;
  BeforeDescriptionComment?: CommentGroup;
  AfterDescriptionComment?: CommentGroup;
  EndOfDefinitionComment?: CommentGroup;
  place?: Place;
}

export interface ArgumentDefinition extends Described {
  Name: string;
  DefaultValue?: GraphqlValue;
  Type: Type;
  Directives?: Directive[];
}

export interface FieldDefinition extends ArgumentDefinition {
  Arguments?: ArgumentDefinition[];
}

export interface EnumValueDefinition extends Described {
  Name: string;
  Directives?: Directive[];
}

export type DefinitionKind = "SCALAR" | "OBJECT" | "INTERFACE" | "UNION" | "ENUM" | "INPUT_OBJECT";

export interface Definition extends Described {
  Kind: DefinitionKind;
  Name: string;
  Directives?: Directive[];
  Interfaces?: string[];
  Fields?: FieldDefinition[];
  Types?: string[];
  EnumValues?: EnumValueDefinition[];
  BuiltIn?: boolean;
}

export interface DirectiveDefinition extends Described {
  Name: string;
  Arguments?: ArgumentDefinition[];
  Locations?: string[];
  IsRepeatable?: boolean;
}

export interface SchemaDefinition extends Described {
  Directives?: Directive[];
  OperationTypes?: { Operation: string; Type: string; Comment?: CommentGroup; place?: Place }[];
}

export interface SchemaDocument {
  Schema?: SchemaDefinition[];
  SchemaExtension?: SchemaDefinition[];
  Directives?: DirectiveDefinition[];
  Definitions?: Definition[];
  Extensions?: Definition[];
  Comment?: CommentGroup;
}

export interface VariableDefinition {
  place?: Place;
  Variable: string;
  Type: Type;
  DefaultValue?: GraphqlValue;
  Directives?: Directive[];
  Used?: boolean;
  Comment?: CommentGroup;
}

/** A field, the spread of a fragment (without an alias), or an inline fragment (with a type condition). */
export interface Selection {
  place?: Place;
  Alias?: string;
  Name?: string;
  Arguments?: Argument[];
  TypeCondition?: string;
  Directives?: Directive[];
  SelectionSet?: Selection[];
  Comment?: CommentGroup;
}

export interface OperationDefinition {
  place?: Place;
  Operation: string;
  Name?: string;
  VariableDefinitions?: VariableDefinition[];
  Directives?: Directive[];
  SelectionSet?: Selection[];
  Comment?: CommentGroup;
}

export interface FragmentDefinition {
  place?: Place;
  Name: string;
  VariableDefinition?: VariableDefinition[];
  TypeCondition?: string;
  Directives?: Directive[];
  SelectionSet?: Selection[];
  Comment?: CommentGroup;
}

export interface QueryDocument {
  Operations?: OperationDefinition[];
  Fragments?: FragmentDefinition[];
  Comment?: CommentGroup;
}

/** The type behind lists and exclamation marks. */
export function typeNameOf(type: Type): string {
  return type.Elem === undefined ? (type.NamedType ?? "") : typeNameOf(type.Elem);
}

/** `[String!]!` */
export function formatType(type: Type): string {
  const text = type.Elem === undefined ? (type.NamedType ?? "") : `[${formatType(type.Elem)}]`;
  return type.NonNull === true ? `${text}!` : text;
}

/** A value as it is written, for messages. */
export function formatGraphqlValue({ Kind, Raw = "", Children = [] }: GraphqlValue): string {
  spend(1 + (Raw.length >> 4));
  if (Kind === 0) return `$${Raw}`;
  if (Kind === 3 || Kind === 4) return JSON.stringify(Raw);
  if (Kind === 8) return `[${Children.map((child) => formatGraphqlValue(child.Value)).join(",")}]`;
  if (Kind !== 9) return Raw;
  return `{${Children.map((child) => `${child.Name ?? ""}:${formatGraphqlValue(child.Value)}`).join(",")}}`;
}
