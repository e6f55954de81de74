import { describe, expect, it } from "vitest";
import { formatExpression, formatTerm } from "./format.ts";
import { parseBody, parseRef, parseTerm } from "./parse.ts";

describe("parseTerm", () => {
  const terms: [name: string, text: string, printed: string][] = [
    ["null", "null", "null"],
    ["boolean", "true", "true"],
    ["integer beyond 2^53", "123456789012345678901234567890", "123456789012345678901234567890"],
    ["decimal keeps its digits", "1.10", "1.10"],
    ["exponent", "1e3", "1e3"],
    ["leading dot", ".5", ".5"],
    ["negative number", "-1", "-1"],
    ["negative number after a space", "- 1", "-1"],
    ["string with escapes", String.raw`"a\n\"b\u00e9\/"`, String.raw`"a\n\"bé/"`],
    ["half a surrogate pair", String.raw`"\ud800x"`, '"\ufffdx"'],
    ["raw string over lines", "`a\\n\nb`", String.raw`"a\\n\nb"`],
    ["variable", "x", "x"],
    ["wildcard", "_", "_"],
    ["bare input", "input", "input"],
    ["reference", 'data.a["b"].c[x][1]', "data.a.b.c[x][1]"],
    ["reference with a name that is no identifier", 'data["a-b"]', 'data["a-b"]'],
    ["reference with keywords", "data.if.in.every", 'data["if"]["in"]["every"]'],
    ["reference into an array", "[1, 2][i]", "[1, 2][i]"],
    ["reference into a call", "f(x)[y].z", "f(x)[y].z"],
    ["call with a dotted name", "array.concat([1], [2])", "array.concat([1], [2])"],
    ["call over lines with a trailing comma", "f(\n  1,\n  2,\n)", "f(1, 2)"],
    ["call of a keyword", 'contains("a", "b")', 'contains("a", "b")'],
    ["empty set", "set()", "set()"],
    ["empty object", "{}", "{}"],
    ["set, sorted and without doubles", '{3, "a", 1, 3, null}', '{null, 1, 3, "a"}'],
    ["object, sorted", '{"b": 1, "a": {2: 3}}', '{"a": {2: 3}, "b": 1}'],
    ["object with a key twice", '{"a": x, x: 1, "a": 2, x: 3, [1]: y, [1]: 4}', '{"a": 2, x: 3, [1]: 4}'],
    ["object over lines with a trailing comma", '{\n  "a": 1,\n  "b": [\n    2,\n  ],\n}', '{"a": 1, "b": [2]}'],
    ["leading commas", "[, 1]", "[1]"],
    ["array comprehension", "[x | x := xs[_]; x > 1]", "[x | assign(x, xs[_]); gt(x, 1)]"],
    ["set comprehension over lines", "{x |\n  some x in xs\n  not y\n}", "{x | some x in xs; not y}"],
    ["object comprehension", "{k: v | some k, v in xs}", "{k: v | some k, v in xs}"],
    ["object comprehension with an operator in its key", "{k + 1: v | v = k}", "{plus(k, 1): v | v = k}"],
    ["union in a set", "{1 | 2, 3}", "{3, or(1, 2)}"],
    ["union in an array", "[1 | 2, 3]", "[or(1, 2), 3]"],
    ["union in an object", '{"a": x | y, "b": 1}', '{"a": or(x, y), "b": 1}'],
    ["product before sum", "1 + 2 * 3", "plus(1, mul(2, 3))"],
    ["left-associative", "1 - 2 - 3", "minus(minus(1, 2), 3)"],
    ["parentheses", "(1 + 2) * 3", "mul(plus(1, 2), 3)"],
    ["division and remainder", "a / b % c", "rem(div(a, b), c)"],
    ["intersection before union", "a | b & c", "or(a, and(b, c))"],
    ["sum before intersection", "a & b + c", "and(a, plus(b, c))"],
    ["comparison last", "a | b == c & d", "equal(or(a, b), and(c, d))"],
    ["all comparisons", "((((a < b) <= c) > d) >= e) != f", "neq(gte(gt(lte(lt(a, b), c), d), e), f)"],
    ["member", "x in xs", "internal.member_2(x, xs)"],
    ["member after comparison", "x == y in xs", "internal.member_2(equal(x, y), xs)"],
    ["member with a key", "(k, v in xs)", "internal.member_3(k, v, xs)"],
    ["member in a list", "f(a, b in xs)", "f(a, internal.member_2(b, xs))"],
    ["member with a key in a list", "[(k, v in xs), 1]", "[internal.member_3(k, v, xs), 1]"],
    ["member of a member", "a in b in c", "internal.member_2(internal.member_2(a, b), c)"],
    ["template string", '$"a{x}b\\{{1 + 1}\\n"', '$"a{x}b\\{{plus(1, 1)}\\n"'],
    ["raw template string", "$`a\\n{x}\nb`", String.raw`$"a\\n{x}\nb"`],
    ["template string in a template string", '$"{$"{x}"}"', '$"{$"{x}"}"'],
    ["template string with a set", '$"{ {1} }{{2}}"', '$"{{1}}{{2}}"'],
    ["template string with a modifier", '$"{x with input as 1}"', '$"{x with input as 1}"'],
    ["empty template string", '$""', '$""'],
    ["comment inside", "[1, # one\n 2]", "[1, 2]"],
  ];
  it.each(terms)("%s", (_name, text, printed) => {
    expect(formatTerm(parseTerm(text))).toBe(printed);
  });

  it("keeps where a term stands, with columns in characters", () => {
    const term = parseTerm('[\n\t"𝒳", abc]', "f.rego");
    const [, abc] = term.kind === "array" ? term.items : [];
    expect(abc?.location).toEqual({ file: "f.rego", row: 2, col: 7, offset: 9, end: 12 });
    expect(term.location).toEqual({ file: "f.rego", row: 1, col: 1, offset: 0, end: 13 });
  });

  it("says which part of a template string is modified", () => {
    const term = parseTerm('$"a{x with input as 1}"');
    expect(term.kind === "template-string" && term.modifiers?.get(1)).toHaveLength(1);
  });

  it("marks infix operators and keeps the names of calls as written", () => {
    expect(parseTerm("a != b")).toMatchObject({ kind: "call", name: ["neq"], infix: "!=" });
    expect(parseTerm("a.b.c(1)")).toMatchObject({ kind: "call", name: ["a", "b", "c"] });
    expect(parseTerm("a[x](1)")).toMatchObject({ kind: "call", name: ["a[x]"] });
  });
});

describe("parseBody", () => {
  const bodies: [name: string, text: string, printed: string[]][] = [
    ["nothing", "", []],
    ["semicolons", "a; b; c", ["a", "b", "c"]],
    ["newlines", "a\nb", ["a", "b"]],
    ["assignment", "x := 1", ["assign(x, 1)"]],
    ["unification", "x = 1", ["x = 1"]],
    ["assignment of a member", "x := y in z", ["assign(x, internal.member_2(y, z))"]],
    ["some", "some x, y", ["some x, y"]],
    ["some in", "some x in xs", ["some x in xs"]],
    ["some key and value", "some k, v in xs", ["some k, v in xs"]],
    ["some with a pattern", 'some {"a": x} in xs', ['some {"a": x} in xs']],
    ["every", "every x in xs { x > 1; y }", ["every x in xs { gt(x, 1); y }"]],
    ["every key and value", "every k, v in xs { k < v }", ["every k, v in xs { lt(k, v) }"]],
    ["not", "not x == 1", ["not equal(x, 1)"]],
    ["with", "x with input as 1 with data.a.b as {2}", ["x with input as 1 with data.a.b as {2}"]],
    ["some in with", "some x in xs with input as 1", ["some x in xs with input as 1"]],
    ["every with", "every x in xs { x } with input as 1", ["every x in xs { x } with input as 1"]],
    ["keyword as a name", "not.a; every.b; if[1]", ["not.a", "every.b", "if[1]"]],
  ];
  it.each(bodies)("%s", (_name, text, printed) => {
    expect(parseBody(text).map(formatExpression)).toEqual(printed);
  });
});

describe("parseRef", () => {
  it("gives the reference", () => {
    expect(formatTerm(parseRef("data.a[1]"))).toBe("data.a[1]");
    expect(parseRef("input").operands).toEqual([]);
  });
  it.each(["x", "1", "data.a; data.b", "not data.a", "data.a with input as 1", "a := 1", ""])("refuses %s", (text) => {
    expect(() => parseRef(text)).toThrow(/rego_parse_error: expected/);
  });
});
