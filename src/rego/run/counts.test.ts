import { describe, expect, it } from "vitest";
import { compileModules, type Watch } from "../compile/index.ts";
import { parseModule } from "../syntax/index.ts";
import { fromJson } from "../value/index.ts";
import { loadPolicy } from "./load.ts";

const text = `package t

p contains x if {
  some x in input.list
  x > 1
}

q if {
  every x in input.list { x > 0 }
  not r
}

r if input.list[0] == 2

else := 3 if {
  input.other
}
`;

function load(watch: Watch) {
  const compiled = compileModules([parseModule("t.rego", text)], { entrypoints: [["t"]], watch });
  return loadPolicy(structuredClone(compiled));
}

function toRows(counts: readonly { location: { row: number }; count: number }[]): Record<number, number> {
  const rows: Record<number, number> = {};
  for (const { location, count } of counts) rows[location.row] = Math.max(rows[location.row] ?? 0, count);
  return rows;
}

describe("counts", () => {
  it("are of expressions that were evaluated and of rules that were true", () => {
    const policy = load("rows");
    policy.start({ nowNs: 0n, input: fromJson({ list: [1, 2, 3] }) }).step();
    expect(toRows(policy.counts())).toEqual({ 3: 2, 4: 1, 5: 3, 8: 1, 9: 3, 10: 1 });
  });

  it("are not of rules that the index knows to be false, and of those that it does not", () => {
    const policy = load("rows");
    policy.start({ nowNs: 0n, input: fromJson({ list: [2], other: 1 }) }).step();
    expect(toRows(policy.counts())).toMatchObject({ 13: 1 });
    policy.start({ nowNs: 0n, input: fromJson({ list: [1], other: 1 }) }).step();
    expect(toRows(policy.counts())).toMatchObject({ 13: 1, 15: 1, 16: 1 });
  });

  it("are of all evaluations together", () => {
    const policy = load("rows");
    for (let count = 1; count <= 2; count += 1) {
      policy.start({ nowNs: 0n, input: fromJson({ list: [2] }) }).step();
      expect(toRows(policy.counts())[5]).toBe(count);
    }
  });

  it("are none unless they are asked for, and then there is no code for them", () => {
    const policy = load("nothing");
    policy.start({ nowNs: 0n, input: fromJson({ list: [1] }) }).step();
    expect([policy.counts(), policy.profile(), policy.failures()]).toEqual([[], { places: [], rules: [] }, undefined]);
    const { source } = compileModules([parseModule("t.rego", text)], { entrypoints: "all" });
    expect(source).not.toMatch(/H\[|K\.(at|began|solved|failed)\(/);
  });
});
