import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { parseCases, runCase } from "./cases.ts";

const module = "package p\n\nq := input.n + 1\n\ns contains x if some x in [2, 1]\n\nbad := 1 / 0\n";

function run(fields: Readonly<Record<string, unknown>>) {
  const [wanted] = parseCases(JSON.stringify({ cases: [{ note: "a", modules: [module], ...fields }] }));
  if (wanted === undefined) throw new Error("expected a case");
  return runCase(wanted);
}

describe("a case", () => {
  it.each([
    ["a result", { query: "data.p.q = x", input: { n: 1 }, want_result: [{ x: 2 }] }],
    ["an input that is a term", { query: "data.p.q = x", input_term: '{"n": 2}', want_result: [{ x: 3 }] }],
    ["nothing", { query: "data.p.q = x", want_result: [] }],
    ["a set as a list", { query: "data.p.s = x", want_result: [{ x: [1, 2] }] }],
    ["a list in any order", { query: "x = [2, 1]", sort_bindings: true, want_result: [{ x: [1, 2] }] }],
    ["an error", { query: "data.p.bad = x", strict_error: true, want_error_code: "eval_builtin_error" }],
    ["an undefined function call", { query: "data.p.bad = x", want_result: [] }],
    ["an error when compiling", { query: "y = x", want_error_code: "rego_unsafe_var_error", want_error: "is unsafe" }],
  ])("passes with %s", (_, fields) => {
    expect(run(fields)).toBeUndefined();
  });

  it.each([
    ["another result", { query: "x = 1", want_result: [{ x: 2 }] }, '[{"x": 2}]', '[{"x": 1}]'],
    ["a result and no error", { query: "x = 1", want_error: "boom" }, "the error : boom", '[{"x": 1}]'],
    ["an error and no result", { query: "x = y", want_result: [] }, "[]", "rego_unsafe_var_error"],
  ])("fails with %s", (_, fields, wanted, got) => {
    const mismatch = run(fields);
    expect(mismatch?.wanted).toBe(wanted);
    expect(mismatch?.got).toContain(got);
  });

  it("has numbers with all their digits", () => {
    const [wanted] = parseCases(
      '{"cases": [{"note": "a", "query": "x = data.n + 1", "data": {"n": 12345678901234567890}, "want_result": [{"x": 12345678901234567891}]}]}',
    );
    expect(wanted === undefined ? undefined : runCase(wanted)).toBeUndefined();
  });
});

describe("npm run compliance", () => {
  const folder = mkdtempSync(join(tmpdir(), "sealcheck-compliance-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function runFolder(cases: readonly Readonly<Record<string, unknown>>[]) {
    writeFileSync(join(folder, "cases.json"), JSON.stringify({ cases }));
    return new Promise<{ code: number; stdout: string }>((resolve) => {
      execFile(process.execPath, [join(import.meta.dirname, "run.mts"), folder], (error, stdout) =>
        resolve({ code: typeof error?.code === "number" ? error.code : 0, stdout }),
      );
    });
  }

  const good = { note: "good", query: "x = 1", want_result: [{ x: 1 }] };

  it("counts", async () => {
    expect(await runFolder([good])).toEqual({ code: 0, stdout: "1 passed, 0 failed\n" });
  });

  it("prints what failed and an exception that passes, and ends with 1", async () => {
    const outcome = await runFolder([
      good,
      { ...good, note: "wrong", want_result: [] },
      { ...good, note: "net.lookup_ip_addr/localhost" },
    ]);
    expect(outcome.code).toBe(1);
    expect(outcome.stdout).toContain('wrong\n  wanted: []\n  got:    [{"x": 1}]\n');
    expect(outcome.stdout).toContain("net.lookup_ip_addr/localhost\n  passes, and is listed as an exception");
    expect(outcome.stdout).toMatch(/\n1 passed, 2 failed\n$/);
  });
});
