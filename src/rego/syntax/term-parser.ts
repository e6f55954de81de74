import type { Location, RefTerm, Term } from "./ast.ts";
import { CollectionParser } from "./collection-parser.ts";
import { attempt, SyntaxFailure } from "./syntax-failure.ts";
import { calleeName, isReferenceHead, kindName } from "./term-kinds.ts";
import { PRECEDENCE, TOKEN_NAMES, Token } from "./tokens.ts";

const MEMBER_POWER = 1;
const RELATION_POWER = 2;
const ROOT_NAMES: ReadonlySet<string> = new Set(["data", "input"]);

/** Terms and their operators. What a body is, the class that extends this one knows. */
export abstract class TermParser extends CollectionParser {
  /** What was called by the call that was parsed last: a function's head needs it as it was written. */
  protected lastCallee: RefTerm | undefined;

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
      const strength = PRECEDENCE[operator] ?? 0;
      if (strength < power) break;
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
    const { file, row, col } = first.location;
    return { file, row, col, offset, end: this.lastEnd };
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
    const name = this.word;
    const wildcard = name === "_";
    return { kind: "var", name: wildcard ? this.wildcard() : name, wildcard, location: this.location() };
  }

  private parseParenthesis(): Term {
    this.scan();
    const term = this.parseInfix();
    if (!this.at(Token.RParen)) this.fail("non-terminated expression");
    return term;
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
    const { gathered } = this;
    const { size } = gathered;
    while (this.at(Token.Dot) || this.at(Token.LBrack)) {
      gathered.push(this.at(Token.Dot) ? this.parseDotted() : this.parseIndex());
    }
    const operands = gathered.take<Term>(size);
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
    const operand: Term = { kind: "string", value: this.word, location: this.location() };
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
}
