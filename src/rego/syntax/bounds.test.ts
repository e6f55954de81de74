import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RegoErrors } from "../errors.ts";
import { formatTerm } from "./format.ts";
import { MAX_TEXT_LENGTH, parseModule, parseTerm } from "./parse.ts";
import { MAX_DEPTH } from "./token-stream.ts";

const TOO_DEEP = /rego_parse_error: max parsing recursion depth exceeded/;

describe("a text that nests deeper than the bound gives an error, not a stack overflow", () => {
  const levels = 50_000;
  const texts: [name: string, text: string][] = [
    ["arrays", "[".repeat(levels)],
    ["closed arrays", "[".repeat(levels) + "]".repeat(levels)],
    ["sets", "{".repeat(levels)],
    ["objects", '{"a":'.repeat(levels)],
    ["parentheses", "(".repeat(levels)],
    ["calls", "f(".repeat(levels)],
    ["indices", "a[".repeat(levels)],
    ["comprehensions", "[x | ".repeat(levels)],
    ["object comprehensions", "{x: y | ".repeat(levels)],
    ["every", `[x | ${"every x in y {".repeat(levels)}`],
    ["template strings", '$"{'.repeat(levels)],
    ["sums", `1${" + 1".repeat(levels)}`],
    ["memberships", `1${" in x".repeat(levels)}`],
    ["calls of what calls gave", `f(x)${".g(x)".repeat(levels)}`],
    ["pairs", `${"(a, ".repeat(levels)}`],
  ];
  it.each(texts)("%s", (_name, text) => {
    expect(() => parseTerm(text)).toThrow(TOO_DEEP);
  });

  it("else", () => {
    expect(() => parseModule("a.rego", `package a\np if x${" else if x".repeat(levels)}`)).toThrow(TOO_DEEP);
  });
});

describe("what is within the bound", () => {
  it.each([
    ["arrays", "[".repeat(MAX_DEPTH - 10) + "]".repeat(MAX_DEPTH - 10)],
    ["sums", `1${" + 1".repeat(MAX_DEPTH - 10)}`],
  ])("parses and prints: %s", (_name, text) => {
    expect(formatTerm(parseTerm(text)).length).toBeGreaterThan(MAX_DEPTH);
  });

  it("a wide list has no bound of its own", () => {
    const term = parseTerm(`[${"1,".repeat(100_000)}]`);
    expect(term.kind === "array" && term.items.length).toBe(100_000);
  });
});

describe("time", () => {
  it("a nest of ambiguous braces is read in time that grows with its length", () => {
    const levels = 200;
    const text = `${"{a | ".repeat(levels)}b${", c}".repeat(levels)}`;
    expect(formatTerm(parseTerm(text)).startsWith("{")).toBe(true);
    expect(() => parseTerm(`${"{a | ".repeat(levels)}b,,`)).toThrow(RegoErrors);
    expect(() => parseTerm(`${"[a | ".repeat(levels)}b,,`)).toThrow(RegoErrors);
  });
});

it("a text of more characters than the bound is refused", () => {
  expect(() => parseTerm(" ".repeat(MAX_TEXT_LENGTH + 1))).toThrow(/expected at most 16000000/);
});

describe("any text is a module or gives errors with places in it", () => {
  const pieces = fc.constantFrom(
    ..."package import default if else contains some every in not with as null true a b _ input data".split(" "),
    ...'{ } [ ] ( ) , : ; . := = == != < | & + - * / % $" $` " ` \\ # é 𝒳 \u0000 \ufeff'.split(" "),
    ...[
      "\n",
      " ",
      "\t",
      "\r\n",
      "# METADATA\n",
      "# title: x\n",
      "# - a\n",
      '"s"',
      "1",
      "1.5",
      "0x",
      "package a\n",
      "p if ",
    ],
  );
  const texts = fc.array(pieces, { maxLength: 40 }).map((parts) => parts.join(" "));
  const narrow = fc.array(pieces, { maxLength: 40 }).map((parts) => `package a\n${parts.join("")}`);

  it.each([
    ["apart", texts],
    ["joined", narrow],
  ])("%s", (_name, arbitrary) => {
    fc.assert(
      fc.property(arbitrary, (text) => {
        try {
          expect(parseModule("a.rego", text).file).toBe("a.rego");
        } catch (thrown) {
          if (!(thrown instanceof RegoErrors)) throw thrown;
          for (const { code, location } of thrown.errors) {
            expect(code).toBe("rego_parse_error");
            expect(location?.row).toBeLessThanOrEqual(text.split("\n").length);
            expect(location?.offset).toBeLessThanOrEqual(text.length);
          }
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
