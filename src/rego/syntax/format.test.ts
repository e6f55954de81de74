import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatBody, formatExpression, formatTerm } from "./format.ts";
import { parseBody, parseTerm } from "./parse.ts";
import { toTermJson } from "./to-json.ts";

const names = fc.constantFrom("a", "b", "xs", "input", "data", "_");
const scalars = fc.oneof(
  fc.constantFrom("null", "true", "1", "-2.50", "1e3", "x", "input"),
  fc.string({ unit: "grapheme", maxLength: 8 }).map((text) => JSON.stringify(text)),
);
const operators = fc.constantFrom("+", "-", "*", "/", "%", "|", "&", "==", "!=", "<", "<=", ">", ">=", "in");

/** Texts of terms, with operators and comprehensions, up to a depth. */
const { term } = fc.letrec<{ term: string; body: string }>((tie) => {
  const inner = tie("term");
  const list = fc.array(inner, { maxLength: 3 }).map((items) => items.join(", "));
  return {
    term: fc.oneof(
      { maxDepth: 4, depthIdentifier: "term" },
      scalars,
      names,
      list.map((items) => `[${items}]`),
      list.map((items) => (items === "" ? "set()" : `{(${items.split(", ").length > 0 ? "1" : ""}), ${items}}`)),
      fc.tuple(inner, inner).map(([key, value]) => `{(${key}): (${value}), "k": 1}`),
      fc.tuple(inner, operators, inner).map(([left, operator, right]) => `(${left}) ${operator} (${right})`),
      fc.tuple(names, inner).map(([name, key]) => `${name}[${key}].b["c d"]`),
      list.map((args) => `f.g(${args})`),
      fc.tuple(inner, tie("body")).map(([head, body]) => `[(${head}) | ${body}]`),
      fc.tuple(inner, inner, tie("body")).map(([key, value, body]) => `{(${key}): (${value}) | ${body}}`),
      fc.tuple(inner, fc.string({ unit: "grapheme", maxLength: 5 })).map(([part, text]) => templateOf(part, text)),
    ),
    body: fc
      .array(
        fc.oneof(
          inner,
          inner.map((value) => `x := ${value}`),
          inner.map((value) => `x = ${value}`),
          inner.map((value) => `not (${value})`),
          inner.map((value) => `some k, v in (${value})`),
          inner.map((value) => `every v in (${value}) { v; w }`),
          inner.map((value) => `p with input.x as (${value})`),
          fc.constant("some y, z"),
        ),
        { minLength: 1, maxLength: 2 },
      )
      .map((statements) => statements.join("; ")),
  };
});

function templateOf(part: string, text: string): string {
  return `$"${JSON.stringify(text).slice(1, -1).replaceAll("{", "\\{")}{(${part})}"`;
}

/** The tree in OPA's JSON, where wildcards have one name: their numbers depend on the order of reading. */
function treeOf(text: string): string {
  return JSON.stringify(toTermJson(parseTerm(text))).replace(/"\$\d+"/g, '"_"');
}

describe("formatTerm", () => {
  it("prints what parses to the same tree", () => {
    fc.assert(
      fc.property(term, (text) => {
        const printed = formatTerm(parseTerm(`(${text})`));
        expect(treeOf(printed)).toBe(treeOf(`(${text})`));
        expect(formatTerm(parseTerm(printed))).toBe(printed);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ["\u0000\u200b\u00a0é𝒳", '"\\u0000\\u200b\\u00a0é𝒳"'],
    ["a\tb\\", '"a\\tb\\\\"'],
  ])("escapes what no eye can see: %j", (value, printed) => {
    expect(formatTerm(parseTerm(JSON.stringify(value)))).toBe(printed);
  });

  it("sorts numbers by value, with all their digits, and strings by code point", () => {
    expect(formatTerm(parseTerm("{10, 9007199254740993, 9007199254740992, -1, 1.5}"))).toBe(
      "{-1, 1.5, 10, 9007199254740992, 9007199254740993}",
    );
    expect(formatTerm(parseTerm('{"\u{1f600}", "\uffee", "a"}'))).toBe('{"a", "\uffee", "\u{1f600}"}');
  });

  it("keeps the last of two pairs with one key", () => {
    expect(formatTerm(parseTerm('{"a": 1, "a": 2}'))).toBe('{"a": 2}');
  });
});

describe("formatExpression", () => {
  it("prints a body as OPA does", () => {
    const body = parseBody("x := 1; x = 2; eq(x, 3); not y with input as {}; z == 1");
    expect(body.map(formatExpression)).toEqual([
      "assign(x, 1)",
      "x = 2",
      "x = 3",
      "not y with input as {}",
      "equal(z, 1)",
    ]);
    expect(formatBody(body.slice(0, 2))).toBe("assign(x, 1); x = 2");
  });
});
