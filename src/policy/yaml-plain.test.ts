import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { parseYamlWhole } from "./yaml-document.ts";
import { readPlainYaml } from "./yaml-plain.ts";
import type { YamlTree } from "./yaml-tree.ts";

function toPlainJson(tree: YamlTree | undefined): unknown {
  if (tree instanceof Map) {
    return { map: [...tree].map(([key, value]) => [key, toPlainJson(value)]).sort() };
  }
  return Array.isArray(tree) ? tree.map(toPlainJson) : typeof tree === "bigint" ? `${tree}n` : tree;
}

/** Where the quick reader reads a document, the whole reader reads the same. */
function assertAgrees(text: string): boolean {
  const quick = readPlainYaml(text);
  if (quick === undefined) {
    return false;
  }
  const whole = parseYamlWhole(text);
  expect({ text, value: whole.ok ? toPlainJson(whole.value) : "refused" }).toEqual({ text, value: toPlainJson(quick) });
  return true;
}

const plain = `---
# A comment
trusted_tasks:
  oci://quay.io/konflux-ci/tekton-catalog/task-init:0.1:
    - effective_on: "2024-05-08T00:00:00Z"
      expires_on: '2024-06-08'
      ref: 6ab75f26ff7b66a01ddb20545adaada69ab4d3ab
    -
      ref: sha256:00
  empty: []

  other:
  - a
  - - b
    - -1
  -
  nothing:
  "quoted key": {}
? a/very/long/key
: - effective_on: "x"
    ref: y
  - z
? "another"
: a: 1
  b: 2
? third
: text
numbers: 12
negative: -3
flag: yes
none: ~
text: it's a text, with {braces} and "quotes"
url: https://example.com/x?y=z#w
continued: x
  y
folded: >-
  a: b

  c
literal: |
  - a
   b

  # c
`;

describe("readPlainYaml", () => {
  it("reads plain documents", () => {
    expect(assertAgrees(plain)).toBe(true);
  });

  it.each([
    ["anchors", "a: &x 1\nb: *x"],
    ["tags", "a: !!str 1"],
    ["flow collections", "a: [1]"],
    ["escapes", 'a: "\\n"'],
    ["doubled quotes", "a: 'it''s'"],
    ["comments behind values", "a: x # y"],
    ["mappings in a line", "a: b: c"],
    ["merge keys", "<<: {a: 1}"],
    ["complex keys", "? [a]\n: b"],
    ["keys without a value", "? a\nb: 1"],
    ["keys that are no texts", "yes: 1"],
    ["floats", "a: 1.5"],
    ["octal numbers", "a: 010"],
    ["large numbers", "a: 12345678901234567890"],
    ["exponents", "a: 12e3"],
    ["infinity", "a: -.inf"],
    ["several documents", "a: 1\n---\nb: 2"],
    ["tabs", "a:\t1"],
    ["carriage returns", "a: 1\r\nb: 2"],
    ["a lone text", "abc"],
    ["nothing", "# x\n"],
    ["too much depth", Array.from({ length: 102 }, (_, depth) => `${" ".repeat(depth)}a:`).join("\n")],
    ["directives", "%YAML 1.1\n---\na: 1"],
    ["a broken indentation", "a:\n    b: 1\n  c: 2"],
    ["a list after a mapping", "a: 1\n- b"],
  ])("leaves %s to the whole reader", (_name, text) => {
    expect(readPlainYaml(text)).toBeUndefined();
  });

  it("agrees with the whole reader about documents that a writer wrote", () => {
    const scalar = fc.oneof(
      fc.string({ maxLength: 8 }),
      fc.string({ unit: fc.constantFrom(..."ab \n"), maxLength: 30 }),
      fc.string({ unit: fc.constantFrom(..."ab01-:.'\"#_ "), maxLength: 6 }),
      fc.constantFrom("yes", "no", "null", "~", "0x1f", "1e3", "2024-01-31", "1_0", "012", "1:30", "-", "=", "<<"),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
    );
    const key = fc.oneof(fc.string({ minLength: 1, maxLength: 6 }), fc.constantFrom("a", "b:c", "yes", "1", "x y"));
    const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        scalar,
        fc.array(tie("tree"), { maxLength: 3 }),
        fc.dictionary(key, tie("tree"), { maxKeys: 3, noNullPrototype: true }),
      ),
    }));
    let read = 0;
    fc.assert(
      fc.property(fc.dictionary(key, tree, { minKeys: 1, maxKeys: 4, noNullPrototype: true }), (value) => {
        read += assertAgrees(stringify(value, { version: "1.1", lineWidth: 0, indentSeq: true })) ? 1 : 0;
        read += assertAgrees(stringify(value, { version: "1.1", lineWidth: 8 })) ? 1 : 0;
        read += assertAgrees(stringify(value, { version: "1.1", lineWidth: 0, indentSeq: false })) ? 1 : 0;
      }),
      { numRuns: 500, seed: 7 },
    );
    expect(read).toBeGreaterThan(50);
  });

  it("agrees with the whole reader about lines of all kinds", () => {
    const token = fc.constantFrom(
      ..."a b a: b: - -- --- ... : ? ~ yes 1 -1 0 01 .5 'x' \"x\" '' [] {} [1] {a:1} # #c & * ! | > % @ = << a:b x#y -a :a ?a ?".split(
        " ",
      ),
    );
    const line = fc
      .tuple(fc.nat({ max: 3 }), fc.array(token, { minLength: 1, maxLength: 4 }))
      .map(([indent, tokens]) => `${"  ".repeat(indent)}${tokens.join(" ")}`);
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 6 }), (lines) => {
        assertAgrees(lines.join("\n"));
      }),
      { numRuns: 5_000, seed: 11 },
    );
  });
});
