import { describe, expect, it } from "vitest";
import { createMemoryFiles } from "../testing/memory-files.ts";
import { checkPolicies } from "./check-policies.ts";
import { type EvaluateQueryOptions, evaluateQuery } from "./evaluate-query.ts";

const files = createMemoryFiles({
  "p/policy.rego": `package p

allow if input.n > 1

members contains x if some x in ["a", "b"]

bad := 1 if input.n

bad := 2 if input.n

waits := ec.ask(1)
`,
  "p/base/data.yaml": "limit: 12345678901234567890\n",
  "input.json": '{"n": 3}',
  "input.yaml": "number: 3\n",
  "broken/a.rego": "package a\n\nimport data.unused\n\np if { x }\n",
  "unused.rego": "package a\n\nimport data.unused\n",
  "ended.rego": "package a\n\np if {\n\t[x, y]  \n\n",
  "unparsed.rego": "package a\n\np if {\n  1 +\n}\n",
  "list.json": "[1]",
});

const signal = new AbortController().signal;

function evaluate(query: string, options: Partial<EvaluateQueryOptions> = {}) {
  const externals = [
    { name: "ec.ask", type: { args: [{ kind: "number" as const }], result: { kind: "any" as const } } },
  ];
  const fixed = { paths: ["p"], input: "input.json", files, signal, format: "pretty" as const, nowNs: 0n, externals };
  return evaluateQuery({ ...fixed, query, ...options });
}

describe("evaluateQuery", () => {
  const table: Record<
    string,
    { query: string; options?: Partial<EvaluateQueryOptions>; kind: string; report: string }
  > = {
    "one value": { query: "data.p.allow", kind: "defined", report: "true\n" },
    "a set is a list": { query: "data.p.members", kind: "defined", report: '[\n  "a",\n  "b"\n]\n' },
    "the digits of large numbers": { query: "data.base.limit", kind: "defined", report: "12345678901234567890\n" },
    nothing: { query: "data.p.nope", kind: "undefined", report: "undefined\n" },
    "nothing, as JSON": { query: "data.p.nope", options: { format: "json" }, kind: "undefined", report: "{}\n" },
    "a table": {
      query: "data.p.members[x]",
      kind: "defined",
      report: [
        "┌─────┬───────────────────┐",
        "│  x  │ data.p.members[x] │",
        "├─────┼───────────────────┤",
        '│ "a" │ "a"               │',
        '│ "b" │ "b"               │',
        "└─────┴───────────────────┘\n",
      ].join("\n"),
    },
    "an input in YAML": { query: "input.number", options: { input: "input.yaml" }, kind: "defined", report: "3\n" },
    "a package": { query: "members", options: { package: "data.p" }, kind: "defined", report: '[\n  "a",\n  "b"\n]\n' },
    "an import with another name": {
      query: "q.allow",
      options: { imports: ["data.p as q"] },
      kind: "defined",
      report: "true\n",
    },
    "an import of a name with a hyphen": {
      query: "c.b",
      options: { imports: ['input["a-b"] as c'], inputText: '{"a-b": {"b": 1}}' },
      kind: "defined",
      report: "1\n",
    },
    "what is no import": {
      query: "1",
      options: { imports: ["data.p, data.q"] },
      kind: "broken",
      report: "1 error occurred: rego_parse_error: import data.p, data.q: unexpected , token\n",
    },
    "an import of something else": {
      query: "1",
      options: { imports: ["p.q"] },
      kind: "broken",
      report:
        "1 error occurred: rego_parse_error: import p.q: unexpected import path, must begin with one of: {data, future, input, rego}, got: p (hint: if this is unexpected, try updating OPA)\n",
    },
    "a host's function that nobody answers": { query: "data.p.waits", kind: "undefined", report: "undefined\n" },
    "a query that does not parse": {
      query: "data.p[",
      kind: "broken",
      report: "1 error occurred: 1:7: rego_parse_error: unexpected eof token\n\tdata.p[\n\t      ^\n",
    },
    "a function that is not there": {
      query: "foo(1)",
      kind: "broken",
      report: "1 error occurred: 1:1: rego_type_error: undefined function foo\n",
    },
    "an argument of another type": {
      query: "abs(true)",
      kind: "broken",
      report:
        "1 error occurred: 1:1: rego_type_error: abs: invalid argument(s)\n\thave: (boolean, ???)\n\twant: (x: number, y: number)\n",
    },
    "policies that do not compile": {
      query: "1",
      options: { paths: ["broken"] },
      kind: "broken",
      report: "1 error occurred: broken/a.rego:5: rego_unsafe_var_error: var x is unsafe\n",
    },
    "an input that is not there": {
      query: "1",
      options: { input: "none.json" },
      kind: "broken",
      report: "none.json: no such file\n",
    },
    "a conflict": {
      query: "data.p.bad",
      kind: "failed",
      report:
        "1 error occurred: p/policy.rego:9: eval_conflict_error: complete rules must not produce multiple outputs\n",
    },
    "more steps than allowed": {
      query: "count([x | some x in numbers.range(1, 100000)])",
      options: { limits: { steps: 1_000 } },
      kind: "failed",
      report: "1 error occurred: limit_steps: evaluation took more than the 1000 steps that it may\n",
    },
  };
  it.each(Object.entries(table))("%s", async (_, { query, options, kind, report }) => {
    expect(await evaluate(query, options)).toEqual({ kind, report });
  });

  const formats: [format: NonNullable<EvaluateQueryOptions["format"]>, query: string, report: string][] = [
    ["raw", '"<text>"; 1', "<text> 1\n"],
    ["raw", "data.p.members[x]", "a\nb\n"],
    ["raw", "data.p.nope", ""],
    ["values", "1; [2]", "[\n  1,\n  [\n    2\n  ]\n]\n"],
    ["bindings", "x := 1; y := 2", '{\n  "x": 1,\n  "y": 2\n}\n'],
    ["bindings", "1", "{}\n"],
    ["discard", "1", '{\n  "result": "discarded"\n}\n'],
    ["discard", "data.p.nope", "{}\n"],
  ];
  it.each(formats)("in the format %s: %s", async (format, query, report) => {
    expect((await evaluate(query, { format })).report).toBe(report);
  });

  it("cuts the cells of a table where it is asked to", async () => {
    const { report } = await evaluate('x := "0123456789"; y := 1', { prettyLimit: 4 });
    expect(report).toContain('│ "012... │ 1 │');
  });

  it("has the input document from a text", async () => {
    expect((await evaluate("input.n", { inputText: '{"n": 4}' })).report).toBe("4\n");
    expect(await evaluate("input.n", { inputText: "{" })).toMatchObject({ kind: "broken" });
  });

  it("is strict where it is asked to be", async () => {
    const options = { paths: ["unused.rego"], format: "pretty" as const };
    expect((await evaluate("1", options)).kind).toBe("defined");
    expect((await evaluate("1", { ...options, strict: true })).kind).toBe("broken");
  });

  it("gives each expression's value, text and place, and the bindings, as JSON", async () => {
    const outcome = await evaluate("x := data.p.members; 1 < 2", { format: "json" });
    expect(JSON.parse(outcome.report)).toEqual({
      result: [
        {
          expressions: [
            { value: true, text: "x := data.p.members", location: { row: 1, col: 1 } },
            { value: true, text: "1 < 2", location: { row: 1, col: 22 } },
          ],
          bindings: { x: ["a", "b"] },
        },
      ],
    });
  });

  it("gives errors as JSON, parse errors with their line", async () => {
    const outcome = await evaluate("data.p[", { format: "json" });
    expect(JSON.parse(outcome.report)).toEqual({
      errors: [
        {
          message: "unexpected eof token",
          code: "rego_parse_error",
          location: { file: "", row: 1, col: 7 },
          details: { line: "data.p[", idx: 6 },
        },
      ],
    });
  });
});

describe("evaluateQuery with a profile", () => {
  let now = 0n;
  const clockNs = () => {
    now += 1_000n;
    return now;
  };

  it("adds tables", async () => {
    const { report } = await evaluate("count(data.p.members)", { profile: true, clockNs });
    expect(report.split("\n").slice(0, 8)).toEqual([
      "2",
      "┌──────────────────────────────┬───────┐",
      "│            Metric            │ Value │",
      "├──────────────────────────────┼───────┤",
      "│ timer_rego_load_files_ns     │ 1000  │",
      "│ timer_rego_module_compile_ns │ 1000  │",
      "│ timer_rego_query_eval_ns     │ 1000  │",
      "└──────────────────────────────┴───────┘",
    ]);
    const rows = report
      .split("\n")
      .slice(8)
      .filter((line) => line.startsWith("│"));
    const cells = rows.map((line) =>
      line
        .split("│")
        .slice(2, -1)
        .map((cell) => cell.trim()),
    );
    expect(cells.filter(([first]) => first === "Num Eval")).toEqual([
      ["Num Eval", "Num Redo", "Num Gen Expr", "Location"],
      ["Num Eval", "Rule", "Location"],
    ]);
    expect(cells).toContainEqual(["2", "3", "2", "p/policy.rego:5"]);
    expect(cells).toContainEqual(["1", "data.p.members", "p/policy.rego:5"]);
    expect(rows.every((line) => / \d[\d.]*(?:s|ms|µs|ns) | Time /.test(line))).toBe(true);
  });

  it.each(["count(data.p.members)", "data.p.nope"])("adds it to the JSON of %s", async (query) => {
    const plain = await evaluate(query, { format: "json" });
    const { report } = await evaluate(query, { profile: true, clockNs, format: "json" });
    const { metrics, profile, profile_rules: rules, ...rest } = JSON.parse(report);
    expect(rest).toEqual(JSON.parse(plain.report));
    expect(Object.keys(metrics)).toHaveLength(3);
    expect([profile, rules]).toEqual([expect.any(Array), expect.any(Array)]);
  });
});

describe("checkPolicies", () => {
  const check = (paths: string[], options: { strict?: boolean; format?: "pretty" | "json" } = {}) =>
    checkPolicies({ paths, files, signal, strict: options.strict ?? false, format: options.format ?? "pretty" });

  it("says nothing of what is well", async () => {
    expect(await check(["unused.rego"])).toEqual({ kind: "valid" });
  });

  it("looks at policies only", async () => {
    expect(await check(["list.json", "unused.rego"])).toEqual({ kind: "valid" });
  });

  const table: Record<string, { paths: string[]; strict?: boolean; report: string }> = {
    "an unsafe variable": {
      paths: ["broken"],
      report: "1 error occurred: broken/a.rego:5: rego_unsafe_var_error: var x is unsafe\n",
    },
    "an unused import, in strict mode": {
      paths: ["unused.rego"],
      strict: true,
      report: "1 error occurred: unused.rego:3: rego_compile_error: import data.unused unused\n",
    },
    "a file that does not parse": {
      paths: ["unparsed.rego"],
      report: "1 error occurred during loading: unparsed.rego:5: rego_parse_error: unexpected } token\n\t}\n\t^\n",
    },
    "a file that ends too early: what is there last is quoted": {
      paths: ["ended.rego"],
      report:
        "1 error occurred during loading: ended.rego:6: rego_parse_error: unexpected eof token\n\t[x, y]  \n\t     ^\n",
    },
    "a path that is not there": {
      paths: ["none"],
      report: "1 error occurred during loading: none: no such file or directory\n",
    },
  };
  it.each(Object.entries(table))("%s", async (_, { paths, strict, report }) => {
    expect(await check(paths, strict === undefined ? {} : { strict })).toEqual({ kind: "invalid", report });
  });

  it.each([
    [0, 3, undefined],
    [3, 3, undefined],
    [2, 3, "rego_compile_error: error limit reached"],
  ])("names at most %d errors, and says that there are more", async (maxErrors, count, last) => {
    const files = createMemoryFiles({ "p.rego": "package p\n\na := b\n\nc := d\n\ne := f\n" });
    const outcome = await checkPolicies({
      paths: ["p.rego"],
      files,
      signal,
      strict: false,
      format: "pretty",
      maxErrors,
    });
    const lines = outcome.kind === "invalid" ? outcome.report.trimEnd().split("\n") : [];
    expect(lines[0]).toBe(`${count} errors occurred:`);
    expect(lines[3]).toBe(last ?? "p.rego:7: rego_unsafe_var_error: var f is unsafe");
  });

  it("escapes JSON as Go does", async () => {
    const files = createMemoryFiles({ "p.rego": "package p\n\nq if q\n" });
    const outcome = await checkPolicies({ paths: ["p.rego"], files, signal, strict: false, format: "json" });
    expect(outcome.kind === "invalid" ? outcome.report : "").toContain("data.p.q -\\u003e data.p.q");
  });

  it("gives errors as JSON", async () => {
    const outcome = await check(["broken"], { format: "json" });
    expect(outcome.kind === "invalid" ? JSON.parse(outcome.report) : undefined).toEqual({
      errors: [
        {
          message: "var x is unsafe",
          code: "rego_unsafe_var_error",
          location: { file: "broken/a.rego", row: 5, col: 8 },
        },
      ],
    });
  });

  const details: [name: string, rule: string, details: unknown][] = [
    [
      "null as a key",
      "p if { x := [1]; x[null] }",
      {
        ref: [
          { type: "var", value: "x" },
          { type: "null", value: {} },
        ],
        pos: 1,
        want: { type: "number" },
        oneOf: null,
      },
    ],
    [
      "a function as a key",
      "a if data.b[lower]",
      {
        ref: [
          { type: "var", value: "data" },
          { type: "string", value: "b" },
          { type: "var", value: "lower" },
        ],
        pos: 2,
        have: { args: [{ name: "x", type: "string" }], result: { name: "y", type: "string" }, type: "function" },
        want: { type: "any" },
        oneOf: null,
      },
    ],
    [
      "arguments with the names that the function has for them",
      'p if startswith(1, [x | x := "a"])',
      {
        have: [{ type: "number" }, { dynamic: { type: "string" }, type: "array" }],
        want: {
          args: [
            { name: "search", type: "string" },
            { name: "base", type: "string" },
            { name: "result", type: "boolean" },
          ],
        },
      },
    ],
    [
      "both sides of an equation",
      "p if [1, null] = {2: {true}}",
      {
        a: { static: [{ type: "number" }, { type: "null" }], type: "array" },
        b: { static: [{ key: 2, value: { of: { type: "boolean" }, type: "set" } }], type: "object" },
      },
    ],
    [
      "a key and those that are there",
      'p if { x := {"b": 1, "a": input.x}; x.c[_] }',
      {
        ref: [
          { type: "var", value: "x" },
          { type: "string", value: "c" },
          { type: "var", value: "_" },
        ],
        pos: 1,
        want: { type: "string" },
        oneOf: ["a", "b"],
      },
    ],
    [
      "a key of another type, which nothing is known of but the type",
      "p if { x := [1]; y := [2]; x[y] }",
      {
        ref: [
          { type: "var", value: "x" },
          { type: "var", value: "y" },
        ],
        pos: 1,
        have: { static: [{ type: "number" }], type: "array" },
        want: { type: "number" },
        oneOf: null,
      },
    ],
    [
      "what has no members",
      "f(x) := x + 1\n\np if data.t.f.y",
      {
        ref: [
          { type: "var", value: "data" },
          { type: "string", value: "t" },
          { type: "string", value: "f" },
          { type: "string", value: "y" },
        ],
        pos: 2,
        have: { args: [{ type: "number" }], result: { type: "number" }, type: "function" },
      },
    ],
  ];
  it.each(details)("gives details as JSON: %s", async (_, rule, expected) => {
    const files = createMemoryFiles({ "t.rego": `package t\n\n${rule}\n` });
    const outcome = await checkPolicies({ paths: ["t.rego"], files, signal, strict: false, format: "json" });
    const { errors } = JSON.parse(outcome.kind === "invalid" ? outcome.report : "{}");
    expect(errors).toHaveLength(1);
    expect(errors[0].details).toEqual(expected);
  });
});
