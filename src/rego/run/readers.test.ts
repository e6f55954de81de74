import { describe, expect, it } from "vitest";
import { compileModules } from "../compile/index.ts";
import { parseModule } from "../syntax/index.ts";
import { toJson } from "../value/index.ts";
import { loadPolicy } from "./load.ts";
import { createReaders } from "./readers.ts";

describe("functions whose results are remembered", () => {
  it.each([1, 2, 3, 4, 6])("of %i parameters: by all of them, in their order", (arity) => {
    const places = Array.from({ length: arity }, (_, place) => place);
    const parameters = places.map((place) => `x${place}`).join(", ");
    const call = (last: number) => `f(${places.map((place) => (place === arity - 1 ? last : place)).join(", ")})`;
    // A call of another function makes it one that is remembered.
    const text = `package t\n\ng(x) := x\nf(${parameters}) := [g(${parameters.slice(-2)}), ${parameters}]\np := [${call(7)}, ${call(8)}, ${call(7)}]`;
    const evaluation = loadPolicy(compileModules([parseModule("t.rego", text)], { entrypoints: [["t", "p"]] })).start({
      nowNs: 1n,
    });
    const step = evaluation.step([["t", "p"]]);
    const row = (last: number) => [last, ...places.slice(0, -1), last];
    expect(step.kind === "done" ? step.results.map((value) => toJson(value ?? null)) : step).toEqual([
      [row(7), row(8), row(7)],
    ]);
    // The document, and f for each of the two lists of arguments.
    expect(evaluation.evaluations).toBe(3);
  });
});

describe("documents", () => {
  const asked: number[] = [];
  const lookup = (_: unknown, rule: number) => {
    asked.push(rule);
    return "evaluated";
  };
  const unused = () => undefined;
  const context = { memo: ["remembered", undefined] } as never;

  it.each([
    ["are read from memory", false, ["remembered", "evaluated"], [1]],
    ["are looked up each time where somebody is told", true, ["evaluated", "evaluated"], [0, 1]],
  ])("%s", (_, isTold, values, rules) => {
    asked.length = 0;
    const { reader } = createReaders({ lookup, lookupKey: unused, invoke: unused }, isTold);
    expect([0, 1].map((rule) => reader(rule, unused)(context))).toEqual(values);
    expect(asked).toEqual(rules);
  });
});
