import { describe, expect, it } from "vitest";
import { parseCommandLine } from "./command-line.ts";
import { InputError } from "./errors.ts";

function parse(...argv: string[]) {
  const command = parseCommandLine(argv, {});
  return "configuration" in command ? { kind: command.kind, ...command.configuration } : command;
}

describe("sealcheck eval", () => {
  it("has OPA's defaults", () => {
    expect(parse("eval", "data.p.deny")).toEqual({
      kind: "eval",
      query: "data.p.deny",
      paths: [],
      stdinInput: false,
      format: "json",
      prettyLimit: 0,
      imports: [],
      strict: false,
      strictBuiltinErrors: false,
      ignore: [],
      metrics: false,
      profile: false,
      profileLimit: 10,
      profileSort: [],
      failUndefined: false,
      failDefined: false,
      timeoutMs: 60_000,
      logLevel: "warning",
    });
  });

  it("takes what opa eval takes", () => {
    const argv = ["eval", "-d", "a", "--data=b", "-i", "in.json", "-f", "pretty", "--package", "p", "--fail", "x > 1"];
    expect(parse(...argv, "--import", "data.q as r", "--timeout=5s")).toMatchObject({
      paths: ["a", "b"],
      input: "in.json",
      format: "pretty",
      package: "p",
      failUndefined: true,
      query: "x > 1",
      imports: ["data.q as r"],
      timeoutMs: 5_000,
    });
  });

  it("takes what belongs to profiles and to scripts", () => {
    const argv = [
      "eval",
      "-I",
      "-S",
      "--fail-defined",
      "-f",
      "raw",
      "--profile-sort=num_eval,line",
      "--profile-limit=0",
    ];
    expect(
      parse(...argv, "--metrics", "--ignore", ".*", "--ignore=*_test.rego", "--pretty-limit=20", "1"),
    ).toMatchObject({
      stdinInput: true,
      strict: true,
      failDefined: true,
      format: "raw",
      profileSort: ["num_eval", "line"],
      profileLimit: 0,
      metrics: true,
      ignore: [".*", "*_test.rego"],
      prettyLimit: 20,
    });
  });

  it.each([
    ["two input documents", ["eval", "-i", "a.json", "-I", "1"], "--stdin-input: --input is given too"],
    ["a failure whatever comes", ["eval", "--fail", "--fail-defined", "1"], "--fail-defined: with --fail too"],
    ["a key to sort by", ["eval", "--profile-sort=time", "1"], "expected one of total_time_ns, num_eval"],
    ["no query", ["eval", "-d", "a"], "expected one query, got none"],
    ["an empty query", ["eval", " "], "expected one query, got none"],
    ["two queries", ["eval", "a", "b"], "expected one query, got 2"],
    ["a format of another command", ["eval", "-f", "junit", "a"], "expected one of json, pretty"],
  ])("refuses %s", (_, argv, message) => {
    expect(() => parse(...argv)).toThrow(InputError);
    expect(() => parse(...argv)).toThrow(message);
  });
});

describe("sealcheck test", () => {
  it("takes what opa test takes", () => {
    expect(
      parse("test", "-v", "-r", "x", "-f", "junit", "-z", "--fail-on-empty", "--ignore=.*", "a", "b"),
    ).toMatchObject({
      kind: "test",
      paths: ["a", "b"],
      verbose: true,
      run: "x",
      format: "junit",
      exitZeroOnSkipped: true,
      failOnEmpty: true,
      ignore: [".*"],
      coverage: false,
      threshold: 0,
    });
  });

  it("counts rows where a share of them is demanded", () => {
    expect(parse("test", "--threshold=87.5", "a")).toMatchObject({ coverage: true, threshold: 87.5 });
  });

  it.each([
    ["no path", ["test"], "expected files or folders with Rego tests, got none"],
    ["more than all rows", ["test", "--threshold=101", "a"], "expected a percentage of at most 100, got 101"],
  ])("refuses %s", (_, argv, message) => {
    expect(() => parse(...argv)).toThrow(message);
  });
});

describe("sealcheck check", () => {
  it("takes paths, --strict and a format", () => {
    expect(parse("check", "a", "b")).toMatchObject({
      kind: "check",
      paths: ["a", "b"],
      strict: false,
      format: "pretty",
    });
    expect(parse("check", "-S", "--format=json", "a")).toMatchObject({ strict: true, format: "json" });
    expect(parse("check", "a")).toMatchObject({ maxErrors: 10 });
    expect(parse("check", "-m", "0", "a")).toMatchObject({ maxErrors: 0 });
  });

  it("refuses to check nothing", () => {
    expect(() => parse("check")).toThrow("expected files or folders with Rego policies, got none");
  });
});
