import { describe, expect, it } from "vitest";
import { RegoErrors } from "../errors.ts";
import { toAnnotationsJson } from "./annotation-json.ts";
import { AnnotationSet } from "./annotation-set.ts";
import type { Rule } from "./ast.ts";
import { parseModule } from "./parse.ts";

function block(...lines: string[]): string {
  return ["# METADATA", ...lines.map((line) => `# ${line}`), ""].join("\n");
}

function annotationsOf(...lines: string[]): unknown {
  const module = parseModule("a.rego", `package a\n\n${block(...lines)}p := 1\n`);
  return module.annotations.map(toAnnotationsJson)[0];
}

function problemsOf(text: string): string[] {
  try {
    parseModule("a.rego", text);
  } catch (thrown) {
    if (!(thrown instanceof RegoErrors)) throw thrown;
    return thrown.errors.map(({ message, location }) => `${location?.row}:${location?.col} ${message}`);
  }
  return [];
}

function ruleNamed(rules: readonly Rule[], index: number): Rule {
  const rule = rules[index];
  if (rule === undefined) throw new Error(`expected a rule at ${index}`);
  return rule;
}

describe("fields", () => {
  const fields: [name: string, lines: string[], json: Record<string, unknown>][] = [
    ["texts", ["title: T", "description: |", "  one", "  two"], { title: "T", description: "one\ntwo\n" }],
    ["a number where a text is wanted", ["title: 1.10"], { title: "1.10" }],
    ["an indented mapping to its end", ["  description: d", "title: T"], { description: "d" }],
    ["the same, with a mapping in it", ["  custom:", "    x: 1", " title: T", "- a"], { custom: { x: 1 } }],
    ["the same, below an empty line", ["", "  title: T", "", "description"], { title: "T" }],
    ["nothing where a text is wanted", ["title: ~", "description: d"], { description: "d" }],
    ["organizations", ["organizations: [a, 1, true]"], { organizations: ["a", "1", "true"] }],
    ["entrypoint makes it a document's", ["entrypoint: true"], { entrypoint: true, scope: "document" }],
    ["entrypoint in YAML 1.1", ["entrypoint: yes"], { entrypoint: true, scope: "document" }],
    [
      "authors",
      ["authors:", "- Ann Lee <ann@x.org>", "- Bob", "- {name: Cid, email: c@x}", "- {email: d@x}"],
      {
        authors: [
          { name: "Ann Lee", email: "ann@x.org" },
          { name: "Bob" },
          { name: "Cid", email: "c@x" },
          { email: "d@x" },
        ],
      },
    ],
    [
      "related resources",
      ["related_resources:", "- https://x.org/a b", "- {ref: y, description: d}"],
      { related_resources: [{ ref: "https://x.org/a%20b" }, { ref: "y", description: "d" }] },
    ],
    [
      "schemas",
      ["schemas:", "- input: schema.x.y", '- data.a["b"]: {type: string}'],
      {
        schemas: [
          { path: ["input"], schema: ["schema", "x", "y"] },
          { path: ["data", "a", "b"], definition: { type: "string" } },
        ],
      },
    ],
    [
      "custom values as Go's YAML reads them",
      [
        "custom:",
        "  a: [1, 0x10, 0o17, 017, 1_000, 1.5, yes, true, ~, '1']",
        "  effective_on: 2022-01-01",
        "  b: {c: 2022-1-2T3:4:5.60+02:00}",
      ],
      {
        custom: {
          a: [1, 16, 15, 15, 1000, 1.5, "yes", true, null, "1"],
          effective_on: "2022-01-01T00:00:00Z",
          b: { c: "2022-01-02T03:04:05.6+02:00" },
        },
      },
    ],
    [
      "aliases and merges",
      ["custom:", "  a: &x {k: 1}", "  b: *x", "  c:", "    <<: *x", "    l: 2"],
      { custom: { a: { k: 1 }, b: { k: 1 }, c: { k: 1, l: 2 } } },
    ],
    ["unknown fields are left out", ["title: T", "other: x"], { title: "T" }],
  ];
  it.each(fields)("%s", (_name, lines, json) => {
    expect(annotationsOf(...lines)).toEqual({ scope: "rule", ...json });
  });
});

describe("scopes", () => {
  it("are chosen by what follows the block", () => {
    const text = `${block("title: pkg")}package a\n\n${block("title: rule")}p := 1\n\n${block("title: doc", "scope: document")}q contains 1\n\nq contains 2\n`;
    const module = parseModule("a.rego", text);
    expect(module.annotations.map(({ scope, title }) => [scope, title])).toEqual([
      ["package", "pkg"],
      ["rule", "rule"],
      ["document", "doc"],
    ]);
    expect(module.annotations[1]).toMatchObject({ location: { row: 5, col: 1 }, endRow: 6 });
    expect(module.rules.map((rule) => rule.annotations.map(({ title }) => title))).toEqual([
      ["rule"],
      ["doc"],
      ["doc"],
    ]);
  });

  it("a rule's block is the next rule's only", () => {
    const text = `package a\n\n${block("title: one")}p contains 1\n\n${block("title: two")}p contains 2\n\np contains 3\n`;
    const titles = parseModule("a.rego", text).rules.map((rule) => rule.annotations.map(({ title }) => title));
    expect(titles).toEqual([["one"], ["two"], []]);
  });

  it("an indented block and a gap between rows are ordinary comments", () => {
    const text =
      "package a\n\np if {\n  # METADATA\n  # title: [\n  true\n}\n# METADATA\n# title: T\n\n# title: [\nq := 1";
    expect(parseModule("a.rego", text).annotations.map(({ title }) => title)).toEqual(["T"]);
  });

  it("hold what looks like the beginning of another one", () => {
    const text = "package a\n# METADATA\n# title: T\n# METADATA\n# title: [\np := 1";
    expect(() => parseModule("a.rego", text)).toThrow(/^1 error occurred: a\.rego:\d: rego_parse_error: yaml:/);
    const many = `package a\n${"# METADATA\n# custom: {}\n".repeat(20_000)}p := 1`;
    const begin = process.cpuUsage();
    expect(() => parseModule("a.rego", many)).toThrow("rego_parse_error: yaml:");
    // Were each of them read to the end of all, it would take an hour.
    expect(process.cpuUsage(begin).user / 1e6).toBeLessThan(20);
  });

  it("are not read where the caller does not want them", () => {
    const text = "package a\n# METADATA\n# title: [\np := 1";
    expect(parseModule("a.rego", text, { annotations: false }).annotations).toEqual([]);
  });
});

describe("a faulty block is refused", () => {
  const rule = "package a\n\n";
  const texts: [text: string, ...problems: string[]][] = [
    [`${rule}# METADATA\np := 1`, "3:1 expected METADATA block, found whitespace"],
    [
      `${rule}${block("scope: x")}p := 1`,
      "3:1 invalid annotation scope 'x'. Use one of 'rule', 'document', 'package', or 'subpackages'",
    ],
    [
      `${rule}${block("title: x")}`,
      "3:1 invalid annotation scope ''. Use one of 'rule', 'document', 'package', or 'subpackages'",
    ],
    [
      `${rule}${block("title: x")}import data.x`,
      "3:1 invalid annotation scope 'import'. Use one of 'rule', 'document', 'package', or 'subpackages'",
    ],
    [
      `${rule}${block("scope: package")}p := 1`,
      "3:1 annotation scope 'package' must be applied to package (have rule)",
    ],
    [`${block("scope: rule")}package a`, "1:1 annotation scope 'rule' must be applied to rule (have package)"],
    [
      `${rule}${block("scope: rule", "entrypoint: true")}p := 1`,
      "3:1 annotation entrypoint applied to non-document or package scope 'rule'",
    ],
    [
      `${rule}${block("title: [a]")}p := 1`,
      "4:1 yaml: unmarshal errors:\n  line 1: cannot unmarshal !!seq into string",
    ],
    [
      `${rule}${block("title: a", "entrypoint: maybe")}p := 1`,
      "5:1 yaml: unmarshal errors:\n  line 2: cannot unmarshal !!str `maybe` into bool",
    ],
    [
      `${rule}${block("custom: 1")}p := 1`,
      "4:1 yaml: unmarshal errors:\n  line 1: cannot unmarshal !!int `1` into map[string]interface {}",
    ],
    [`${rule}${block("custom: {a: {1: x}}")}p := 1`, "3:1 invalid map key type(s): a"],
    [`${rule}${block("authors: ['']")}p := 1`, "3:1 invalid author definition : author is an empty string"],
    [
      `${rule}${block("authors: [{}]")}p := 1`,
      "3:1 invalid author definition {}: 'name' and/or 'email' values required in object",
    ],
    [
      `${rule}${block("authors: [1]")}p := 1`,
      "3:1 invalid author definition 1: invalid value type, must be string or map",
    ],
    [
      `${rule}${block("related_resources: [{}]")}p := 1`,
      "3:1 invalid related-resource definition {}: 'ref' value required in object",
    ],
    [
      `${rule}${block("related_resources: ['']")}p := 1`,
      "3:1 invalid related-resource definition : ref URL may not be empty string",
    ],
    [`${rule}${block("schemas: [{input: foo}]")}p := 1`, "3:1 invalid schema reference"],
    [`${rule}${block("schemas: [{1 +: schema.x}]")}p := 1`, "3:1 invalid document reference"],
    [`${rule}${block("schemas: [{input: 1}]")}p := 1`, '3:1 invalid schema declaration for path "input"'],
    [`${rule}${block("compile: {unknowns: ['1 +']}")}p := 1`, '3:1 invalid unknowns element "1 +"'],
    [`${rule}${block("compile: {mask_rule: '1 +'}")}p := 1`, '3:1 invalid mask_rule annotation "1 +"'],
  ];
  it.each(texts)("%j", (text, ...problems) => {
    expect(problemsOf(text)).toEqual(problems);
  });

  it.each([
    ["too long", `description: ${"x".repeat(1_000_001)}`, /expected at most 1000000 characters/],
    ["too deep", `custom: ${"[".repeat(200_000)}`, /yaml: exceeded max depth|yaml: line 1/],
    [
      "aliases of aliases",
      `custom: {a: &a [1], b: &b [${"*a,".repeat(60)}], c: [${"*b,".repeat(60)}]}`,
      /excessive aliasing/,
    ],
  ])("%s", (_name, line, problem) => {
    expect(problemsOf(`package a\n\n${block(line)}p := 1`)[0]).toMatch(problem);
  });

  it("with the place in its YAML, and a hint for a space that is none", () => {
    const [problem] = problemsOf(`package a\n\n${block("title: ok", "description:\u00a0x", "scope: rule")}p := 1`);
    expect(problem).toMatch(/^5:1 yaml: line 2: /);
    expect(problem).toContain("Hint: on line 5, symbol(s) ['\\u00a0'] immediately following a key/value separator");
  });
});

describe("AnnotationSet", () => {
  const pkg = `${block("title: pkg")}package a.b\n`;
  const subpackages = `${block("title: sub", "scope: subpackages")}package a\n`;
  const rules = `package a.b

${block("title: doc", "scope: document")}p contains 1

${block("title: far")}
${block("title: near")}p contains 2

q[1] := 2
`;

  it("goes from the rule outwards, over modules", () => {
    const modules = [pkg, subpackages, rules].map((text, index) => parseModule(`${index}.rego`, text));
    const set = new AnnotationSet(modules);
    const [, second, third] = modules[2]?.rules ?? [];
    const titles = (rule: Rule | undefined): unknown[] =>
      rule === undefined
        ? []
        : set.metadataChain(rule).map(({ path, annotations }) => [path.join("."), annotations?.title]);
    expect(titles(second)).toEqual([
      ["a.b.p", "near"],
      ["a.b.p", "far"],
      ["a.b.p", "doc"],
      ["a.b", "pkg"],
      ["a", "sub"],
    ]);
    expect(titles(third)).toEqual([
      ["a.b.q.1", undefined],
      ["a.b", "pkg"],
      ["a", "sub"],
    ]);
  });

  it("names the nearest block of a rule, found again when the rule was copied", () => {
    const module = parseModule("r.rego", rules);
    const set = new AnnotationSet([module]);
    expect(set.metadataRule(ruleNamed(module.rules, 1))).toEqual({ scope: "rule", title: "near" });
    expect(set.metadataRule({ ...ruleNamed(module.rules, 1) })).toEqual({ scope: "rule", title: "near" });
    expect(set.metadataRule(ruleNamed(module.rules, 2))).toEqual({});
  });

  it("gives paths with `data` and the rules that they are about", () => {
    const module = parseModule("r.rego", rules);
    const [first, second] = new AnnotationSet([module]).ruleAnnotations(ruleNamed(module.rules, 0));
    expect(first).toMatchObject({ path: ["data", "a", "b", "p"], rule: module.rules[0] });
    expect(first).not.toHaveProperty("annotations");
    expect(second).toMatchObject({ annotations: { scope: "document", title: "doc" }, location: { row: 6 } });
  });

  it.each([
    ["package", [pkg, pkg], "rego_type_error: package annotation redeclared: 0.rego:1"],
    ["subpackages", [subpackages, subpackages], "rego_type_error: subpackages annotation redeclared: 0.rego:1"],
    ["document", [rules, rules], "rego_type_error: document annotation redeclared: 0.rego:3"],
  ])("refuses two blocks of one %s", (_name, texts, problem) => {
    const modules = texts.map((text, index) => parseModule(`${index}.rego`, text));
    expect(() => new AnnotationSet(modules)).toThrow(problem);
  });
});
