import type { Expression, Location, Term, WithModifier } from "./ast.ts";
import { attempt, SyntaxFailure } from "./syntax-failure.ts";
import { TermParser } from "./term-parser.ts";
import { TOKEN_NAMES, Token, type TokenKind } from "./tokens.ts";

type Member = { key?: Term; value: Term; domain: Term };

/** Bodies and their statements. */
export abstract class ExpressionParser extends TermParser {
  /** Statements up to the closing token, which stays the current one. */
  protected parseBody(end: TokenKind): Expression[] {
    this.enter();
    const body = this.parseStatements(end, false);
    this.leave();
    return body;
  }

  /** A query at the top of a text: without a semicolon it ends where its last statement ends. */
  protected parseQuery(): Expression[] {
    return this.parseStatements(Token.Eof, true);
  }

  private parseStatements(end: TokenKind, requireSemicolon: boolean): Expression[] {
    if (this.at(end)) this.fail("found empty body");
    const { gathered } = this;
    const { size } = gathered;
    for (;;) {
      gathered.push(this.parseLiteral());
      if (this.at(Token.Semicolon)) {
        this.scan();
        continue;
      }
      if (this.at(end) || requireSemicolon) return gathered.take<Expression>(size);
      if (!this.skippedNewline) this.illegal(`expected \\n or ; or ${TOKEN_NAMES[end]}`);
    }
  }

  /** One statement with its `not` and its `with` chain. */
  protected parseLiteral(): Expression {
    const location = this.location();
    this.keywordToName();
    const negated = this.at(Token.Not);
    if (negated) this.scan();
    switch (this.token) {
      case Token.Some:
        if (negated) this.illegal("illegal negation of 'some'");
        return this.parseSome(location);
      case Token.Every:
        if (negated) this.illegal("illegal negation of 'every'");
        return this.parseEvery(location);
      default: {
        const term = this.parseStatementTerm();
        const modifiers = this.parseWith();
        location.end = this.lastEnd;
        return { kind: "term", term, negated, with: modifiers, location };
      }
    }
  }

  /** A term, or two of them around `:=` or `=`. */
  private parseStatementTerm(): Term {
    const left = this.parseInfix();
    if (!this.at(Token.Assign) && !this.at(Token.Unify)) return left;
    const name = [TOKEN_NAMES[this.token] ?? ""];
    const infix = this.literal();
    this.scan();
    const right = this.parseInfix();
    return { kind: "call", name, args: [left, right], infix, location: this.span(left.location) };
  }

  private parseWith(): WithModifier[] {
    const modifiers: WithModifier[] = [];
    while (this.at(Token.With)) {
      const location = this.location();
      this.scan();
      this.expect(Token.Ident, "expected ident");
      const target = this.parseTerm();
      if (target.kind !== "ref" && target.kind !== "var") this.illegal("expected with target path");
      this.expect(Token.As, "expected as keyword");
      this.scan();
      const value = this.parseInfix();
      modifiers.push({ target, value, location: this.span(location) });
    }
    return modifiers;
  }

  private parseSome(location: Location): Expression {
    const before = this.save();
    const term = attempt(() => {
      this.scan();
      return this.parseInfix();
    });
    if (term instanceof SyntaxFailure || term.kind !== "call") {
      this.restore(before);
      return this.parseSomeNames(location, term);
    }
    const member = this.toMember(term);
    if (member === undefined) this.illegal("expected `x in xs` or `x, y in xs` expression");
    return { kind: "some-in", ...member, negated: false, with: this.parseWith(), location: this.span(location) };
  }

  private parseSomeNames(location: Location, failure: Term | SyntaxFailure): Expression {
    const variables: string[] = [];
    do {
      this.scan();
      if (failure instanceof SyntaxFailure && failure.location.offset > this.start) throw failure;
      this.expect(Token.Ident, "expected var");
      const variable = this.parseVariable();
      if (variable.kind === "var") variables.push(variable.name);
      this.scan();
    } while (this.at(Token.Comma));
    return { kind: "some", variables, negated: false, with: [], location: this.span(location) };
  }

  /** `value in domain` and `key, value in domain`, taken apart. */
  private toMember(term: Term): Member | undefined {
    if (term.kind !== "call" || term.name[0] !== "internal") return undefined;
    const [first, second, third, ...rest] = term.args;
    const name = term.name.join(".");
    if (name === "internal.member_2") {
      if (first === undefined || second === undefined || third !== undefined) this.illegal("illegal domain");
      return { value: first, domain: second };
    }
    if (name !== "internal.member_3") return undefined;
    if (first === undefined || second === undefined || third === undefined || rest.length > 0)
      this.illegal("illegal domain");
    return { key: first, value: second, domain: third };
  }

  private parseEvery(location: Location): Expression {
    this.scan();
    const member = this.toMember(this.parseInfix());
    if (member === undefined) this.illegal("expected `x[, y] in xs { ... }` expression");
    if (member.key !== undefined && member.key.kind !== "var") this.illegal("expected key to be a variable");
    if (member.value.kind !== "var") this.illegal("expected value to be a variable");
    this.expect(Token.LBrace, "missing body");
    this.scan();
    const body = this.parseBody(Token.RBrace);
    this.scan();
    return { kind: "every", ...member, body, negated: false, with: this.parseWith(), location: this.span(location) };
  }
}
