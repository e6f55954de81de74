import { describe, expect, it } from "vitest";
import { compileModules } from "../compile/index.ts";
import { RegoError, RegoErrors } from "../errors.ts";
import { parseModule } from "../syntax/index.ts";
import { fromJson, toJson, type Value } from "../value/index.ts";
import { loadPolicy } from "./load.ts";
import { fetchType, rounds } from "./rounds.fixture.ts";
import type { Evaluation, StartOptions } from "./types.ts";

function start(text: string, options: Partial<StartOptions> & { data?: Value } = {}): Evaluation {
  const compiled = compileModules([parseModule("t.rego", `package t\n\n${text}`)], {
    entrypoints: "all",
    externals: [fetchType],
  });
  const { data, ...rest } = options;
  return loadPolicy(structuredClone(compiled), data === undefined ? {} : { data }).start({ nowNs: 1n, ...rest });
}

const five = [1, 2, 3, 4, 5];
const xs = "some x in numbers.range(1, 5)";

describe("external functions", () => {
  const cases: [name: string, text: string, asked: unknown[][], value: unknown, answers?: Record<string, unknown>][] = [
    ["a loop", `p contains y if { ${xs}; y := host.fetch(x) }`, [five], five],
    ["a comprehension", `p := [y | ${xs}; y := host.fetch(x)]`, [five], five],
    ["under not", `p contains x if { ${xs}; not host.fetch(x) == 2 }`, [five], [1, 3, 4, 5]],
    ["under every", "p if every x in numbers.range(1, 5) { host.fetch(x) > 0 }", [five], true],
    ["in a function that a comprehension calls", `f(x) := host.fetch(x)\np := {y | ${xs}; y := f(x)}`, [five], five],
    ["a call whose argument is an answer", "p := host.fetch(host.fetch(1) + 1)", [[1], [2]], 2],
    ["the same call twice", "p := [host.fetch(1), host.fetch(1)]", [[1]], [1, 1]],
    ["else is asked only when it is its turn", 'p := 1 if { host.fetch("a") } else := host.fetch("b")', [["a"]], 1],
    ["else", 'p := 1 if { host.fetch("a") } else := host.fetch("b")', [["a"], ["b"]], "b", { a: false }],
    ["default", 'default p := "d"\np := "x" if { host.fetch("a") }', [["a"]], "d", { a: undefined }],
    ["what an earlier expression rules out", 'p := 2 if { false; host.fetch("a") }', [], undefined],
    ["a later expression waits", 'p if { host.fetch("a"); host.fetch("b") }', [["a"]], undefined, { a: false }],
    ["a second body waits for the first one", 'p if { host.fetch("a") }\np if { host.fetch("b") }', [["a"]], true],
    ["all members of a set", 'p contains 1 if host.fetch("a")\np contains 2 if host.fetch("b")', [["a", "b"]], [1, 2]],
    ["one key of a document", `q[x] := host.fetch(x) if { ${xs} }\np := q[3]`, [[3]], 3],
    ["one member of a set", `q contains x if { ${xs}; host.fetch(x) }\np := 7 if q[2]`, [[2]], 7],
    ["below with", `q := host.fetch(input)\np := [y | ${xs}; y := q with input as x]`, [five], five],
    ["replaced by with", "q := host.fetch(1)\np := x if { x := q with host.fetch as 9 }", [], 9],
    ["as a replacement", 'g(_) := 1\np := x if { x := g("a") with g as host.fetch }', [["a"]], "a"],
    ["a document of packages", "p := count(object.keys(data.u))", [], undefined],
    ["an undefined answer", 'p := [1 | host.fetch("a")]', [["a"]], [], { a: undefined }],
  ];
  it.each(cases)("asks for %s", (_, text, asked, value, answers) => {
    const outcome = rounds(text, answers);
    expect(outcome.asked).toEqual(asked);
    expect(outcome.value).toEqual(value);
  });

  it("evaluates again only what was pending", () => {
    const text = `a := count([x | ${xs}])\nb := a + host.fetch(1)\nc := host.fetch(2)\np := [a, a, b, c, b]`;
    const outcome = rounds(text);
    // First pass: p, a, b, and c is not reached; second: p, b, c; third: p, c.
    expect(outcome.asked).toEqual([[1], [2]]);
    expect(outcome.value).toEqual([5, 5, 6, 2, 6]);
    expect(outcome.evaluations).toBe(3 + 3 + 2);
  });

  it("ends after maxPasses", () => {
    const evaluation = start("p := host.fetch(1)", { limits: { maxPasses: 1 } });
    evaluation.step([["t", "p"]]);
    expect(() => evaluation.step([["t", "p"]])).toThrow(expect.objectContaining({ code: "limit_passes" }));
  });
});

describe("sharing", () => {
  it("evaluates what depends on nothing but data once for all inputs", () => {
    const text = `slow := count([x | ${xs}])\np := slow + input`;
    const compiled = compileModules([parseModule("t.rego", `package t\n\n${text}`)], { entrypoints: [["t", "p"]] });
    const loaded = loadPolicy(compiled);
    const run = (input: number) => {
      const evaluation = loaded.start({ nowNs: 1n, input });
      return [evaluation.step([["t", "p"]]), evaluation.evaluations];
    };
    expect(run(1)).toEqual([{ kind: "done", results: [6] }, 2]);
    expect(run(2)).toEqual([{ kind: "done", results: [7] }, 1]);
  });

  it("refuses documents that no entry point reaches", () => {
    const compiled = compileModules([parseModule("t.rego", "package t\n\np := 1\nq := 2")], {
      entrypoints: [["t", "p"]],
    });
    const evaluation = loadPolicy(compiled).start({ nowNs: 1n });
    expect(evaluation.step()).toEqual({ kind: "done", results: [1] });
    expect(() => evaluation.step([["t", "q"]])).toThrow("not among the compiled entry points");
  });
});

describe("limits", () => {
  const endless = "p := count([1 | some a in r; some b in r; some c in r; some d in r])\nr := numbers.range(1, 300)";
  it.each([
    ["steps", endless, { steps: 100_000 }, "limit_steps"],
    ["time", endless, { timeMs: 30 }, "limit_time"],
    ["depth", "p := q\nq := r\nr := s\ns := 1", { depth: 3 }, "limit_depth"],
    ["output", "p := numbers.range(1, 1000)", { maxOutput: 1000 }, "limit_output"],
  ])("%s", (_, text, limits, code) => {
    expect(() => start(text, { limits }).step([["t", "p"]])).toThrow(expect.objectContaining({ code }));
  });

  it("allows what is just within them", () => {
    const limits = { depth: 4, maxOutput: 1 };
    expect(start("p := q\nq := r\nr := s\ns := 1", { limits }).step([["t", "p"]])).toEqual({
      kind: "done",
      results: [1],
    });
  });
});

describe("errors", () => {
  const input = fromJson({ n: 1, l: [1] });

  it.each([
    ["complete rules", "p := x if { some x in [1, 2] }", "complete rules must not produce multiple outputs"],
    [
      "functions",
      "f(_) := x if { some x in [1, 2] }\np := f(1)",
      "functions must not produce multiple outputs for same inputs",
    ],
    ["objects", "p[1] := x if { some x in [1, 2] }", "complete rules must not produce multiple outputs"],
    ["partial objects", 'p[k] := x if { some x in [1, 2]; k := "a" }', "object keys must be unique"],
    ["comprehensions", "p := {1: x | some x in [1, 2]}", "object keys must be unique"],
  ])("conflicts of %s", (_, text, message) => {
    const step = () => start(text).step([["t", "p"]]);
    expect(step).toThrow(expect.objectContaining({ code: "eval_conflict_error", message }));
    expect(step).toThrow(RegoError);
  });

  it.each([
    ["a reference behind what differs", "p if { some y in input.l; [x, bad] = y }"],
    ["a reference beside what differs", "p if [input.n, bad] = [2, 1]"],
    ["a comprehension in a pattern", "p if { some y in input.l; [1, [1 | bad]] = y }"],
    ["a reference in the result of a call", "p if f([input.n, bad])\nf([2, _])"],
    ["a reference in the pattern of walk", "p if walk(input.n, [[bad], 1])"],
    ["a reference as the key of what is undefined", "p if input.q[bad]"],
    ["a comprehension beside a base document", "p if data.base = {1: x | some x in [1, 2]}"],
    ["a comprehension beside a set", "p if { some y in [{input.n}, input.n]; y == [1 | bad] }"],
  ])("come from %s, as in OPA", (_, text) => {
    const step = () =>
      start(`${text}\nbad := x if { some x in [1, 2] }`, { input, data: fromJson({ base: [1] }) }).step([["t", "p"]]);
    expect(step).toThrow(expect.objectContaining({ code: "eval_conflict_error" }));
  });

  it.each([
    ["another kind of value", "p if input = [1 | bad]"],
    ["another kind of value of a rule", "p if q = [1 | bad]\nq := input.n"],
    ["another kind of value, the other way round", "p if {1 | bad} = input"],
    ["a pattern of lists, which it is none of", "p if [x, bad] = input.n"],
  ])("do not come from a comprehension that is compared with %s, as in OPA", (_, text) => {
    const { step } = start(`${text}\nbad := x if { some x in [1, 2] }`, { input });
    expect(step([["t", "p"]])).toEqual({ kind: "done", results: [undefined] });
  });

  it("leaves a call undefined whose built-in fails, unless errors are strict", () => {
    const text = "p := to_number(input)";
    expect(start(text, { input: "x" }).step([["t", "p"]])).toEqual({ kind: "done", results: [undefined] });
    const strict = start(text, { input: "x", strictBuiltinErrors: true });
    expect(() => strict.step([["t", "p"]])).toThrow(expect.objectContaining({ code: "eval_builtin_error" }));
  });

  it("says all at once what is wrong with the modules", () => {
    const compile = () =>
      compileModules([parseModule("t.rego", "package t\n\np if x\n\nq if y")], { entrypoints: "all" });
    expect(compile).toThrow(RegoErrors);
    expect(compile).toThrow("2 errors occurred");
  });
});

describe("print", () => {
  it("shows undefined arguments and every combination", () => {
    const printed: string[] = [];
    const text = 'p if { print("a", input.nope, {1}, input.xs) }';
    start(text, {
      input: fromJson({ xs: ["x", 2] }),
      print: (message, { row }) => printed.push(`${row} ${message}`),
    }).step([["t", "p"]]);
    expect(printed).toEqual(['3 a <undefined> {1} ["x", 2]']);
  });
});

describe("print in several passes", () => {
  it("shows each text once", () => {
    const printed: string[] = [];
    const text = 'q if { print("q") }\np := x if { print("p"); q; x := host.fetch(1); print("x", x) }';
    const evaluation = start(text, { print: (message) => printed.push(message) });
    const step = evaluation.step([["t", "p"]]);
    if (step.kind === "pending") for (const { key } of step.calls) evaluation.answer(key, 5);
    expect(evaluation.step([["t", "p"]])).toEqual({ kind: "done", results: [5] });
    expect(printed).toEqual(["p", "q", "x 5"]);
  });
});

describe("what is written in policies stays data", () => {
  const hostile = '"];throw new Error(1);//\\u2028\\u2029`$' + "{globalThis.broken=1}";
  const quoted = JSON.stringify(hostile);
  it.each([
    ["a string", `p := ${quoted}`],
    ["a key", `p := {${quoted}: 1, "__proto__": 2, "constructor": 3}`],
    ["a rule's name", `p[${quoted}] := 1`],
    ["a name of Object.prototype", "p.__proto__.constructor := 1\np.toString := 2"],
    ["a reference", `p := [1 | input[${quoted}].__proto__]`],
    ["a comment", `# ${hostile} */ }\np := 1`],
  ])("%s", (_, text) => {
    const step = start(text, { input: fromJson({}) }).step([["t", "p"]]);
    expect(step.kind).toBe("done");
    expect("broken" in globalThis).toBe(false);
  });

  it("keeps names of Object.prototype apart", () => {
    const text = 'p := {"__proto__": 1, "x": input.constructor, "y": [1 | input.toString]}';
    const step = start(text, { input: fromJson(JSON.parse('{"constructor": 5}')) }).step([["t", "p"]]);
    const json = step.kind === "done" ? toJson(step.results[0] as Value) : undefined;
    expect(Object.entries(json as object)).toEqual([
      ["__proto__", 1],
      ["x", 5],
      ["y", []],
    ]);
  });
});

describe("base documents, as OPA's storage reads them", () => {
  const data = fromJson({ list: ["a", "b"], map: { "1": "c" } });

  it.each<[string, string, unknown]>([
    ["an index that is a text", 'data.list["1"]', "b"],
    ["an index with a sign and zeros", 'data.list["+01"]', "b"],
    ["a negative index", 'data.list["-1"]', undefined],
    ["an index past the end", 'data.list["2"]', undefined],
    ["a name that is no index", "data.list.length", undefined],
    ["a variable's text", '[y | x := "0"; y := data.list[x]][0]', "a"],
    ["a number for a name", "data.map[1]", "c"],
    ["not in what was read from them", '[y | x := data.list; y := x[["1"][0]]]', []],
    ["not in the input", 'input.list["1"]', undefined],
  ])("%s", (_, term, expected) => {
    const step = start(`p := ${term}`, { data, input: data }).step([["t", "p"]]);
    const [value] = step.kind === "done" ? step.results : [];
    expect(value === undefined ? undefined : toJson(value)).toEqual(expected);
  });
});
