import { describe, expect, it } from "vitest";
import { parseModule } from "../../syntax/index.ts";
import { compileModules } from "../compile.ts";

/** The values: their keys have no order. */
function constantsOf(value: string): readonly unknown[] {
  const module = parseModule("p.rego", `package p\n\nx := ${value}\n`);
  return compileModules([module], { entrypoints: "all" }).constants.map((text): unknown => JSON.parse(text));
}

const members = Array.from(
  { length: 200 },
  (_, index) => `"${index}": [${index}, -${index + 1}.50, {"__proto__": null, "a\\u00e9\\n": true,}, []]`,
).join(",\n");

describe("long literals that are JSON", () => {
  // A comment leaves a literal to the grammar.
  it.each([
    ["an object", `{${members}`, "}"],
    ["an object with a comma at its end", `{${members},`, "}"],
    ["equal keys", `{"7": "replaced", ${members}, "8": "the last"`, "}"],
    ["an array", `[{${members}}, "a", 1.0`, "]"],
  ])("%s: the same constant as from terms", (_, text, close) => {
    const constants = constantsOf(`${text}${close}`);
    expect(constants).toHaveLength(1);
    expect(constants).toEqual(constantsOf(`${text} # not JSON\n${close}`));
  });
});
