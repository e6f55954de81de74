import { describe, expect, it } from "vitest";
import { RegoErrors } from "../../errors.ts";
import { parseModule } from "../../syntax/index.ts";
import { compileModules } from "../compile.ts";

/** `row code: message` of each problem of a module whose package is in row 1 and whose text begins in row 2. */
function problems(text: string): string[] {
  try {
    compileModules([parseModule("t.rego", `package t\n${text}`)], { entrypoints: "all" });
    return [];
  } catch (thrown) {
    if (!(thrown instanceof RegoErrors)) throw thrown;
    return thrown.errors.map(({ code, message, location }) => `${location?.row} ${code}: ${message}`);
  }
}

describe("an order in which all is bound", () => {
  it.each([
    ["of what is written later", "p if { y > x; x = 1; y = 2 }"],
    ["of a reference's operands", "p if { x := input[i]; i > 1 }"],
    ["of both sides of a pattern", "p if { [x, 1] = [2, y]; x < y }"],
    ["of an object's members", 'p if { {"a": x} = input; x > 1 }'],
    ["of a relation", "p if { walk(input, [path, value]); count(path) > value }"],
    ["of an object beside a comprehension", 'p if { {"a": x} = {"a": 1}; {w: x | w := "a"} = {"a": y}; y == 1 }'],
    ["of what a comprehension needs", "p if { count([1 | x > 1]) > 0; x = 1 }"],
    ["of what every needs", "p if { every y in [1] { y < x }; x = 2 }"],
    ["of lists of sets of rules", "p contains 1 if { input.x }\nq := product([p]) if { 1 in p }"],
    ["of lists of members of rules", "p contains 1 if { input.x }\nq := json.filter({}, [p[input.o[_]]])"],
  ])("%s", (_, text) => {
    expect(problems(text)).toEqual([]);
  });
});

describe("what is unsafe", () => {
  it.each([
    ["what an operand is a member of", "p if { input.x[i.a] }", ["2 rego_unsafe_var_error: var i is unsafe"]],
    ["the same, deeper", "p if { input.x[{[_.a]}] }", ["2 rego_unsafe_var_error: var _ is unsafe"]],
    [
      "in a head of several rows: each in its own",
      'p := [\n1,\nx,\n{"a": y}]',
      ["4 rego_unsafe_var_error: var x is unsafe", "5 rego_unsafe_var_error: var y is unsafe"],
    ],
    ["under not", "p if not input.x[_]", ["2 rego_unsafe_var_error: var _ is unsafe"]],
    [
      "a name that what is iterated over needs, too",
      "p if { some x, y in {1 | input.l[y] != 5}; x }",
      ["2 rego_unsafe_var_error: var y is unsafe", "2 rego_unsafe_var_error: var x is unsafe"],
    ],
    [
      "in an object, beside a comprehension that it comes before",
      'p if { {"a": x} = {w: 1 | w := "a"} }',
      ["2 rego_unsafe_var_error: var x is unsafe"],
    ],
    [
      "in an object, beside a comprehension of a list",
      'p if { [w | w := input] = {"a": x} }',
      ["2 rego_unsafe_var_error: var x is unsafe"],
    ],
    ["in the value of with", "p if { true with input as x }", ["2 rego_unsafe_var_error: var x is unsafe"]],
    [
      "a comprehension beside the reference that would bind what it needs",
      "r[1] := 1\np if { some v in numbers.range(2, 3); {1: 1 | input.l = v} in r[v] }",
      ["3 rego_unsafe_var_error: var v is unsafe"],
    ],
    ["a comprehension's result", "p if { count([x | true]) > 0 }", ["2 rego_unsafe_var_error: var x is unsafe"]],
    [
      "a variable in a template string in another one",
      'p := $"{$"{x}"}"',
      ["2 rego_unsafe_var_error: var x is unsafe"],
    ],
    [
      "the value of a with in a template string",
      'p := $"{input.n with input.n as x}"',
      ["2 rego_unsafe_var_error: var x is unsafe"],
    ],
    ["what a template string shows", 'p := $"{x + 1}"', ["2 rego_compile_error: var x is undeclared"]],
    [
      "the result of a comprehension in a template string",
      'p := $"{{x: 1 | input.y}}"',
      ["2 rego_unsafe_var_error: var x is unsafe"],
    ],
    [
      "an else that needs its own rule",
      "p if {\n  input.x\n} else if {\n  input.y[p]\n}",
      ["4 rego_recursion_error: rule data.t.p is recursive: data.t.p -> data.t.p"],
    ],
    [
      "a rule that needs itself through the else of another",
      "p if q\nq if {\n  input.x\n} else if {\n  p\n}",
      [
        "2 rego_recursion_error: rule data.t.p is recursive: data.t.p -> data.t.q -> data.t.p",
        "5 rego_recursion_error: rule data.t.q is recursive: data.t.q -> data.t.p -> data.t.q",
      ],
    ],
  ])("%s", (_, text, expected) => {
    expect(problems(text)).toEqual(expected);
  });
});
