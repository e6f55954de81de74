import type { Expression, Term, WithModifier } from "./ast.ts";
import { hasLeadingZero, numberProblem } from "./number-literal.ts";
import { TokenStream } from "./token-stream.ts";
import { Token } from "./tokens.ts";

/** Numbers, strings and template strings. */
export abstract class LiteralParser extends TokenStream {
  protected abstract parseLiteral(): Expression;

  protected parseNumber(): Term {
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
    location.end = this.end;
    return { kind: "number", text, location };
  }

  protected stringValue(): string {
    const inner = this.text.slice(this.start + 1, this.end - 1);
    if (!inner.includes("\\")) return inner;
    const literal = this.literal();
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

  protected parseTemplate(raw: boolean): Term {
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
    location.end = this.end;
    const extra = modifiers.size === 0 ? {} : { modifiers };
    return { kind: "template-string", parts, ...extra, ...(raw ? { raw } : {}), location };
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
}
