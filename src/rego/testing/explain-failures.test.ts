import { describe, expect, it } from "vitest";
import { createEngineEvaluator } from "./engine-evaluator.ts";
import { createMemoryFiles } from "./memory-files.ts";
import { type PolicyTestOptions, runPolicyTests } from "./policy-tests.ts";

const policy = `package p

import data.cfg

default allow := false

allow if {
  input.method == "GET"
  some g in input.groups
  g in cfg.groups
}

allow if input.user == "root"

admin(u) if {
  u.role == "admin"
  strong(u.level)
}

strong(level) if level > 3

names contains u.name if some u in input.users
`;

async function run(tests: string, more: Partial<PolicyTestOptions> = {}) {
  const outcome = await runPolicyTests({
    paths: ["."],
    files: createMemoryFiles({
      "p.rego": policy,
      "p_test.rego": `package p_test\n\nimport data.p\n\n${tests}`,
      "cfg/data.json": '{"groups": ["a", "b"]}',
    }),
    createEvaluator: createEngineEvaluator({ nowNs: () => 0n }),
    signal: new AbortController().signal,
    nowNs: () => 0n,
    ...more,
  });
  if (outcome.kind === "broken") throw outcome.error;
  return outcome;
}

/** What stands below the name of the one test that fails. */
async function explain(tests: string): Promise<string[]> {
  const { output } = await run(tests);
  const lines = output.slice(0, output.indexOf("\nSUMMARY\n")).split("\n");
  return lines.slice(4).filter((line, index, all) => line !== "" || index < all.length - 1);
}

describe("a test that fails shows", () => {
  const table: Record<string, { tests: string; lines: string[] }> = {
    "variables, and references from left to right": {
      tests: 'test_a if {\n  x := 1\n  y := {"a": [1, 2]}\n  y.a[1] == x\n}',
      lines: [
        "  p_test.rego:8:",
        "      y.a[1] == x",
        "      |         |",
        "      |         1",
        "      y.a[1]: 2",
        '      y: {"a": [1, 2]}',
      ],
    },
    "rules of the package by their names alone": {
      tests: 'limit := 10\n\ntest_a if sprintf("%d", [limit]) == "11"',
      lines: [
        "  p_test.rego:7:",
        '              sprintf("%d", [limit]) == "11"',
        "              |              |",
        "              |              10",
        '              "10"',
      ],
    },
    "a template string, and the values of its parts": {
      tests: 'test_a if {\n  u := {"n": [1]}\n  $"{u.n}: {count(u.n)}" == ""\n}',
      lines: [
        "  p_test.rego:7:",
        '      $"{u.n}: {count(u.n)}" == ""',
        "      |  |      |",
        "      |  |      1",
        "      |  u.n: [1]",
        '      |  u: {"n": [1]}',
        '      "[1]: 1"',
      ],
    },
    "a part of a template string that is a set, or has no value": {
      tests: 'test_a if $"{input.s}{input.x}" == "" with input as {"s": {1}}',
      lines: [
        "  p_test.rego:5:",
        '              $"{input.s}{input.x}" == "" with input as {"s": {1}}',
        "              |  |",
        "              |  {1}",
        '              "{1}<undefined>"',
      ],
    },
    "the expression that failed last, not one before it": {
      tests: "test_a if {\n  some x in [1, 2]\n  x > 0\n  x == 2\n  x == 3\n}",
      lines: ["  p_test.rego:9:", "      x == 3", "      |", "      2"],
    },
    "an expression that iterates, when none of its solutions is true": {
      tests: "test_a if {\n  xs := [1, 2]\n  xs[_] == 3\n}",
      lines: ["  p_test.rego:7:", "      xs[_] == 3", "      |", "      [1, 2]"],
    },
    "the value that every has failed for": {
      tests: "test_a if {\n  every k, v in [1, 20] {\n    v < 10\n    k >= 0\n  }\n}",
      lines: ["  p_test.rego:7:", "        v < 10", "        |", "        20"],
    },
    "values of comprehensions and of calls": {
      tests: "test_a if count([x | some x in [1, 2]; x > 1]) == 2",
      lines: [
        "  p_test.rego:5:",
        "              count([x | some x in [1, 2]; x > 1]) == 2",
        "              |     |",
        "              |     [2]",
        "              1",
      ],
    },
    "what a negation negates": {
      tests: 'test_a if {\n  u := {"role": "admin", "level": 9}\n  not p.admin(u)\n}',
      lines: [
        "  p_test.rego:7:",
        "      not p.admin(u)",
        "                  |",
        '                  {"level": 9, "role": "admin"}',
      ],
    },
    "values of what a negation negates": {
      tests: "limit := 10\n\ntest_a if {\n  xs := [1, 2]\n  xs[0] > 0\n  not limit - 8 == xs[1]\n}",
      lines: [
        "  p_test.rego:10:",
        "      not limit - 8 == xs[1]",
        "          |            |",
        "          |            xs[1]: 2",
        "          |            xs: [1, 2]",
        "          limit - 8: 2",
        "          limit: 10",
      ],
    },
    "that a rule has no value": {
      tests: "nothing := input.x\n\ntest_a if nothing == 1",
      lines: ["  p_test.rego:7:", "              nothing == 1", "              |", "              undefined"],
    },
    "that an import has no value, and not what is assigned from it": {
      tests: "import data.none\n\np := 1\n\ntest_a if {\n  p := none\n  p == 1\n}",
      lines: ["  p_test.rego:10:", "      p := none", "           |", "           undefined"],
    },
    "that what is iterated over has no value": {
      tests: "nothing := input.x\n\nk := 1\n\ntest_a if {\n  some k in nothing\n  k > 1\n}",
      lines: ["  p_test.rego:10:", "      some k in nothing", "                |", "                undefined"],
    },
    "that a reference has no value": {
      tests: "test_a if input.x == data.cfg.groups",
      lines: [
        "  p_test.rego:5:",
        "              input.x == data.cfg.groups",
        "              |",
        "              undefined",
      ],
    },
    "values of several rows by name, where there are tabs": {
      tests: 'test_a if {\n\tx := 1\n\ty := 2\n\t{\n\t\t"a": x,\n\t\t"b": y,\n\t} == {"a": 1, "b": 3}\n}',
      lines: [
        "  p_test.rego:8:",
        "    \t{",
        '    \t\t"a": x,',
        '    \t\t"b": y,',
        '    \t} == {"a": 1, "b": 3}',
        "",
        "    Where:",
        "",
        "    x: 1",
        "    y: 2",
      ],
    },
    "long values shortened": {
      tests:
        'test_a if {\n  x := "0123456789012345678901234567890123456789012345678901234567890123456789"\n  x == ""\n}',
      lines: [
        "  p_test.rego:7:",
        '      x == ""',
        "      |",
        '      "012345678901234567890123456789012345678901234567890123456789...',
      ],
    },
    "what failed in each body of a rule that it asked for, and in the functions called there": {
      tests: 'test_a if p.allow with input as {"method": "GET", "groups": ["x"], "user": "me"}',
      lines: [
        "  p_test.rego:5:",
        '              p.allow with input as {"method": "GET", "groups": ["x"], "user": "me"}',
        "              |",
        "              false",
        "",
        "  in data.p.allow, p.rego:10:",
        "      g in cfg.groups",
        "      |    |",
        '      |    ["a", "b"]',
        '      "x"',
        "",
        "  in data.p.allow, p.rego:13:",
        '             input.user == "root"',
        "             |",
        '             "me"',
      ],
    },
    "reasons of reasons": {
      tests: 'test_a if p.admin({"role": "admin", "level": 1})',
      lines: [
        "  p_test.rego:5:",
        '              p.admin({"role": "admin", "level": 1})',
        "",
        "  in data.p.admin, p.rego:17:",
        "      strong(u.level)",
        "             |",
        "             u.level: 1",
        '             u: {"level": 1, "role": "admin"}',
        "",
        "  in data.p.strong, p.rego:20:",
        "                     level > 3",
        "                     |",
        "                     1",
      ],
    },
    "reasons in rules that were evaluated before": {
      tests: "test_a if {\n  not p.admin({})\n  p.names == set()\n  p.names[_]\n}",
      lines: [
        "  p_test.rego:8:",
        "      p.names[_]",
        "",
        "  in data.p.names, p.rego:22:",
        "                             some u in input.users",
        "                                       |",
        "                                       undefined",
      ],
    },
    "the test itself, where it has no expression that failed": {
      tests: "test_a := 1",
      lines: ["  p_test.rego:5:", "    test_a := 1"],
    },
  };
  it.each(Object.entries(table))("%s", async (_, { tests, lines }) => {
    expect(await explain(tests)).toEqual(lines);
  });

  it("for each case of a table its own line", async () => {
    const tests =
      'test_t[note] if {\n  some note, tc in {"a": {"x": 1}, "b": {"x": 2}, "c": {"x": 3}}\n  tc.x != 2\n  tc.x == 1\n}';
    expect(await explain(tests)).toEqual([
      "  b: FAIL",
      "",
      "      p_test.rego:7:",
      "          tc.x != 2",
      "          |",
      "          tc.x: 2",
      '          tc: {"x": 2}',
      "  c: FAIL",
      "",
      "      p_test.rego:8:",
      "          tc.x == 1",
      "          |",
      "          tc.x: 3",
      '          tc: {"x": 3}',
    ]);
  });

  it("the expression and its values in JUnit's file", async () => {
    const { output } = await run("test_a if {\n  x := 1\n  x == 2\n}", { format: "junit" });
    expect(output).toContain('<failure message="p_test.rego:7: x == 2">p_test.rego:7:\n  x == 2\n  |\n  1</failure>');
  });

  it("nothing more in JSON, as in OPA", async () => {
    const { output } = await run("test_a if false", { format: "json" });
    expect(Object.keys(JSON.parse(output)[0])).toEqual(["location", "package", "name", "fail", "duration"]);
  });
});

describe("limits of explanations", () => {
  it("at most six reasons", async () => {
    const bodies = Array.from({ length: 20 }, (_, index) => `many if input.x == ${index}`).join("\n\n");
    const lines = await explain(`${bodies}\n\ntest_a if many with input as {"x": -1}`);
    expect(lines.filter((line) => line.startsWith("  in data.p_test.many"))).toHaveLength(6);
  });

  it("at most four rules deep", async () => {
    const chain = Array.from({ length: 9 }, (_, index) => `r${index} if r${index + 1}`).join("\n\n");
    const lines = await explain(`${chain}\n\nr9 if false\n\ntest_a if r0`);
    expect(lines.filter((line) => line.startsWith("  in "))).toHaveLength(4);
  });

  it("at most two hundred tests", async () => {
    const tests = Array.from({ length: 205 }, (_, index) => `test_${index} if {\n  x := ${index}\n  x < 0\n}`);
    const { results } = await run(tests.join("\n\n"));
    expect(results.filter(({ explanation }) => explanation !== undefined)).toHaveLength(200);
  });

  it("more failures than are kept are counted from the last", async () => {
    const lines = await explain("test_a if {\n  some x in numbers.range(1, 30000)\n  x > 30000\n}");
    expect(lines.at(-1)).toBe("      30000");
  });
});
