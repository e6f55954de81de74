import { describe, expect, it } from "vitest";
import { RegoErrors } from "../errors.ts";
import { parseBody, parseModule } from "./parse.ts";

function problemsOf(parse: () => unknown): string[] {
  try {
    parse();
  } catch (thrown) {
    if (!(thrown instanceof RegoErrors)) throw thrown;
    return thrown.errors.map(({ code, message, location }) => `${location?.row}:${location?.col} ${code}: ${message}`);
  }
  return [];
}

function moduleProblems(text: string): string[] {
  return problemsOf(() => parseModule("a.rego", text)).map((problem) => problem.replace("rego_parse_error: ", ""));
}

describe("parseModule refuses", () => {
  const texts: [text: string, ...problems: string[]][] = [
    ["", "0:0 empty module"],
    ["# only a comment", "0:0 empty module"],
    ["p := 1", "1:1 package expected"],
    ["package a\npackage b", "2:1 unexpected package"],
    ["package", "1:7 unexpected eof token"],
    ["package a.", "1:10 unexpected eof token: expected identifier"],
    ["package a[x]", "1:11 unexpected var token: expecting string"],
    [
      "package a\nimport foo.bar",
      "2:8 unexpected import path, must begin with one of: {data, future, input, rego}, got: foo (hint: if this is unexpected, try updating OPA)",
    ],
    ["package a\nimport data.if", "2:13 unexpected import path, must not end with a keyword, got: if"],
    ["package a\nimport data.x as in", "2:18 unexpected in keyword: expected var"],
    ["package a\nimport future.keywords.x", "2:8 unexpected keyword, must be one of [contains every if in]"],
    ["package a\nimport future.x", "2:8 invalid import, must be `future.keywords`"],
    ["package a\nimport future.keywords as x", "2:8 `future` imports cannot be aliased"],
    ["package a\nimport rego.v2", "2:8 invalid import `rego.v2`, must be `rego.v1`"],
    ["package a\np { true }", "2:1 `if` keyword is required before rule body"],
    ["package a\nf(x) { true }", "2:1 `if` keyword is required before function body"],
    ["package a\np if { true } else := 1 { true }", "2:15 `if` keyword is required before rule body"],
    [
      "package a\np[x] { x := 1 }",
      "2:1 `if` keyword is required before rule body",
      "2:1 `contains` keyword is required for partial set rules",
    ],
    ["package a\np.q", "2:1 `contains` keyword is required for partial set rules"],
    ["package a\np.q.r", "2:1 rule must have value assignment and/or body declaration"],
    ["package a\np", "2:1 var cannot be used for rule name"],
    ["package a\ncontains := 1", "2:1 contains keyword cannot be used for rule name"],
    ["package a\nif := 1", "2:1 unexpected if keyword"],
    ["package a\np := 1; q := 2", "2:1 multiple expressions cannot be used for rule head"],
    ["package a\np := 1 with input as 2", "2:1 expressions using with keyword cannot be used for rule head"],
    ["package a\nnot p", "2:1 negated expressions cannot be used for rule head"],
    ["package a\nsome x", "2:1 'some' declarations cannot be used for rule head"],
    ["package a\n1 + 2", "2:1 rule name conflicts with built-in function"],
    ["package a\np :=", "2:4 unexpected eof token: expected rule value term (e.g., p := <VALUE> { ... })"],
    ["package a\nf(x) := }", "2:9 unexpected } token: expected function value term (e.g., f(...) := <VALUE> { ... })"],
    ["package a\ndefault p", "2:1 illegal default rule (must have a value)"],
    ["package a\ndefault p := x", "2:1 illegal default rule (value cannot contain var)"],
    ["package a\ndefault p := [f(1)]", "2:1 illegal default rule (value cannot contain call)"],
    ["package a\ndefault f(x, x) := 1", "2:1 illegal default rule (arguments cannot be repeated x)"],
    ["package a\ndefault f(1) := 1", "2:1 illegal default rule (arguments cannot contain number)"],
    [
      "package a\nf(x) contains y if x",
      "2:6 unexpected contains keyword: the contains keyword can only be used with multi-value rule definitions (e.g., f contains <VALUE> { ... })",
    ],
    ["package a\np[x] if { x := 1 } else := 2", "2:20 else keyword cannot be used on rules with variables in head"],
    ["package a\np contains 1 if { x } else := 2", "2:23 else keyword cannot be used on multi-value rules"],
    ["package a\np if { x } else", "2:15 unexpected eof token: expected else value term or rule body"],
    ["package a\np if { x := 1 y := 2 }", "2:15 unexpected identifier token: expected \\n or ; or }"],
    ["package a\np if { x", "2:8 unexpected eof token: expected \\n or ; or }"],
    ["package a\np := [1 2]", '2:9 unexpected number token: expected "," or "]"'],
    ['package a\np := {"a": 1, "b" 2}', '2:19 unexpected number token: expected ":"'],
    ["package a\np := (1", "2:7 non-terminated expression"],
    ["package a\np := 01", "2:6 unexpected number token: expected number without leading zero"],
    ["package a\np := 1.", "2:6 expected fraction"],
    ["package a\np := 1e", "2:6 expected exponent"],
    ["package a\np := 1a", "2:6 illegal number format"],
    ["package a\np := 1e100000", "2:6 number too big"],
    ["package a\np := -x", "2:7 unexpected identifier token: expected number"],
    ['package a\np := "a', "2:6 non-terminated string"],
    ["package a\np := `a\n", "2:6 non-terminated string"],
    ['package a\np := $"a', "2:6 non-terminated string"],
    ['package a\np := "\\q"', "2:6 illegal escape sequence"],
    ['package a\np := "\\u12"', '2:6 illegal string literal: "\\u12"'],
    ["package a\np := $x", "2:6 illegal $ character"],
    ["package a\np := @", "2:6 illegal token"],
    ["package a\np if 1 ! 2", "2:8 illegal ! character"],
    ['package a\np := "a\u0000"', "2:6 illegal null character"],
    ['package a\np := "a\ufeff"', "2:6 illegal byte-order mark"],
    ['package a\np := "a".b', "2:6 illegal ref (head cannot be string)"],
    ["package a\np := a.b()()", "2:12 unexpected ) token"],
    ["package a\np if a. b", "2:8 unexpected whitespace token: expected identifier"],
    ["package a\np if not some x", "2:10 unexpected some keyword: illegal negation of 'some'"],
    ["package a\np if every x { y }", "2:14 unexpected { token: expected `x[, y] in xs { ... }` expression"],
    ["package a\np if every [x] in xs { y }", "2:22 unexpected { token: expected value to be a variable"],
    ["package a\np if every x in xs", "2:18 unexpected eof token: missing body"],
    ["package a\np if some f(x)", "2:14 unexpected eof token: expected `x in xs` or `x, y in xs` expression"],
    ["package a\np if x with 1 as 2", "2:13 unexpected number token: expected ident"],
    ["package a\np if x with input is 2", "2:19 unexpected identifier token: expected as keyword"],
    ['package a\np := $"{not x}"', "2:9 unexpected negation ('not') in template-string expression"],
    ['package a\np := $"{x = 1}"', "2:9 unexpected unification ('=') in template-string expression"],
    ['package a\np := $"{x := 1}"', "2:9 unexpected assignment (':=') in template-string expression"],
    ['package a\np := $"{some x in y}"', "2:9 unexpected 'some' in template-string expression"],
    ['package a\np := $"{every x in y { x }}"', "2:9 unexpected 'every' in template-string expression"],
    ['package a\np := $"{}"', "2:9 invalid template-string expression"],
    ['package a\np := $"{x y}"', "2:11 expected } to end template string expression"],
  ];
  it.each(texts)("%j", (text, ...problems) => {
    expect(moduleProblems(text)).toEqual(problems);
  });

  it("collects what Rego v1 does not allow, over the whole module", () => {
    const text = "package a\np { true }\nq[x] { x := 1 }\nr if { true }\ns.t.u\n";
    expect(moduleProblems(text)).toEqual([
      "2:1 `if` keyword is required before rule body",
      "3:1 `if` keyword is required before rule body",
      "3:1 `contains` keyword is required for partial set rules",
      "5:1 rule must have value assignment and/or body declaration",
    ]);
  });

  it("a call of a built-in function, where the caller knows those", () => {
    const isBuiltin = (name: string): boolean => name === "strings.count";
    const problems = problemsOf(() => parseModule("a.rego", 'package a\nstrings.count("a", "b")', { isBuiltin }));
    expect(problems).toEqual(["2:1 rego_parse_error: rule name conflicts with built-in function"]);
  });
});

describe("parseBody refuses", () => {
  it.each([
    ["x :=", "1:4 unexpected eof token"],
    ["x; ", "1:3 unexpected eof token"],
    ["package a", "1:1 expected body but got package"],
  ])("%s", (text, problem) => {
    expect(problemsOf(() => parseBody(text))).toEqual([problem.replace(" ", " rego_parse_error: ")]);
  });
});
