import { describe, expect, it } from "vitest";
import { rounds } from "./rounds.fixture.ts";

const conflict = "bad := x if { some x in [1, 2] }";

type Case = [name: string, text: string, asked: unknown[][], value: unknown, answers?: Record<string, unknown>];

describe("what is asked", () => {
  it.each<Case>([
    ["not after what is pending", 'p if { host.fetch("a"); not host.fetch("b") }', [["a"]], undefined, { a: false }],
    ["not after what was pending", 'p if { host.fetch("a"); not host.fetch("b") }', [["a"], ["b"]], true, { b: false }],
    [
      "an else whose condition is ruled out",
      'p := 1 if { host.fetch("a") } else := 2 if { host.fetch("c"); input.x == 1 } else := host.fetch("b")',
      [["a"], ["b"]],
      "b",
      { a: false },
    ],
    [
      "two elses",
      'p := 1 if { host.fetch("a") } else := 2 if { host.fetch("b") } else := 3',
      [["a"], ["b"]],
      2,
      { a: false },
    ],
    ["a default that waits", 'default p := "d"\np := 1 if { not host.fetch("a") }', [["a"]], "d"],
    [
      "a function's default",
      'default f(_) := "d"\nf(x) := 1 if { host.fetch(x) }\np := f("a")',
      [["a"]],
      "d",
      { a: false },
    ],
    ["keys that are answers", 'q[k] := 1 if { k := host.fetch("k") }\np := q.x', [["k"]], 1, { k: "x" }],
    [
      "values behind keys that are answers",
      'q[k] := host.fetch("v") if { k := host.fetch("k") }\np := q.x',
      [["k"]],
      undefined,
    ],
    [
      "other keys",
      'q["a"] := host.fetch("a")\nq["b"] := host.fetch("b")\nq[x] := 1 if { some x in ["c"] }\np := q["a"]',
      [["a"]],
      "a",
    ],
    [
      "other members",
      'q contains "a" if host.fetch("a")\nq contains "b" if host.fetch("b")\np if q["a"]',
      [["a"]],
      true,
    ],
    [
      "with a function in its place",
      'p := y if { y := q with host.fetch as g }\nq := host.fetch("a")\ng(x) := concat("", [x, "!"])',
      [],
      "a!",
    ],
    [
      "with another external function's answer",
      'p := y if { y := q with input as host.fetch("i") }\nq := host.fetch(input)',
      [["i"], ["j"]],
      "j",
      { i: "j" },
    ],
    [
      "below a with, and without it",
      'q := host.fetch(input.o)\np := [y, q] if { y := q with input.o as "w" }',
      [["w"], ["o"]],
      ["w", "o"],
    ],
    [
      "rules with the same constant",
      'p if { host.fetch("a") }\np if { host.fetch("b") }',
      [["a"], ["b"]],
      true,
      { a: false },
    ],
    [
      "rules with the same constant, and one with another",
      'p := 1 if { host.fetch("a") }\np := 1 if { host.fetch("b") }\np := 2 if { input.x }',
      [["a"]],
      1,
    ],
    [
      "rules with different constants",
      'p := 1 if { host.fetch("a") }\np := 2 if { host.fetch("b") }',
      [["a", "b"]],
      2,
      { a: false },
    ],
    ["rules in the index's order", 'p if { host.fetch("a"); input.o == "o" }\np if { host.fetch("b") }', [["b"]], true],
    ["a rule that the index rules out", 'p contains 1 if { host.fetch("a"); input.kind == "x" }', [], []],
    [
      "a rule whose reference is undefined",
      'p contains y if { y := host.fetch("a"); sprintf("%s", [input.no]) }',
      [],
      [],
    ],
    ["a rule that another answer rules out", 'p contains 1 if { host.fetch("a") == 1; host.fetch("b") }', [["a"]], []],
    [
      "arguments that the index looks at",
      'f(x) := host.fetch(x) if { host.fetch(1); x == "k" }\np := [f("k") | true]',
      [[1], ["k"]],
      ["k"],
    ],
    [
      "early exit in a function",
      'f(x) if { host.fetch(x) }\nf(x) if { host.fetch(concat("", [x, "2"])) }\np if f("a")',
      [["a"]],
      true,
    ],
    ["every, where one is false at once", "p if every x in [1, 2] { x != 1; host.fetch(x) }", [], undefined],
    [
      "in a comprehension that is looked up",
      'p := [v | some x in ["a"]; v := [y | some y in ["a", "b"]; y == x; host.fetch(y)]]',
      [["a"]],
      [["a"]],
    ],
    [
      "in a comprehension outside of the loop",
      'p := [c | some _ in [1, 2]; c := count([y | y := host.fetch("a")])]',
      [["a"]],
      [1, 1],
    ],
  ])("%s", (_, text, asked, value, answers) => {
    const outcome = rounds(text, answers, { o: "o" });
    expect(outcome.asked).toEqual(asked);
    expect(outcome.value).toEqual(value);
  });
});

/** What OPA asks with the answers at hand was observed with a function of its own that notes its calls. */
describe("of a document with variable keys, what is asked has to do with the keys that are known", () => {
  const each = 'some a in ["x", "z"]; some b in ["y", "w"]';
  it.each<Case>([
    ["two keys", `q[a][b] := host.fetch(b) if { ${each} }\np := q.x.y`, [["y"]], "y"],
    [
      "the first key",
      `q[a][b] := host.fetch([a, b]) if { ${each} }\np := q.x`,
      [
        [
          ["x", "y"],
          ["x", "w"],
        ],
      ],
      expect.anything(),
    ],
    [
      "a key and a name",
      `q[a].k := host.fetch(a) if { ${each} }\nq[a].l := host.fetch(b) if { ${each} }\np := q.x.k`,
      [["x"]],
      "x",
    ],
    ["a key and a member", `q[a] contains b if { ${each}; host.fetch(b) }\np if q.x.y`, [["y"]], true],
    ["keys behind names", `q.k[a][b] := host.fetch(b) if { ${each} }\np := q.k.x.y`, [["y"]], "y"],
    ["a key that is computed", `q[a][b] := host.fetch(b) if { ${each} }\np := q[lower("X")][input.b]`, [["w"]], "w"],
    [
      "a key in a loop, where it is another rule's value",
      `q[a][b] := host.fetch(b) if { ${each} }\np contains v if { some k in ["y"]; v := q.z[k] }`,
      [["y"]],
      ["y"],
    ],
    [
      "nothing behind a variable",
      `q[a][b] := host.fetch([a, b]) if { ${each} }\np contains k if { q[k].y }`,
      [
        [
          ["x", "y"],
          ["x", "w"],
          ["z", "y"],
          ["z", "w"],
        ],
      ],
      ["x", "z"],
    ],
    [
      "a list as the key, which is not two keys",
      `q[a] := host.fetch(a) if { some a in [["x", "y"], ["z", "y"]] }\np := [q[["x", "y"]], count(r.x.y)]\nr[a][b] := host.fetch(b) if { ${each} }`,
      [["y"], [["x", "y"]]],
      [["x", "y"], 1],
    ],
  ])("%s", (_, text, asked, value) => {
    const outcome = rounds(text, {}, { b: "w" });
    expect(outcome.asked).toEqual(asked);
    expect(outcome.value).toEqual(value);
  });
});

describe("calls in every place", () => {
  it.each<Case>([
    ["in the key and the value of a head", 'p[host.fetch("k")] := host.fetch("v")', [["k"], ["v"]], { k: "v" }],
    ["in a head, behind a body that is not true", 'p[host.fetch("k")] := 1 if { input.no }', [], {}],
    [
      "in keys and values of a comprehension",
      'p := {host.fetch(k): host.fetch(v) | some k, v in {"a": 1, "b": 2}}',
      [
        ["a", "b"],
        [1, 2],
      ],
      { a: 1, b: 2 },
    ],
    [
      "in keys that turn out to be equal",
      'p := {host.fetch(k): v | some k, v in {"a": 1, "b": 2}}',
      [["a", "b"]],
      "3 eval_conflict_error",
      { a: "c", b: "c" },
    ],
    [
      "in keys of an object that turn out to be equal",
      'p[k] := v if { some x, v in {"a": 1, "b": 2}; k := host.fetch(x) }',
      [["a", "b"]],
      "3 eval_conflict_error",
      { a: "c", b: "c" },
    ],
    ["among arguments", "f(a, b) := [a, b]\np := f(host.fetch(1), host.fetch(2))", [[1], [2]], [1, 2]],
    ["as an argument that a built-in function refuses", 'p := to_number(host.fetch("a"))', [["a"]], undefined],
    [
      "behind a built-in function that refuses an answer",
      'p if { x := to_number(host.fetch("a")); host.fetch(x) }',
      [["a"]],
      undefined,
    ],
    ["behind an answer that is false", 'p if { host.fetch("a"); host.fetch("b") }', [["a"]], undefined, { a: false }],
    ["behind an answer that is compared", 'p if { host.fetch("a") == 1; host.fetch("b") }', [["a"]], undefined],
    ["behind a comparison that is not true", 'p if { input.o == 1; host.fetch("a") }', [], undefined],
    [
      "in a pattern, evaluated first",
      'p if [x, 1] = [host.fetch("a"), host.fetch("b")]',
      [["a"], ["b"]],
      true,
      { b: 1 },
    ],
    ["in a template string", 'p := $"{host.fetch(1)}-{host.fetch(2)}"', [[1], [2]], "1-2"],
    ["in what is printed", "p if print(host.fetch(1), host.fetch(2))", [[1], [2]], true],
    ["as what walk goes through", "p contains v if { walk(host.fetch([1]), [_, v]); is_number(v) }", [[[1]]], [1]],
    [
      "as what every looks at",
      'p if every x in host.fetch("l") { host.fetch(x) }',
      [["l"], [1, 2]],
      true,
      { l: [1, 2] },
    ],
    [
      "as what some looks at",
      'p contains y if { some x in host.fetch("l"); y := host.fetch(x) }',
      [["l"], [1, 2]],
      [1, 2],
      { l: [1, 2] },
    ],
    [
      "as the value of a with for a document",
      "p := y if { y := q with data.x.y as host.fetch(1) }\nq := data.x.y",
      [[1]],
      1,
    ],
    ["below not, below with", "p if { not q with input as 1 }\nq if host.fetch(input) == 2", [[1]], true],
    [
      "in an else behind an else",
      "f(x) := 1 if { x == 2 } else := host.fetch(x) if { x == 1 } else := host.fetch(3)\np := [f(1), f(2), f(4)]",
      [[1], [3]],
      [1, 1, 3],
    ],
    [
      "in a default's rule, whose value is not needed",
      "default f(_) := 0\nf(x) := host.fetch(x) if { x > 1 }\np := [f(1), f(2)]",
      [[2]],
      [0, 2],
    ],
  ])("%s", (_, text, asked, value, answers) => {
    const outcome = rounds(text, answers, { o: "o" });
    expect(outcome.asked).toEqual(asked);
    expect(outcome.value).toEqual(value);
  });
});

describe("twenty calls are one round", () => {
  const xs = "some x in numbers.range(1, 20)";
  const twenty = Array.from({ length: 20 }, (_, index) => index + 1);
  it.each([
    ["in a loop", `p contains y if { ${xs}; y := host.fetch(x) }`],
    ["of a complete rule", `p if { ${xs}; host.fetch(x) == 20 }`],
    ["in a comprehension", `p := {y | ${xs}; y := host.fetch(x)}`],
    ["in an object", `p := {x: y | ${xs}; y := host.fetch(x)}`],
    ["under not", `p contains x if { ${xs}; not host.fetch(x) == 2 }`],
    ["under not, in a loop of its own", "p if { not q }\nq if { some x in numbers.range(1, 20); host.fetch(x) == 0 }"],
    ["under every", "p if every x in numbers.range(1, 20) { host.fetch(x) > 0 }"],
    ["under every, with a loop", "p if every x in numbers.range(1, 20) { some y in [x]; host.fetch(y) > 0 }"],
    ["in a function", `p := {y | ${xs}; y := f(x)}\nf(x) := host.fetch(x)`],
    [
      "in a function of many rules",
      `p := {y | ${xs}; y := f(x)}\n${twenty.map((x) => `f(${x}) := host.fetch(${x})`).join("\n")}`,
    ],
    ["in a set of many rules", twenty.map((x) => `p contains ${x} if { host.fetch(${x}); input.o == "o" }`).join("\n")],
    ["below with", `p := {y | ${xs}; y := q with input as x}\nq := host.fetch(input)`],
  ])("%s", (_, text) => {
    const { asked } = rounds(text, {}, { o: "o" });
    expect(asked.map((calls) => [...calls].sort((a, b) => Number(a) - Number(b)))).toEqual([twenty]);
  });
});

describe("conflicts", () => {
  it.each<Case>([
    ["with an answer", 'p := 1 if { host.fetch("a") }\np := 2', [["a"]], "4 eval_conflict_error"],
    ["that an answer rules out", 'p := 1 if { host.fetch("a") }\np := 2', [["a"]], 2, { a: false }],
    [
      "behind what is pending",
      'p contains 1 if { host.fetch("a") }\np contains 2 if { bad }',
      [["a"]],
      "5 eval_conflict_error",
    ],
    [
      "behind every, which ends before",
      "p if every x in [1, 2] { f(x) }\nf(1) := host.fetch(1)\nf(2) := bad",
      [[1]],
      undefined,
      { 1: false },
    ],
    ["behind an early exit", "p if { some x in [1, 2]; f(x) }\nf(1) := host.fetch(1)\nf(2) := bad", [[1]], true],
  ])("%s", (_, text, asked, value, answers) => {
    const outcome = rounds(`${text}\n${conflict}`, answers);
    expect(outcome.asked).toEqual(asked);
    expect(outcome.value).toEqual(value);
  });
});

describe("the next pass evaluates what was pending, and only that", () => {
  const slow = "slow := count([x | some x in numbers.range(1, 9)])";
  it.each([
    // Each time: p twice, or once for each round and at the end; what is complete once.
    ["documents", `${slow}\np := slow + host.fetch(1)`, 3],
    ["functions", `${slow}\nf(x) := count([y | some y in [x]]) + slow\np := f(1) + host.fetch(2)`, 2 + 2],
    ["functions that are pending", "f(x) := host.fetch(x)\np := [f(1), f(2)]", 3 + 2 + 2],
    [
      "documents below with",
      "q := count([x | some x in input])\np := y + host.fetch(1) if { y := q with input as [1] }",
      3,
    ],
    [
      "documents below with, whose value is made anew",
      'q := count([x | some x in input.l])\np := y + host.fetch(1) if { y := q with input as {"l": [lower("X")]} }',
      3,
    ],
    [
      "functions whose argument is made anew",
      'f(x) := count([y | some y in x.l])\np := f({"l": [lower("X")]}) + host.fetch(1)',
      3,
    ],
    [
      "functions whose argument is a comprehension",
      "f(x) := count([y | some y in x])\np := f({y | some y in [input.o, 1]}) + host.fetch(1)",
      3,
    ],
    ["keys", 'q["a"] := host.fetch(1)\nq["b"] := 2\nq[x] := x if { some x in [3] }\np := [q["b"], q["a"]]', 5],
  ])("%s", (_, text, evaluations) => {
    expect(rounds(text).evaluations).toBe(evaluations);
  });
});
