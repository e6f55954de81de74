import { describe, expect, it } from "vitest";
import { toDirect } from "./direct.ts";
import { compileGeneral, compilePattern, findAll } from "./pattern.ts";

function createRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

const random = createRandom(15);
const pick = <T>(items: readonly T[]): T => items[random(items.length)] as T;
const pickSome = (items: readonly string[], most: number): string =>
  Array.from({ length: random(most + 1) }, () => pick(items)).join("");

const atoms = [
  "a",
  "b",
  "0",
  "-",
  "@",
  ":",
  "\\.",
  "\\d",
  "\\w",
  "\\s",
  ".",
  "[a-c]",
  "[^@]",
  "[^a\\n]",
  "[0-9.]",
  "[\\w-]",
  "[-a]",
];
const oddAtoms = [
  "(a)",
  "(?:b|c)",
  "[^\\s\\d]",
  "\\b",
  "\\pL",
  "é",
  "[a-",
  "x|y",
  "(?i)a",
  "[[:alpha:]]",
  "]",
  "{",
  "[a^]",
];
const quantifiers = ["", "", "", "*", "+", "?", "{2}", "{1,3}", "{2,}", "{0,1}", "*?", "{0}", "{3,2}", "**"];
const characters = [
  "a",
  "b",
  "c",
  "0",
  "9",
  "-",
  "@",
  ":",
  ".",
  " ",
  "\n",
  "\r",
  "\v",
  "\u00a0",
  "\u2028",
  "é",
  "K",
  "𝒳",
  "\ud800",
  "_",
  "A",
];

function createExpression(): string {
  const parts = Array.from(
    { length: 1 + random(4) },
    () => pick(random(12) === 0 ? oddAtoms : atoms) + pick(quantifiers),
  );
  return `${pick(["", "^"])}${parts.join("")}${pick(["", "$"])}`;
}

describe("expressions for V8's engine", () => {
  it("match what RE2's automata match, in the same places", () => {
    let direct = 0;
    for (let count = 0; count < 6_000; count += 1) {
      const expression = createExpression();
      if (toDirect(expression) === undefined) continue;
      direct += 1;
      const [quick, general] = [compilePattern(expression), compileGeneral(expression)];
      for (let texts = 0; texts < 8; texts += 1) {
        const text = pickSome(characters, 14);
        const spans = findAll(general, text, 100);
        expect([expression, text, findAll(quick, text, 100)]).toEqual([expression, text, spans]);
        expect([expression, text, quick.test(text)]).toEqual([expression, text, general.test(text)]);
      }
    }
    expect(direct).toBeGreaterThan(1_000);
  });

  it.each([
    "^[a-f0-9]{40}$",
    "[\\[\\]=]",
    "@[^@]+$",
    "^[^#]*#",
    ":[0-9.]+$",
    "[a-fA-F0-9]{16}",
    "^https://.*",
    "\\s+",
    "^v?\\d+$",
  ])("are those without a choice: %s", (expression) => {
    // A repetition that may begin anywhere is left to RE2.
    expect(toDirect(expression) !== undefined).toBe(expression !== "\\s+");
  });

  it.each([
    "(a+)+$",
    "(a|a)*b",
    "(.*)*x",
    "a*a*a*a*b",
    "^a*a*b",
    "^a?a?a?aaa$",
    "^(a?){30}a{30}$",
    "[a-z]+$",
    ".*x",
    "^.*x.*y",
    "^\\w+\\d",
    "^[^@]*[^:]*b",
    "x[a-z]*y",
    "a.*b",
    "^a+?b",
    "^\\s*\\n",
  ])("are not those that may go back: %s", (expression) => {
    expect(toDirect(expression)).toBeUndefined();
  });

  it("take linear time", () => {
    const text = "a".repeat(50_000);
    for (const expression of ["(a+)+$", "(a|a)*b", "(.*)*x", "a*a*a*a*b", "@[^@]+$", "^[^#]*#", "[a-f]{16}x"]) {
      expect(compilePattern(expression).test(`${text}!`)).toBe(false);
    }
  });

  it("are given to RE2 where the text is long", () => {
    const text = `${"a".repeat(150_000)}#`;
    expect(findAll(compilePattern("^[^#]*#"), text, 2)).toEqual([[0, 150_001]]);
  });
});
