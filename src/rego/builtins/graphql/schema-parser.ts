import { GraphqlParser, readOperationType } from "./parser.ts";
import type {
  ArgumentDefinition,
  CommentGroup,
  Definition,
  DefinitionKind,
  DirectiveDefinition,
  EnumValueDefinition,
  FieldDefinition,
  SchemaDefinition,
  SchemaDocument,
} from "./tree.ts";

/** A description with the comments around it. */
interface Head {
  Description: string;
  BeforeDescriptionComment?: CommentGroup;
  AfterDescriptionComment?: CommentGroup;
}

const kinds: Readonly<Record<string, DefinitionKind>> = {
  scalar: "SCALAR",
  type: "OBJECT",
  interface: "INTERFACE",
  union: "UNION",
  enum: "ENUM",
  input: "INPUT_OBJECT",
};

const locations = new Set([
  "QUERY",
  "MUTATION",
  "SUBSCRIPTION",
  "FIELD",
  "FRAGMENT_DEFINITION",
  "FRAGMENT_SPREAD",
  "INLINE_FRAGMENT",
  "VARIABLE_DEFINITION",
  "SCHEMA",
  "SCALAR",
  "OBJECT",
  "FIELD_DEFINITION",
  "ARGUMENT_DEFINITION",
  "INTERFACE",
  "UNION",
  "ENUM",
  "ENUM_VALUE",
  "INPUT_OBJECT",
  "INPUT_FIELD_DEFINITION",
]);

/** Parses a schema document (GraphQL specification, 3). Throws `BuiltinError` with the place. */
export function parseSchema(text: string): SchemaDocument {
  return new SchemaParser(text).parse();
}

class SchemaParser extends GraphqlParser {
  readonly #document: SchemaDocument = {
    Schema: [],
    SchemaExtension: [],
    Directives: [],
    Definitions: [],
    Extensions: [],
  };

  parse(): SchemaDocument {
    while (!this.is("<EOF>")) this.#readDefinition();
    // Comments at the end belong to the document.
    return this.comment === undefined ? this.#document : { ...this.#document, Comment: this.comment };
  }

  #readDefinition(): void {
    const description = this.#description();
    if (!this.is("Name")) throw this.unexpected();
    const word = this.peek().value;
    if (word === "extend") {
      if (description.Description !== "") throw this.unexpected(this.previous);
      this.#readExtension();
      return;
    }
    const isType = Object.hasOwn(kinds, word);
    if (!isType && word !== "schema" && word !== "directive") throw this.unexpected();
    const head = this.#head(description);
    this.next();
    if (word === "schema") this.#document.Schema?.push(this.#schema(head));
    else if (word === "directive") this.#document.Directives?.push(this.#directive(head));
    else this.#document.Definitions?.push(this.#definition(head, kinds[word] ?? "SCALAR"));
  }

  #description(): Head {
    if (!this.is("BlockString") && !this.is("String")) return { Description: "" };
    const before = this.comment === undefined ? {} : { BeforeDescriptionComment: this.comment };
    return { Description: this.next().value, ...before };
  }

  #head(description: Head): Head {
    this.peek();
    return this.comment === undefined ? description : { ...description, AfterDescriptionComment: this.comment };
  }

  #schema(head: Head): SchemaDefinition {
    const place = this.place();
    const Directives = this.directives(true);
    const read = () => {
      const at = this.place();
      const comment = this.commentFields();
      const Operation = readOperationType(this);
      this.expect(":");
      return { Operation, Type: this.name(), place: at, ...comment };
    };
    return { ...head, Directives, OperationTypes: this.#body(read), ...this.#ending(), place };
  }

  #directive(head: Head): DirectiveDefinition {
    this.expect("@");
    const place = this.place();
    const Name = this.name();
    const Arguments = this.#argumentDefinitions();
    const IsRepeatable = this.isWord("repeatable");
    if (IsRepeatable) this.next();
    this.expectWord("on");
    return { ...head, Name, Arguments, IsRepeatable, Locations: this.#names("|", () => this.#location()), place };
  }

  #location(): string {
    const token = this.expect("Name");
    if (!locations.has(token.value)) throw this.unexpected(token);
    return token.value;
  }

  /** Names with a separator, which may also stand before the first one. */
  #names(separator: "|" | "&", read: () => string): string[] {
    this.skip(separator);
    const names = [read()];
    while (this.skip(separator)) names.push(read());
    return names;
  }

  #definition(head: Head, kind: DefinitionKind): Definition {
    const place = this.place();
    const Name = this.name();
    const base = { ...head, Kind: kind, Name, BuiltIn: false, place };
    const hasInterfaces = (kind === "OBJECT" || kind === "INTERFACE") && this.isWord("implements");
    if (hasInterfaces) this.next();
    const Interfaces = hasInterfaces ? this.#names("&", () => this.name()) : [];
    const Directives = this.directives(true);
    switch (kind) {
      case "SCALAR":
        return { ...base, Directives };
      case "UNION":
        return { ...base, Directives, Types: this.skip("=") ? this.#names("|", () => this.name()) : [] };
      case "ENUM":
        return { ...base, Directives, EnumValues: this.#body(() => this.#enumValue()), ...this.#ending() };
      case "INPUT_OBJECT":
        return { ...base, Directives, Fields: this.#body(() => this.#argumentDefinition()), ...this.#ending() };
      default:
        return { ...base, Interfaces, Directives, Fields: this.#body(() => this.#field()), ...this.#ending() };
    }
  }

  #body<Item>(read: () => Item): Item[] {
    this.closing = undefined;
    return this.some("{", "}", read) ?? [];
  }

  /** The comments in front of the brace that ends a body. */
  #ending(): { EndOfDefinitionComment?: CommentGroup } {
    return this.closing === undefined ? {} : { EndOfDefinitionComment: this.closing };
  }

  #field(): FieldDefinition {
    const place = this.place();
    const head = this.#head(this.#description());
    const Name = this.name();
    const Arguments = this.#argumentDefinitions();
    this.expect(":");
    return { ...head, Name, Arguments, Type: this.type(), Directives: this.directives(true), place };
  }

  #argumentDefinitions(): ArgumentDefinition[] {
    return this.some("(", ")", () => this.#argumentDefinition()) ?? [];
  }

  #argumentDefinition(): ArgumentDefinition {
    const place = this.place();
    const head = this.#head(this.#description());
    const Name = this.name();
    this.expect(":");
    const type = this.type();
    const value = this.skip("=") ? { DefaultValue: this.value(true) } : {};
    return { ...head, Name, Type: type, ...value, Directives: this.directives(true), place };
  }

  #enumValue(): EnumValueDefinition {
    const place = this.place();
    const head = this.#head(this.#description());
    return { ...head, Name: this.name(), Directives: this.directives(true), place };
  }

  /** An extension must add something. */
  #readExtension(): void {
    const head = this.#head({ Description: "" });
    this.next();
    const word = this.peek().value;
    if (word === "schema") {
      this.next();
      const extension = this.#schema(head);
      if (isEmpty(extension.Directives) && isEmpty(extension.OperationTypes)) throw this.unexpected();
      this.#document.SchemaExtension?.push(extension);
      return;
    }
    const kind = Object.hasOwn(kinds, word) ? kinds[word] : undefined;
    if (kind === undefined) throw this.unexpected();
    this.next();
    const extension = this.#definition(head, kind);
    const parts = [extension.Directives, extension.Interfaces, extension.Fields, extension.Types, extension.EnumValues];
    if (parts.every(isEmpty)) throw this.unexpected();
    this.#document.Extensions?.push(extension);
  }
}

function isEmpty(items: readonly unknown[] | undefined): boolean {
  return items === undefined || items.length === 0;
}
