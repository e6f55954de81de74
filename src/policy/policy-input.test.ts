import { describe, expect, it } from "vitest";
import { compactJson } from "./compact-json.ts";
import { buildPolicyInput, type PolicyInputParts } from "./policy-input.ts";
import { faultOf } from "./testing/ports.ts";

const ref = `registry.example/app@sha256:${"1".repeat(64)}`;

function parts(changes: Partial<PolicyInputParts> = {}): PolicyInputParts {
  return {
    attestations: [{ statementText: "{}", signatures: [] }],
    image: { ref, signatures: [], source: {} },
    snapshot: { application: "", components: [] },
    componentName: "",
    policySpec: {},
    ...changes,
  };
}

describe("compactJson", () => {
  it.each([
    ['{ "b" : 1 ,\n\t"a": [ 1 , 2 ] }', '{"b":1,"a":[1,2]}'],
    ['{"a b": "c  d\\" e "}', '{"a b":"c  d\\" e "}'],
    ['["\\\\", " \\\\\\" "]', '["\\\\"," \\\\\\" "]'],
    [" 12345678901234567890.10 ", "12345678901234567890.10"],
    ['""', '""'],
    ["[]", "[]"],
  ])("%s", (text, expected) => {
    expect(compactJson(text)).toBe(expected);
  });

  it("is quick with long strings", () => {
    const long = JSON.stringify({ a: `${'\\"'.repeat(500_000)} x`, b: " ".repeat(500_000) });
    expect(compactJson(`  ${long}  `)).toBe(long);
  });
});

describe("buildPolicyInput", () => {
  it("has the smallest form", () => {
    expect(buildPolicyInput(parts())).toBe(
      `{"attestations":[{"statement":{}}],"image":{"ref":"${ref}","source":{}},` +
        `"snapshot":{"application":"","artifacts":{}},"policy_spec":{}}`,
    );
  });

  it("keeps statements as signed, and signatures with the key sig", () => {
    const statementText = '{ "z": 1, "a": 12345678901234567890, "n": 1.0 }';
    const signature = { keyid: "", sig: "s", certificate: "c", chain: [], metadata: { b: "2", a: "1" } };
    const text = buildPolicyInput(parts({ attestations: [{ statementText, signatures: [signature] }] }));
    expect(text).toContain(
      '"attestations":[{"statement":{"z":1,"a":12345678901234567890,"n":1.0},' +
        '"signatures":[{"keyid":"","sig":"s","certificate":"c","metadata":{"a":"1","b":"2"}}]}]',
    );
  });

  it("has config, parent, files and source of the image", () => {
    const git = { url: "https://g", revision: "r" };
    const image = {
      ref,
      signatures: [{ keyid: "k", sig: "s" }],
      config: { Labels: { a: "b" } },
      parent: { ref: "base:1@sha256:0" },
      files: { "b.yaml": [1], "a.yaml": null },
      source: { git },
    };
    expect(JSON.parse(buildPolicyInput(parts({ image }))).image).toEqual({ ...image });
    expect(buildPolicyInput(parts({ image }))).toContain('"files":{"a.yaml":null,"b.yaml":[1]}');
  });

  it("has the snapshot, the component's name and the specification, without what is empty", () => {
    const snapshot = {
      application: "app",
      displayName: "d",
      components: [{ name: "", containerImage: "i", source: { git: { url: "u" } } }],
    };
    const policySpec = {
      name: "",
      publicKey: "k",
      configuration: { include: [], collections: ["c"] },
      sources: [
        {
          policy: ["p"],
          data: [],
          ruleData: { a: 1 },
          config: { include: ["x"], exclude: ["y"] },
          volatileConfig: { include: [{ value: "v", effectiveOn: "", imageUrl: "u" }] },
        },
      ],
    };
    expect(JSON.parse(buildPolicyInput(parts({ snapshot, componentName: "c", policySpec })))).toMatchObject({
      snapshot: { ...snapshot, artifacts: {} },
      component_name: "c",
      policy_spec: {
        publicKey: "k",
        configuration: { collections: ["c"] },
        sources: [
          {
            policy: ["p"],
            ruleData: { a: 1 },
            config: { exclude: ["y"], include: ["x"] },
            volatileConfig: { include: [{ value: "v", imageUrl: "u" }] },
          },
        ],
      },
    });
  });

  it("sorts maps as Go does, and keeps the order of fields", () => {
    const image = { ref, signatures: [], config: { Labels: { b: "1", a: "2" }, Cmd: ["x"] }, source: {} };
    const policySpec = { sources: [{ ruleData: { z: { y: 1, x: [{ b: 1, a: 2 }] }, k: 1 } }] };
    const text = buildPolicyInput(parts({ image, policySpec }));
    expect(text).toContain('"config":{"Labels":{"a":"2","b":"1"},"Cmd":["x"]}');
    expect(text).toContain('"ruleData":{"k":1,"z":{"x":[{"a":2,"b":1}],"y":1}}');
  });

  it("escapes as Go does", () => {
    expect(
      buildPolicyInput(parts({ attestations: [{ statementText: '{"a":"<b>&\u2028"}', signatures: [] }] })),
    ).toContain('{"a":"\\u003cb\\u003e\\u0026\\u2028"}');
  });

  it("refuses a statement that would break out of its place", async () => {
    const statementText = '{}},{"statement":{}';
    expect(await faultOf(() => buildPolicyInput(parts({ attestations: [{ statementText, signatures: [] }] })))).toBe(
      "undecided:evaluation-failed",
    );
  });
});
