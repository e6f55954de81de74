import { describe, expect, it } from "vitest";
import { compileModules } from "../compile/index.ts";
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

function load(counted: boolean) {
  const compiled = compileModules([parseModule("t.rego", text)], { entrypoints: [["t"]], counted });
  return loadPolicy(structuredClone(compiled));
}

function toRows(counts: readonly { location: { row: number }; count: number }[]): Record<number, number> {
  const rows: Record<number, number> = {};
  for (const { location, count } of counts) rows[location.row] = Math.max(rows[location.row] ?? 0, count);
  return rows;
}

describe("counts", () => {
  it("are of expressions that were evaluated and of rules that were true", () => {
    const evaluation = load(true).start({ nowNs: 0n, input: fromJson({ list: [1, 2, 3] }) });
    evaluation.step();
    expect(toRows(evaluation.profile())).toEqual({ 3: 2, 4: 1, 5: 3, 8: 1, 9: 3, 10: 1, 13: 1, 16: 1 });
  });

  it("have the most often evaluated first", () => {
    const evaluation = load(true).start({ nowNs: 0n, input: fromJson({ list: [1, 2, 3, 4, 5, 6] }) });
    evaluation.step();
    expect(evaluation.profile()[0]).toMatchObject({ location: { file: "t.rego" }, count: 6 });
  });

  it("are of one evaluation, and of all together", () => {
    const policy = load(true);
    for (let count = 1; count <= 2; count += 1) {
      const evaluation = policy.start({ nowNs: 0n, input: fromJson({ list: [2] }) });
      evaluation.step();
      expect(toRows(evaluation.profile())[5]).toBe(1);
      expect(toRows(policy.counts())[5]).toBe(count);
    }
  });

  it("are none unless they are asked for, and then there is no code for them", () => {
    const policy = load(false);
    const evaluation = policy.start({ nowNs: 0n, input: fromJson({ list: [1] }) });
    evaluation.step();
    expect([policy.counts(), evaluation.profile()]).toEqual([[], []]);
    const { source } = compileModules([parseModule("t.rego", text)], { entrypoints: "all" });
    expect(source).not.toContain("H[");
  });
});
