import { describe, expect, it } from "vitest";
import type { JsonObject } from "../types/index.ts";
import { maxProblems } from "./shape.ts";
import { parseStatement } from "./statement.ts";
import { checkSyntax } from "./syntax.ts";

const hex = "ab".repeat(32);

const v02 = (): Tree => ({
  _type: "https://in-toto.io/Statement/v0.1",
  predicateType: "https://slsa.dev/provenance/v0.2",
  subject: [{ name: "registry.io/app", digest: { sha256: hex } }],
  predicate: {
    builder: { id: "https://tekton.dev/chains/v2" },
    buildType: "tekton.dev/v1/PipelineRun",
    invocation: {
      configSource: { uri: "", digest: { sha1: hex }, entryPoint: "run" },
      parameters: {},
      environment: {},
    },
    metadata: {
      buildInvocationId: "1",
      buildStartedOn: "2026-01-31T12:00:00Z",
      buildFinishedOn: "2026-01-31T12:10:00.5Z",
      completeness: { parameters: true, environment: false, materials: false },
      reproducible: false,
    },
    buildConfig: {},
    materials: [{ uri: "git+https://example.com/a", digest: { sha1: hex } }],
  },
});

const v1 = (): Tree => ({
  _type: "https://in-toto.io/Statement/v1",
  predicateType: "https://slsa.dev/provenance/v1",
  subject: [{ name: "registry.io/app", digest: { sha256: hex } }],
  predicate: {
    buildDefinition: {
      buildType: "https://tekton.dev/chains/v2/slsa",
      externalParameters: {},
      internalParameters: {},
      resolvedDependencies: [
        {
          uri: "git+https://example.com/a",
          digest: { gitCommit: hex },
          name: "source",
          content: "eA==",
          annotations: {},
        },
      ],
    },
    runDetails: {
      builder: { id: "https://tekton.dev/chains/v2", version: {}, builderDependencies: [] },
      metadata: { invocationId: "1", startedOn: "2026-01-31T12:00:00Z", finishedOn: "2026-01-31T12:10:00Z" },
      byproducts: [{ name: "logs" }],
    },
  },
});

interface Tree {
  [name: string]: unknown;
}

/** The statement with the member at the path (`a.0.b`) set, or removed where the value is undefined. */
function changed(statement: Tree, path: string, value: unknown): Tree {
  const names = path.split(".");
  const last = names.pop() as string;
  const holder = names.reduce((at, name) => at[name] as Tree, statement);
  if (value === undefined) delete holder[last];
  else holder[last] = value;
  return statement;
}

function check(statement: Tree): readonly string[] {
  return checkSyntax(parseStatement(Buffer.from(JSON.stringify(statement))));
}

describe("checkSyntax", () => {
  it("has nothing to say about whole statements", () => {
    expect(check(v02())).toEqual([]);
    expect(check(v1())).toEqual([]);
  });

  it.each<[string, Tree]>([
    [
      "a v0.2 statement with the least there may be",
      { ...v02(), predicate: { builder: { id: "https://b" }, buildType: "" } },
    ],
    ["v1 in a v0.1 statement, as Tekton Chains writes it", changed(v1(), "_type", "https://in-toto.io/Statement/v0.1")],
    ["a leap second", changed(v1(), "predicate.runDetails.metadata.finishedOn", "2026-06-30T23:59:60Z")],
    ["members that nobody knows", changed(v02(), "predicate.extra", { a: 1 })],
    ["another predicate", changed(v02(), "predicateType", "https://cyclonedx.org/bom")],
  ])("accepts %s", (_name, statement) => {
    expect(check(statement)).toEqual([]);
  });

  it.each<[string, string, unknown, string]>([
    ["a v1 statement type", "_type", "https://in-toto.io/Statement/v1", "_type: "],
    ["no subject", "subject", [], "subject: at least 1"],
    ["subject without a list", "subject", undefined, "`subject` is missing"],
    ["no predicate", "predicate", undefined, "`predicate` is missing"],
    ["a subject without a name", "subject.0.name", undefined, "subject[0]: `name` is missing"],
    ["an empty subject name", "subject.0.name", "", "subject[0].name: "],
    ["a subject without a digest", "subject.0.digest", undefined, "subject[0]: `digest` is missing"],
    ["upper case in a digest", "subject.0.digest.sha256", hex.toUpperCase(), "subject[0].digest.sha256: "],
    ["an empty digest", "subject.0.digest.sha256", "", "subject[0].digest.sha256: "],
    [
      "gitCommit, which only v1 knows",
      "predicate.materials.0.digest.gitCommit",
      hex,
      "predicate.materials[0].digest.gitCommit: ",
    ],
    ["no builder", "predicate.builder", undefined, "predicate: `builder` is missing"],
    ["a builder without an id", "predicate.builder", {}, "predicate.builder: `id` is missing"],
    ["a builder id without a scheme", "predicate.builder.id", "tekton", "predicate.builder.id: a URI"],
    ["a builder id with a blank", "predicate.builder.id", "https://a b", "predicate.builder.id: a URI"],
    ["no build type", "predicate.buildType", undefined, "predicate: `buildType` is missing"],
    ["null for an object", "predicate.invocation", null, "predicate.invocation: an object"],
    ["an empty entry point", "predicate.invocation.configSource.entryPoint", "", "entryPoint: a non-empty"],
    [
      "a time with an offset",
      "predicate.metadata.buildFinishedOn",
      "2026-01-31T12:00:00+00:00",
      "buildFinishedOn: a time",
    ],
    [
      "a day that does not exist",
      "predicate.metadata.buildFinishedOn",
      "2026-02-30T12:00:00Z",
      "buildFinishedOn: a time",
    ],
    [
      "an hour that does not exist",
      "predicate.metadata.buildStartedOn",
      "2026-01-31T24:00:00Z",
      "buildStartedOn: a time",
    ],
    ["a time that is none", "predicate.metadata.buildStartedOn", "yesterday", "buildStartedOn: a time"],
    ["a text for a truth value", "predicate.metadata.reproducible", "no", "reproducible: true or false"],
    ["materials that are no list", "predicate.materials", {}, "predicate.materials: a list"],
  ])("refuses in v0.2 %s", (_name, path, value, problem) => {
    const problems = check(changed(v02(), path, value));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(problem);
  });

  it.each<[string, string, unknown, string]>([
    ["no build definition", "predicate.buildDefinition", undefined, "`buildDefinition` is missing"],
    ["no run details", "predicate.runDetails", undefined, "`runDetails` is missing"],
    ["an empty build type", "predicate.buildDefinition.buildType", "", "buildType: a non-empty"],
    [
      "no external parameters",
      "predicate.buildDefinition.externalParameters",
      undefined,
      "`externalParameters` is missing",
    ],
    ["a builder id that is no URI", "predicate.runDetails.builder.id", "x", "builder.id: a URI"],
    [
      "a time with an offset",
      "predicate.runDetails.metadata.finishedOn",
      "2026-01-31T12:00:00+01:00",
      "finishedOn: a time",
    ],
    [
      "an unknown digest",
      "predicate.buildDefinition.resolvedDependencies.0.digest.gitTree",
      hex,
      "gitTree: the digest algorithm",
    ],
    ["byproducts that are no list", "predicate.runDetails.byproducts", "x", "byproducts: a list"],
  ])("refuses in v1 %s", (_name, path, value, problem) => {
    const problems = check(changed(v1(), path, value));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(problem);
  });

  it("stops at the limit of problems", () => {
    const materials: JsonObject[] = Array.from({ length: maxProblems * 2 }, () => ({ uri: 1 }));
    expect(check(changed(v02(), "predicate.materials", materials))).toHaveLength(maxProblems);
  });
});
