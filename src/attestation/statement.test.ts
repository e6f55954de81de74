import { describe, expect, it } from "vitest";
import { parseDigest } from "../types/index.ts";
import { AttestationError } from "./errors.ts";
import { findBuildType, findFinishedOn, toProvenance } from "./provenance.ts";
import { hasSubject, maxStatementBytes, maxStatementValues, maxSubjects, parseStatement } from "./statement.ts";

const hex = "ab".repeat(32);
const digest = parseDigest(`sha256:${hex}`) ?? fail();
const header = { _type: "https://in-toto.io/Statement/v1", predicateType: "https://example.com/x/v1" };

function fail(): never {
  throw new Error("the digest of these tests is none");
}

const parse = (value: unknown) =>
  parseStatement(Buffer.from(typeof value === "string" ? value : JSON.stringify(value)));

function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (thrown) {
    return thrown instanceof AttestationError ? thrown.code : `another error: ${thrown}`;
  }
  return "no error";
}

describe("parseStatement", () => {
  it.each(["https://in-toto.io/Statement/v0.1", "https://in-toto.io/Statement/v1"])("reads %s", (type) => {
    const statement = parse({
      ...header,
      _type: type,
      subject: [{ name: "a", digest: { sha256: hex } }],
      predicate: { p: 1 },
    });
    expect(statement.type).toBe(type);
    expect(statement.predicateType).toBe("https://example.com/x/v1");
    expect(statement.subjects).toHaveLength(1);
    expect(statement.body.predicate).toEqual({ p: 1 });
  });

  it.each<[string, unknown]>([
    ["garbage", "nonsense"],
    ["null", null],
    ["an unknown type", { ...header, _type: "https://in-toto.io/Statement/v9" }],
    ["no type", { ...header, _type: undefined }],
    ["no predicate type", { ...header, predicateType: undefined }],
    ["a subject that is no list", { ...header, subject: {} }],
    ["a subject that is no object", { ...header, subject: ["x"] }],
    ["a digest that is no object", { ...header, subject: [{ digest: "x" }] }],
    ["a digest of no text", { ...header, subject: [{ digest: { sha256: 1 } }] }],
    ["too many subjects", { ...header, subject: Array(maxSubjects + 1).fill({}) }],
  ])("refuses %s", (_name, value) => {
    expect(codeOf(() => parse(value))).toBe("statement_invalid");
  });

  it("refuses what is too large before it parses", () => {
    expect(codeOf(() => parseStatement(Buffer.alloc(maxStatementBytes + 1)))).toBe("too_large");
    expect(codeOf(() => parseStatement(Buffer.alloc(maxStatementValues + 1, "[")))).toBe("too_large");
  });
});

describe("hasSubject", () => {
  it.each<[string, unknown, boolean]>([
    ["the digest", [{ digest: { sha256: hex } }], true],
    ["the digest in the second place", [{ digest: { sha256: "00" } }, { name: "b", digest: { sha256: hex } }], true],
    ["the digest under another algorithm", [{ digest: { sha512: hex } }], false],
    ["the digest in upper case", [{ digest: { sha256: hex.toUpperCase() } }], false],
    ["the name only", [{ name: digest }], false],
    ["nothing", [], false],
  ])("with %s", (_name, subject, expected) => {
    expect(hasSubject(parse({ ...header, subject }), digest)).toBe(expected);
  });
});

describe("toProvenance", () => {
  const v02 = { _type: "https://in-toto.io/Statement/v0.1", predicateType: "https://slsa.dev/provenance/v0.2" };
  const v1 = { ...header, predicateType: "https://slsa.dev/provenance/v1" };

  it("reads v0.2", () => {
    const predicate = {
      builder: { id: "https://b" },
      buildType: "t",
      metadata: { buildStartedOn: "2026-01-01T00:00:00Z", buildFinishedOn: "2026-01-01T00:01:00Z" },
      materials: [{ uri: "git+https://x", digest: { sha1: "aa" } }, 7],
    };
    expect(toProvenance(parse({ ...v02, predicate }))).toEqual({
      version: "v0.2",
      builderId: "https://b",
      buildType: "t",
      startedOn: "2026-01-01T00:00:00Z",
      finishedOn: "2026-01-01T00:01:00Z",
      materials: [{ uri: "git+https://x", digest: { sha1: "aa" } }],
      predicate,
    });
  });

  it("reads v1", () => {
    const predicate = {
      buildDefinition: { buildType: "t", resolvedDependencies: [{ uri: "git+https://x" }] },
      runDetails: { builder: { id: "https://b" }, metadata: { finishedOn: "2026-01-01T00:01:00Z" } },
    };
    const statement = parse({ ...v1, predicate });
    expect(toProvenance(statement)).toEqual({
      version: "v1",
      builderId: "https://b",
      buildType: "t",
      finishedOn: "2026-01-01T00:01:00Z",
      materials: [{ uri: "git+https://x" }],
      predicate,
    });
    expect(findFinishedOn(statement)).toBe("2026-01-01T00:01:00Z");
    expect(findBuildType(statement)).toBe("t");
  });

  it.each<[string, unknown]>([
    ["another predicate", { ...header, predicate: { buildType: "t" } }],
    ["no predicate", v02],
    ["a predicate of the wrong form", { ...v1, predicate: { buildDefinition: 7, runDetails: { metadata: [] } } }],
  ])("finds no time and no build type in %s", (_name, value) => {
    expect(findFinishedOn(parse(value))).toBeUndefined();
    expect(findBuildType(parse(value))).toBeUndefined();
  });
});
