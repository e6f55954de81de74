import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileModules } from "../compile/index.ts";
import { parseModule } from "../syntax/index.ts";
import { fromJson, toJson, type Value } from "../value/index.ts";
import { loadPolicy } from "./load.ts";

/** The text is the name of its file, too. */
function emit(text: string): string {
  return compileModules([parseModule(text, text)], { entrypoints: "all", watch: "failures" }).source;
}

/** The code without what stands in literals: what a policy's text must never change. */
function withoutLiterals(source: string): string {
  return source.replaceAll(/"(?:[^"\\]|\\.)*"/g, '""');
}

const pieces = [
  '"',
  "'",
  "`",
  "\\",
  "$" + "{globalThis.broken=1}",
  '"];globalThis.broken=1;//',
  "*/globalThis.broken=1;/*",
  "<!--",
  "-->",
  "\u2028globalThis.broken=1\u2029",
  "\r",
  "\n",
  "\0",
  "\ud800",
  "__proto__",
  "constructor",
  "😀",
  "}",
  ")",
  "]",
  "\\u0022",
  "\\x22",
];
const hostileText = fc
  .array(fc.oneof(fc.constantFrom(...pieces), fc.string({ unit: "binary", maxLength: 3 })), {
    minLength: 1,
    maxLength: 6,
  })
  .map((parts) => parts.join("").replaceAll(/\p{Surrogate}/gu, ""))
  .map((text) => `x${text}`);
/** What may stand in a module as it is, not only as an escape. */
const inSource = (text: string) => text.replaceAll(/[\0\ufeff]/g, "");
const oneLine = (text: string) => inSource(text).replaceAll(/[\r\n]/g, " ");

/** Everywhere that a policy may hold any text at all. */
const places: [name: string, write: (text: string) => string][] = [
  ["a string", (text) => `package t\np := ${JSON.stringify(text)}`],
  ["a raw string", (text) => `package t\np := \`x${inSource(text).replaceAll("`", "")}\``],
  [
    "a template string",
    (text) => `package t\np := $"{input.x}${JSON.stringify(text).slice(1, -1).replaceAll("{", "\\{")}"`,
  ],
  ["a key", (text) => `package t\np := {${JSON.stringify(text)}: input.x}`],
  ["a member", (text) => `package t\np := {input.x, ${JSON.stringify(text)}}`],
  ["a rule's name", (text) => `package t\np[${JSON.stringify(text)}] := 1`],
  ["a general rule's name", (text) => `package t\np[${JSON.stringify(text)}][x] := 1 if some x in input`],
  ["a package", (text) => `package t[${JSON.stringify(`-${text}`)}]\np := 1`],
  ["a reference", (text) => `package t\np := input[${JSON.stringify(text)}].x[_]`],
  ["a reference to data", (text) => `package t\np := data.a[${JSON.stringify(text)}]`],
  ["a function's pattern", (text) => `package t\nf(${JSON.stringify(text)}) := 1\np := f(input)`],
  ["an argument", (text) => `package t\np := sprintf(${JSON.stringify(text)}, [input])`],
  ["a with target", (text) => `package t\np if data.b with data.b[${JSON.stringify(text)}] as 1`],
  ["a comment", (text) => `package t # ${oneLine(text)}\n# ${oneLine(text)}\np := 1`],
  [
    "metadata",
    (text) =>
      `package t\n# METADATA\n# title: ${JSON.stringify(text)}\n# custom: {${JSON.stringify(text)}: 1}\np := rego.metadata.rule()`,
  ],
];

describe("what is written in policies is never code", () => {
  it.each(places)("%s", (_, write) => {
    const harmless = withoutLiterals(emit(write("harmless")));
    fc.assert(
      fc.property(hostileText, (text) => {
        expect(withoutLiterals(emit(write(text)))).toBe(harmless);
      }),
      { numRuns: 200 },
    );
    expect("broken" in globalThis).toBe(false);
  });

  it("finds code in a source that has it", () => {
    expect(withoutLiterals('const a="x\\";y";b()')).toBe('const a="";b()');
  });

  const reserved = [
    "arguments",
    "await",
    "async",
    "break",
    "class",
    "const",
    "constructor",
    "delete",
    "do",
    "enum",
    "eval",
    "export",
    "function",
    "globalThis",
    "hasOwnProperty",
    "let",
    "new",
    "process",
    "prototype",
    "return",
    "super",
    "switch",
    "this",
    "throw",
    "toString",
    "typeof",
    "undefined",
    "valueOf",
    "var",
    "void",
    "while",
    "yield",
    "__proto__",
    "K",
    "S",
    "U",
    "P",
    "G",
    "C",
    "H",
    "c",
    "p",
    "a",
    "eq",
    "environment",
    "documents",
    "query",
    "R0",
    "E0",
    "t1",
    "k1",
    "b1",
    "L1",
    "RegoObject",
    "SetBuilder",
    "ObjectBuilder",
  ]; // prettier-ignore
  it.each(reserved)("a name that is JavaScript's or the emitter's own: %s", (name) => {
    const text = `package ${name}.${name}
import input.${name} as alias
import data.base.${name} as other

${name}[key] := value if some key, value in input.values
f${name}(${name}1) := [${name}1, ${name}2] if some ${name}2 in ${name}1
result := [f${name}([y | some y in ${name}]), alias, other]
`;
    const compiled = compileModules([parseModule("t.rego", text)], { entrypoints: "all" });
    const data = JSON.parse(`{"base": {${JSON.stringify(name)}: 2}}`);
    const input = JSON.parse(`{"values": [7], ${JSON.stringify(name)}: 1}`);
    const evaluation = loadPolicy(compiled, { data: fromJson(data) }).start({ nowNs: 1n, input: fromJson(input) });
    const step = evaluation.step([[name, name, "result"]]);
    expect(step.kind === "done" && toJson(step.results[0] as Value)).toEqual([[[7], 7], 1, 2]);
  });
});
