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
      format: "json",
      imports: [],
      strictBuiltinErrors: false,
      profile: false,
      failUndefined: false,
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

  it.each([
    ["no query", ["eval", "-d", "a"], "expected one query, got none"],
    ["an empty query", ["eval", " "], "expected one query, got none"],
    ["two queries", ["eval", "a", "b"], "expected one query, got 2"],
    ["a format of another command", ["eval", "-f", "junit", "a"], "expected one of json, pretty"],
  ])("refuses %s", (_, argv, message) => {
    expect(() => parse(...argv)).toThrow(InputError);
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
  });

  it("refuses to check nothing", () => {
    expect(() => parse("check")).toThrow("expected files or folders with Rego policies, got none");
  });
});
