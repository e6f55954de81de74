import type { ElseBranch, Expression, Location, Rule, RuleHead, Term } from "./ast.ts";
import { defaultProblems } from "./default-rule.ts";
import { HeadParser } from "./head-parser.ts";
import { attempt, fartherFailure, SyntaxFailure } from "./syntax-failure.ts";
import { isGround } from "./term-walk.ts";
import { Token, type TokenKind } from "./tokens.ts";

/** A rule and what its text said beyond what the tree keeps: Rego v1 asks for certain words. */
export interface ParsedRule {
  rule: Rule;
  /** `p[x] { ... }`: a set in the old spelling. */
  oldSet: boolean;
  /** Where a body begins that has no `if` before it. */
  missingIf: Location[];
  /** Neither a value nor a body: `p.q.r`. */
  bare: boolean;
}

/** Rules with a body, `contains` without one, and defaults. */
export abstract class RuleParser extends HeadParser {
  /** The rules that begin here; undefined where the text is no rule with a body, and may be a query or `name := value`. */
  protected parseRules(): ParsedRule[] | undefined {
    const location = this.location();
    this.keywordToName();
    const isDefault = this.at(Token.Default);
    if (isDefault) {
      this.scan();
      this.keywordToName();
    }
    if (!this.at(Token.Ident)) return undefined;
    const parsed = this.parseHead(isDefault);
    if (parsed === undefined) return undefined;
    const { head } = parsed;
    if (isDefault) return [this.finishDefault(head, location)];
    if (this.at(Token.If) || this.at(Token.LBrace)) return this.parseBodies(parsed.head, parsed.contains, location);
    if (parsed.contains) return [plain(this.finish(head, [], head.location))];
    return this.atStatementEnd() && head.value !== undefined ? [plain(this.finish(head, [], location))] : undefined;
  }

  /** Whether what was parsed ends its line, so that nothing can turn it into something else. */
  private atStatementEnd(): boolean {
    return this.at(Token.Eof) || this.skippedNewline;
  }

  private finish(head: RuleHead, body: Expression[], location: Location): Rule {
    return { head, isDefault: false, body, annotations: [], location: this.span(location) };
  }

  private finishDefault(head: RuleHead, location: Location): ParsedRule {
    const rule = { ...this.finish(head, [], location), isDefault: true };
    for (const problem of defaultProblems(head)) this.fail(problem, rule.location);
    return plain(rule);
  }

  private parseBodies(head: RuleHead, contains: boolean, location: Location): ParsedRule[] {
    const withIf = this.at(Token.If);
    const oldSet =
      !withIf && !contains && head.args === undefined && head.ref.operands.length === 1 && head.value === undefined;
    if (!contains && !oldSet && head.value === undefined) head.value = trueTerm(head.location);
    const body = withIf ? this.parseIfBody() : this.parseBlock();
    const missingIf = withIf ? [] : [location];
    const branch = this.at(Token.Else) && !this.keywordToName() ? this.parseElse(head, missingIf) : undefined;
    const rule = this.finish(head, body, location);
    if (branch !== undefined) rule.else = branch;
    const rules: ParsedRule[] = [{ rule, oldSet, missingIf, bare: false }];
    while (this.at(Token.LBrace)) {
      if (branch !== undefined) this.fail("expected else keyword");
      const start = this.location();
      const next = this.parseBlock();
      rules.push({ rule: this.finish(head, next, start), oldSet, missingIf: withIf ? [] : [start], bare: false });
    }
    return rules;
  }

  private parseBlock(): Expression[] {
    this.scan();
    const body = this.parseBody(Token.RBrace);
    this.scan();
    return body;
  }

  /** After `if`: one statement, or a block. `{ x }` is a block, not a set; `{}` and `{a: b}` are objects, as in OPA. */
  private parseIfBody(): Expression[] {
    this.scan();
    const before = this.save();
    const isBrace = this.at(Token.LBrace);
    if (isBrace) {
      const body = attempt(() => this.parseBlock());
      if (!(body instanceof SyntaxFailure) && isCertainBlock(body, this.token)) return body;
      this.restore(before);
    }
    const literal = attempt(() => this.parseLiteral());
    const failed = literal instanceof SyntaxFailure;
    if (!failed && !(literal.kind === "term" && literal.term.kind === "set")) return [literal];
    if (!isBrace && failed) throw literal;
    this.restore(before);
    const block = attempt(() => this.parseBlock());
    if (!(block instanceof SyntaxFailure)) return block;
    throw failed ? fartherFailure(literal, block) : block;
  }

  private parseElse(head: RuleHead, missingIf: Location[]): ElseBranch {
    const isDynamic = head.ref.operands.some((operand) => !isGround(operand));
    if (isDynamic) this.fail("else keyword cannot be used on rules with variables in head");
    if (head.key !== undefined) this.fail("else keyword cannot be used on multi-value rules");
    const branches: ElseBranch[] = [];
    let levels = 0;
    do {
      this.enter();
      levels++;
      branches.push(this.parseElseBranch(missingIf));
    } while (this.at(Token.Else));
    this.leave(levels);
    for (let at = branches.length - 2; at >= 0; at--) {
      const branch = branches[at];
      const next = branches[at + 1];
      if (branch !== undefined && next !== undefined) branch.else = next;
    }
    const [first] = branches;
    return first ?? this.fail("expected else value term or rule body");
  }

  private parseElseBranch(missingIf: Location[]): ElseBranch {
    const location = this.location();
    this.scan();
    const operator = this.at(Token.Assign) ? ":=" : this.at(Token.Unify) ? "=" : undefined;
    const value = this.parseElseValue(location);
    let body: Expression[] = [];
    if (this.at(Token.If)) {
      this.scan();
      if (this.at(Token.Eof)) this.illegal("rule body expected");
      body = this.at(Token.LBrace) ? this.parseBlock() : [this.parseLiteral()];
    } else if (this.at(Token.LBrace)) {
      missingIf.push(location);
      body = this.parseBlock();
    }
    return { value, ...(operator === undefined ? {} : { operator }), body, location: this.span(location) };
  }

  private parseElseValue(location: Location): Term {
    if (this.at(Token.LBrace) || this.at(Token.If)) return trueTerm(location);
    if (!this.at(Token.Assign) && !this.at(Token.Unify)) this.illegal("expected else value term or rule body");
    this.scan();
    return this.parseInfix();
  }
}

/** Tokens that no expression goes on with. */
const ENDS: ReadonlySet<TokenKind> = new Set([Token.Eof, Token.Ident, Token.Else, Token.Default, Token.Import]);

/** Whether what is between the braces is a block for certain, and no beginning of a literal: `{x | y}`, `{x} == y`. */
function isCertainBlock(body: readonly Expression[], next: TokenKind): boolean {
  const [first] = body;
  if (first === undefined || (body.length === 1 && !ENDS.has(next))) return false;
  if (first.kind !== "term") return true;
  for (let term: Term | undefined = first.term; term?.kind === "call"; term = term.args[0]) {
    if (term.name[0] === "or") return false;
  }
  return true;
}

function plain(rule: Rule): ParsedRule {
  return { rule, oldSet: false, missingIf: [], bare: false };
}

function trueTerm(location: Location): Term {
  return { kind: "boolean", value: true, location };
}
