import { describe, expect, it } from "vitest";
import { parseModule } from "../rego/index.ts";
import { exceptionNameOf, resultKindOf } from "./check-rules.ts";
import { indexRules } from "./rule-index.ts";
import { faultOf, messageOf } from "./testing/ports.ts";

function index(...texts: string[]) {
  return indexRules(texts.map((text, number) => parseModule(`m${number}.rego`, text)));
}

const annotated = `# METADATA
# title: Package
package release.tasks

import rego.v1

# METADATA
# title: Tasks are pinned
# description: >-
#   See xref:release_policy:ROOT:tasks.adoc#pinned[the docs] and xref:a/b.adoc#c[other].
# custom:
#   short_name: pinned
#   failure_msg: x
#   solution: Read xref:policy:ROOT:pages/x.adoc#y[more] or xref:short[less].
#   collections: [a, b, 3]
#   depends_on: base.exists
#   effective_on: 2023-01-31T00:00:00Z
#   pipeline_intention: [release]
deny contains result if {
	result := {"code": "tasks.pinned", "msg": "x"}
}

# METADATA
# title: Old
# custom:
#   short_name: old
#   depends_on:
#   - a.b
#   - c.d
#   pipeline_intention: release
warn contains result if result := {"msg": "x"}

exception contains ["x"] if true

helper := 1
`;

describe("indexRules", () => {
  it("reads annotations", () => {
    expect(index(annotated).infos).toEqual([
      {
        code: "release.tasks.pinned",
        package: "release.tasks",
        shortName: "pinned",
        title: "Tasks are pinned",
        description: "See the docs and other.",
        solution: "Read https://conforma.dev/docs/policy/pages/x.html#y or less.",
        effectiveOn: "2023-01-31T00:00:00Z",
        collections: ["a", "b"],
        dependsOn: ["base.exists"],
        pipelineIntention: ["release"],
      },
      expect.objectContaining({ code: "release.tasks.old", dependsOn: ["a.b", "c.d"], pipelineIntention: [] }),
    ]);
  });

  it("knows packages, their checks and exceptions", () => {
    const [entry] = index(annotated).packages;
    expect(entry).toMatchObject({
      path: ["release", "tasks"],
      name: "release.tasks",
      checks: ["deny", "warn"],
      hasException: true,
    });
  });

  it("exceptions may be entries of an object", () => {
    expect(
      index('package main\nexception[x] := ["a"] if x := "k"\ndeny_a contains "d"\n').packages[0]?.hasException,
    ).toBe(true);
  });

  it("rules without annotations are known by the code in their body, or by their name", () => {
    const text = `package main
import rego.v1
deny contains result if { result := {"code": "other.x", "msg": "m"} }
warn_two contains "m" if true
`;
    const { infos, packages } = index(text);
    expect(infos).toEqual([]);
    expect(packages[0]?.rules.map(({ code }) => code)).toEqual(["other.x", "main.warn_two"]);
  });

  it.each([
    ["a boolean", "deny if { input.x }", "m0.rego:3"],
    ["a number", "deny := 1 if { input.x }", "m0.rego:3"],
    ["a list", "warn contains [1] if { input.x }", "m0.rego:3"],
    ["a reference", "deny contains input.x if { input.x }", "m0.rego:3"],
    ["an annotated helper", "# METADATA\n# title: h\nhelper if { input.x }", "m0.rego:5"],
    ["an entry that is a number", "deny[x] := 1 if { x := input.x }", "m0.rego:3"],
    ["if without contains", "deny[msg] if { msg := input.x }", "m0.rego:3"],
  ])("refuses %s with file and line", async (_name, rule, place) => {
    const run = () => index(`package main\nimport rego.v1\n${rule}\n`);
    expect(await faultOf(run)).toBe("usage:rule-invalid");
    expect(await messageOf(run)).toContain(place);
  });

  it.each([
    ["a text", 'deny contains "m" if { input.x }'],
    ["an object", 'deny contains {"msg": "m"} if { input.x }'],
    ["a call", 'deny contains sprintf("%s", [input.x]) if { input.x }'],
    ["a helper", "helper if { input.x }"],
    ["another name", "denied if { input.x }"],
  ])("accepts %s", async (_name, rule) => {
    expect(await faultOf(() => index(`package main\nimport rego.v1\n${rule}\n`))).toBe("none");
  });

  it("refuses two rules with one code in one group", async () => {
    const run = () => index(annotated, annotated);
    expect(await faultOf(run)).toBe("usage:rule-duplicate");
    expect(await messageOf(run)).toContain("release.tasks.pinned");
  });
});

describe("names of rules", () => {
  it.each([
    ["deny", "failure", ""],
    ["deny_a_b1", "failure", "a_b1"],
    ["violation", "failure", ""],
    ["violation_x", "failure", "x"],
    ["warn", "warning", ""],
    ["warn_X", "warning", "X"],
    ["denied", undefined, "denied"],
    ["deny_", undefined, ""],
    ["warning", undefined, "warning"],
  ])("%s", (name, kind, exception) => {
    expect(resultKindOf(name)).toBe(kind);
    expect(exceptionNameOf(name)).toBe(exception);
  });
});
