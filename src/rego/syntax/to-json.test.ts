import { describe, expect, it } from "vitest";
import { parseModule, parseTerm } from "./parse.ts";
import { toAstJson, toTermJson } from "./to-json.ts";

const x = { type: "var", value: "x" };
const p = { type: "var", value: "p" };
const q = { type: "string", value: "q" };
const yes = { type: "boolean", value: true };
const one = { type: "number", value: 1 };
const always = [{ index: 0, terms: yes }];
const ifX = [{ index: 0, terms: x }];

function rulesOf(text: string): unknown {
  return toAstJson(parseModule("a.rego", `package a\n${text}`)).rules;
}

describe("toAstJson", () => {
  const rules: [text: string, json: Record<string, unknown>][] = [
    ["p := 1", { head: { name: "p", value: one, assign: true, ref: [p] }, body: always }],
    ["p = 1", { head: { name: "p", value: one, ref: [p] }, body: always }],
    ["p contains 1 if x", { head: { name: "p", key: one, ref: [p] }, body: ifX }],
    ["p[x] if x", { head: { key: x, value: yes, ref: [p, x] }, body: ifX }],
    ["p[x] := 1 if x", { head: { name: "p", key: x, value: one, assign: true, ref: [p, x] }, body: ifX }],
    ["p.q if x", { head: { value: yes, ref: [p, { type: "string", value: "q" }] }, body: ifX }],
    ["p.q(x) if x", { head: { name: "p", args: [x], value: yes, ref: [p, q] }, body: ifX }],
    ["p.q(x) := 1 if x", { head: { name: "p", args: [x], value: one, assign: true, ref: [p, q] }, body: ifX }],
    ["p.q(x) := 1", { head: { args: [x], value: one, assign: true, ref: [p, q] }, body: always }],
    ["p.q.q(x) if x", { head: { args: [x], value: yes, ref: [p, q, q] }, body: ifX }],
    ["default p.q := 1", { default: true, head: { value: one, assign: true, ref: [p, q] }, body: always }],
    ["p.q contains 1 if x", { head: { key: one, ref: [p, q] }, body: ifX }],
    [
      "default p(x) := 1",
      { default: true, head: { name: "p", args: [x], value: one, assign: true, ref: [p] }, body: always },
    ],
    [
      "p if x else := 1",
      {
        head: { name: "p", value: yes, ref: [p] },
        body: ifX,
        else: { head: { name: "p", value: one, assign: true, ref: [p] }, body: always },
      },
    ],
  ];
  it.each(rules)("%s", (text, json) => {
    expect(rulesOf(text)).toEqual([json]);
  });

  it("package, imports and comments", () => {
    const module = parseModule("a.rego", "package a.b\nimport data.x as y #é\n#\n");
    const location = (row: number, col: number): unknown => ({ file: "a.rego", row, col });
    expect(toAstJson(module)).toEqual({
      package: {
        path: [
          { type: "var", value: "data" },
          { type: "string", value: "a" },
          { type: "string", value: "b" },
        ],
      },
      imports: [
        {
          path: {
            type: "ref",
            value: [
              { type: "var", value: "data" },
              { type: "string", value: "x" },
            ],
          },
          alias: "y",
        },
      ],
      comments: [
        { Text: Buffer.from("é").toString("base64"), Location: location(2, 20) },
        { Text: null, Location: location(3, 1) },
      ],
    });
  });
});

describe("toTermJson", () => {
  const eq = { type: "ref", value: [{ type: "var", value: "eq" }] };
  const terms: [text: string, json: unknown][] = [
    ["null", { type: "null", value: {} }],
    ["input", { type: "ref", value: [{ type: "var", value: "input" }] }],
    ["{2, 1, 2}", { type: "set", value: [one, { type: "number", value: 2 }] }],
    ["{1: x}", { type: "object", value: [[one, x]] }],
    ["[x | x = 1]", { type: "arraycomprehension", value: { term: x, body: [{ index: 0, terms: [eq, x, one] }] } }],
    ["{x: 1 | x}", { type: "objectcomprehension", value: { key: x, value: one, body: ifX } }],
    [
      '$"a{x}{1}"',
      {
        type: "templatestring",
        value: { parts: [{ type: "string", value: "a" }, { index: 0, terms: x }, one], multi_line: false },
      },
    ],
    ["$``", { type: "templatestring", value: { parts: null, multi_line: true } }],
    [
      "{x | some x in p}",
      {
        type: "setcomprehension",
        value: {
          term: x,
          body: [
            {
              index: 0,
              terms: {
                symbols: [
                  {
                    type: "call",
                    value: [
                      {
                        type: "ref",
                        value: [
                          { type: "var", value: "internal" },
                          { type: "string", value: "member_2" },
                        ],
                      },
                      x,
                      p,
                    ],
                  },
                ],
              },
            },
          ],
        },
      },
    ],
    [
      "[x | every x in p { x }]",
      {
        type: "arraycomprehension",
        value: { term: x, body: [{ index: 0, terms: { key: null, value: x, domain: p, body: ifX } }] },
      },
    ],
    [
      "[x | not x with p as 1]",
      {
        type: "arraycomprehension",
        value: { term: x, body: [{ index: 0, negated: true, terms: x, with: [{ target: p, value: one }] }] },
      },
    ],
  ];
  it.each(terms)("%s", (text, json) => {
    expect(toTermJson(parseTerm(text))).toEqual(json);
  });

  it("leaves numbers to the caller who wants all their digits", () => {
    expect(toTermJson(parseTerm("1.10"), { number: (text) => `#${text}` })).toEqual({ type: "number", value: "#1.10" });
  });
});
