import { describe, expect, it } from "vitest";
import { compileModules, compileQuery } from "../compile/index.ts";
import { parseModule } from "../syntax/index.ts";
import { fromJson, toJson } from "../value/index.ts";
import { loadPolicy } from "./load.ts";

const input = fromJson({ list: [1, 2, 3], o: { n: 2 } });
const data = fromJson({ base: { arr: [5, 6] }, mix: { base: true } });
const library = `package lib
import data.lib.inner
q := {"k": "v"}
inp := input
f(x) := x + 1
usef := f(1)
usecount := count([1, 2])
multi.m1.z := 1
multi.m2.z := 2
deep[x].y[z] := x if { some x in ["p", "q"]; some z in [1, 2] }
sets[x] contains y if { some x in ["a", "b"]; some y in [1, 2] }
pat([x, {"k": y}]) := x + y
order(x) := "small" if { x < 10 } else := "big" if { x < 100 } else := "huge"
default deff(_) := "default"
deff(x) := "one" if x == 1
missing if false
twice := [v, v] if { v := inner.self }`;
const inner = `package lib.inner
self.a := 1
self.c := self.a + 1
self[x] := 5 if { x := "b" }`;
const mixed = "package mix\nv := 1\nu if false";

/** The value of `p` in a module with the text. */
function evaluate(text: string): unknown {
  const texts = [`package t\nimport data.lib\n${text}`, library, inner, mixed];
  const modules = texts.map((each, index) => parseModule(`m${index}.rego`, each));
  const loaded = loadPolicy(compileModules(modules, { entrypoints: [["t", "p"]] }), { data });
  const step = loaded.start({ input, nowNs: 0n }).step([["t", "p"]]);
  if (step.kind === "pending") throw new Error("nothing can be pending");
  const [value] = step.results;
  return value === undefined ? undefined : toJson(value);
}

describe("rules", () => {
  it.each([
    ["a set in order", "p contains x if { some x in [3, 1, 2, 1] }", [1, 2, 3]],
    ["an object", 'p[x] := y if { some y, x in ["a", "b"] }', { a: 0, b: 1 }],
    ["else", "p := lib.order(50)", "big"],
    ["default", "default p := 7\np := 1 if { input.nope }", 7],
    [
      "large numbers as keys",
      "p.x[9007199254740993][a] := 1 if { some a in [1]; false }",
      { x: { "9007199254740993": {} } },
    ],
    [
      "a document with large numbers as its keys",
      'p := [q[9007199254740993], q[9007199254740992], q[-12345678901234567890], [sprintf("%d", [k]) | q[k]]]\nq[9007199254740993] := 1\nq[9007199254740992] := 2\nq[-12345678901234567890] := 3',
      [1, 2, 3, ["-12345678901234567890", "9007199254740992", "9007199254740993"]],
    ],
    ["no default below variable keys", 'p[x] := 1 if { some x in ["a"] }\ndefault p.b := 2', { a: 1 }],
    ["a default beside variable keys", 'p.o[x] := 1 if { some x in ["a"] }\ndefault p.b := 2', { b: 2, o: { a: 1 } }],
    ["a function's default", 'p := [lib.deff(1), lib.deff("q")]', ["one", "default"]],
    [
      "patterns whose variables others bind",
      'p := [a, b, c] if { [{"a": a, "b": b}, [1, b]] = [{"a": {"a": c, "b": 7}, "b": c}, [1, input.o.n]] }',
      [{ a: 2, b: 7 }, 2, 2],
    ],
    ["patterns of parameters", 'p := lib.pat([1, {"k": 5}])', 6],
    [
      "general references in heads",
      "p := lib.deep",
      { p: { y: { "1": "p", "2": "p" } }, q: { y: { "1": "q", "2": "q" } } },
    ],
    ["sets below references", 'p := lib.sets["b"]', [1, 2]],
    [
      "iteration over them",
      "p contains [x, y] if { some x, y; lib.multi[x][y] }",
      [
        ["m1", "z"],
        ["m2", "z"],
      ],
    ],
    [
      "an object whose members need each other",
      "p := lib.twice",
      [
        { a: 1, b: 5, c: 2 },
        { a: 1, b: 5, c: 2 },
      ],
    ],
    ["documents of rules and data", "p := data.mix", { base: true, v: 1 }],
    ["keys of such documents", "p := [k | data.mix[k]]", ["base", "v"]],
    ["a whole package", "p := count(data.lib.inner)", 1],
  ])("%s", (_, text, expected) => {
    expect(evaluate(text)).toEqual(expected);
  });
});

describe("expressions", () => {
  it.each([
    ["unification in two directions", "p := [x, y] if { [x, y] = [y, 5] }", [5, 5]],
    ["unification of objects", 'p := z if { {"a": [z, _]} = {"a": [7, 8]} }', 7],
    ["patterns that do not match", 'p := [x | {"a": x} = [{"a": 1}, {"a": 2}, {"b": 3}][_]]', [1, 2]],
    ["statements in another order", "p := y if { y = x; x = 1 }", 1],
    ["undefined under not", "p if not lib.missing", true],
    ["undefined arguments under not", 'p if not startswith(input.nope, "a")', undefined],
    ["undefined sides of == under not", "p if not input.nope == 1", true],
    ["every", "p if every k, v in {1: 1, 2: 2} { k == v }", true],
    ["every over nothing", "p if every x in [] { x > 1 }", true],
    ["every over a number", "p if every x in 1 { x > 1 }", undefined],
    ["membership with keys", 'p if { "a", 1 in {"a": 1} }', true],
    [
      "walk",
      "p contains path if { walk(input, [path, 2]) }",
      [
        ["list", 1],
        ["o", "n"],
      ],
    ],
    ["composite keys", 'p := {[1, 2]: 3, {"k": 1}: 4}[[1, 2]]', 3],
    ["a set's members as keys", 'p := [v | v := {"a", "b"}[_]]', ["a", "b"]],
    ["strings with terms in them", 'p := $"{input.o.n} {input.nope} {[1, "a"]}"', '2 <undefined> [1, "a"]'],
    ["a call of a comprehension's item", "p := [x | x := {1: [4, 5]}[1]][0][1]", 5],
    ["a test of a value that is false", "p if { false }", undefined],
    ["decimals", "p := 0.1 + 0.2", 0.3],
  ])("%s", (_, text, expected) => {
    expect(evaluate(text)).toEqual(expected);
  });
});

describe("comprehensions in loops", () => {
  it.each([
    [
      "of the outer loop",
      "p := [[x, zs] | some x in [1, 2]; some y in [x, x + 1]; y > 0; zs := [z | some z in [1, 2, 3]; z > x]]",
      [
        [1, [2, 3]],
        [1, [2, 3]],
        [2, [3]],
        [2, [3]],
      ],
    ],
    [
      "of the inner loop",
      "p := [[x, zs] | some x in [1, 2]; some y in [x, x + 1]; zs := [z | some z in [1, 2]; z > y]]",
      [
        [1, [2]],
        [1, []],
        [2, []],
        [2, []],
      ],
    ],
    [
      "of the input that with sets",
      "p := [v | some x in [1, 2]; some _ in [1]; v := [i | i := input] with input as x]",
      [[1], [2]],
    ],
    ["in parameters", "p := f([1, 2], 1)\nf(a, b) := [x | some x in a; x in {y | y := a[_]; y > b}]", [2]],
  ])("%s", (_, text, expected) => {
    expect(evaluate(text)).toEqual(expected);
  });

  it("evaluates what does not depend on the loop once", () => {
    const text = "package t\nn := numbers.range(1, 1000)\np := count([x | some x in n; x in {y | some y in n}])";
    const loaded = loadPolicy(compileModules([parseModule("m.rego", text)], { entrypoints: [["t", "p"]] }));
    const step = loaded.start({ nowNs: 0n, limits: { steps: 10_000 } }).step();
    expect(step).toEqual({ kind: "done", results: [1000] });
  });
});

describe("with", () => {
  it.each([
    ["the input", "p := x if { x := lib.inp with input as 9 }", 9],
    ["a part of the input", "p := x if { x := lib.inp.o with input.o.n as 9 }", { n: 9 }],
    ["a rule", "p := x if { x := lib.q with data.lib.q as 5 }", 5],
    ["a rule, in its package", "p := x if { x := data.lib.inner with data.lib.inner.self as 5 }", { self: 5 }],
    ["a base document", "p := x if { x := data.base.arr[0] with data.base.arr as [1] }", 1],
    ["a function by a function", 'p := x if { x := lib.usef with data.lib.f as g }\ng(_) := "g"', "g"],
    ["a function by a value", "p := x if { x := lib.usef with data.lib.f as 3 }", 3],
    ["a built-in by a value", "p := x if { x := lib.usecount with count as 99 }", 99],
    [
      "a built-in by a function that uses it",
      "p := x if { x := lib.usecount with count as g }\ng(x) := count(x) + 10",
      12,
    ],
    ["only its own statement", "p := [a, b] if { a := lib.inp.o.n with input.o.n as 9; b := lib.inp.o.n }", [9, 2]],
    [
      "nested",
      "p := x if { x := q with input.o.n as 9 }\nq := y if { y := lib.inp.o with input.o.m as 8 }",
      { m: 8, n: 9 },
    ],
  ])("%s", (_, text, expected) => {
    expect(evaluate(text)).toEqual(expected);
  });
});

describe("queries", () => {
  const solve = (text: string) => {
    const compiled = compileQuery(text, [parseModule("lib.rego", library), parseModule("inner.rego", inner)]);
    const step = loadPolicy(compiled, { data }).start({ input, nowNs: 0n }).query();
    if (step.kind === "pending") throw new Error("nothing can be pending");
    return step.results.map(({ bindings, expressions }) => [
      Object.fromEntries(bindings.map(([name, value]) => [name, toJson(value)])),
      expressions.map((value, index) => [compiled.query?.expressions[index], toJson(value)]),
    ]);
  };
  it.each([
    ["a value", "1 + 1", [[{}, [["1 + 1", 2]]]]],
    ["false alone", "1 == 2", [[{}, [["1 == 2", false]]]]],
    ["false among others", "1 == 2; true", []],
    [
      "bindings",
      "x := input.list[i]; x > 2",
      [
        [
          { i: 2, x: 3 },
          [
            ["x := input.list[i]", true],
            ["x > 2", true],
          ],
        ],
      ],
    ],
    ["an explicit output", "data.lib.f(2, y)", [[{ y: 3 }, [["data.lib.f(2, y)", true]]]]],
    [
      "the order of evaluation",
      "x = y; y = 1",
      [
        [
          { x: 1, y: 1 },
          [
            ["y = 1", true],
            ["x = y", true],
          ],
        ],
      ],
    ],
    ["undefined", "data.lib.missing", []],
  ])("%s", (_, text, expected) => {
    expect(solve(text)).toEqual(expected);
  });
});
