import { describe, expect, it } from "vitest";
import { type RegoError, RegoErrors } from "../../errors.ts";
import { parseModule } from "../../syntax/index.ts";
import { compileModules, compileQuery } from "../compile.ts";

/** `row message` of each type error of a module whose package is in row 1 and whose text begins in row 2. */
function typeErrors(text: string): string[] {
  return errorsOf(() => compileModules([parseModule("t.rego", `package t\n${text}`)], { entrypoints: "all" }));
}

function errorsOf(compile: () => unknown): string[] {
  return refusalsOf(compile).map(({ code, message, location }) =>
    code === "rego_type_error" ? `${location?.row} ${message}` : `${location?.row} ${code}: ${message}`,
  );
}

function refusalsOf(compile: () => unknown): readonly RegoError[] {
  try {
    compile();
    return [];
  } catch (thrown) {
    if (!(thrown instanceof RegoErrors)) throw thrown;
    return thrown.errors;
  }
}

describe("documents of partial rules", () => {
  it.each([
    ["a text as the key of numbers", 'p[input.x + 1] := 1\nq := p["x"] if true', ["3 undefined ref: data.t.p.x"]],
    [
      "a member of a number below a constant key",
      'p[1] := 1\np[base64.encode("a")] := 1\nq if { p[1][_] }',
      ["4 undefined ref: data.t.p[1][_]"],
    ],
    [
      "a set that another type is looked up in",
      "p contains type_name(1)\nq if { not p[1 / 3] }",
      ["3 undefined ref: data.t.p[_]"],
    ],
    ["sets below keys are open", "p[input.x] contains 1\nq := p.a.b", []],
    ["two kinds of values in two bodies", 'p[input.x] := 1\np[input.y] := "a"\nq if { p.a == 1; p.a == "b" }', []],
    ["a value of a third kind", 'p[input.x] := 1\np[input.y] := "a"\nq if { p.a == [] }', ["4 match error"]],
    ["a constant key that is not there, of rules with constant keys", "p.a := 1\np.b := 2\nq := p.c", []],
    ["objects of objects", 'p[input.x][input.y] := 1\nq if { p.a.b == "c" }', ["3 match error"]],
    [
      "a large integer as a key beside texts",
      'p[trim(input.x, "a")] := 1\np[9007199254740993] := 1\nq := [p[9007199254740993], p[1]]',
      [],
    ],
    [
      "a member of what is at a large integer",
      'p[9007199254740993] := {"a": 1}\nq := p[9007199254740993].b\nr := p[9007199254740995].b',
      ["3 undefined ref: data.t.p[9007199254740993].b"],
    ],
    [
      "a set at a large integer",
      "p[9007199254740993] contains 1\nq := p[9007199254740993].a",
      ["3 undefined ref: data.t.p[9007199254740993].a"],
    ],
    ["a set at a list", "p[[1]] contains 1\nq := p[[1]].a", []],
    ["what a call gives as a key", "f(x) := x\np[f(input.x)] := 1\nq := p[true]", []],
    ["a package's number", "p := 1\nr if { data[1] }", ["3 undefined ref: data[1]"]],
  ])("%s", (_, text, expected) => {
    expect(typeErrors(text)).toEqual(expected);
  });
});

describe("variables", () => {
  it.each([
    [
      "what a function takes",
      "p if { x := input.y; numbers.range(z, 1); z = 1; lower(z) }",
      ["2 lower: invalid argument(s)"],
    ],
    ["what a function that takes anything says nothing of", "f(x) := 1 if { x > 1; abs(x); lower(x) }", []],
    ["what a comparison says", "f(x) := x if { 1 == x; json.remove(1, 1) }", ["2 json.remove: invalid argument(s)"]],
    ["keys of a list", "p if { [1][i]; lower(i) }", ["2 lower: invalid argument(s)"]],
    ["members of both kinds", 'p if { x := [1, "a"][_]; lower(x) }', []],
    [
      "members of neither kind",
      'p if { x := [1, "a"][_]; count(x) == 1; is_set(x); object.keys(x) }',
      ["2 object.keys: invalid argument(s)"],
    ],
    [
      "an object with several keys that vary",
      'p if { o := {input.a: 1, [input.b]: "x"}; lower(o.c) }',
      ["2 undefined ref: o.c"],
    ],
    ["a set of another kind", "p if { {1} == {input.x}; {1} == {true} }", ["2 match error"]],
    ["a constant set with members that do not fit", 'p if { sum({1, "a"}) }', ["2 sum: invalid argument(s)"]],
    ["under with", "p if { x := input.y with input as 1; x + 1 }", []],
    ["documents that no rule makes", "p if { lower(data.a.b); data.a.b + 1 }", []],
  ])("%s", (_, text, expected) => {
    expect(typeErrors(text)).toEqual(expected);
  });
});

describe("comprehensions and every", () => {
  it.each([
    ["members of a comprehension", "p if { lower([x | x := 1; true][0]) }", ["2 lower: invalid argument(s)"]],
    ["what is wrong inside", 'p if { count([x | x := 1 + "a"]) }', ["2 plus: invalid argument(s)"]],
    ["what follows from it is not said", 'p if { x := [y | y := 1 + "a"]; lower(x) }', ["2 plus: invalid argument(s)"]],
    [
      "the last of several stands for all",
      'p if { {y | y := 1 + "a"} = {y |\ny := 2 + "b"} }',
      ["3 plus: invalid argument(s)"],
    ],
    ["only references in every", 'p if { every x in [1] { x + 1 == "a"; lower(x) == "b" } }', []],
    ["references in every", "q := 1\np if { every x in [1] { q[x] } }", ["3 undefined ref: data.t.q[x]"]],
    [
      "comprehensions in every",
      "p if { every x in [1] { x; y := [z | z := lower(1)] } }",
      ["2 lower: invalid argument(s)"],
    ],
    [
      "functions in the with of every",
      "f(x) := 1\np if { every x in [1] { x } with count as f }",
      ["3 function count used as reference, not called", "3 function data.t.f used as reference, not called"],
    ],
    ["what is known outside", "p if { x := 1; count([1 | lower(x)]) }", ["2 lower: invalid argument(s)"]],
  ])("%s", (_, text, expected) => {
    expect(typeErrors(text)).toEqual(expected);
  });
});

describe("functions", () => {
  it.each([
    ["what several bodies take", 'f(1) := 1\nf("a") := 2\np := f(true)', ["4 data.t.f: invalid argument(s)"]],
    ["one with something wrong takes anything", 'f(x) := x + "a"\np := f(1)', ["2 plus: invalid argument(s)"]],
    [
      "one with another body after that has no type",
      'f(x) := x + "a"\nf(1) := 1\np := f(1)',
      ["2 plus: invalid argument(s)", "4 undefined function data.t.f"],
    ],
    ["a reference to one", "f(x) := 1\np := f", ["3 function data.t.f used as reference, not called"]],
    ["a member of one", "f(x) := 1\np := f.a", ["3 function data.t.f.a used as reference, not called"]],
    [
      "one that gives what another gives",
      "f(x) := g(x)\ng(x) := 1\np := lower(f(1))",
      ["4 lower: invalid argument(s)"],
    ],
    ["one in another's place", 'f(x, y) := 1\np if { count("a") with count as f }', ["3 count: arity mismatch"]],
    [
      "one of other arguments in another's place",
      "f(true) := 1\np if { abs(1) with abs as f }",
      ["3 abs: arity mismatch"],
    ],
    ["else", 'f(x) := 1 if { x == 1 } else := "a"\np := f(1) == []', []],
    ["the operand of the result", 'f(x) := 1\np if { f(1) == "a" }', ["3 match error"]],
  ])("%s", (_, text, expected) => {
    expect(typeErrors(text)).toEqual(expected);
  });
});

describe("what is said once", () => {
  it.each([
    ["a rule with an error can be anything", 'p := 1 + "a"\nq := lower(p)', ["2 plus: invalid argument(s)"]],
    ["a partial rule with an error", 'p[x] := 1 if { x := 1 + "a" }\nq := p.a.b', ["2 plus: invalid argument(s)"]],
    [
      "an error in a reference hides that nothing fits",
      "q := 1\np if { x = q.a; lower(x) }",
      ["3 undefined ref: data.t.q.a"],
    ],
    [
      "a recursion by the target of with",
      "p if { true with data.t.p as 1 }",
      ["2 rego_recursion_error: rule data.t.p is recursive: data.t.p -> data.t.p"],
    ],
  ])("%s", (_, text, expected) => {
    expect(typeErrors(text)).toEqual(expected);
  });

  it("of a query: == has a value, = has to hold", () => {
    expect(errorsOf(() => compileQuery('1 == "a"', []))).toEqual([]);
    expect(errorsOf(() => compileQuery('1 = "a"', []))).toEqual(["1 match error"]);
  });
});

describe("names of built-in functions as variables", () => {
  it.each([
    ["as a key", "p if input.x[count]", ["2 undefined ref: input.x[count]"]],
    ["as a key in a comprehension", "p := [1 | input.x[sum]]", ["2 undefined ref: input.x[sum]"]],
    ["as a key in every", "p if { every x in input.x { input.y[max] == x } }", ["2 undefined ref: input.y[max]"]],
    ["in an equation", "p if { max = 1; max > 1 }", ["2 match error", "2 gt: invalid argument(s)"]],
    ["for what a call gives", "p if { count(input.x, max) }", ["2 count: invalid argument(s)"]],
    ["in a pattern of what can be anything", "p := count if { [count, 1] = input.x }", []],
    ["declared", "p if { some count; input.x[count]; max := 1; max > count }", []],
    ["as parameters", "f(count) := 1 if input.x[count]", []],
    ["of a rule", "sum := 1\np if input.x[sum]", []],
    ["the beginning of a name", "p if input.x[time]", []],
  ])("%s", (_, text, expected) => {
    expect(typeErrors(text)).toEqual(expected);
  });

  it("in a query", () => {
    expect(errorsOf(() => compileQuery("max = 1", []))).toEqual(["1 match error"]);
    expect(errorsOf(() => compileQuery("max := 1", []))).toEqual([]);
  });
});

describe("details", () => {
  it.each([
    [
      "arguments",
      'p if { sum({"a": [input.x]}, x); x > 1 }',
      ["have: (object<a: array<any>>, ???)", "want: (collection: any<array[number], set[number]>, n: number)"],
    ],
    ["both sides", "p if { {1} = [1, true] }", ["left  : set[number]", "right : array<number, boolean>"]],
    [
      "a key of an object",
      'p if { x := {"b": 1, "a": 2}; x.c }',
      ["x.c", "  ^", '  have: "c"', '  want (one of): ["a" "b"]'],
    ],
    ["a key of a list", "p if { x := [1]; x.a }", ["x.a", "  ^", '  have: "a"', "  want (type): number"]],
    [
      "a variable as a key",
      'p if { x := [1]; y := "a"; x[y] }',
      ["x[y]", "  ^", "  have (type): string", "  want (type): number"],
    ],
    ["what has no members", 'p if { x := {"a": null}; x.a.b.c }', ["x.a.b.c", "^^^", "have: null"]],
    ["a function", "f(x) := {x: 1}\np := f", ["data.t.f", "^^^^^^^^", "have: (any) => object[any: number]"]],
    ["either type", 'p if { x := [1, "a"][_]; x.y }', ["x.y", "^", "have: any<number, string>"]],
    [
      "the arguments of a function in another's place",
      "f(true) := 1\np if { abs(1) with abs as f }",
      ["have: (boolean)", "want: (x: number)"],
    ],
    [
      "too many arguments of a built-in function",
      "p := lower(1, [input.x])",
      ["have: (number, array<any>, ???)", "want: (x: string)"],
    ],
    [
      "a large integer among keys",
      'p[{input.x}] := 1\np[9007199254740993][input.x] := 1\nq := p["a"]',
      ["data.t.p.a", "         ^", '         have: "a"', "         want (type): any<number, set[any]>"],
    ],
    [
      "keywords in references",
      'p if { x := {"b": 1}; x.in }',
      ['x["in"]', "  ^", '  have: "in"', '  want (one of): ["b"]'],
    ],
    [
      "the arguments of a rule, which have no names",
      'f(x) := x + 1\np if { f("a") > 1 }',
      ["have: (string, ???)", "want: (number, number)"],
    ],
    [
      "iteration over a text that was written out",
      'p if { some x in "abc" }',
      ["have: string", "want: any<array[any], object[any: any], set[any]>"],
    ],
  ])("of %s", (_, text, expected) => {
    const compile = () => compileModules([parseModule("t.rego", `package t\n${text}`)], { entrypoints: "all" });
    expect(refusalsOf(compile)[0]?.details).toEqual(expected);
  });

  it("are printed below the message", () => {
    const compile = () => compileModules([parseModule("t.rego", "package t\np if 1 = true")], { entrypoints: "all" });
    expect(compile).toThrow(
      "1 error occurred: t.rego:2: rego_type_error: match error\n\tleft  : number\n\tright : boolean",
    );
  });
});

describe("schemas in annotations", () => {
  const forPackage = (schemas: string): string =>
    `# METADATA\n# scope: package\n# schemas:\n# - ${schemas}\npackage t\n`;

  it.each([
    [
      "an object's members",
      "input: {type: object, properties: {a: {type: string}}}",
      "p := input.b",
      ["6 undefined ref: input.b"],
    ],
    [
      "a member's type",
      "input: {properties: {a: {type: string}}}",
      "p := input.a + 1",
      ["6 plus: invalid argument(s)"],
    ],
    [
      "below the input",
      "input.x: {type: array, items: {type: string}}",
      "p := input.x[0] + 1 if input.y",
      ["6 plus: invalid argument(s)"],
    ],
    ["of data", "data.x.y: {type: number}", "p := lower(data.x.y) if data.z", ["6 lower: invalid argument(s)"]],
    [
      "of what another rule makes",
      "data.t.q: {type: number}",
      "p := lower(q)\nq := input.q",
      ["6 lower: invalid argument(s)"],
    ],
    ["either", "input: {anyOf: [{type: number}, {type: string}]}", "p := lower(input) if abs(input)", []],
    [
      "all",
      "input: {allOf: [{properties: {a: {type: string}}}, {properties: {b: {type: string}}}]}",
      "p := input.a\nq := input.c",
      ["7 undefined ref: input.c"],
    ],
    [
      "a reference",
      "input: {$ref: '#/definitions/x', definitions: {x: {properties: {a: {$ref: '#/definitions/x'}}}}}",
      "p := input.a.b\nq := input.c",
      ["7 undefined ref: input.c"],
    ],
    [
      "a list of given length",
      "input: {type: array, items: [{type: number}, {type: string}]}",
      "p := lower(input[0])",
      ["6 lower: invalid argument(s)"],
    ],
    ["a named one says nothing", "input: schema.x", "p := input.a.b", []],
    [
      "no type",
      "input: {type: foo}",
      "p := 1",
      [
        "6 unable to compile the schema: has a primitive type that is NOT VALID -- given: /foo/ Expected valid values are:[array boolean integer number null object string]",
      ],
    ],
    [
      "types that contradict each other",
      "input: {allOf: [{type: number}, {type: string}]}",
      "p := 1",
      ["6 type checking: unable to merge these schemas: type mismatch: number and string"],
    ],
  ])("%s", (_, schemas, text, expected) => {
    const compile = () =>
      compileModules([parseModule("t.rego", `${forPackage(schemas)}${text}`)], { entrypoints: "all" });
    expect(errorsOf(compile)).toEqual(expected);
  });

  it("of a rule are for it and its else only, and win over those of the package", () => {
    const rule = "# METADATA\n# schemas:\n# - input: {type: string}\np := input.a\nq := input.a";
    const text = `${forPackage("input: {properties: {b: {type: string}}}")}${rule}`;
    expect(errorsOf(() => compileModules([parseModule("t.rego", text)], { entrypoints: "all" }))).toEqual([
      "9 undefined ref: input.a",
      "10 undefined ref: input.a",
    ]);
  });

  it("are read to a bounded depth", () => {
    const deep = `${"{properties: {a: ".repeat(120)}{type: string}${"}}".repeat(120)}`;
    const text = `p := input.${Array.from({ length: 119 }, () => "a").join(".")}.b`;
    const compile = () =>
      compileModules([parseModule("t.rego", `${forPackage(`input: ${deep}`)}${text}`)], { entrypoints: "all" });
    expect(errorsOf(compile)).toEqual([]);
  });
});
