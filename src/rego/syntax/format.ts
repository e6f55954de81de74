import type { Expression, Term, WithModifier } from "./ast.ts";
import { isIdentifier } from "./characters.ts";
import { compareTerms } from "./term-order.ts";
import { KEYWORDS } from "./tokens.ts";

/**
 * A term as OPA prints it: operators as calls (`plus(x, 1)`), sets and objects in order, `_` for every wildcard. What was printed
 * parses to the same term again.
 */
export function formatTerm(term: Term): string {
  switch (term.kind) {
    case "null":
      return "null";
    case "boolean":
      return String(term.value);
    case "number":
      return term.text;
    case "string":
      return quote(term.value);
    case "var":
      return term.wildcard ? "_" : term.name;
    case "ref":
      return formatTerm(term.head) + term.operands.map(formatOperand).join("");
    case "array":
      return `[${term.items.map(formatTerm).join(", ")}]`;
    case "set":
      return term.items.length === 0 ? "set()" : `{${sortedItems(term.items).map(formatTerm).join(", ")}}`;
    case "object":
      return `{${sortedPairs(term.pairs).map(formatPair).join(", ")}}`;
    case "array-comprehension":
      return `[${formatTerm(term.term)} | ${formatBody(term.body)}]`;
    case "set-comprehension":
      return `{${formatTerm(term.term)} | ${formatBody(term.body)}}`;
    case "object-comprehension":
      return `{${formatPair([term.key, term.value])} | ${formatBody(term.body)}}`;
    case "call":
      return `${formatName(term.name)}(${term.args.map(formatTerm).join(", ")})`;
    case "template-string":
      return formatTemplate(term);
  }
}

/** A statement as OPA prints it: `x = 1`, `assign(x, 1)`, `some x in xs`, `not p with input as 1`. */
export function formatExpression(expression: Expression): string {
  const not = expression.negated ? "not " : "";
  const modifiers = expression.with.map((modifier) => ` ${formatWith(modifier)}`).join("");
  return not + formatStatement(expression) + modifiers;
}

/** The statements of a body, separated by semicolons. */
export function formatBody(body: readonly Expression[]): string {
  return body.map(formatExpression).join("; ");
}

function formatWith(modifier: WithModifier): string {
  return `with ${formatTerm(modifier.target)} as ${formatTerm(modifier.value)}`;
}

function formatStatement(expression: Expression): string {
  switch (expression.kind) {
    case "some":
      return `some ${expression.variables.join(", ")}`;
    case "some-in":
      return `some ${formatMember(expression)}`;
    case "every":
      return `every ${formatMember(expression)} { ${formatBody(expression.body)} }`;
    case "term": {
      const { term } = expression;
      if (term.kind !== "call" || term.name.length !== 1 || term.name[0] !== "eq") return formatTerm(term);
      const [left, right] = term.args;
      if (left === undefined || right === undefined || term.args.length !== 2) return formatTerm(term);
      return `${formatTerm(left)} = ${formatTerm(right)}`;
    }
  }
}

function formatMember(member: { key?: Term; value: Term; domain: Term }): string {
  const key = member.key === undefined ? "" : `${formatTerm(member.key)}, `;
  return `${key}${formatTerm(member.value)} in ${formatTerm(member.domain)}`;
}

function formatPair([key, value]: readonly [Term, Term]): string {
  return `${formatTerm(key)}: ${formatTerm(value)}`;
}

function formatOperand(operand: Term): string {
  if (operand.kind === "string" && isIdentifier(operand.value) && !KEYWORDS.has(operand.value))
    return `.${operand.value}`;
  return `[${formatTerm(operand)}]`;
}

function formatName(name: readonly string[]): string {
  const [head = "", ...rest] = name;
  return (
    head + rest.map((part) => (/^[A-Za-z_][\w]*(\[.*\])?$/s.test(part) ? `.${part}` : `[${quote(part)}]`)).join("")
  );
}

function formatTemplate(term: Extract<Term, { kind: "template-string" }>): string {
  const parts = term.parts.map((part, index) => {
    if (typeof part === "string") return quote(part).slice(1, -1).replaceAll("{", "\\{");
    const modifiers = (term.modifiers?.get(index) ?? []).map((modifier) => ` ${formatWith(modifier)}`).join("");
    return `{${formatTerm(part)}${modifiers}}`;
  });
  return `$"${parts.join("")}"`;
}

/** A string literal. JSON's escapes, and those characters escaped that no eye can see, as Go's `%q` does. */
function quote(text: string): string {
  return JSON.stringify(text).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}]|(?! )\p{Zs}/gu, (character) =>
    character.replace(/[\s\S]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`),
  );
}

function sortedItems(items: readonly Term[]): Term[] {
  const sorted = [...items].sort(compareTerms);
  return sorted.filter((item, index) => {
    const before = sorted[index - 1];
    return before === undefined || compareTerms(before, item) !== 0;
  });
}

/** Of pairs with one key the last is the object's, as in OPA. */
function sortedPairs(pairs: readonly [Term, Term][]): [Term, Term][] {
  const sorted = [...pairs].sort(([left], [right]) => compareTerms(left, right));
  return sorted.filter(([key], index) => {
    const after = sorted[index + 1];
    return after === undefined || compareTerms(key, after[0]) !== 0;
  });
}

export { sortedItems, sortedPairs };
