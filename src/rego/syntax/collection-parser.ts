import type { Expression, Location, Term } from "./ast.ts";
import { JsonArray, JsonObject } from "./json-collection.ts";
import { JsonExtents } from "./json-extent.ts";
import { LiteralParser } from "./literal-parser.ts";
import { attempt, DepthFailure, SyntaxFailure } from "./syntax-failure.ts";
import { compareTerms } from "./term-order.ts";
import { MAX_DEPTH, type StreamMark } from "./token-stream.ts";
import { TOKEN_NAMES, Token, type TokenKind } from "./tokens.ts";

/** Characters from which on a literal that is JSON is not read into terms at once. */
const longLiteral = 2_000;
/** Nesting that may come on top of the parser's when such a literal is read again. */
const jsonNesting = 100;

type Outcome = { term: Term; after: StreamMark } | SyntaxFailure;

/** Arrays, sets, objects and comprehensions: all that is between brackets or braces. */
export abstract class CollectionParser extends LiteralParser {
  /**
   * Bracketed literals by offset. `{x | y, z}` is a comprehension that turns out to be a set: its parts are read twice, and without
   * this table a nest of them would be read a power of two times. Those that have no other inside are not kept.
   */
  private readonly literals = new Map<number, Outcome>();
  private bracketed = 0;
  private readonly extents = new JsonExtents(this.text);
  /** No bracket before this offset begins a long literal that is JSON. */
  private shortUntil = 0;

  protected abstract parseBody(end: TokenKind): Expression[];
  protected abstract parseTerm(): Term;
  /** What reads the bracketed literal at a place into terms, later. It must not keep this parser. */
  protected abstract rereader(): (at: StreamMark) => Term;
  protected abstract parseInfixInList(head?: Term): Term;

  /** Elements up to the closing token, which stays the current one. A comma may stand before it. */
  protected parseList(end: TokenKind, first?: Term): Term[] {
    const { gathered } = this;
    const { size } = gathered;
    if (first !== undefined) gathered.push(first);
    while (!this.at(end)) {
      gathered.push(this.parseInfixInList());
      this.endOfElement(end);
    }
    return gathered.take<Term>(size);
  }

  private endOfElement(end: TokenKind): void {
    if (this.at(end)) return;
    this.expect(Token.Comma, `expected "," or "${TOKEN_NAMES[end]}"`);
    this.scan();
  }

  protected parseBracketed(): Term {
    const offset = this.start;
    const known = this.literals.get(offset);
    if (known instanceof SyntaxFailure) throw known;
    if (known !== undefined) {
      this.goTo(known.after);
      return known.term;
    }
    this.bracketed++;
    const { bracketed } = this;
    try {
      const json = this.parseJson();
      const term = json ?? this.parseWritten();
      if (this.bracketed > bracketed || json !== undefined) this.literals.set(offset, { term, after: this.save() });
      return term;
    } catch (thrown) {
      if (thrown instanceof SyntaxFailure && !(thrown instanceof DepthFailure)) this.literals.set(offset, thrown);
      throw thrown;
    }
  }

  protected parseWritten(): Term {
    return this.at(Token.LBrack) ? this.parseArray() : this.parseSetOrObject();
  }

  /** A long literal that is JSON: the parser goes to its end. */
  private parseJson(): Term | undefined {
    const { start } = this;
    if (!this.isPlain || start < this.shortUntil || this.depth > MAX_DEPTH - jsonNesting) return undefined;
    const end = this.extents.find(start);
    if (end !== -1) this.shortUntil = end;
    if (end - start < longLiteral) return undefined;
    const before = this.save();
    const location = this.location();
    location.end = end;
    this.skipTo(end);
    const json = this.extents.reader(start, end);
    const reread = this.rereader();
    const Collection = before.token === Token.LBrack ? JsonArray : JsonObject;
    return new Collection(location, json, () => reread(before));
  }

  private parseArray(): Term {
    const location = this.location();
    const finish = (items: Term[]): Term => ({ kind: "array", items, location: this.close(location) });
    this.scan();
    if (this.at(Token.RBrack)) return finish([]);
    const leadingComma = this.skipComma();
    const before = this.save();
    const head = this.parseTerm();
    if (this.at(Token.Or) && !leadingComma) {
      const body = this.attemptComprehension(Token.RBrack, before);
      if (body !== undefined) {
        return { kind: "array-comprehension", term: head, body, location: this.close(location) };
      }
      return finish(this.parseList(Token.RBrack));
    }
    const first = this.parseInfixInList(head);
    this.endOfElement(Token.RBrack);
    return finish(this.parseList(Token.RBrack, first));
  }

  /** A place up to the end of the current token. It is the caller's own: no other node has it yet. */
  private close(location: Location): Location {
    location.end = this.end;
    return location;
  }

  /** OPA reads `[, x]` and `{, x}`, so this does, too. */
  private skipComma(): boolean {
    if (!this.at(Token.Comma)) return false;
    this.scan();
    return true;
  }

  /**
   * The body after `|`. Where reading one stops at a comma, `|` was the operator: the stream goes back to `before`, and the answer is
   * undefined.
   */
  private attemptComprehension(end: TokenKind, before: StreamMark): Expression[] | undefined {
    const body = attempt(() => {
      this.scan();
      return this.parseBody(end);
    });
    if (!(body instanceof SyntaxFailure)) return body;
    if (!this.at(Token.Comma)) throw body;
    this.restore(before);
    return undefined;
  }

  private parseSetOrObject(): Term {
    const location = this.location();
    this.scan();
    if (this.at(Token.RBrace)) return { kind: "object", pairs: [], location: this.close(location) };
    const leadingComma = this.skipComma();
    const before = this.save();
    let head = this.parseTerm();
    if (this.at(Token.Or) && !leadingComma) {
      const body = this.attemptComprehension(Token.RBrace, before);
      if (body !== undefined) {
        return { kind: "set-comprehension", term: head, body, location: this.close(location) };
      }
      const items = this.parseList(Token.RBrace);
      return { kind: "set", items, location: this.close(location) };
    }
    head = this.parseInfixInList(head);
    if (this.at(Token.Colon)) return this.parseObject(head, location, leadingComma);
    if (!this.at(Token.RBrace) && !this.at(Token.Comma)) this.illegal("non-terminated set");
    this.endOfElement(Token.RBrace);
    const items = this.parseList(Token.RBrace, head);
    return { kind: "set", items, location: this.close(location) };
  }

  private parseObject(key: Term, location: Location, leadingComma: boolean): Term {
    this.scan();
    const before = this.save();
    let value = this.parseTerm();
    if (this.at(Token.Or) && !leadingComma) {
      const body = this.attemptComprehension(Token.RBrace, before);
      if (body !== undefined) {
        return { kind: "object-comprehension", key, value, body, location: this.close(location) };
      }
      value = this.parseInfixInList();
    } else value = this.parseInfixInList(value);
    if (!this.at(Token.RBrace) && !this.at(Token.Comma)) this.illegal("non-terminated object");
    this.endOfElement(Token.RBrace);
    const { gathered } = this;
    const { size } = gathered;
    gathered.push([key, value]);
    while (!this.at(Token.RBrace)) {
      gathered.push(this.parsePair());
      this.endOfElement(Token.RBrace);
    }
    const pairs = dropReplaced(gathered.take<[Term, Term]>(size));
    return { kind: "object", pairs, location: this.close(location) };
  }

  private parsePair(): [Term, Term] {
    const key = this.parseInfixInList();
    this.expect(Token.Colon, 'expected ":"');
    this.scan();
    return [key, this.parseInfixInList()];
  }
}

/** Members of an object that are compared with each other, before a table of them is faster. */
const fewPairs = 12;

/** Of members with equal keys the last value counts, at the place of the first: the others are not evaluated. */
function dropReplaced(pairs: [Term, Term][]): [Term, Term][] {
  if (pairs.length <= fewPairs && !hasEqualKeys(pairs)) return pairs;
  const scalars = new Map<string, number>();
  const kept: [Term, Term][] = [];
  for (const [key, value] of pairs) {
    const name = toScalarName(key);
    const at = name === undefined ? findKey(kept, key) : (scalars.get(name) ?? -1);
    if (at >= 0) kept[at] = [(kept[at] as [Term, Term])[0], value];
    else {
      if (name !== undefined) scalars.set(name, kept.length);
      kept.push([key, value]);
    }
  }
  return kept;
}

function hasEqualKeys(pairs: readonly [Term, Term][]): boolean {
  for (let at = 1; at < pairs.length; at++) {
    const key = (pairs[at] as [Term, Term])[0];
    for (let before = 0; before < at; before++) {
      const other = (pairs[before] as [Term, Term])[0];
      if (key.kind !== other.kind) continue;
      if (
        key.kind === "string" && other.kind === "string" ? key.value === other.value : compareTerms(key, other) === 0
      ) {
        return true;
      }
    }
  }
  return false;
}

function toScalarName(key: Term): string | undefined {
  switch (key.kind) {
    case "string":
      return `string ${key.value}`;
    case "number":
      return `number ${key.text}`;
    case "var":
      return `var ${key.name}`;
    default:
      return undefined;
  }
}

function findKey(pairs: readonly [Term, Term][], key: Term): number {
  return pairs.findIndex(([other]) => other.kind === key.kind && compareTerms(other, key) === 0);
}
