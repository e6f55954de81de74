import type { ElseBranch, Expression, Import, Module, Rule, Term, WithModifier } from "./ast.ts";
import { sortedItems, sortedPairs } from "./format.ts";
import { headKey } from "./rule-kind.ts";
import type { SpendUnits } from "./spending-parser.ts";
import { kindName } from "./term-kinds.ts";

export interface AstJsonOptions {
  /** What a number literal becomes. Default: JavaScript's number, which rounds. */
  number?: (text: string) => unknown;
  /** Told of each term that is written. */
  spend?: SpendUnits;
}

/**
 * A module as OPA writes it in JSON and as `rego.parse_module` returns it: `{package, imports, rules, comments}` without locations
 * (comments have theirs) and without annotations.
 */
export function toAstJson(module: Module, options: AstJsonOptions = {}): Record<string, unknown> {
  return new AstJson(options).module(module);
}

/** One term in OPA's JSON form: `{type, value}`. */
export function toTermJson(term: Term, options: AstJsonOptions = {}): unknown {
  return new AstJson(options).term(term);
}

class AstJson {
  private readonly number: (text: string) => unknown;
  private readonly spend: SpendUnits | undefined;

  constructor({ number = Number, spend }: AstJsonOptions) {
    this.number = number;
    this.spend = spend;
  }

  module(module: Module): Record<string, unknown> {
    return {
      package: { path: [variable("data"), ...module.package.map(string)] },
      ...nonEmpty("imports", module.imports.map(toImport)),
      ...nonEmpty(
        "rules",
        module.rules.map((rule) => this.rule(rule)),
      ),
      ...nonEmpty(
        "comments",
        module.comments.map((comment) => this.comment(comment)),
      ),
    };
  }

  private comment({ text, location: { file, row, col } }: Module["comments"][number]): Record<string, unknown> {
    this.spend?.(1 + (text.length >> 5));
    return { Text: text === "" ? null : Buffer.from(text).toString("base64"), Location: { file, row, col } };
  }

  private rule(rule: Rule): Record<string, unknown> {
    const head = this.head(rule);
    return {
      ...(rule.isDefault ? { default: true } : {}),
      head,
      body: this.ruleBody(rule.body),
      ...(rule.else === undefined ? {} : { else: this.elseRule(rule.else, head) }),
    };
  }

  private elseRule(branch: ElseBranch, head: Record<string, unknown>): Record<string, unknown> {
    const { assign, ...shared } = head;
    const assigned = branch.operator === undefined ? assign === true : branch.operator === ":=";
    return {
      head: { ...shared, value: this.term(branch.value), ...(assigned ? { assign: true } : {}) },
      body: this.ruleBody(branch.body),
      ...(branch.else === undefined ? {} : { else: this.elseRule(branch.else, head) }),
    };
  }

  private head(rule: Rule): Record<string, unknown> {
    const { head } = rule;
    const key = headKey(rule);
    return {
      ...(hasName(rule) && head.ref.head.kind === "var" ? { name: head.ref.head.name } : {}),
      ...nonEmpty(
        "args",
        (head.args ?? []).map((arg) => this.term(arg)),
      ),
      ...(key === undefined ? {} : { key: this.term(key) }),
      ...(head.value === undefined ? {} : { value: this.term(head.value) }),
      ...(head.operator === ":=" ? { assign: true } : {}),
      ref: [this.term(head.ref.head), ...head.ref.operands.map((operand) => this.term(operand))],
    };
  }

  private ruleBody(body: readonly Expression[]): unknown[] {
    return body.length === 0 ? [{ index: 0, terms: { type: "boolean", value: true } }] : this.body(body);
  }

  private body(body: readonly Expression[]): unknown[] {
    return body.map((expression, index) => this.expression(expression, index));
  }

  private expression(expression: Expression, index: number): Record<string, unknown> {
    return {
      index,
      terms: this.statement(expression),
      ...(expression.negated ? { negated: true } : {}),
      ...nonEmpty("with", this.modifiers(expression.with)),
    };
  }

  private modifiers(modifiers: readonly WithModifier[]): unknown[] {
    return modifiers.map(({ target, value }) => ({ target: this.term(target), value: this.term(value) }));
  }

  private statement(expression: Expression): unknown {
    switch (expression.kind) {
      case "some":
        return { symbols: expression.variables.map(variable) };
      case "some-in": {
        const { key, value, domain } = expression;
        const name = ["internal", key === undefined ? "member_2" : "member_3"];
        const args = key === undefined ? [value, domain] : [key, value, domain];
        return { symbols: [{ type: "call", value: this.call(name, args) }] };
      }
      case "every": {
        const { key, value, domain } = expression;
        const body = this.body(expression.body);
        return {
          key: key === undefined ? null : this.term(key),
          value: this.term(value),
          domain: this.term(domain),
          body,
        };
      }
      case "term":
        return expression.term.kind === "call"
          ? this.call(expression.term.name, expression.term.args)
          : this.term(expression.term);
    }
  }

  private call(name: readonly string[], args: readonly Term[]): unknown[] {
    const [head = "", ...rest] = name;
    return [{ type: "ref", value: [variable(head), ...rest.map(string)] }, ...args.map((arg) => this.term(arg))];
  }

  term(term: Term): unknown {
    this.spend?.(1);
    return { type: kindName(term), value: this.value(term) };
  }

  private value(term: Term): unknown {
    switch (term.kind) {
      case "null":
        // Go's empty struct.
        return {};
      case "boolean":
      case "string":
        return term.value;
      case "number":
        return this.number(term.text);
      case "var":
        return term.name;
      case "ref":
        return [this.term(term.head), ...term.operands.map((operand) => this.term(operand))];
      case "array":
        return term.items.map((item) => this.term(item));
      case "set":
        return sortedItems(term.items).map((item) => this.term(item));
      case "object":
        return sortedPairs(term.pairs).map(([key, value]) => [this.term(key), this.term(value)]);
      case "array-comprehension":
      case "set-comprehension":
        return { term: this.term(term.term), body: this.body(term.body) };
      case "object-comprehension":
        return { key: this.term(term.key), value: this.term(term.value), body: this.body(term.body) };
      case "call":
        return this.call(term.name, term.args);
      case "template-string":
        return { parts: this.templateParts(term), multi_line: term.raw === true };
    }
  }

  private templateParts(term: Extract<Term, { kind: "template-string" }>): unknown[] | null {
    if (term.parts.length === 0) return null;
    return term.parts.map((part, index) => this.templatePart(part, term.modifiers?.get(index)));
  }

  private templatePart(part: string | Term, modifiers: WithModifier[] | undefined): unknown {
    if (typeof part === "string") return string(part);
    const isLiteral = ["string", "number", "boolean", "null"].includes(part.kind) && modifiers === undefined;
    if (isLiteral) return this.term(part);
    const { location } = part;
    return this.expression({ kind: "term", term: part, negated: false, with: modifiers ?? [], location }, 0);
  }
}

/** OPA keeps a head's name for those who still read it; which heads have one follows how each is parsed. */
function hasName({ head, body, isDefault }: Rule): boolean {
  const { operands } = head.ref;
  if (operands.length === 0) return true;
  if (operands.length > 1 || head.key !== undefined || isDefault) return false;
  return body.length === 0 ? head.args === undefined : head.assigned || head.args !== undefined;
}

function toImport(statement: Import): Record<string, unknown> {
  const [root = "", ...rest] = statement.path;
  const path = { type: "ref", value: [variable(root), ...rest.map(string)] };
  return { path, ...(statement.alias === undefined ? {} : { alias: statement.alias }) };
}

function nonEmpty(name: string, items: unknown[]): Record<string, unknown> {
  return items.length === 0 ? {} : { [name]: items };
}

function variable(name: string): { type: "var"; value: string } {
  return { type: "var", value: name };
}

function string(value: string): { type: "string"; value: string } {
  return { type: "string", value };
}
