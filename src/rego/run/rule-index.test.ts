import { describe, expect, it } from "vitest";
import { type CompiledPolicy, compileModules } from "../compile/index.ts";
import { RegoError } from "../errors.ts";
import { parseModule } from "../syntax/index.ts";
import { fromJson, toJson } from "../value/index.ts";
import { loadPolicy } from "./load.ts";

/**
 * Evaluates `data.t.p` (the first row after the package is 2): its value or the row of its error, how often the expressions of
 * each row were evaluated, and how many were.
 */
function evaluate(text: string, input: unknown = {}, data: unknown = {}) {
  return prepare(text, data)(input);
}

function prepare(text: string, data: unknown = {}) {
  const compiled = compileModules([parseModule("t.rego", `package t\n${text}`)], {
    entrypoints: [["t", "p"]],
    watch: "rows",
  });
  return (input: unknown) => run(compiled, input, data);
}

function run(compiled: CompiledPolicy, input: unknown, data: unknown) {
  const policy = loadPolicy(compiled, { data: fromJson(data as never) });
  const counts = () => {
    const rows: Record<number, number> = {};
    for (const { location, count } of policy.counts()) rows[location.row] = Math.max(rows[location.row] ?? 0, count);
    return rows;
  };
  const total = () => policy.counts().reduce((sum, { count }) => sum + count, 0);
  try {
    const step = policy.start({ nowNs: 0n, input: fromJson(input as never) }).step();
    const [value] = step.kind === "done" ? step.results : [];
    return { value: value === undefined ? undefined : toJson(value), counts: counts(), total: total() };
  } catch (thrown) {
    if (!(thrown instanceof RegoError)) throw thrown;
    return { value: `conflict in ${thrown.location?.row}`, counts: counts(), total: total() };
  }
}

function rules(write: (index: number) => string, length = 100): string {
  return Array.from({ length }, (_, index) => write(index)).join("\n");
}

describe("a large group enters the rules that can hold", () => {
  const input = { kind: "k50", list: [1], path: ["k50", "x"], name: "k50:x" };
  it.each<[string, string, unknown]>([
    [
      "a set, by a path of the input",
      rules((i) => `p contains ${i} if { input.list[_] > 0; input.kind == "k${i}" }`),
      [50],
    ],
    [
      "a set, by a variable",
      rules((i) => `p contains ${i} if { x := input.kind; input.list[_] > 0; x == "k${i}" }`),
      [50],
    ],
    ["a complete rule", rules((i) => `p := ${i} if { input.list[_] > 0; input.kind == "k${i}" }`), 50],
    [
      "rules with else",
      rules((i) => `p := ${i} if { input.list[_] > 0; input.kind == "k${i}" } else := 0 if { input.kind == "a${i}" }`),
      50,
    ],
    [
      "a function, by its argument",
      `p := f(input.kind)\n${rules((i) => `f(x) := ${i} if { input.list[_] > 0; x == "k${i}" }`)}`,
      50,
    ],
    [
      "a function, by constants in its head",
      `p := f(input.kind, 1)\n${rules((i) => `f("k${i}", n) := ${i} if { input.list[_] >= n }`)}`,
      50,
    ],
    [
      "a function, by patterns in its head",
      `p := f(input.path)\n${rules((i) => `f(["k${i}", _]) := ${i} if { input.list[_] > 0 }`)}`,
      50,
    ],
    ["lists", rules((i) => `p contains ${i} if { input.list[_] > 0; ["k${i}", _] = input.path }`), [50]],
    ["globs", rules((i) => `p contains ${i} if { input.list[_] > 0; glob.match("k${i}:*", [":"], input.name) }`), [50]],
    [
      "one of several",
      rules((i) => `p contains ${i} if { input.list[_] > 0; input.kind in {"k${i}", "m${i}"} }`),
      [50],
    ],
    ["members", rules((i) => `p contains ${i} if { input.list[_] > 0; "k${i}" in input.path }`), [50]],
    ["an object", rules((i) => `p[x] := ${i} if { some x in input.list; input.kind == "k${i}" }`), { 1: 50 }],
  ])("%s", (_, text, expected) => {
    const ask = prepare(text);
    const { value, total } = ask(input);
    expect(value).toEqual(expected);
    expect(total).toBeLessThan(20);
    expect(ask({ ...input, kind: 1, path: {}, name: null }).value).toEqual(
      Array.isArray(expected) ? [] : typeof expected === "object" ? {} : undefined,
    );
  });

  it.each([
    ["a function", `p := f("k250")\n${rules((i) => `f(x) := ${i} if { input.list[_] > 0; x == "k${i}" }`, 500)}`, 250],
    ["a set", rules((i) => `p contains ${i} if { input.list[_] > 0; input.kind == "k${i}" }`, 500), [250]],
  ])("also of 500: %s", (_, text, expected) => {
    const { value, total } = evaluate(text, { list: [1], kind: "k250" });
    expect(value).toEqual(expected);
    expect(total).toBeLessThan(10);
  });

  it("by two things at once", () => {
    const text = rules(
      (i) => `p contains ${i} if { input.list[_] > 0; input.kind == "k${i % 5}"; input.op == "o${i % 4}" }`,
    );
    const { value, total } = evaluate(text, { kind: "k3", op: "o3", list: [1] });
    expect(value).toEqual([3, 23, 43, 63, 83]);
    expect(total).toBeLessThan(5 * 8);
  });

  it("by a base document, and what with puts in its place", () => {
    const text = `p := [q, r]\nr := x if { x := q with data.kind as "k7" }\n${rules((i) => `q := ${i} if { data.list[_] > 0; data.kind == "k${i}" }`)}`;
    expect(evaluate(text, {}, { kind: "k9", list: [1] }).value).toEqual([9, 7]);
  });

  it("with a default, and where nothing can hold", () => {
    const text = `default p := "none"\n${rules((i) => `p := ${i} if { input.list[_] > 0; input.kind == "k${i}" }`)}`;
    expect([evaluate(text, input).value, evaluate(text, {}).value]).toEqual([50, "none"]);
  });

  it("and finds their conflicts", () => {
    const text = rules((i) => `p := ${i} if { input.list[_] > 0; input.kind == "k${i % 50}" }`);
    expect(evaluate(text, { kind: "k3", list: [1] }).value).toBe("conflict in 55");
  });
});

/** Rows, values and counts are OPA's. */
describe("a rule whose conditions cannot hold is not entered", () => {
  const bad = "bad := x if { some x in [1, 2] }";
  it.each<[string, string, unknown, unknown]>([
    ["a comparison", "p if { bad; input.x == 1 }", { x: 2 }, undefined],
    ["a comparison that holds", "p if { bad; input.x == 1 }", { x: 1 }, "conflict in 3"],
    ["a list with the value", "p if { bad; input.x == 1 }", { x: [1] }, "conflict in 3"],
    ["an object with the value", "p if { bad; input.x == 1 }", { x: { a: 1 } }, "conflict in 3"],
    ["an undefined reference", "p if { bad; input.x }", {}, undefined],
    ["an undefined reference with a collection as its key", "p if { bad; input.x[{}] }", { x: [1] }, undefined],
    ["a collection as the key of a rule", "p if { bad; r[[1]].x }\nr.a.b := 1", {}, undefined],
    ["a large number as a key", "p if { bad; input.x[9007199254740993] }", { x: [1] }, undefined],
    ["an undefined argument of a call", "p if { bad; count(input.x) > 0 }", {}, undefined],
    ["an undefined value of the head", "p := input.x if { bad }", {}, undefined],
    ["an assignment", "p if { bad; x := input.x; x == 2 }", { x: 1 }, undefined],
    ["a constant in a variable", "p if { bad; x := 2; input.x == x }", { x: 1 }, undefined],
    ["an iteration", 'p if { bad; input.xs[_] == "a" }', { xs: ["b"] }, undefined],
    ["a member of a reference", 'p if { bad; "a" in input.xs }', { xs: ["b"] }, undefined],
    ["a member of a collection", 'p if { bad; input.x in {"a", "b"} }', { x: "c" }, undefined],
    ["a member of a list with a reference", "p if { bad; input.x in [input.y, 2, 3] }", { x: 5, y: 6 }, undefined],
    ["one, where OPA forgets the reference", "p if { bad; input.x in [input.y, 2, 3] }", { x: 6, y: 6 }, undefined],
    [
      "one, where the reference comes last",
      "p if { bad; input.x in [2, 3, input.y] }",
      { x: 5, y: 6 },
      "conflict in 3",
    ],
    ["one, with nothing else in the body", "p if { input.x in [input.y, 2, 3] }", { x: 6, y: 6 }, undefined],
    ["one of an object", 'p if { bad; input.x in {"a": 1, "b": input.y, "c": 2} }', { x: 6, y: 6 }, undefined],
    ["one of a set", "p if { bad; input.x in {input.y, 2, 3} }", { x: 5, y: 6 }, "conflict in 3"],
    ["a glob", 'p if { bad; glob.match("a:*", [":"], input.x) }', { x: "b:c" }, undefined],
    ["a glob that may match", 'p if { bad; glob.match("a:*", [":"], input.x) }', { x: "a:c:d" }, undefined],
    ["a glob with more than a star", 'p if { bad; glob.match("a*:*", [":"], input.x) }', { x: "b:c" }, "conflict in 3"],
    ["a list", "p if { bad; [1, _] = input.x }", { x: [2, 1] }, undefined],
    ["a list that may match", "p if { bad; [1, _] = input.x }", { x: [1, 1] }, "conflict in 3"],
    [
      "an argument",
      "p := f(input.x)\nf(x) if { bad2; x == 1 }\nbad2 := x if { some x in [1, 2] }",
      { x: 2 },
      undefined,
    ],
    ["not under not", "p if { bad; not input.x == 1 }", { x: 1 }, "conflict in 3"],
    ["not with a with", "p if { bad; input.x == 1 with input.x as 1 }", { x: 2 }, "conflict in 3"],
    ["not where something is printed", "p if { print(1); bad; input.x == 1 }", { x: 2 }, "conflict in 3"],
    ["not by a rule's value", "p if { bad; q == 1 }\nq := input.x", { x: 2 }, "conflict in 4"],
    ["an else, for which there is one more", "p := 1 if { bad; input.x == 1 } else := 2", { x: 2 }, 2],
    ["two values of one reference", "p if { bad; input.x == 1; input.x == 2 }", { x: 3 }, undefined],
    [
      "a value and a variable of one reference",
      "p if { bad; y := input.x; z := input.x; input.x == 2 }",
      { x: 3 },
      "conflict in 3",
    ],
  ])("%s", (_, text, input, expected) => {
    expect(evaluate(`${text}\n${bad}`, input).value).toEqual(expected);
  });
});

describe("the rule that a conflict names", () => {
  it.each<[string, string, unknown, unknown]>([
    ["is the later one", "p := 1\np := 2", {}, "conflict in 3"],
    ["is the one that the index has", "p := 1 if { input.x == 1 }\np := 2", { x: 1 }, "conflict in 2"],
    [
      "is the one with a value, not with a reference",
      "p := 1 if { input.x == 1 }\np := 2 if { input.x }",
      { x: 1 },
      "conflict in 2",
    ],
    ["of a function", "p := f(1)\nf(x) := 1 if { x == 1 }\nf(_) := 2", {}, "conflict in 3"],
    ["of an object", 'p[x] := 1 if { x := input.x }\np[x] := 2 if { x := "a" }', { x: "a" }, "conflict in 2"],
    ["with else", "p := 1 if { input.x == 2 } else := 3\np := 2 if { input.x == 1 }", { x: 1 }, "conflict in 3"],
  ])("%s", (_, text, input, expected) => {
    expect(evaluate(text, input).value).toEqual(expected);
  });
});

describe("what cannot change the result is not evaluated", () => {
  const list = { list: [1, 2, 3, 4, 5], x: 1 };
  it.each<[string, string, Record<number, number>]>([
    ["further solutions of a constant", "p if {\nsome x in input.list\nx > 1 }", { 4: 2 }],
    ["a further rule with the same constant", "p if {\ninput.x == 1 }\np if {\ninput.list }", { 3: 0, 5: 1 }],
    [
      "solutions of one of several constants",
      "p := 1 if {\nsome x in input.list\nx > 1 }\np := 2 if {\nnot input.x }",
      { 4: 2, 6: 1 },
    ],
    [
      "the second rule of a constant, beside others",
      "p := 1 if {\nsome x in input.list\nx > 1 }\np := 1 if {\nsome x in input.list\nx > 0 }\np := 2 if {\nnot input.x }",
      { 4: 2, 7: 0, 9: 1 },
    ],
    [
      "in a function",
      "p := f(1)\nf(x) := 1 if {\nsome y in input.list\ny > x }\nf(x) := 2 if {\nx > 2 }",
      { 5: 2, 7: 1 },
    ],
    ["an else", "p := 1 if {\ninput.x == 1 } else := 2 if {\ninput.list }", { 3: 1, 4: 0 }],
    ["behind every that is false", "p if {\nevery x in input.list {\nx < 3 } }", { 4: 3 }],
    ["behind not that is false", "p if {\nnot q }\nq if {\nsome x in input.list\nx > 1 }", { 6: 2 }],
    ["a default", "default p := 1\np := 2 if {\ninput.x == 1 }", { 4: 1, 2: 0 }],
    [
      "members with other constants",
      'p if q["a"]\nq contains "a" if {\ninput.x == 1 }\nq contains "b" if {\ninput.list }',
      { 4: 1, 6: 0 },
    ],
    [
      "other keys",
      'p := q["a"]\nq["a"] := 1 if {\ninput.x == 1 }\nq["b"] := 2 if {\ninput.list }\nq[x] := 3 if {\nx := "c" }',
      { 4: 1, 6: 0, 8: 1 },
    ],
    [
      "further solutions for a member",
      'p if q["a"]\nq contains "a" if {\nsome x in input.list\nx > 1 }\nq contains "b" if {\ninput.list }',
      { 5: 2, 7: 0 },
    ],
  ])("%s", (_, text, expected) => {
    const { counts } = evaluate(text, list);
    for (const [row, count] of Object.entries(expected)) expect([row, counts[Number(row)] ?? 0]).toEqual([row, count]);
  });
});

it("a document that many keys are asked of is evaluated whole, once", () => {
  const text = 'p := [y | some x in input.list; y := q[x]]\nq["a"] := 0\nq[x] := 1 if {\nsome x in input.list\nx > 0 }';
  const list = Array.from({ length: 100 }, (_, index) => index + 1);
  const { value, counts } = evaluate(text, { list });
  expect(value).toEqual(list.map(() => 1));
  expect(counts[6]).toBeLessThan(600);
});
