import { formatValue } from "../../value/index.ts";
import { toFailure } from "../builtin.ts";
import { describeToken, Lexer, type Token, type TokenKind, toGraphqlError } from "./lexer.ts";
import type {
  Argument,
  CommentGroup,
  Directive,
  FragmentDefinition,
  GraphqlValue,
  OperationDefinition,
  Place,
  QueryDocument,
  Selection,
  Type,
  VariableDefinition,
} from "./tree.ts";

const maxNesting = 200;

/** What queries and schemas share: tokens with comments, values, types, directives (GraphQL specification, 2). */
export class GraphqlParser {
  readonly #lexer: Lexer;
  #peeked: Token | undefined;
  /** The comments before the next token. */
  comment: CommentGroup | undefined;
  previous: Token | undefined;
  /** The comments before the bracket that closed the last list of `some`. */
  closing: CommentGroup | undefined;
  #nesting = 0;

  constructor(text: string) {
    this.#lexer = new Lexer(text);
  }

  peek(): Token {
    if (this.#peeked !== undefined) return this.#peeked;
    let token = this.#lexer.read();
    if (token.kind === "Comment") {
      const comments: { Value: string }[] = [];
      for (; token.kind === "Comment"; token = this.#lexer.read()) comments.push({ Value: token.value });
      this.comment = { List: comments };
    }
    this.#peeked = token;
    return token;
  }

  next(): Token {
    const token = this.peek();
    if (token.problem !== undefined) throw token.problem;
    this.#peeked = undefined;
    this.comment = undefined;
    this.previous = token;
    return token;
  }

  place(): Place {
    const { line, column } = this.peek();
    return { line, column };
  }

  /** The comments in front of the next token, as a field of its node. */
  commentFields(): { Comment?: CommentGroup } {
    this.peek();
    return this.comment === undefined ? {} : { Comment: this.comment };
  }

  is(kind: TokenKind): boolean {
    return this.peek().kind === kind;
  }

  isWord(value: string): boolean {
    return this.peek().value === value;
  }

  skip(kind: TokenKind): boolean {
    if (!this.is(kind)) return false;
    this.next();
    return true;
  }

  expect(kind: TokenKind): Token {
    const token = this.peek();
    if (token.kind !== kind) throw toGraphqlError(`Expected ${kind}, found ${token.kind}`, token);
    return this.next();
  }

  expectWord(value: string): void {
    const token = this.peek();
    if (token.kind !== "Name" || token.value !== value) {
      throw toGraphqlError(`Expected ${formatValue(value)}, found ${describeToken(token)}`, token);
    }
    this.next();
  }

  unexpected(token = this.peek()): Error {
    return toGraphqlError(`Unexpected ${describeToken(token)}`, token);
  }

  name(): string {
    return this.expect("Name").value;
  }

  /** Items between brackets, at least one; undefined where there are no brackets. */
  some<Item>(start: TokenKind, end: TokenKind, read: () => Item): Item[] | undefined {
    if (!this.is(start)) return undefined;
    this.#enter();
    this.next();
    const items: Item[] = [];
    while (!this.is(end)) items.push(read());
    if (items.length === 0) {
      throw toGraphqlError(`expected at least one definition, found ${this.peek().kind}`, this.peek());
    }
    this.closing = this.comment;
    this.next();
    this.#nesting -= 1;
    return items;
  }

  #enter(): void {
    this.#nesting += 1;
    if (this.#nesting > maxNesting) throw toFailure(`expected GraphQL at most ${maxNesting} levels deep`);
  }

  /** As `some`, but there may be none. */
  #many<Item>(start: TokenKind, end: TokenKind, read: () => Item): Item[] {
    this.#enter();
    this.expect(start);
    const items: Item[] = [];
    while (!this.is(end)) items.push(read());
    this.next();
    this.#nesting -= 1;
    return items;
  }

  directives(isConstant: boolean): Directive[] {
    const directives: Directive[] = [];
    while (this.skip("@")) {
      const place = this.place();
      const Name = this.name();
      directives.push({ Name, Arguments: this.arguments(isConstant), Location: "", place });
    }
    return directives;
  }

  arguments(isConstant: boolean): Argument[] {
    const read = (): Argument => {
      const place = this.place();
      const comment = this.commentFields();
      const Name = this.name();
      this.expect(":");
      return { Name, Value: this.value(isConstant), place, ...comment };
    };
    return this.some("(", ")", read) ?? [];
  }

  type(): Type {
    if (!this.skip("[")) {
      const place = this.place();
      const NamedType = this.name();
      return { NamedType, NonNull: this.skip("!"), place };
    }
    this.#enter();
    const place = this.place();
    const Elem = this.type();
    this.expect("]");
    this.#nesting -= 1;
    return { NamedType: "", Elem, NonNull: this.skip("!"), place };
  }

  value(isConstant: boolean): GraphqlValue {
    const token = this.peek();
    const comment = this.commentFields();
    const base = { ExpectedTypeHasDefault: false, place: { line: token.line, column: token.column }, ...comment };
    if (token.kind === "[") {
      const Children = this.#many("[", "]", () => ({ Name: "", Value: this.value(isConstant) }));
      return { Raw: "", Children, Kind: 8, ...base };
    }
    if (token.kind === "{") {
      return { Raw: "", Children: this.#many("{", "}", () => this.#objectField(isConstant)), Kind: 9, ...base };
    }
    if (token.kind === "$") {
      if (isConstant) throw this.unexpected();
      return { Raw: this.variable(), Kind: 0, ...base };
    }
    const kind = toValueKind(token);
    if (kind === undefined) throw this.unexpected();
    this.next();
    return { Raw: token.value, Kind: kind, ExpectedTypeHasDefault: false, place: base.place };
  }

  #objectField(isConstant: boolean): { Name: string; Value: GraphqlValue; Comment?: CommentGroup; place: Place } {
    const place = this.place();
    const comment = this.commentFields();
    const Name = this.name();
    this.expect(":");
    return { Name, Value: this.value(isConstant), place, ...comment };
  }

  variable(): string {
    this.expect("$");
    return this.name();
  }
}

function toValueKind({ kind, value }: Token): number | undefined {
  const kinds: Readonly<Partial<Record<TokenKind, number>>> = { Int: 1, Float: 2, String: 3, BlockString: 4 };
  if (kind !== "Name") return kinds[kind];
  if (value === "true" || value === "false") return 5;
  return value === "null" ? 6 : 7;
}

/** Parses a query document. Throws `BuiltinError` with the place. */
export function parseQuery(text: string): QueryDocument {
  const parser = new GraphqlParser(text);
  const document: QueryDocument = { Operations: [], Fragments: [] };
  while (!parser.is("<EOF>")) {
    const { kind, value } = parser.peek();
    if (kind === "Name" && value === "fragment") document.Fragments?.push(readFragment(parser));
    else if (kind === "{" || (kind === "Name" && operations.includes(value))) {
      document.Operations?.push(readOperation(parser));
    } else throw parser.unexpected();
  }
  return document;
}

const operations = ["query", "mutation", "subscription"];

/** Throws where the next word is no kind of operation. */
export function readOperationType(parser: GraphqlParser): string {
  const token = parser.next();
  if (!operations.includes(token.value)) throw parser.unexpected(token);
  return token.value;
}

function readOperation(parser: GraphqlParser): OperationDefinition {
  const place = parser.place();
  const comment = { place, ...parser.commentFields() };
  // OPA looks at the comments of a bare selection only when they are read already.
  if (parser.is("{")) return { Operation: "query", Name: "", SelectionSet: readSelections(parser), place };
  const Operation = readOperationType(parser);
  const Name = parser.is("Name") ? parser.next().value : "";
  const VariableDefinitions = readVariables(parser);
  const Directives = parser.directives(false);
  return { Operation, Name, VariableDefinitions, Directives, SelectionSet: readSelections(parser), ...comment };
}

function readVariables(parser: GraphqlParser): VariableDefinition[] {
  const read = (): VariableDefinition => {
    const place = parser.place();
    const comment = { place, ...parser.commentFields() };
    const Variable = parser.variable();
    parser.expect(":");
    const type = parser.type();
    const value = parser.skip("=") ? { DefaultValue: parser.value(true) } : {};
    return { Variable, Type: type, ...value, Directives: parser.directives(false), Used: false, ...comment };
  };
  return parser.some("(", ")", read) ?? [];
}

function readSelections(parser: GraphqlParser): Selection[] {
  const token = parser.peek();
  if (token.kind !== "{") throw toGraphqlError(`Expected {, found ${token.kind}`, token);
  return parser.some("{", "}", () => (parser.is("...") ? readSpread(parser) : readField(parser))) ?? [];
}

function readField(parser: GraphqlParser): Selection {
  const place = parser.place();
  const comment = { place, ...parser.commentFields() };
  const Alias = parser.name();
  const Name = parser.skip(":") ? parser.name() : Alias;
  const Arguments = parser.arguments(false);
  const Directives = parser.directives(false);
  const selections = parser.is("{") ? { SelectionSet: readSelections(parser) } : {};
  return { Alias, Name, Arguments, Directives, ...selections, ...comment };
}

function readSpread(parser: GraphqlParser): Selection {
  const remark = parser.commentFields();
  parser.expect("...");
  const comment = { place: parser.place(), ...remark };
  if (parser.is("Name") && !parser.isWord("on")) {
    return { Name: parser.name(), Directives: parser.directives(false), ...comment };
  }
  let TypeCondition = "";
  if (parser.isWord("on")) {
    parser.next();
    TypeCondition = parser.name();
  }
  return { TypeCondition, Directives: parser.directives(false), SelectionSet: readSelections(parser), ...comment };
}

function readFragment(parser: GraphqlParser): FragmentDefinition {
  const place = parser.place();
  const comment = { place, ...parser.commentFields() };
  parser.expectWord("fragment");
  if (parser.isWord("on")) throw parser.unexpected();
  const Name = parser.name();
  const VariableDefinition = readVariables(parser);
  parser.expectWord("on");
  const TypeCondition = parser.name();
  const Directives = parser.directives(false);
  return { Name, VariableDefinition, TypeCondition, Directives, SelectionSet: readSelections(parser), ...comment };
}
