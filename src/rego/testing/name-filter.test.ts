import { describe, expect, it } from "vitest";
import { createNameFilter } from "./name-filter.ts";

describe("names that are left out", () => {
  const table: [pattern: string, name: string, isMatch: boolean][] = [
    ["a.rego", "a.rego", true],
    ["a.rego", "ba.rego", false],
    ["*_test.rego", "a_test.rego", true],
    ["*_test.rego", "a_test.rego.bak", false],
    [".*", ".git", true],
    [".*", "a.rego", false],
    ["*", "", true],
    ["a*b*c", "aXbXbXc", true],
    ["a*b*c", "aXbXbX", false],
    ["?.rego", "a.rego", true],
    ["?.rego", "ab.rego", false],
    ["[a-c]x", "bx", true],
    ["[a-c]x", "dx", false],
    ["[^a-c]x", "dx", true],
    ["[^a-c]x", "ax", false],
    ["\\*", "*", true],
    ["\\*", "a", false],
    ["[", "[", false],
    ["a.b", "axb", false],
  ];
  it.each(table)("%s, of %s: %s", (pattern, name, isMatch) => {
    expect(createNameFilter([pattern])(name)).toBe(isMatch);
  });

  it("are those that any pattern matches, and none without a pattern", () => {
    expect(["a", "b", "c"].filter(createNameFilter(["a", "b"]))).toEqual(["a", "b"]);
    expect(createNameFilter([])("a")).toBe(false);
  });

  it("takes no time for many stars", () => {
    expect(createNameFilter([`${"a*".repeat(200)}b`])("a".repeat(2_000))).toBe(false);
  });
});
