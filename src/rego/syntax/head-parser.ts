import type { RefTerm, RuleHead, Term } from "./ast.ts";
import { ExpressionParser } from "./expression-parser.ts";
import { formatTerm } from "./format.ts";
import { attempt, SyntaxFailure } from "./syntax-failure.ts";
import { Token } from "./tokens.ts";

/** What stands before a rule's body. */
export interface ParsedHead {
  head: RuleHead;
  contains: boolean;
}

/** Names and head terms: the part of a rule that says what it makes. */
export abstract class HeadParser extends ExpressionParser {
  protected parseHead(isDefault: boolean): ParsedHead | undefined {
    const location = this.location();
    const term = this.parseHeadTerm();
    const named = this.toNamed(term);
    if (named === undefined) return undefined;
    const { ref, args } = named;
    const name = (): string => formatTerm(ref.operands.length === 0 ? ref.head : ref);
    const head: RuleHead = { ref, ...(args === undefined ? {} : { args }), assigned: false, location };
    switch (this.token) {
      case Token.Contains: {
        if (args !== undefined) {
          this.illegal(
            `the contains keyword can only be used with multi-value rule definitions (e.g., ${name()} contains <VALUE> { ... })`,
          );
        }
        this.scan();
        head.key = this.headValue(() => `expected rule key term (e.g., ${name()} contains <VALUE> { ... })`);
        break;
      }
      case Token.Unify:
      case Token.Assign:
        head.assigned = true;
        head.operator = this.at(Token.Assign) ? ":=" : "=";
        this.scan();
        head.value = this.headValue(() => expectedValue(name(), args !== undefined, isDefault));
        break;
    }
    head.location = this.span(location);
    return { head, contains: head.key !== undefined };
  }

  /** A missing value is told in the rule's terms; a value with a fault in it keeps its own message. */
  private headValue(expected: () => string): Term {
    const { start } = this;
    const value = attempt(() => this.parseInfix());
    if (!(value instanceof SyntaxFailure)) return value;
    const isMissing = this.start === start && /^unexpected [^:]+$/.test(value.message);
    if (isMissing) this.illegal(expected());
    throw value;
  }

  private parseHeadTerm(): Term {
    const variable = this.parseVariable();
    this.scanNarrow();
    if (this.token >= Token.Add && this.token <= Token.Lte && !this.at(Token.Unify) && !this.at(Token.Assign)) {
      this.illegal();
    }
    if (this.at(Token.Whitespace)) this.scan();
    return this.parseReferenceAfter(variable);
  }

  private toNamed(term: Term): { ref: RefTerm; args?: Term[] } | undefined {
    switch (term.kind) {
      case "var":
        return { ref: { kind: "ref", head: term, operands: [], location: term.location } };
      case "ref":
        return term.head.kind === "var" ? { ref: term } : undefined;
      case "call":
        if (this.lastCallee?.head.kind !== "var") return undefined;
        // `f()` is the rule `f`, as in OPA.
        return { ref: this.lastCallee, ...(term.args.length === 0 ? {} : { args: term.args }) };
      default:
        return undefined;
    }
  }
}

function expectedValue(name: string, isFunction: boolean, isDefault: boolean): string {
  if (isFunction) return `expected function value term (e.g., ${name}(...) := <VALUE> { ... })`;
  if (isDefault) return `expected default rule value term (e.g., default ${name} := <VALUE>)`;
  return `expected rule value term (e.g., ${name} := <VALUE> { ... })`;
}
