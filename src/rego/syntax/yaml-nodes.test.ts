import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isMap, isScalar, isSeq, type Node, parseDocument, stringify } from "yaml";
import { type PlainNode, readPlainNodes } from "./yaml-nodes.ts";

function toTree(node: Node | null): unknown {
  if (isScalar(node)) return { text: node.source ?? node.value, isPlain: node.type === "PLAIN" };
  if (isSeq<Node>(node)) return node.items.map(toTree);
  if (!isMap<Node, Node | null>(node)) return null;
  return { entries: node.items.map(({ key, value }) => [toTree(key), toTree(value)]) };
}

function toPlainTree(node: PlainNode): unknown {
  if (node.kind === "scalar") return { text: node.text, isPlain: !node.isQuoted };
  if (node.kind === "list") return node.items.map(toPlainTree);
  return { entries: node.entries.map(([key, value]) => [toPlainTree(key), toPlainTree(value)]) };
}

/** Where the quick reader reads a block, the whole reader reads the same. */
function assertAgrees(text: string): boolean {
  const quick = readPlainNodes(text);
  if (quick === undefined) return false;
  const document = parseDocument(text, { schema: "failsafe", merge: true, logLevel: "silent" });
  const whole = document.errors.length > 0 ? document.errors[0]?.message : toTree(document.contents);
  expect({ text, tree: whole }).toEqual({ text, tree: toPlainTree(quick) });
  return true;
}

const block = `title: Tasks are trusted
description: >-
  Confirm each task, see https://example.com/x#y: that is all, and
  - this is text too.

  A second part.
scope: rule
custom:
  short_name: trusted
  failure_msg: '%s is not trusted'
  solution: >
    Upgrade it
    - now	or never.
      a: b

      # c
    d
  quoted: "begins here
    and ends: #there

    now"
  collections:
  - redhat
  - "minimal"
  depends_on:
    - a.b
  effective_on: 2024-05-07T00:00:00Z
  pipeline_intention:
  note: |-
    literal: text
     # kept

    end
  long: begins here
    and goes on

    after a gap
related_resources:
- ref: https://example.com
  description: an example
- below
authors: []
schemas:
  -
    input: schema.input
`;

describe("readPlainNodes", () => {
  it("reads what annotations are made of", () => {
    expect(assertAgrees(block)).toBe(true);
  });

  it.each([
    ["equal keys", "a: 1\na: 2"],
    ["merged mappings", "<<: x"],
    ["anchors", "a: &x 1"],
    ["flow collections", "a: [1]"],
    ["comments behind values", "a: b # c"],
    ["a mapping in a line", "a: b: c"],
    ["texts that keep the line ends after them", "a: |+\n  x\n\n"],
    ["an indentation that is given", "a: |2\n   x"],
    ["keys that are very long", `${"a".repeat(1_001)}: 1`],
    ["tabs that are no text", "a:\n\tb"],
    ["tabs behind a colon", "a:\tb"],
    ["texts in quotes that do not end", 'a: "b\n  c'],
    ["several documents", "a: 1\n---\nb: 1"],
    ["the end of a document", "a: 1\n...\n"],
    ["too much depth", Array.from({ length: 102 }, (_, depth) => `${" ".repeat(depth)}a:`).join("\n")],
  ])("leaves %s to the whole reader", (_name, text) => {
    expect(readPlainNodes(text)).toBeUndefined();
  });

  it("agrees with the whole reader about blocks that a writer wrote", () => {
    const text = fc.oneof(
      fc.string({ maxLength: 8 }),
      fc.string({ unit: fc.constantFrom(..."ab :-#'\" \n"), maxLength: 40 }),
      fc.string({ unit: fc.constantFrom("word ", "other", " ", "\n"), maxLength: 30 }),
      fc.constantFrom("yes", "null", "~", "1e3", "-", "<<", "a: b", "\u00a0x\u3000"),
    );
    const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 3 },
        text,
        fc.array(tie("tree"), { maxLength: 3 }),
        fc.dictionary(text, tie("tree"), { maxKeys: 3, noNullPrototype: true }),
      ),
    }));
    let read = 0;
    const blocks = fc.dictionary(text, tree, { minKeys: 1, maxKeys: 3, noNullPrototype: true });
    fc.assert(
      fc.property(blocks, fc.constantFrom(0, 8, 20), fc.boolean(), (value, lineWidth, indentSeq) => {
        const styles = ["BLOCK_FOLDED", "BLOCK_LITERAL", "PLAIN"] as const;
        for (const defaultStringType of styles) {
          const written = stringify(value, { lineWidth, minContentWidth: 0, indentSeq, defaultStringType });
          if (assertAgrees(written)) read += 1;
        }
      }),
      { numRuns: 1_000, seed: 3 },
    );
    expect(read).toBeGreaterThan(300);
  });

  it("agrees with the whole reader about lines of all kinds", () => {
    const token = fc.constantFrom(
      ..."a b a: b: a: - -- --- ... : ? ~ 'x' \"x\" '' [] {} [1] # #c & * ! | > >- |- > | % @ a:b x#y -a :a ?a ?".split(
        " ",
      ),
      "\u00a0",
    );
    const line = fc.oneof(
      fc.constantFrom("", "  ", "    "),
      fc
        .tuple(fc.nat({ max: 5 }), fc.array(token, { minLength: 1, maxLength: 3 }))
        .map(([indent, tokens]) => `${" ".repeat(indent)}${tokens.join(" ")}`),
    );
    let read = 0;
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 7 }), fc.constantFrom("", "\n", "\n\n"), (lines, end) => {
        if (assertAgrees(lines.join("\n") + end)) read += 1;
      }),
      { numRuns: 10_000, seed: 5 },
    );
    expect(read).toBeGreaterThan(200);
  });

  it("agrees with the whole reader about texts below their keys", () => {
    const header = fc.constantFrom("|", ">", "|-", ">-", "a", "", "'x'", '"a');
    const part = fc.constantFrom(
      "",
      "a",
      "b c",
      "# c",
      "- a",
      "a:",
      "a: b",
      "#",
      "x #y",
      ":",
      "-",
      'b"',
      "a\tb",
      "a:\tb",
      "-\tb",
      "b\t#c",
      " \tx",
    );
    const line = fc.tuple(fc.nat({ max: 4 }), part).map(([indent, text]) => " ".repeat(indent) + text);
    const before = fc.constantFrom("k: ", "- ", "- k: ", "- - ", "a:\n  k: ", "a:\n- k: ");
    let read = 0;
    fc.assert(
      fc.property(
        before,
        header,
        fc.array(line, { maxLength: 6 }),
        fc.constantFrom("", "\n"),
        (start, style, lines, end) => {
          if (assertAgrees(`${start}${style}\n${lines.join("\n")}${end}`)) read += 1;
        },
      ),
      { numRuns: 10_000, seed: 6 },
    );
    expect(read).toBeGreaterThan(500);
  });
});
