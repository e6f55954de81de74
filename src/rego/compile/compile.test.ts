import { describe, expect, it } from "vitest";
import { RegoErrors } from "../errors.ts";
import { parseModule } from "../syntax/index.ts";
import { compileModules } from "./compile.ts";
import type { CompileOptions } from "./compiled.ts";

/** `row code: message` of each problem of a module whose package is in row 1 and whose text begins in row 2. */
function problems(text: string, options: Partial<CompileOptions> = {}): string[] {
  try {
    compileModules([parseModule("t.rego", `package t\n${text}`)], { entrypoints: "all", ...options });
    return [];
  } catch (thrown) {
    if (!(thrown instanceof RegoErrors)) throw thrown;
    return thrown.errors.map(({ code, message, location }) => `${location?.row} ${code}: ${message}`);
  }
}

describe("safety", () => {
  it.each([
    ["a comparison", "p if x > 1", ["2 rego_unsafe_var_error: var x is unsafe"]],
    ["a head's value", "p := x", ["2 rego_unsafe_var_error: var x is unsafe"]],
    ["a head's key", "p[x] := 1 if true", ["2 rego_unsafe_var_error: var x is unsafe"]],
    ["under not", "p if not x", ["2 rego_unsafe_var_error: var x is unsafe"]],
    [
      "a keyword as a name",
      "p if if.x",
      ["2 rego_unsafe_var_error: var if is unsafe (hint: `import future.keywords.if` to import a future keyword)"],
    ],
    ["a keyword that always was one", "p if not.x", ["2 rego_unsafe_var_error: var not is unsafe"]],
    ["a wildcard under not", "p if not input.x[_]", ["2 rego_unsafe_var_error: var _ is unsafe"]],
    ["in a comprehension", "p if { y := [z | z > 1] }", ["2 rego_unsafe_var_error: var z is unsafe"]],
    ["in every", "p if every x in [1] { x > y }", ["2 rego_unsafe_var_error: var y is unsafe"]],
    ["a function's result", "f(x) := y", ["2 rego_unsafe_var_error: var y is unsafe"]],
    ["what is printed", "p if { print(x) }", ["2 rego_compile_error: var x is undeclared"]],
    ["iteration in what is printed", "p if { print(input[_]) }", ["2 rego_compile_error: var _ is undeclared"]],
    [
      "written in another order",
      "p := y if { y > x; x := 1; y := 2 }",
      ["2 rego_compile_error: var x referenced above", "2 rego_compile_error: var y referenced above"],
    ],
    ["bound later", "p if { y > x; x = 1; y = 2 }", []],
  ])("%s", (_, text, expected) => {
    expect(problems(text)).toEqual(expected);
  });
});

describe("declarations", () => {
  it.each([
    [
      "used before a comprehension of a head declares it, which knows no parameters",
      "f(x) := [1 | x == 1; x := 1]",
      ["2 rego_compile_error: var x referenced above"],
    ],
    [
      "used in an else's head before its comprehension declares it",
      "p := 1 if { false } else := {1: [1 | x := x]} if { x := 2 }",
      ["2 rego_compile_error: var x referenced above"],
    ],
    ["used before a comprehension of a body declares it", "p if { x := 2; y := [1 | x == 1; x := 1]; y }", []],
    ["used before a comprehension of a key declares it", "p[[1 | x := x]] := 1 if { x := 2 }", []],
    ["assigned twice", "p if { x := 1; x := 2 }", ["2 rego_compile_error: var x assigned above"]],
    ["declared, not used", "p if { some x; true }", ["2 rego_compile_error: declared var x unused"]],
    [
      "a name of every that is not used, in the row of the body",
      "p if { every k, v in input.a {\n true\n}\n}",
      ["3 rego_compile_error: declared var k unused", "3 rego_compile_error: declared var v unused"],
    ],
    ["an argument again", "f(x) if { x := 1 }", ["2 rego_compile_error: arg x redeclared"]],
    [
      "in the value of its own with",
      "p if { v := 1 with input as v }",
      ["2 rego_compile_error: var v referenced above"],
    ],
    [
      "for what stands before it in every",
      "p if { every x in input.a { y := {z | v := z; v == x}; count(y) > 0; some z in input.l; z > 0 } }",
      [],
    ],
    [
      "what was called before",
      "p if { count(input.x) > 0; count := 1; count == 2 }",
      ["2 rego_compile_error: var count referenced above"],
    ],
    [
      "what is called in its own value",
      "p if { count := count(input.x); count == 2 }",
      ["2 rego_compile_error: var count referenced above"],
    ],
    [
      "the first name of what was called",
      "p if { time.now_ns() > 0; some time in input.x; time > 0 }",
      ["2 rego_compile_error: var time referenced above"],
    ],
    ["an operator's name", "p if { input.x > 1; gt := 1; gt > 0 }", ["2 rego_compile_error: var gt referenced above"]],
    [
      "a rule of the package that was called, as a function",
      "f(x) := x\np if { f(1) > 0; f := 1; f == 2 }",
      ["3 rego_compile_error: var f referenced above"],
    ],
    [
      "what a template string calls",
      'p if { x := $"{count(input.x)}"; count := x; count == "" }',
      ["2 rego_compile_error: var count referenced above"],
    ],
    ["print", "p if { print(1); print := 1; print == 2 }", ["2 rego_compile_error: var print referenced above"]],
    [
      "what is called in place of another function",
      "p if { f(1) with f as count; count := 1; count == 2 }\nf(x) := x",
      ["2 rego_compile_error: var count referenced above"],
    ],
    ["what a comprehension calls", "p if { x := [1 | count(input.x) > 0]; count := x; count == [] }", []],
    ["what `every` calls", "p if { every x in input.x { count(x) > 0 }; count := 1; count == 2 }", []],
    [
      "what every looks at",
      "p if { x = input.y; every x in x { x == 1 } }",
      ["2 rego_unsafe_var_error: var x is unsafe"],
    ],
    [
      "a rule that every looks at",
      "p if { every q in q { q == 1 } }\nq := [1]",
      ["2 rego_unsafe_var_error: var q is unsafe"],
    ],
    ["a declared variable that every looks at", "p if { x := input.y; every x in x { x == 1 } }", []],
    [
      "what is called in what every looks at",
      "p if { every count in [count(input.x)] { count == 2 } }",
      ["2 rego_compile_error: called function count shadowed"],
    ],
    ["what a document's member is", "f(data.x) := 1", ["2 rego_unsafe_var_error: var data is unsafe"]],
    ["the same, deeper", 'f([{"a": input.x}]) := 1', ["2 rego_unsafe_var_error: var input is unsafe"]],
    [
      "a document as a key of a parameter",
      "f({input: 1}) := 1",
      ["2 rego_compile_error: args must not shadow input (use a different variable name)"],
    ],
    ["a document's member as a key of a parameter", "f({data.x: 1}) := 1", []],
    ["under not", "p if { not x := 1 }", ["2 rego_compile_error: cannot assign vars inside negated expression"]],
    ["a number", "p if { 1 := 2 }", ["2 rego_compile_error: cannot assign to number"]],
    [
      "the input",
      "p if { input := 1 }",
      ["2 rego_compile_error: variables must not shadow input (use a different variable name)"],
    ],
    [
      "a rule named input",
      "input := 1",
      ["2 rego_compile_error: rules must not shadow input (use a different rule name)"],
    ],
    [
      "two imports",
      "import data.foo\nimport data.bar.foo\np := foo",
      ["3 rego_compile_error: import must not shadow import data.foo"],
    ],
  ])("%s", (_, text, expected) => {
    expect(problems(text)).toEqual(expected);
  });
});

describe("rules that contradict each other", () => {
  it.each([
    [
      "recursion",
      "p := q\nq := p",
      [
        "2 rego_recursion_error: rule data.t.p is recursive: data.t.p -> data.t.q -> data.t.p",
        "3 rego_recursion_error: rule data.t.q is recursive: data.t.q -> data.t.p -> data.t.q",
      ],
    ],
    [
      "recursion through the package",
      "p := data.t",
      ["2 rego_recursion_error: rule data.t.p is recursive: data.t.p -> data.t.p"],
    ],
    ["a value and a function", "p := 1\np(x) := 2", ["2 rego_type_error: conflicting rules data.t.p found"]],
    ["a value and a set", "p := 1\np contains 2", ["2 rego_type_error: conflicting rules data.t.p found"]],
    [
      "two defaults",
      "default p := 1\ndefault p := 2",
      ["1 rego_type_error: multiple default rules data.t.p found at t.rego:2, t.rego:3"],
    ],
    [
      "a value inside of a value",
      "p.q := 1\np.q.r := 2",
      ["2 rego_type_error: rule data.t.p.q conflicts with [data.t.p.q.r]"],
    ],
  ])("%s", (_, text, expected) => {
    expect(problems(text)).toEqual(expected);
  });
});

describe("calls", () => {
  it.each([
    ["unknown", "p if foo(1)", ["2 rego_type_error: undefined function foo"]],
    ["unknown, with a keyword", "p if time.else(1)", ['2 rego_type_error: undefined function time["else"]']],
    ["unknown in a package", "p if data.t.foo(1)", ["2 rego_type_error: undefined function data.t.foo"]],
    ["too many arguments", "p := count(1, 2)", ["2 rego_type_error: count: arity mismatch"]],
    [
      "too many for a rule",
      "f(x) := x\np := f(1, 2, 3)",
      ["3 rego_type_error: function data.t.f has arity 1, got 3 arguments"],
    ],
    ["the wrong type", 'p if startswith(1, "a")', ["2 rego_type_error: startswith: invalid argument(s)"]],
    ["the wrong type of a rule", "p := lower(q)\nq := 1", ["2 rego_type_error: lower: invalid argument(s)"]],
    [
      "the wrong type for a pattern",
      'p if { f("a") }\nf(1) := 1',
      ["2 rego_type_error: data.t.f: invalid argument(s)"],
    ],
    ["a shadowed function", "p if { x := 1; x(2) }", ["2 rego_compile_error: called function x shadowed"]],
    [
      "forbidden",
      "p if { http.send({}) }",
      ["2 rego_type_error: unsafe built-in function calls in expression: http.send"],
    ],
    [
      "a relation as a part of a template string",
      'p := $"{walk(input)}"',
      ["2 rego_compile_error: illegal call to relation built-in 'walk' that may cause multiple outputs"],
    ],
    ["a relation inside of a part", 'p := $"{[x | walk(input, x)]}"', []],
    ["print as a value", "p := print(1)", ["2 rego_type_error: print(1) used as value"]],
    ["values that cannot be equal", 'p if { 1 == "a" }', ["2 rego_type_error: match error"]],
    ["a member that is not there", 'p := q.r\nq := {"s": 1}', ["2 rego_type_error: undefined ref: data.t.q.r"]],
    ["a member of a number", "p if { x := 1; x.y }", ["2 rego_type_error: undefined ref: x.y"]],
  ])("%s", (_, text, expected) => {
    expect(problems(text)).toEqual(expected);
  });
});

describe("metadata with an argument, which is compared with them", () => {
  it.each([
    ["a variable", "p := x if rego.metadata.rule(x)", []],
    ["what metadata never are", "p if rego.metadata.chain(1)", ["2 rego_type_error: match error"]],
    ["as a head's value", "p := rego.metadata.rule({})", ["2 rego_unsafe_var_error: expression is unsafe"]],
    ["as a value", "p if { x := rego.metadata.rule({}) }", ["2 rego_unsafe_var_error: var x is unsafe"]],
    ["a member of it", "p := rego.metadata.rule([1]).custom", ["2 rego_unsafe_var_error: expression is unsafe"]],
  ])("%s", (_, text, expected) => {
    expect(problems(text)).toEqual(expected);
  });
});

describe("with", () => {
  it.each([
    [
      "an unknown target",
      "p if { true with foo as 1 }",
      ["2 rego_type_error: with keyword target must reference existing input, data, or a function"],
    ],
    [
      "a part of a rule",
      'p if { q with data.t.r.x as 1 }\nr := {"x": 1}\nq := r.x',
      ["2 rego_compile_error: with keyword cannot partially replace virtual document(s)"],
    ],
    [
      "a built-in function in place of the input",
      "p if { q with input as count }\nq if input.x",
      ["2 rego_unsafe_var_error: var count is unsafe"],
    ],
    [
      "a built-in function in place of a document",
      "p if { q with data.x as object.get }\nq if data.x",
      ["2 rego_unsafe_var_error: var object is unsafe"],
    ],
    ["a built-in function in place of a function", "p if { q with f as count }\nq if f(1)\nf(x) := x", []],
    [
      "a relation",
      "p if { true with walk as 1 }",
      ["2 rego_compile_error: with keyword replacing built-in function: target must not be a relation"],
    ],
  ])("%s", (_, text, expected) => {
    expect(problems(text)).toEqual(expected);
  });
});

describe("strict mode", () => {
  it.each([
    ["an unused variable", "p if { x := 1 }", ["2 rego_compile_error: assigned var x unused"]],
    ["an unused import", "import data.foo\np := 1", ["2 rego_compile_error: import data.foo unused"]],
    [
      "an unused argument",
      "f(x) := 1",
      ["2 rego_compile_error: unused argument x. (hint: use _ (wildcard variable) instead)"],
    ],
    [
      "an argument whose name a comprehension declares",
      "f(x) := count([x | some x in input.y])",
      ["2 rego_compile_error: unused argument x. (hint: use _ (wildcard variable) instead)"],
    ],
    ["an argument twice", "f(x, x) := 1", []],
    ["an argument that an else uses", "f(x) := 1 if { input.y } else := 2 if { x }", []],
    ["an argument that a head's comprehension uses", "f(x) := [y | some y in input.y; y > x]", []],
    ["a variable that a head uses", "p := x if { x := 1 }", []],
  ])("%s", (_, text, expected) => {
    expect(problems(text, { strict: true })).toEqual(expected);
    expect(problems(text)).toEqual([]);
  });

  it.each([
    ["what is wrong before", "p if { x := 1; x := 2; y := 3; x == 1 }", ["var x assigned above"]],
    ["what is wrong in every", "p if { every x in [1] { z := x }; y := 3 }", ["assigned var z unused"]],
    ["what is assigned", "p if { every x in [1] { z := 2 } }", ["assigned var z unused"]],
    [
      "not by what is wrong in a head",
      "p := [x | x := 1; x := 3] if { y := 1 }",
      ["var x assigned above", "assigned var y unused"],
    ],
  ])("unused names are hidden by %s", (_, text, expected) => {
    const found = problems(text, { strict: true });
    expect(found.toSorted()).toEqual(expected.map((message) => `2 rego_compile_error: ${message}`).toSorted());
  });

  it("an argument that is declared again", () => {
    const redeclared = "2 rego_compile_error: arg x redeclared";
    const unused = "2 rego_compile_error: unused argument x. (hint: use _ (wildcard variable) instead)";
    expect(problems("f(x) := 1 if { x := 2 }", { strict: true })).toEqual([unused, redeclared]);
    expect(problems("f(x) := 1 if { x := 2; x == 2 }", { strict: true })).toEqual([redeclared]);
  });
});
