import { describe, expect, it } from "vitest";
import { describeProblem, parseYaml, parseYamlTree } from "./yaml-document.ts";

describe("parseYaml", () => {
  it.each([
    ["unquoted words are booleans", "a: yes\nb: n\nc: Off", { a: true, b: false, c: false }],
    ["quoted words are texts", "a: 'yes'", { a: "yes" }],
    ["boolean keys are their text", "yes: 1\nno: 2", { true: 1, false: 2 }],
    ["a leading zero is octal", "a: 0755", { a: 493 }],
    ["underscores are dropped", "a: 1_000", { a: 1000 }],
    ["times are texts", "a: 2024-01-31\nb: 2024-01-31T00:00:00Z", { a: "2024-01-31", b: "2024-01-31T00:00:00Z" }],
    ["no base 60", "a: 1:30", { a: "1:30" }],
    ["numeric keys", "1: a", { "1": "a" }],
    ["merge keys", "x: &x {a: 1}\nz:\n  <<: *x\n  b: 2", { x: { a: 1 }, z: { a: 1, b: 2 } }],
    ["the last of equal keys", "a: 1\na: 2", { a: 2 }],
    ["JSON", '{"a": [1, 2.5, null, "yes"]}', { a: [1, 2.5, null, "yes"] }],
    ["octal as Go writes it", "a: 0o17\nb: -0o17", { a: 15, b: -15 }],
    [
      "binary is text, sets are objects",
      "a: !!binary aGVsbG8=\nb: !!set {x, 2}",
      { a: "hello", b: { x: null, "2": null } },
    ],
    ["the first of several documents", "a: 1\n---\nb: 2", { a: 1 }],
    ["nothing", "", null],
  ])("%s", (_name, text, expected) => {
    const result = parseYaml(text);
    expect(result).toMatchObject({ ok: true, value: expected });
  });

  it("integers keep their digits within 64 bits", () => {
    const result = parseYamlTree("a: 9007199254740993\nb: 18446744073709551615\nc: 18446744073709551616");
    expect(result.ok && result.value).toEqual(
      new Map<string, number | bigint>([
        ["a", 9007199254740993n],
        ["b", 18446744073709551615n],
        ["c", 18446744073709552000],
      ]),
    );
  });

  it.each([
    ["a null key", "~: 1"],
    ["a composite key", "? [a, b]\n: 1"],
    ["an infinite number", "a: .inf"],
    ["no number", "a: .nan"],
  ])("refuses %s", (_name, text) => {
    expect(parseYaml(text).ok).toBe(false);
  });

  it("a key named __proto__ is a key", () => {
    const result = parseYaml("__proto__: {a: 1}");
    expect(result.ok && JSON.stringify(result.value)).toBe('{"__proto__":{"a":1}}');
  });

  it("says where the text is wrong", () => {
    const result = parseYaml("a: [1, 2\nb: 3");
    expect(result.ok).toBe(false);
    expect(result.ok ? "" : describeProblem(result.problem)).toMatch(/^line 2, column 1: /);
  });

  it("refuses aliases that would explode", () => {
    const levels = Array.from({ length: 12 }, (_, level) =>
      level === 0 ? "a0: &a0 [x, x]" : `a${level}: &a${level} [*a${level - 1}, *a${level - 1}, *a${level - 1}]`,
    );
    expect(parseYaml(levels.join("\n")).ok).toBe(false);
  });
});
