import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { argumentNames } from "../../../src/rego/compile/types/argument-names.ts";
import { normalizeProfile, normalizeResults, normalizeTests, normalizeText } from "./normalize.ts";
import { broken, policies, strict, tests } from "./policies.ts";
import { type Ending, run, runFromSource, runHere, writeFiles } from "./programs.ts";

const peers = inject("peers");

/** Exit codes where they differ by design (docs/rego-engine.md): those of `opa`, and ours for the same. */
const testCodes: Readonly<Record<number, number>> = { 0: 0, 1: 2, 2: 1 };

/** Twelve errors of one stage whose order is that of the rows with `opa`, too. */
const manyErrors = {
  "p.rego": `package p\n\n${Array.from({ length: 12 }, (_, index) => `a${index} := b${index}\n`).join("\n")}`,
};

describe.skipIf(peers === undefined)("what opa prints", () => {
  let folder = "";

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "sealcheck-tools-"));
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  let next = 0;
  function createFolder(files: Readonly<Record<string, string>>): string {
    next += 1;
    const cwd = join(folder, String(next));
    writeFiles(cwd, files);
    return cwd;
  }

  async function both(
    files: Readonly<Record<string, string>>,
    args: readonly string[],
    more: { input?: string; forOpa?: readonly string[] } = {},
  ): Promise<{ opa: Ending; seal: Ending }> {
    const options = { cwd: createFolder(files), ...(more.input === undefined ? {} : { input: more.input }) };
    const opa = await run(peers?.opa ?? "", [...args, ...(more.forOpa ?? [])], options);
    const seal = more.input === undefined ? await runHere(args, options.cwd) : await runFromSource(args, options);
    return { opa, seal };
  }

  describe("of tests", () => {
    it.each(Object.entries(tests).filter(([name]) => name !== "a value"))("%s", async (_, text) => {
      const files = { ...policies, "authz_test.rego": text };
      const { opa, seal } = await both(files, ["test", "."], { forOpa: ["--var-values"] });
      expect(normalizeTests(seal.stdout)).toBe(normalizeTests(opa.stdout));
      expect(seal.exitCode).toBe(testCodes[opa.exitCode]);
    });

    it.each(Object.entries(tests))("%s, as JSON", async (_, text) => {
      const { opa, seal } = await both({ ...policies, "authz_test.rego": text }, ["test", "-f", "json", "."]);
      expect(normalizeResults(seal.stdout)).toEqual(normalizeResults(opa.stdout));
      expect(seal.exitCode).toBe(testCodes[opa.exitCode]);
    });

    it.each([
      ["passing", []],
      ["passing", ["--threshold=10"]],
      ["passing", ["--threshold=99"]],
    ] as const)("%s: coverage, with %s", async (name, args) => {
      const files = { ...policies, "authz_test.rego": tests[name] };
      const { opa, seal } = await both(files, ["test", "-c", "-f", "json", ...args, "."]);
      expect(seal.stderr).toBe(opa.stderr);
      expect(seal.exitCode).toBe(testCodes[opa.exitCode]);
      if (opa.exitCode === 0) expect(seal.stdout).toBe(opa.stdout);
    });

    it.each([
      ["passing", ["-v"]],
      ["a table", ["-v", "-r", "nothing"]],
      ["what is printed", ["-v", "-r", "quiet"]],
      ["skipped", ["-z"]],
      ["no tests", ["--fail-on-empty"]],
      ["passing", ["--ignore=authz_*"]],
    ] as const)("%s, with %s", async (name, args) => {
      const files = { ...policies, "authz_test.rego": tests[name] };
      const { opa, seal } = await both(files, ["test", ...args, "."]);
      expect(normalizeTests(seal.stdout)).toBe(normalizeTests(opa.stdout));
      // That there was no test is told here, where opa is silent.
      expect(seal.stderr.replace(/^no tests were (?:found: a|run: no) test .*\n/, "")).toBe(opa.stderr);
      expect(seal.exitCode).toBe(testCodes[opa.exitCode]);
    });

    it.each(Object.entries(broken))("not run because of %s", async (_, text) => {
      const { opa, seal } = await both({ "p.rego": text }, ["test", "."]);
      expect(normalizeText(seal.stderr)).toBe(normalizeText(opa.stderr));
      expect([seal.stdout, seal.exitCode]).toEqual([opa.stdout, testCodes[opa.exitCode]]);
    });

    it.each([
      ["data in conflict", { "a.json": '{"x": 1}', "b.json": '{"x": 2}' }, ["test", "."]],
      ["a path that is not there", {}, ["test", "none"]],
      ["data that is no object", { "a.json": "[1]" }, ["test", "a.json"]],
    ] as const)("not run because of %s", async (_, files, args) => {
      const { opa, seal } = await both(files, args);
      expect(normalizeText(seal.stderr)).toBe(normalizeText(opa.stderr));
      expect(seal.exitCode).toBe(testCodes[opa.exitCode]);
    });
  });

  describe("of checks", () => {
    const formats = ["pretty", "json"];
    const table = Object.entries(broken).flatMap(([name, text]) =>
      formats.map((format) => [name, format, text] as const),
    );
    it.each(table)("%s, %s", async (_, format, text) => {
      const { opa, seal } = await both({ "p.rego": text }, ["check", "-f", format, "."]);
      expect(normalizeText(seal.stderr)).toBe(normalizeText(opa.stderr));
      expect(seal.stdout).toBe(opa.stdout);
      expect(seal.exitCode).toBe(opa.exitCode);
    });

    it.each([
      ["policies", policies, ["check", "."]],
      ["policies, strict", policies, ["check", "-S", "."]],
      ["an unused import, strict", { "p.rego": "package p\n\nimport data.x\n" }, ["check", "--strict", "."]],
      ["a file that is left out", { "p.rego": "package p\n\np := x\n" }, ["check", "--ignore=p.*", "."]],
      ["a path that is not there", {}, ["check", "none"]],
      ["more errors than are named", manyErrors, ["check", "."]],
      ["more errors than are named, as JSON", manyErrors, ["check", "-f", "json", "--max-errors", "10", "."]],
      ["all errors", manyErrors, ["check", "-m", "20", "."]],
    ] as const)("%s", async (_, files, args) => {
      const { opa, seal } = await both(files, args);
      expect([normalizeText(seal.stderr), seal.stdout]).toEqual([normalizeText(opa.stderr), opa.stdout]);
      expect(seal.exitCode).toBe(opa.exitCode);
    });
  });

  describe("of strict checks", () => {
    it.each(Object.entries(strict))("%s", async (_, text) => {
      const { opa, seal } = await both({ "p.rego": text }, ["check", "--strict", "."]);
      expect(seal.stderr).toBe(opa.stderr);
      expect(seal.exitCode).toBe(opa.exitCode);
    });
  });

  it("of functions: the names of their arguments and results", async () => {
    const { stdout } = await run(peers?.opa ?? "", ["capabilities", "--current"], { cwd: createFolder({}) });
    const { builtins } = JSON.parse(stdout) as {
      builtins: { name: string; decl: { args?: { name?: string }[]; result?: { name?: string } } }[];
    };
    const theirs = builtins.map(({ name, decl: { args = [], result } }) => [
      name,
      [...args, ...(result === undefined ? [] : [result])].flatMap((type) => type.name ?? []),
    ]);
    expect(theirs.length).toBeGreaterThan(200);
    expect(theirs.map(([name]) => [name, argumentNames(name as string)])).toEqual(theirs);
  });

  describe("of queries", () => {
    const input = '{"method": "GET", "groups": ["b", "<x>"], "users": [{"name": "u\\u00fc"}, {"name": "v"}]}';
    const files = { ...policies, "input.json": input };
    const queries = [
      "data.authz",
      "data.authz.names[x]",
      "x := input.groups[i]; y := i + 1",
      "input.groups[_]",
      "1 < 2; 2 < 1",
      "data.authz.nope",
      "data.cfg",
      '"text"',
      "[1, {2}, {3: 4}]",
    ];
    const formats = ["json", "pretty", "raw", "values", "bindings", "discard"];
    const table = queries.flatMap((query) => formats.map((format) => [query, format] as const));
    it.each(table)("%s, %s", async (query, format) => {
      const { opa, seal } = await both(files, ["eval", "-d", ".", "-i", "input.json", "-f", format, query]);
      expect([seal.stdout, seal.stderr]).toEqual([opa.stdout, opa.stderr]);
      expect(seal.exitCode).toBe(opa.exitCode);
    });

    it.each([
      ["an input from standard input", ["eval", "-I", "-f", "raw", "input.a"], '{"a": "b"}'],
      ["--fail, undefined", ["eval", "--fail", "data.x"], ""],
      ["--fail, defined", ["eval", "--fail", "1"], ""],
      ["--fail-defined, defined", ["eval", "--fail-defined", "1"], ""],
      ["--fail-defined, undefined", ["eval", "--fail-defined", "data.x"], ""],
      [
        "a package and an import",
        ["eval", "-d", ".", "--package=authz", "--import=data.cfg as c", "allow; c.groups"],
        "",
      ],
      [
        "a long cell",
        [
          "eval",
          "-f",
          "pretty",
          'x := "012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"; y := 1',
        ],
        "",
      ],
    ] as const)("%s", async (_, args, stdin) => {
      const { opa, seal } = await both(files, args, stdin === "" ? {} : { input: stdin });
      expect([seal.stdout, seal.stderr]).toEqual([opa.stdout, opa.stderr]);
      expect(seal.exitCode).toBe(opa.exitCode);
    });

    it.each([
      ["a query that does not parse", "data.p["],
      ["an empty operand", "1 +"],
      ["an unknown function", "foo(1)"],
    ])("that are wrong: %s", async (_, query) => {
      for (const format of ["json", "pretty"]) {
        const { opa, seal } = await both(files, ["eval", "-f", format, query]);
        expect([normalizeText(seal.stdout), normalizeText(seal.stderr)]).toEqual([
          normalizeText(opa.stdout),
          normalizeText(opa.stderr),
        ]);
        expect(seal.exitCode).toBe(opa.exitCode);
      }
    });

    it("that end with an error: 3 where opa has 2", async () => {
      const { opa, seal } = await both({ "p.rego": "package p\n\np := 1\n\np := 2 if true\n" }, [
        "eval",
        "-d",
        ".",
        "data.p.p",
      ]);
      expect(JSON.parse(seal.stdout)).toEqual(JSON.parse(opa.stdout));
      expect([opa.exitCode, seal.exitCode]).toEqual([2, 3]);
    });

    it.each(["data.authz.allow", "data.authz.names", "data.authz.is_admin({}) == 1", "not data.authz.allow"])(
      "with a profile: how often what was evaluated by %s",
      async (query) => {
        const { opa, seal } = await both(files, [
          "eval",
          "-d",
          ".",
          "-i",
          "input.json",
          "--profile",
          "--profile-limit=0",
          query,
        ]);
        expect(normalizeProfile(seal.stdout)).toEqual(normalizeProfile(opa.stdout));
      },
    );
  });
});
