import { describe, expect, it } from "vitest";
import type { ElseBranch, Rule } from "./ast.ts";
import { formatBody, formatTerm } from "./format.ts";
import { parseModule } from "./parse.ts";

function printElse(branch: ElseBranch): string {
  return ` else ${formatTerm(branch.value)} { ${formatBody(branch.body)} }${branch.else === undefined ? "" : printElse(branch.else)}`;
}

/** A rule's parts on one line, as the tree has them. */
function print({ head, body, isDefault, else: branch }: Rule): string {
  return [
    isDefault ? "default " : "",
    formatTerm(head.ref),
    head.args === undefined ? "" : `(${head.args.map(formatTerm).join(", ")})`,
    head.key === undefined ? "" : ` contains ${formatTerm(head.key)}`,
    head.value === undefined ? "" : ` ${head.operator ?? "->"} ${formatTerm(head.value)}`,
    body.length === 0 ? "" : ` { ${formatBody(body)} }`,
    branch === undefined ? "" : printElse(branch),
  ].join("");
}

function rulesOf(text: string): string[] {
  return parseModule("a.rego", `package a\n${text}`).rules.map(print);
}

describe("rules", () => {
  const rules: [name: string, text: string, printed: string[]][] = [
    ["constant", "p := 1", ["p := 1"]],
    ["constant with =", "p = 1", ["p = 1"]],
    ["two constants in a row of text", "p := 1 q := 2", ["p := 1", "q := 2"]],
    ["constant with an operator", "p := 1 + 2 == 3", ["p := equal(plus(1, 2), 3)"]],
    ["block", "p if { a; b }", ["p -> true { a; b }"]],
    ["block over lines", "p if {\n  a\n  b\n}", ["p -> true { a; b }"]],
    ["one line", "p if a == 1", ["p -> true { equal(a, 1) }"]],
    ["one line with not and with", "p if not a with input as 1", ["p -> true { not a with input as 1 }"]],
    ["one statement in braces is a block", "p if { x }", ["p -> true { x }"]],
    ["a comprehension is no block", "p if {x | x}", ["p -> true { {x | x} }"]],
    ["empty braces are an object", "p if {}", ["p -> true { {} }"]],
    ["value and body", "p := x if { x := 1 }", ["p := x { assign(x, 1) }"]],
    ["partial set", "p contains x if { x := 1 }", ["p contains x { assign(x, 1) }"]],
    ["partial set without a body", "p contains 1", ["p contains 1"]],
    ["partial object", "p[x] := y if { x := 1; y := 2 }", ["p[x] := y { assign(x, 1); assign(y, 2) }"]],
    ["partial object without a value", "p[x] if x := 1", ["p[x] -> true { assign(x, 1) }"]],
    ["constant member", 'p["a b"] := 1', ['p["a b"] := 1']],
    ["reference in the head", "a.b[x].c := v if { x := 1; v := 2 }", ["a.b[x].c := v { assign(x, 1); assign(v, 2) }"]],
    ["reference with contains", "a.b.c contains 1 if x", ["a.b.c contains 1 { x }"]],
    ["function", "f(x, [y, _]) := x + y", ["f(x, [y, _]) := plus(x, y)"]],
    ["function with a dotted name", "f.g(x) if x > 1", ["f.g(x) -> true { gt(x, 1) }"]],
    ["function without arguments is a rule", "f() := 1", ["f := 1"]],
    ["function with a body in the next row", "f(x) := y if {\n y := x }", ["f(x) := y { assign(y, x) }"]],
    ["else", "p := 1 if a else := 2 if b else := 3", ["p := 1 { a } else 2 { b } else 3 {  }"]],
    ["else without a value", "p if { a } else if { b }", ["p -> true { a } else true { b }"]],
    ["default", "default p := {1, [x | x := 1]}", ["default p := {1, [x | assign(x, 1)]}"]],
    ["default function", "default f(_, x) := 1", ["default f(_, x) := 1"]],
    ["chained bodies", "p if { a } { b }", ["p -> true { a }", "p -> true { b }"]],
    ["keywords as names", "if.contains := 1\ndefault.x := 2", ['if["contains"] := 1', "default.x := 2"]],
    ["else as a name after a body", "p if a\nelse.x := 1", ["p -> true { a }", "else.x := 1"]],
  ];
  it.each(rules)("%s", (_name, text, printed) => {
    expect(rulesOf(text)).toEqual(printed);
  });
});

describe("modules", () => {
  it("reads package, imports and comments", () => {
    const text = [
      '# first\npackage a.b["c-d"].if # after',
      "import rego.v1",
      "import future.keywords",
      "import future.keywords.every",
      "import data.lib.x as y",
      'import input["in"] as z',
    ].join("\n");
    const module = parseModule("m.rego", text);
    expect(module.package).toEqual(["a", "b", "c-d", "if"]);
    expect(module.packageLocation).toMatchObject({ row: 2, col: 1 });
    expect(module.imports.map(({ path, alias }) => [path.join("/"), alias])).toEqual([
      ["rego/v1", undefined],
      ["future/keywords", undefined],
      ["future/keywords/every", undefined],
      ["data/lib/x", "y"],
      ["input/in", "z"],
    ]);
    expect(module.comments.map(({ text: comment, location }) => [comment, location.row, location.col])).toEqual([
      [" first", 1, 1],
      [" after", 2, 23],
    ]);
  });

  it("reads Windows line ends and a byte-order mark", () => {
    const module = parseModule("m.rego", "\ufeffpackage a\r\n# c\r\np := 1\r\nq if {\r\n  p\r\n}\r\n");
    expect(module.rules.map(print)).toEqual(["p := 1", "q -> true { p }"]);
    expect(module.comments[0]?.text).toBe(" c");
    expect(module.rules[1]?.location).toMatchObject({ row: 4, col: 1 });
  });

  it("sees a comment once, however often its text is read", () => {
    const module = parseModule("m.rego", "package a\np if {\n  # one\n  x := [1 | # two\n    2, 3]\n}\n# three");
    expect(module.comments.map(({ text }) => text)).toEqual([" one", " two", " three"]);
  });

  it("gives every wildcard of a module a name of its own", () => {
    const module = parseModule("m.rego", "package a\np contains 1 if { x[_]; y[_] }\nf(_) := _ if { true }");
    const names = JSON.stringify(module.rules).match(/\$\d+/g) ?? [];
    expect(names).toHaveLength(4);
    expect(new Set(names).size).toBe(4);
  });
});
