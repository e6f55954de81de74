import { describe, expect, it } from "vitest";
import { createEngineEvaluator } from "./engine-evaluator.ts";
import { createMemoryFiles } from "./memory-files.ts";
import { type PolicyTestOptions, runPolicyTests } from "./policy-tests.ts";

const policy = `package a

default allow := false

allow if {
  input.user == "me"
  names := {name |
    some item in input.items
    name := item.name
  }
  count(names) > 0
}

never if {
  some x
  input.list[x] == 1
}

f(x) := 1 if {
  x > 5
} else := 2
`;

const test = `package a_test

import data.a

test_allow if a.allow with input as {"user": "me", "items": [{"name": "x"}]}

test_f if a.f(2) == 2
`;

function run(more: Partial<PolicyTestOptions>, tests = test) {
  return runPolicyTests({
    paths: ["."],
    files: createMemoryFiles({ "a.rego": policy, "a_test.rego": tests }),
    createEvaluator: createEngineEvaluator({ nowNs: () => 0n }),
    signal: new AbortController().signal,
    nowNs: () => 0n,
    coverage: true,
    ...more,
  });
}

const row = (start: number, end = start) => ({ start: { row: start }, end: { row: end } });

describe("coverage", () => {
  it("is what opa test --coverage prints", async () => {
    const outcome = await run({ format: "json" });
    expect(outcome.kind === "broken" ? outcome.message : JSON.parse(outcome.output)).toEqual({
      files: {
        "a.rego": {
          covered: [row(5, 9), row(11), row(20, 21)],
          not_covered: [row(3), row(14), row(16), row(19)],
          covered_lines: 8,
          not_covered_lines: 4,
          coverage: (100 * 8) / 12,
        },
        "a_test.rego": { covered: [row(5), row(7)], covered_lines: 2, coverage: 100 },
      },
      covered_lines: 10,
      not_covered_lines: 4,
      coverage: (100 * 10) / 14,
    });
  });

  it("stands before the summary in the format pretty: a line a file", async () => {
    const outcome = await run({});
    expect(outcome.kind === "broken" ? outcome.message : outcome.output.split("\n")).toEqual([
      " 66.7%  a.rego  not covered: 3, 14, 16, 19",
      "100.0%  a_test.rego",
      " 71.4%  all files",
      "PASS: 2/2",
      "2 passed, 0 failed",
      "",
    ]);
  });

  it("has annotations where the rule's body is evaluated, and no row for what takes a function's place", async () => {
    const files = createMemoryFiles({
      "m.rego": `package m

import data.mocks

# METADATA
# title: one
deny contains result if {
  input.bad
  result := f(
    rego.metadata.chain(),
  )
}

# METADATA
# title: two
warn contains result if {
  result := f(
    rego.metadata.chain(),
  )
}

f(chain) := chain[0].path

test_warn if {
  count(warn) == 1
    with time.now_ns as mocks.now
    with data.x as mocks.now
}
`,
      "mocks.rego": "package mocks\n\nnow := 1\n",
    });
    const outcome = await run({ files, format: "json" });
    expect(outcome.kind === "broken" ? outcome.message : outcome.coverage?.files["m.rego"]).toMatchObject({
      covered: [row(16, 18), row(22), row(24, 25), row(27)],
      not_covered: [row(7, 9)],
    });
  });

  it("fails the run where it is less than was demanded", async () => {
    const enough = await run({ threshold: 66 });
    expect(enough).toMatchObject({ kind: "passed", exitCode: 0 });
    const tooLittle = await run({ threshold: 99.5 });
    expect(tooLittle).toMatchObject({
      kind: "failed",
      exitCode: 2,
      problem: expect.stringMatching(/^Code coverage threshold not met: got \d+\.\d\d instead of 99\.50$/),
    });
  });

  it("gives way to what failed", async () => {
    const outcome = await run({ format: "json" }, `${test}\ntest_no if false\n`);
    expect(outcome).toMatchObject({ kind: "failed", exitCode: 2 });
    expect(outcome.kind === "broken" ? [] : JSON.parse(outcome.output)).toHaveLength(3);
  });

  it("is not counted unless it is wanted", async () => {
    const outcome = await run({ coverage: false });
    expect(outcome.kind === "broken" ? outcome : outcome.coverage).toBeUndefined();
    expect(outcome.kind === "broken" ? "" : outcome.output).not.toContain("%");
  });
});
