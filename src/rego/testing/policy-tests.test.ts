import { describe, expect, it } from "vitest";
import { type Module, parseModule } from "../syntax/index.ts";
import { createEngineEvaluator } from "./engine-evaluator.ts";
import { createMemoryFiles } from "./memory-files.ts";
import { type PolicyTestOptions, type PolicyTestOutcome, runPolicyTests } from "./policy-tests.ts";
import type { CreateTestEvaluator } from "./ports.ts";

const { signal } = new AbortController();

/** A clock that goes on by 1.5 microseconds at every look. */
function createClock(): () => bigint {
  let now = 0n;
  return () => {
    now += 1_500n;
    return now;
  };
}

function options(texts: Record<string, string>, more: Partial<PolicyTestOptions> = {}): PolicyTestOptions {
  const createEvaluator = createEngineEvaluator({ nowNs: () => 0n });
  return { paths: ["."], files: createMemoryFiles(texts), createEvaluator, signal, nowNs: createClock(), ...more };
}

async function run(texts: Record<string, string>, more: Partial<PolicyTestOptions> = {}): Promise<PolicyTestOutcome> {
  return runPolicyTests(options(texts, more));
}

/** What came of each test, and of each case of a table. */
async function outcomesOf(text: string, more: Partial<PolicyTestOptions> = {}): Promise<Record<string, unknown>> {
  const outcome = await run({ "a_test.rego": `package a_test\n\n${text}` }, more);
  if (outcome.kind === "broken") throw outcome.error;
  return Object.fromEntries(
    outcome.results.map(({ name, outcome: result, cases }) => {
      const inner = Object.fromEntries([...cases].map(([key, { fail }]) => [key, fail ? "fail" : "pass"]));
      return [name, cases.size === 0 ? result : inner];
    }),
  );
}

describe("which rules are tests, and what comes of them", () => {
  const texts: [name: string, text: string, outcomes: Record<string, unknown>][] = [
    ["true passes", "test_a if true", { test_a: "pass" }],
    ["undefined fails", "test_a if false", { test_a: "fail" }],
    ["another value than true fails", "test_a := 1\n\ntest_b contains 1", { test_a: "fail", test_b: "fail" }],
    ["other rules are no tests", "a_test if true\n\ntest if true\n\nmy_test_x if true", {}],
    ["work in progress is skipped", "todo_test_a if false", { todo_test_a: "skip" }],
    [
      "a name inside a reference",
      "a.b.test_c if true\n\na.todo_test_d := 1",
      { "a.b.test_c": "pass", "a.todo_test_d": "skip" },
    ],
    [
      "tests of one name are told apart",
      "test_a if true\n\ntest_a if false\n\ntest_a if true",
      { test_a: "pass", "test_a#01": "fail", "test_a#02": "pass" },
    ],
    ["an error of the evaluation", 'test_a if {k: v | some k in ["x"]; some v in [1, 2]}', { test_a: "error" }],
    [
      "cases of a table, also those that are undefined",
      'test_t[tc.note] if {\n  some tc in [{"note": "a", "x": 1}, {"note": "b", "x": 2}]\n  tc.x == 1\n}',
      { test_t: { a: "pass", b: "fail" } },
    ],
    [
      "cases with values",
      'test_t[k] := v if some k, v in {"a": true, "b": false, "c": 1}',
      { test_t: { a: "pass", b: "fail", c: "fail" } },
    ],
    [
      "cases in groups",
      'test_t[g][c] if {\n  some g, xs in {"g": {"x": 1, "y": 2}, "h": {"z": 1}}\n  some c, v in xs\n  v == 1\n}',
      { test_t: { g: "fail", h: "pass" } },
    ],
    ["constant cases", 'test_t["a"] := true', { test_t: { a: "pass" } }],
    ["a table without cases", "test_t[x] if {\n  some x in []\n  x\n}", { test_t: "pass" }],
    [
      "two tables of one name",
      'test_t[x] if some x in ["a"]\n\ntest_t[x] if {\n  some x in ["b"]\n  false\n}',
      { test_t: { a: "pass" }, "test_t#01": { b: "fail" } },
    ],
    [
      "a case that is named late",
      'test_t[name] if {\n  some x in [1, 2]\n  x > 0\n  name := sprintf("n%d", [x])\n  x == 1\n}',
      { test_t: { n1: "pass", n2: "fail" } },
    ],
  ];
  it.each(texts)("%s", async (_name, text, outcomes) => {
    expect(await outcomesOf(text)).toEqual(outcomes);
  });

  it("data and policies of other files", async () => {
    const texts = {
      "policy/a.rego": "package a\nallow if input.x == data.limits.x",
      "limits/data.yaml": "x: 3",
      "policy/a_test.rego":
        'package a\ntest_allow if allow with input as {"x": 3}\ntest_mock if allow with input.x as 4 with data.limits.x as 4',
    };
    expect(await run(texts)).toMatchObject({ kind: "passed", exitCode: 0, summary: "2 passed, 0 failed" });
  });

  it("functions of the host are mocked, or answered", async () => {
    const any = { kind: "any" } as const;
    const createEvaluator = createEngineEvaluator({
      nowNs: () => 0n,
      externals: [{ name: "host.ask", type: { args: [any], result: any } }],
      answer: async ({ args }) => args[0],
    });
    const text =
      'test_mocked if host.ask(1) == 7 with host.ask as 7\n\ntest_asked if { print("asked"); host.ask("x") == "x" }';
    expect(await outcomesOf(text, { createEvaluator })).toEqual({ test_mocked: "pass", test_asked: "pass" });
  });
});

describe("the choice of tests", () => {
  const text = "test_a if true\n\ntest_b if true\n\ntodo_test_c if true";
  it.each([
    ["a_test.test_a$", ["test_a"]],
    ["^data\\.a_test\\.t", ["test_a", "test_b", "todo_test_c"]],
    ["[ab]$", ["test_a", "test_b"]],
    ["nothing", []],
  ])("%s", async (expression, names) => {
    expect(Object.keys(await outcomesOf(text, { run: expression }))).toEqual(names);
  });

  it("no expression at all is an error", async () => {
    expect(await run({}, { paths: [], run: "(" })).toMatchObject({
      kind: "broken",
      exitCode: 1,
      error: { code: "test_filter" },
    });
  });

  it("no test at all is told", async () => {
    expect(await run({ "a.rego": "package a" })).toMatchObject({
      problem: expect.stringContaining("no tests were found"),
    });
    const chosen = await run({ "a_test.rego": "package a\n\ntest_a if true" }, { run: "other" });
    expect(chosen).toMatchObject({ kind: "passed", problem: expect.stringContaining("a match of other") });
  });

  it("no test at all is an error where that is wanted", async () => {
    expect(await run({ "a.rego": "package a" })).toMatchObject({ kind: "passed", summary: "0 passed, 0 failed" });
    expect(await run({ "a.rego": "package a" }, { failOnEmpty: true })).toMatchObject({
      kind: "broken",
      message: "no tests were run",
    });
  });
});

describe("outcome", () => {
  it.each([
    ["test_a if true", {}, "passed", 0, "1 passed, 0 failed"],
    ["test_a if false", {}, "failed", 2, "0 passed, 1 failed"],
    ["test_a if true\n\ntodo_test_b if true", {}, "failed", 2, "1 passed, 0 failed, 1 skipped"],
    [
      "test_a if true\n\ntodo_test_b if true",
      { exitZeroOnSkipped: true },
      "passed",
      0,
      "1 passed, 0 failed, 1 skipped",
    ],
    ['test_a if {k: v | some k in ["x"]; some v in [1, 2]}', {}, "failed", 2, "0 passed, 1 failed"],
  ])("%j %j", async (text, more, kind, exitCode, summary) => {
    expect(await run({ "a_test.rego": `package a\n\n${text}` }, more)).toMatchObject({ kind, exitCode, summary });
  });

  it.each([
    ["what does not parse", "package a\np {", "1 error occurred during loading: a.rego:2: rego_parse_error"],
    ["what does not compile", "package a\ntest_a if x", "rego_unsafe_var_error"],
  ])("%s breaks the run", async (_name, text, message) => {
    const outcome = await run({ "a.rego": text });
    expect(outcome).toMatchObject({ kind: "broken", exitCode: 1 });
    expect(outcome.kind === "broken" && outcome.message).toContain(message);
  });

  it("tables go without their list of cases where that does not compile", async () => {
    let calls = 0;
    const engine = createEngineEvaluator({ nowNs: () => 0n });
    const createEvaluator: CreateTestEvaluator = (program) => {
      calls++;
      const hasCases = program.entrypoints.some((path) => path.at(-1)?.endsWith("#cases") === true);
      return engine(
        hasCases
          ? { ...program, entrypoints: [["a_test", "test_t"]], modules: [...program.modules, brokenModule()] }
          : program,
      );
    };
    const text = 'test_t[x] if {\n  some x in ["a", "b"]\n  x == "a"\n}';
    expect(await outcomesOf(text, { createEvaluator })).toEqual({ test_t: { a: "pass" } });
    expect(calls).toBe(2);
  });

  it("stops when the signal says so", async () => {
    const aborted = AbortSignal.abort(new Error("stopped"));
    await expect(run({ "a.rego": "package a" }, { signal: aborted })).rejects.toThrow("stopped");
  });

  it("a test that goes past its bounds ends with an error", async () => {
    const createEvaluator = createEngineEvaluator({ nowNs: () => 0n, limits: { steps: 1_000 } });
    const text =
      "test_a if count([1 | some x in numbers.range(1, 1000); some y in numbers.range(1, 1000); x == y]) == 1000\n\ntest_b if true";
    expect(await outcomesOf(text, { createEvaluator })).toEqual({ test_a: "error", test_b: "pass" });
  });
});

function brokenModule(): Module {
  return parseModule("broken.rego", "package broken\np if x");
}

const reported = {
  "a_test.rego": [
    "package a_test",
    "test_pass if true",
    'test_fail if { print("said <&>"); false }',
    'test_table[x] if { some x in ["one", "two"]; x == "one" }',
    "todo_test_later if true",
  ].join("\n"),
  "b_test.rego": 'package b\ntest_error if {k: v | some k in ["x"]; some v in [1, 2]}',
};

async function reportOf(more: Partial<PolicyTestOptions>): Promise<string> {
  const outcome = await run(reported, more);
  return outcome.kind === "broken" ? outcome.message : outcome.output;
}

const line = "-".repeat(80);

describe("reports", () => {
  const failures = `FAILURES
${line}
data.a_test.test_fail: FAIL (1.5µs)

  a_test.rego:3:
                                      false

data.a_test.test_table: FAIL (1.5µs)

  two: FAIL

      a_test.rego:4:
                                                     x == "one"
                                                     |
                                                     "two"

`;

  it("pretty: what did not pass", async () => {
    expect(await reportOf({})).toBe(`${failures}SUMMARY
${line}
a_test.rego:3:
data.a_test.test_fail: FAIL (1.5µs)

  said <&>

a_test.rego:4:
data.a_test.test_table: FAIL (1.5µs)
  two: FAIL
a_test.rego:5:
data.a_test.todo_test_later: SKIPPED

b_test.rego:2:
data.b.test_error: ERROR (1.5µs)
  b_test.rego:2: eval_conflict_error: object keys must be unique
${line}
PASS: 2/6
FAIL: 2/6
SKIPPED: 1/6
ERROR: 1/6
2 passed, 3 failed, 1 skipped
`);
  });

  it("pretty and verbose: everything", async () => {
    expect(await reportOf({ verbose: true, run: "a_test" })).toBe(`${failures}SUMMARY
${line}
a_test.rego:2:
data.a_test.test_pass: PASS (1.5µs)
a_test.rego:3:
data.a_test.test_fail: FAIL (1.5µs)

  said <&>

a_test.rego:4:
data.a_test.test_table: FAIL (1.5µs)
  one: PASS
  two: FAIL
a_test.rego:5:
data.a_test.todo_test_later: SKIPPED
${line}
PASS: 2/5
FAIL: 2/5
SKIPPED: 1/5
2 passed, 2 failed, 1 skipped
`);
  });

  it("pretty, coloured: the words for outcomes, and no others", async () => {
    const report = await reportOf({ color: true, verbose: true });
    const [first = "", ...painted] = report.split("\u001b[").map((part) => part.replace(/^0m/, ""));
    const words = painted.map((part) => /^(\d+)m([A-Z]+)$/.exec(part)?.slice(1).join(" ")).filter(Boolean);
    expect(new Set(words)).toEqual(new Set(["31 FAIL", "32 PASS", "33 SKIPPED", "31 ERROR"]));
    const plain = first + painted.map((part) => part.replace(/^\d+m/, "")).join("");
    expect(plain).toBe(await reportOf({ verbose: true }));
  });

  it("pretty: nothing to say but the counts", async () => {
    expect(await reportOf({ run: "test_pass" })).toBe("PASS: 1/1\n1 passed, 0 failed\n");
    expect(await reportOf({ run: "nothing" })).toBe("0 passed, 0 failed\n");
  });

  it("json: as opa test prints it", async () => {
    const location = (file: string, row: number): unknown => ({ file, row, col: 1 });
    const common = { package: "data.a_test", duration: 1500 };
    expect(JSON.parse(await reportOf({ format: "json" }))).toEqual([
      { ...common, location: location("a_test.rego", 2), name: "test_pass" },
      {
        ...common,
        location: location("a_test.rego", 3),
        name: "test_fail",
        fail: true,
        output: Buffer.from("said <&>\n").toString("base64"),
      },
      {
        ...common,
        location: location("a_test.rego", 4),
        name: "test_table",
        fail: true,
        sub_results: { one: { name: "one" }, two: { name: "two", fail: true } },
      },
      { ...common, location: location("a_test.rego", 5), name: "todo_test_later", skip: true, duration: 0 },
      {
        location: location("b_test.rego", 2),
        package: "data.b",
        name: "test_error",
        duration: 1500,
        error: {
          code: "eval_conflict_error",
          message: "object keys must be unique",
          location: { file: "b_test.rego", row: 2, col: expect.any(Number) },
        },
      },
    ]);
  });

  it("junit: a suite for each package", async () => {
    const report = await reportOf({ format: "junit" });
    expect(report).toContain('<testsuites tests="6" failures="2" errors="1" skipped="1" time="0.000006">');
    expect(report).toContain('  <testsuite name="data.a_test" tests="5" failures="2" errors="0" skipped="1"');
    expect(report).toContain(
      '<testcase name="test_pass" classname="data.a_test" file="a_test.rego" line="2" time="0.000002"/>',
    );
    expect(report).toContain('<testcase name="test_table[two]"');
    expect(report).toContain('<failure message="a_test.rego:4: x == &quot;one&quot;">a_test.rego:4:\n');
    expect(report).toContain("<system-out>said &lt;&amp;&gt;\n</system-out>");
    expect(report).toContain("<skipped/>");
    expect(report).toContain('<error message="b_test.rego:2: eval_conflict_error: object keys must be unique"/>');
  });
});

describe("notes of trace", () => {
  const text = [
    "package a_test",
    "",
    'seen(x) if trace(sprintf("x is %d", [x]))',
    "",
    "test_fails if {",
    "  some x in [1, 2]",
    "  seen(x)",
    "  x == 3",
    "}",
    "",
    'test_passes if trace("not shown")',
    "",
    "test_many if {",
    "  every x in numbers.range(1, 1500) { seen(x) }",
    "  false",
    "}",
    "",
  ].join("\n");

  it("stand below a test that failed, where everything is listed", async () => {
    const outcome = await run({ "a_test.rego": text }, { verbose: true, run: "fails|passes" });
    const output = outcome.kind === "broken" ? "" : outcome.output;
    expect(output).toContain('\n\n  Note "x is 1"\n  Note "x is 2"\n\nSUMMARY\n');
    expect(output).not.toContain("not shown");
  });

  it("are not shown otherwise", async () => {
    const outcome = await run({ "a_test.rego": text }, { run: "fails" });
    expect(outcome.kind === "broken" ? "" : outcome.output).not.toContain("Note");
  });

  it("are kept to the thousandth", async () => {
    const outcome = await run({ "a_test.rego": text }, { run: "many" });
    const notes = outcome.kind === "broken" ? [] : outcome.results[0]?.notes;
    expect(notes).toHaveLength(1_000);
    expect(notes?.at(-1)).toBe("x is 1000");
  });
});
