import type { Expression, Location, Term } from "./ast.ts";
import { LiteralParser } from "./literal-parser.ts";
import { attempt, SyntaxFailure } from "./syntax-failure.ts";
import { compareTerms } from "./term-order.ts";
import type { StreamMark } from "./token-stream.ts";
import { TOKEN_NAMES, Token, type TokenKind } from "./tokens.ts";

type Outcome = { term: Term; after: StreamMark } | SyntaxFailure;

/** Arrays, sets, objects and comprehensions: all that is between brackets or braces. */
export abstract class CollectionParser extends LiteralParser {
  /**
   * Bracketed literals by offset. `{x | y, z}` is a comprehension that turns out to be a set: its parts are read twice, and without
   * this table a nest of them would be read a power of two times.
   */
  private readonly literals = new Map<number, Outcome>();

  protected abstract parseBody(end: TokenKind): Expression[];
  protected abstract parseTerm(): Term;
  protected abstract parseInfixInList(head?: Term): Term;

  /** Elements up to the closing token, which stays the current one. A comma may stand before it. */
  protected parseList(end: TokenKind, items: Term[] = []): Term[] {
    while (!this.at(end)) {
      items.push(this.parseInfixInList());
      this.endOfElement(end);
    }
    return items;
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
      this.restore({ ...known.after, depth: this.depth });
      return known.term;
    }
    const term = attempt(() => (this.at(Token.LBrack) ? this.parseArray() : this.parseSetOrObject()));
    if (term instanceof SyntaxFailure) {
      this.literals.set(offset, term);
      throw term;
    }
    this.literals.set(offset, { term, after: this.save() });
    return term;
  }

  private parseArray(): Term {
    const location = this.location();
    const finish = (items: Term[]): Term => ({ kind: "array", items, location: { ...location, end: this.end } });
    this.scan();
    if (this.at(Token.RBrack)) return finish([]);
    const leadingComma = this.skipComma();
    const before = this.save();
    const head = this.parseTerm();
    if (this.at(Token.Or) && !leadingComma) {
      const body = this.attemptComprehension(Token.RBrack, before);
      if (body !== undefined) {
        return { kind: "array-comprehension", term: head, body, location: { ...location, end: this.end } };
      }
      return finish(this.parseList(Token.RBrack));
    }
    const first = this.parseInfixInList(head);
    this.endOfElement(Token.RBrack);
    return finish(this.parseList(Token.RBrack, [first]));
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
    if (this.at(Token.RBrace)) return { kind: "object", pairs: [], location: { ...location, end: this.end } };
    const leadingComma = this.skipComma();
    const before = this.save();
    let head = this.parseTerm();
    if (this.at(Token.Or) && !leadingComma) {
      const body = this.attemptComprehension(Token.RBrace, before);
      if (body !== undefined) {
        return { kind: "set-comprehension", term: head, body, location: { ...location, end: this.end } };
      }
      const items = this.parseList(Token.RBrace);
      return { kind: "set", items, location: { ...location, end: this.end } };
    }
    head = this.parseInfixInList(head);
    if (this.at(Token.Colon)) return this.parseObject(head, location, leadingComma);
    if (!this.at(Token.RBrace) && !this.at(Token.Comma)) this.illegal("non-terminated set");
    this.endOfElement(Token.RBrace);
    const items = this.parseList(Token.RBrace, [head]);
    return { kind: "set", items, location: { ...location, end: this.end } };
  }

  private parseObject(key: Term, location: Location, leadingComma: boolean): Term {
    this.scan();
    const before = this.save();
    let value = this.parseTerm();
    if (this.at(Token.Or) && !leadingComma) {
      const body = this.attemptComprehension(Token.RBrace, before);
      if (body !== undefined) {
        return { kind: "object-comprehension", key, value, body, location: { ...location, end: this.end } };
      }
      value = this.parseInfixInList();
    } else value = this.parseInfixInList(value);
    if (!this.at(Token.RBrace) && !this.at(Token.Comma)) this.illegal("non-terminated object");
    this.endOfElement(Token.RBrace);
    const pairs: [Term, Term][] = [[key, value]];
    while (!this.at(Token.RBrace)) {
      pairs.push(this.parsePair());
      this.endOfElement(Token.RBrace);
    }
    return { kind: "object", pairs: dropReplaced(pairs), location: { ...location, end: this.end } };
  }

  private parsePair(): [Term, Term] {
    const key = this.parseInfixInList();
    this.expect(Token.Colon, 'expected ":"');
    this.scan();
    return [key, this.parseInfixInList()];
  }
}

/** Of members with equal keys the last value counts, at the place of the first: the others are not evaluated. */
function dropReplaced(pairs: readonly [Term, Term][]): [Term, Term][] {
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
