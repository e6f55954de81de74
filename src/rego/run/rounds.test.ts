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
    ["keys", 'q["a"] := host.fetch(1)\nq["b"] := 2\nq[x] := x if { some x in [3] }\np := [q["b"], q["a"]]', 5],
  ])("%s", (_, text, evaluations) => {
    expect(rounds(text).evaluations).toBe(evaluations);
  });
});
