import type { Expression, Location, RefTerm, Term, WithModifier } from "./ast.ts";
import { hasLeadingZero, numberProblem } from "./number-literal.ts";
import { attempt, SyntaxFailure } from "./syntax-failure.ts";
import { calleeName, isReferenceHead, kindName } from "./term-kinds.ts";
import { type StreamMark, TokenStream } from "./token-stream.ts";
import { PRECEDENCE, TOKEN_NAMES, Token, type TokenKind } from "./tokens.ts";

const MEMBER_POWER = 1;
const RELATION_POWER = 2;
const ROOT_NAMES: ReadonlySet<string> = new Set(["data", "input"]);

type Outcome = { term: Term; after: StreamMark } | SyntaxFailure;

/** Terms and their operators. What a body is, the class that extends this one knows. */
export abstract class TermParser extends TokenStream {
  /**
   * Bracketed literals by offset. `{x | y, z}` is a comprehension that turns out to be a set: its parts are read twice, and without
   * this table a nest of them would be read a power of two times.
   */
  private readonly literals = new Map<number, Outcome>();

  /** What was called by the call that was parsed last: a function's head needs it as it was written. */
  protected lastCallee: RefTerm | undefined;

  protected abstract parseBody(end: TokenKind): Expression[];
  protected abstract parseLiteral(): Expression;

  /** A term with operators, and `k, v in xs`. */
  protected parseInfix(): Term {
    const { start } = this;
    return this.parseMembership(this.parseOperators(undefined, RELATION_POWER), start);
  }

  /** The same as an element of a list, where a comma ends the element. */
  protected parseInfixInList(head?: Term): Term {
    return this.parseOperators(head, MEMBER_POWER);
  }

  private parseMembership(head: Term, offset: number): Term {
    const pair = this.at(Token.Comma) ? this.attemptPair(head, offset) : undefined;
    return this.parseOperators(pair ?? head, MEMBER_POWER);
  }

  /** `key, value in xs`; undefined where the comma means something else. */
  private attemptPair(key: Term, offset: number): Term | undefined {
    const before = this.save();
    const value = attempt(() => {
      this.scan();
      return this.parseOperators(undefined, RELATION_POWER);
    });
    if (value instanceof SyntaxFailure || !this.at(Token.In)) {
      this.restore(before);
      return undefined;
    }
    this.scan();
    const domain = this.parseOperators(undefined, RELATION_POWER);
    const location = this.spanFrom(key, offset);
    return { kind: "call", name: ["internal", "member_3"], args: [key, value, domain], infix: "in", location };
  }

  /** Precedence climbing: everything that binds at least as strongly as `power`. All operators are left-associative. */
  private parseOperators(head: Term | undefined, power: number): Term {
    const offset = head?.location.offset ?? this.start;
    let left = head ?? this.parseTerm();
    let chained = 0;
    for (;;) {
      this.keywordToName();
      const operator = this.token;
      const strength = PRECEDENCE[operator];
      if (strength === undefined || strength < power) break;
      const infix = this.literal();
      this.scan();
      const right = this.parseOperators(undefined, strength + 1);
      const name = operator === Token.In ? ["internal", "member_2"] : [TOKEN_NAMES[operator] ?? ""];
      left = { kind: "call", name, args: [left, right], infix, location: this.spanFrom(left, offset) };
      this.enter();
      chained++;
    }
    this.leave(chained);
    return left;
  }

  private spanFrom(first: Term, offset: number): Location {
    return { ...first.location, offset, end: this.lastEnd };
  }

  /** A term without operators around it. */
  protected parseTerm(): Term {
    this.enter();
    const head = this.parsePrimary();
    this.scanNarrow();
    const term = this.parseReferenceAfter(head);
    this.leave();
    return term;
  }

  private parsePrimary(): Term {
    switch (this.token) {
      case Token.Null:
        return { kind: "null", location: this.location() };
      case Token.True:
        return { kind: "boolean", value: true, location: this.location() };
      case Token.False:
        return { kind: "boolean", value: false, location: this.location() };
      case Token.Sub:
      case Token.Dot:
      case Token.Number:
        return this.parseNumber();
      case Token.String:
        return { kind: "string", value: this.stringValue(), location: this.location() };
      case Token.RawString:
        return { kind: "string", value: this.literal().slice(1, -1), location: this.location() };
      case Token.TemplatePart:
      case Token.TemplateEnd:
        return this.parseTemplate(false);
      case Token.RawTemplatePart:
      case Token.RawTemplateEnd:
        return this.parseTemplate(true);
      case Token.Ident:
      case Token.Contains:
        return this.parseVariable();
      case Token.LBrack:
      case Token.LBrace:
        return this.parseBracketed();
      case Token.LParen:
        return this.parseParenthesis();
      default:
        return this.illegal();
    }
  }

  protected parseVariable(): Term {
    const name = this.literal();
    const wildcard = name === "_";
    return { kind: "var", name: wildcard ? this.wildcard() : name, wildcard, location: this.location() };
  }

  private parseParenthesis(): Term {
    this.scan();
    const term = this.parseInfix();
    if (!this.at(Token.RParen)) this.fail("non-terminated expression");
    return term;
  }

  private parseNumber(): Term {
    const location = this.location();
    let prefix = "";
    if (this.at(Token.Sub)) {
      prefix = "-";
      this.scan();
      if (!this.at(Token.Dot)) this.expect(Token.Number, "expected number");
    }
    const startsWithDot = this.at(Token.Dot);
    if (startsWithDot) {
      prefix += ".";
      this.scan();
      this.expect(Token.Number, "expected number");
    }
    const literal = this.literal();
    if (!startsWithDot && hasLeadingZero(literal)) this.illegal("expected number without leading zero");
    const text = prefix + literal;
    const problem = numberProblem(text);
    if (problem === "invalid float") this.illegal(problem);
    if (problem !== undefined) this.fail(problem);
    return { kind: "number", text, location: { ...location, end: this.end } };
  }

  private stringValue(): string {
    const literal = this.literal();
    if (!literal.includes("\\")) return literal.slice(1, -1);
    return this.unescape(literal, `illegal string literal: ${literal}`);
  }

  private unescape(quoted: string, problem: string): string {
    try {
      const value: unknown = JSON.parse(quoted);
      // A lone half of a surrogate pair has no UTF-8 form: Go reads it as the replacement character.
      if (typeof value === "string") return value.replace(/\p{Surrogate}/gu, "\ufffd");
    } catch {
      // The message is OPA's, with the literal in it.
    }
    return this.fail(problem);
  }

  private parseTemplate(raw: boolean): Term {
    const location = this.location();
    const parts: (string | Term)[] = [];
    const modifiers = new Map<number, WithModifier[]>();
    for (;;) {
      const text = this.templateText(raw);
      if (text !== "") parts.push(text);
      if (this.at(Token.TemplateEnd) || this.at(Token.RawTemplateEnd)) break;
      this.scan();
      const expression = this.parseTemplateExpression();
      if (expression.with.length > 0) modifiers.set(parts.length, expression.with);
      parts.push(expression.term);
      if (!this.at(Token.RBrace)) this.fail("expected } to end template string expression");
      this.continueTemplate(raw);
    }
    const end = { ...location, end: this.end };
    const extra = modifiers.size === 0 ? {} : { modifiers };
    return { kind: "template-string", parts, ...extra, ...(raw ? { raw } : {}), location: end };
  }

  private templateText(raw: boolean): string {
    if (raw || !this.part.includes("\\")) return this.part;
    return this.unescape(`"${this.part}"`, `illegal template-string part: ${this.literal()}`);
  }

  private parseTemplateExpression(): Extract<Expression, { kind: "term" }> {
    if (this.at(Token.RBrace)) this.fail("invalid template-string expression");
    const expression = this.parseLiteral();
    const refuse = (what: string): never =>
      this.fail(`unexpected ${what} in template-string expression`, expression.location);
    if (expression.negated) return refuse("negation ('not')");
    if (expression.kind === "every") return refuse("'every'");
    if (expression.kind !== "term") return refuse("'some'");
    if (expression.term.kind === "call") {
      const [name, ...rest] = expression.term.name;
      if (rest.length === 0 && name === "eq") return refuse("unification ('=')");
      if (rest.length === 0 && name === "assign") return refuse("assignment (':=')");
    }
    return expression;
  }

  /** What follows a term directly: `.name`, `[key]`, `(arguments)`. The current token is the one after the term. */
  protected parseReferenceAfter(first: Term): Term {
    let head = first;
    let chained = 0;
    // What a call gives may be looked into, but is no function.
    while (this.at(Token.Dot) || this.at(Token.LBrack) || (this.at(Token.LParen) && head === first)) {
      head = this.parseReference(head);
      this.enter();
      chained++;
    }
    this.leave(chained);
    if (this.at(Token.Whitespace)) this.scan();
    if (head === first && head.kind === "var" && ROOT_NAMES.has(head.name)) {
      return { kind: "ref", head, operands: [], location: head.location };
    }
    return head;
  }

  private parseReference(head: Term): Term {
    if (!isReferenceHead(head)) this.fail(`illegal ref (head cannot be ${kindName(head)})`, head.location);
    const operands: Term[] = [];
    while (this.at(Token.Dot) || this.at(Token.LBrack)) {
      operands.push(this.at(Token.Dot) ? this.parseDotted() : this.parseIndex());
    }
    if (!this.at(Token.LParen)) {
      return { kind: "ref", head, operands, location: this.span(head.location) };
    }
    const callee: RefTerm = { kind: "ref", head, operands, location: this.span(head.location) };
    const name = calleeName(head, operands);
    const args = this.parseArguments();
    const location = this.span(head.location);
    this.lastCallee = callee;
    if (name.length === 1 && name[0] === "set" && args.length === 0) return { kind: "set", items: [], location };
    return { kind: "call", name, args, location };
  }

  private parseDotted(): Term {
    this.scanNarrow();
    if (this.token < Token.Ident || this.token > Token.If) this.illegal("expected identifier");
    const operand: Term = { kind: "string", value: this.literal(), location: this.location() };
    this.scanNarrow();
    return operand;
  }

  private parseIndex(): Term {
    this.scan();
    const operand = this.parseInfix();
    this.expect(Token.RBrack, "expected [");
    this.scanNarrow();
    return operand;
  }

  private parseArguments(): Term[] {
    this.scan();
    const args = this.parseList(Token.RParen);
    this.scanNarrow();
    return args;
  }

  /** Elements up to the closing token, which stays the current one. A comma may stand before it. */
  private parseList(end: TokenKind, items: Term[] = []): Term[] {
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

  private parseBracketed(): Term {
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
    return { kind: "object", pairs, location: { ...location, end: this.end } };
  }

  private parsePair(): [Term, Term] {
    const key = this.parseInfixInList();
    this.expect(Token.Colon, 'expected ":"');
    this.scan();
    return [key, this.parseInfixInList()];
  }
}
