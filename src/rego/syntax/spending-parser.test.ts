import { describe, expect, it } from "vitest";
import { parseModule } from "./parse.ts";

/** The units that reading costs, up to what was reported: reports come each 4,096 units. */
function unitsOf(text: string): number {
  let units = 0;
  const spend = (spent: number): void => {
    units += spent;
  };
  parseModule("a.rego", text, { spend });
  return units;
}

describe("spend", () => {
  it.each<[string, string, number]>([
    ["tokens", `package a\n${"p := 1\n".repeat(10_000)}`, 30_000],
    ["comments", `package a\n${"#\n".repeat(10_000)}`, 10_000],
    ["long texts", `package a\np := "${"x".repeat(1_000_000)}"`, 31_000],
  ])("is told of %s", (_, text, expected) => {
    expect(unitsOf(text)).toBeGreaterThan(expected - 4096);
    expect(unitsOf(text)).toBeLessThan(expected * 4);
  });

  it("ends the reading with what it throws", () => {
    const enough = new Error("enough");
    const spend = (): never => {
      throw enough;
    };
    expect(() => parseModule("a.rego", `package a\n${"p := 1\n".repeat(10_000)}`, { spend })).toThrow(enough);
  });

  it("is told of literals that are read when they are asked for", () => {
    let units = 0;
    const spend = (spent: number): void => {
      units += spent;
    };
    const module = parseModule("a.rego", `package a\np := [${"1,".repeat(20_000)}1]`, { spend });
    const before = units;
    const value = module.rules[0]?.head.value;
    expect(value?.kind === "array" ? value.items.length : 0).toBe(20_001);
    expect(units - before).toBeGreaterThan(30_000);
  });
});
