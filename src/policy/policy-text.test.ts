import { describe, expect, it } from "vitest";
import { addExtraRuleData } from "./extra-rule-data.ts";
import { readPolicyText } from "./policy-text.ts";
import { bytesOf, fakeDisk, fakeGit, fakeHttp, fakePorts, faultOf, messageOf } from "./testing/ports.ts";

const commit = "0123456789012345678901234567890123456789";

function repository(...paths: string[]) {
  return fakeGit({ "https://github.com/o/r.git": paths.map((path) => ({ path, bytes: bytesOf(`from ${path}`) })) });
}

describe("readPolicyText", () => {
  it.each([
    ["JSON", '{"sources": []}'],
    ["YAML", "sources:\n- policy: [github.com/o/r]\n"],
    ["YAML of one line", "publicKey: k8s://github.com/x"],
    ["a name", "namespace/name"],
    ["nothing", ""],
    ["a path that is no configuration", "./policy.txt"],
  ])("takes %s as it is (difference 10)", async (_name, text) => {
    expect(await readPolicyText(text, fakePorts())).toBe(text);
  });

  it.each([
    ["policy.yaml", "policy.yaml"],
    ["./sub/p.yml", "sub/p.yml"],
    ["file::sub/p.json", "sub/p.json"],
    ["file://sub/p.json", "sub/p.json"],
  ])("reads the file %s", async (value, path) => {
    expect(await readPolicyText(value, fakePorts({ files: fakeDisk({ [path]: "text" }) }))).toBe("text");
  });

  it("chooses the first known name in a repository", async () => {
    const value = "git::github.com/o/r//policies?ref=main";
    const git = repository("policies/policy.yml", "policies/.ec/policy.yaml", "policies/policy.json");
    expect(await readPolicyText(value, fakePorts({ git }))).toBe("from policies/.ec/policy.yaml");
    expect(git.calls).toEqual(["https://github.com/o/r.git main policies"]);
  });

  it("downloads over https", async () => {
    const http = fakeHttp({ "https://example.com/my.yaml": "text" });
    expect(await readPolicyText("https://example.com/my.yaml", fakePorts({ http }))).toBe("text");
  });

  it.each([
    ["http://example.com/policy.yaml", "usage:source-insecure"],
    ["git::http://example.com/r", "usage:source-insecure"],
    ["./missing.yaml", "usage:config-not-found"],
    ["https://example.com/missing.yaml", "usage:config-not-found"],
    ["empty.yaml", "usage:config-empty"],
    ["github.com/o/r", "usage:config-not-found"],
  ])("refuses %s", async (value, code) => {
    const ports = fakePorts({ files: fakeDisk({ "empty.yaml": "" }), git: repository("README.md") });
    expect(await faultOf(() => readPolicyText(value, ports))).toBe(code);
  });

  it("names the pinned address where a repository has no configuration", async () => {
    const ports = fakePorts({ git: repository("README.md") });
    expect(await messageOf(() => readPolicyText("github.com/o/r?ref=main", ports))).toContain(
      `github.com/o/r?ref=${commit}`,
    );
  });
});

describe("addExtraRuleData", () => {
  it("sets texts in every source, also from files, and overwrites", async () => {
    const spec = { sources: [{ name: "a", ruleData: { key: [1], other: 2 } }, { name: "b" }] };
    const ports = fakePorts({ files: fakeDisk({ "d.json": '{"x": 1}' }) });
    expect(await addExtraRuleData(spec, ["key=a=b", "file=d.json"], ports)).toEqual({
      sources: [
        { name: "a", ruleData: { key: "a=b", other: 2, file: '{"x": 1}' } },
        { name: "b", ruleData: { key: "a=b", file: '{"x": 1}' } },
      ],
    });
  });

  it("refuses what is no key and value, with its index", async () => {
    const run = () => addExtraRuleData({ sources: [] }, ["a=b", "c"], fakePorts());
    expect(await faultOf(run)).toBe("usage:rule-data-invalid");
    expect(await messageOf(run)).toContain("incorrect syntax for --extra-rule-data 1");
  });
});
