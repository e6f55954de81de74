import { describe, expect, it } from "vitest";
import { compileModules, type Watch } from "../compile/index.ts";
import { parseModule } from "../syntax/index.ts";
import { fromJson } from "../value/index.ts";
import { loadPolicy } from "./load.ts";

const text = `package t

p contains x if {
  some x in input.list
  x > 1
  not q(x)
}

q(x) if x == 3

r if {
  count(p) == 2
  p["none"]
}
`;

function load(watch: Watch) {
  const compiled = compileModules([parseModule("t.rego", text)], { entrypoints: [["t"]], watch });
  return loadPolicy(structuredClone(compiled));
}

describe("times", () => {
  const policy = load("times");
  policy.start({ nowNs: 0n, input: fromJson({ list: [1, 2, 3, 4] }) }).step();
  const { places, rules } = policy.profile();

  it("are of each expression, with how often it was evaluated and how often it was true", () => {
    const rows = (row: number) =>
      places
        .filter(({ location }) => location.row === row)
        .map(({ evaluations, solutions }) => [evaluations, solutions]);
    expect(rows(4)).toEqual([[1, 4]]);
    expect(rows(5)).toEqual([[4, 3]]);
    // What the index knows to be false is not evaluated.
    expect(rows(9)).toEqual([[1, 1]]);
    expect(places.every(({ timeNs }) => Number.isSafeInteger(timeNs) && timeNs >= 0)).toBe(true);
  });

  it("are of each rule, without the rules that it asks for", () => {
    expect(rules.map(({ path, location, evaluations }) => [path, location.row, evaluations])).toEqual([
      ["data.t.p", 3, 1],
      ["data.t.q", 9, 1],
      ["data.t.r", 11, 1],
    ]);
    for (const { path, timeNs } of rules) {
      const [first, last] = { "data.t.p": [3, 7], "data.t.q": [9, 9] }[path] ?? [11, 14];
      const own = places.filter(({ location: { row } }) => row >= (first ?? 0) && row <= (last ?? 0));
      expect(timeNs).toBe(own.reduce((sum, place) => sum + place.timeNs, 0));
    }
  });

  it("say nothing of failures", () => {
    expect([policy.counts(), policy.failures()]).toEqual([[], undefined]);
  });
});

describe("failures", () => {
  it("are of the document that was evaluated last", () => {
    const policy = load("failures");
    const evaluation = policy.start({ nowNs: 0n, input: fromJson({ list: [2, 4] }) });
    evaluation.step([["t", "r"]]);
    const failed = policy.failures();
    expect(failed?.path).toBe("data.t.r");
    expect(failed?.failures.map(({ span }) => text.slice(span.offset, span.end))).toEqual(['p["none"]']);
    policy.start({ nowNs: 0n }).step([["t", "p"]]);
    expect(policy.failures()?.path).toBe("data.t.p");
  });

  it("have the values of variables and of terms, and the rules without a result", () => {
    const policy = load("failures");
    policy.start({ nowNs: 0n, input: fromJson({ list: [1] }) }).step([["t", "r"]]);
    const failure = policy.failures()?.failures.at(-1);
    expect(failure?.terms.map(([span, value]) => [text.slice(span.offset, span.end), value])).toEqual([
      ["p", expect.objectContaining({ size: 0 })],
      ["count(p)", 0],
    ]);
    expect(failure?.inner.map(({ path }) => path)).toEqual(["data.t.p"]);
    expect(failure?.inner[0]?.failures.map(({ locals }) => locals)).toEqual([[["x", 1]]]);
  });

  it("keep the latest ten thousand of a rule", () => {
    const many = parseModule("m.rego", "package m\n\np if {\n  some x in numbers.range(1, 10005)\n  x < 0\n}\n");
    const policy = loadPolicy(compileModules([many], { entrypoints: [["m", "p"]], watch: "failures" }));
    policy.start({ nowNs: 0n }).step();
    const { failures } = policy.failures() ?? { failures: [] };
    expect(failures).toHaveLength(10_000);
    expect(failures.at(-1)?.locals).toEqual([["x", 10_005]]);
  });
});
