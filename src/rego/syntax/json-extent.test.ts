import { describe, expect, it } from "vitest";
import type { Module, Term } from "./ast.ts";
import { JsonExtents } from "./json-extent.ts";
import { parseModule } from "./parse.ts";
import { toAstJson } from "./to-json.ts";

describe("JsonExtents", () => {
  const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);

  it.each([
    ["empty", "{}"],
    ["an empty array", "[ ]"],
    ["members", '{"a": 1, "b": [true, false, null, -1.25], "c": {"d": "e"}}'],
    ["white space", '\t{ "a" :\r\n 1 , "b" : [ ] }'.trim()],
    ["escapes", String.raw`["\"\\\/\b\f\n\r\t\u00e9"]`],
    ["15 digits", "[123456789012345]"],
    ["64 levels", nested(64)],
    ["commas at ends", '{"a": [1, 2,], "b": {"c": 3 , }, }'],
  ])("takes %s", (_, text) => {
    expect(new JsonExtents(`x := ${text} # more`).find(5)).toBe(5 + text.length);
  });

  it.each([
    ["a set", '{"a", "b"}'],
    ["a variable", '["a", b]'],
    ["a word that goes on", "[nullable]"],
    ["a comprehension", '["a" | true]'],
    ["an operator", "[1 + 2]"],
    ["a reference", "[[1][0]]"],
    ["a comment", "[1, # one\n2]"],
    ["a comma at the beginning", "[, 1]"],
    ["two commas", "[1, ,]"],
    ["a raw string", "[`a`]"],
    ["a key that is no text", "{1: 2}"],
    ["a tab in a text", '["a\tb"]'],
    ["half of a surrogate pair", String.raw`["\ud83d\ude00"]`],
    ["an escape that is none", String.raw`["\x"]`],
    ["an exponent", "[1e2]"],
    ["16 digits", "[1234567890123456]"],
    ["a leading zero", "[01]"],
    ["a zero with a sign", "[-0]"],
    ["a dot without digits", "[1.]"],
    ["other brackets", '{"a": 1]'],
    ["no end", '{"a": [1'],
    ["65 levels", nested(65)],
  ])("leaves %s to the grammar", (_, text) => {
    expect(new JsonExtents(text).find(0)).toBe(-1);
  });

  it("gives the text without commas before closing brackets", () => {
    const text = 'x := {"a": [1, 2,], "b": {"c": ",]" , }, "d": [[1],[2],],\n}';
    const extents = new JsonExtents(text);
    const end = extents.find(5);
    expect(extents.reader(5, end)()).toBe('{"a": [1, 2], "b": {"c": ",]"  }, "d": [[1],[2]]\n}');
  });

  it("takes what is JSON inside of what is none", () => {
    const text = '[{"a": 1}, x]';
    const extents = new JsonExtents(text);
    expect([extents.find(0), extents.find(1), extents.find(0)]).toEqual([-1, 9, -1]);
  });
});

describe("long literals that are JSON", () => {
  const members = Array.from({ length: 200 }, (_, index) => `"key ${index}": [${index}, {"a\\n": null}]`);
  const long = `{${members.join(",\n  ")}}`;
  const valueIn = (module: Module): Term | undefined => module.rules[0]?.head.value;

  it("keep their text", () => {
    const value = valueIn(parseModule("p.rego", `package p\n\nx := ${long}\n\ny := 1`));
    expect(value).toMatchObject({ kind: "object", json: long });
  });

  it("have the terms that the grammar reads, at their places", () => {
    const terms = (text: string) => {
      const value = valueIn(parseModule("p.rego", text));
      return value?.kind === "object" ? { pairs: value.pairs, location: value.location } : undefined;
    };
    // One member is no JSON: the others are read by the grammar.
    const written = terms(`package p\n\nx := ${long.replace(/\}$/, ', "z": y}')}`);
    const quick = terms(`package p\n\nx := ${long.replace(/\}$/, ', "z": 1}')}`);
    expect(quick?.location).toEqual(written?.location);
    expect(quick?.pairs.slice(0, -1)).toEqual(written?.pairs.slice(0, -1));
  });

  it("are followed by what follows them", () => {
    const module = parseModule("p.rego", `package p\n\nx := ${long}["key 7"][0] if {\n  true\n}\n\ny := 2`);
    expect(valueIn(module)).toMatchObject({
      kind: "ref",
      head: { kind: "object" },
      operands: [{ value: "key 7" }, {}],
    });
    expect(module.rules[1]?.location).toMatchObject({ row: 3 + members.length - 1 + 4, col: 1 });
  });

  it("are written as others in OPA's JSON", () => {
    const [quick, written] = ["", " # not JSON\n"].map((end) =>
      toAstJson(parseModule("p.rego", `package p\nx := ${long.replace(/\}$/, `${end}}`)}`)),
    );
    expect(quick?.rules).toEqual(written?.rules);
  });
});
