import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import type { Report } from "../types/index.ts";
import { renderReport } from "./render.ts";
import {
  componentOf,
  defaultOptions,
  passed,
  reportOf,
  shownOptions,
  undecided,
  violated,
  warned,
} from "./report-sample.ts";

function render(
  report: Report,
  format: Parameters<typeof renderReport>[1]["format"],
  options = shownOptions as typeof shownOptions | typeof defaultOptions,
) {
  return renderReport(report, { format, options });
}

const full = reportOf(
  [
    componentOf({
      name: "app",
      source: { git: { revision: "r", url: "u" } },
      success: false,
      violations: [{ msg: "a <b> & c", metadata: { title: "t", code: "x.y", collections: ["c"] } }],
      warnings: [{ msg: "no metadata", metadata: {} }],
      successes: [{ msg: "Pass" }],
      signatures: [{ metadata: { b: "2", a: "1" }, chain: [], sig: "s", keyid: "", certificate: "PEM" }],
      attestations: [{ signatures: [{ sig: "s", keyid: "k" }], predicateType: "p", type: "t" }],
    }),
  ],
  {
    key: "K",
    policy: {
      identity: { issuer: "i", subject: "s" },
      publicKey: "k8s://a/b",
      sources: [
        {
          volatileConfig: { include: [{ effectiveOn: "e", value: "v" }], exclude: [] },
          config: { include: ["@a"], exclude: ["b"] },
          ruleData: { z: 1, a: { d: 1, c: 2 } },
          data: [],
          policy: ["p"],
          name: "n",
        },
      ],
      name: "",
    },
  },
);

describe("json", () => {
  it("is one line with ec's keys in ec's order, Go's HTML escapes, and no empty lists", () => {
    expect(render(full, "json")).toBe(
      '{"success":false,"components":[{"name":"app","containerImage":"r.example/app@sha256:' +
        `${"a".repeat(64)}","source":{"git":{"url":"u","revision":"r"}},` +
        '"violations":[{"msg":"a \\u003cb\\u003e \\u0026 c","metadata":{"code":"x.y","collections":["c"],"title":"t"}}],' +
        '"warnings":[{"msg":"no metadata"}],"successes":[{"msg":"Pass"}],"success":false,' +
        '"signatures":[{"keyid":"","sig":"s","certificate":"PEM","metadata":{"a":"1","b":"2"}}],' +
        '"attestations":[{"type":"t","predicateType":"p","signatures":[{"keyid":"k","sig":"s"}]}]}],' +
        '"key":"K","policy":{"sources":[{"name":"n","policy":["p"],"ruleData":{"a":{"c":2,"d":1},"z":1},' +
        '"config":{"exclude":["b"],"include":["@a"]},"volatileConfig":{"include":[{"value":"v","effectiveOn":"e"}]}}],' +
        '"publicKey":"k8s://a/b","identity":{"subject":"s","issuer":"i"}},' +
        '"ec-version":"v1","effective-time":"2026-01-01T00:00:00Z"}\n',
    );
  });

  it("puts what is ours after ec's keys", () => {
    const component = {
      ...undecided,
      refused: [{ kind: "attestation", location: "l", reason: "r" }] as const,
      skipped: ["builtin.image.signature_check"],
      excluded: [{ msg: "m" }],
    };
    const statistics = {
      "r.example": { requests: 1, retries: 0, bytesReceived: 2, throttledMs: 0, cacheHits: 3 },
    };
    const document: unknown = JSON.parse(
      render(reportOf([component], { snapshot: "ns/s", notes: ["n"], statistics }), "json"),
    );
    expect(Object.keys(document as object)).toEqual([
      "success",
      "snapshot",
      "components",
      "key",
      "policy",
      "ec-version",
      "effective-time",
      "notes",
      "statistics",
    ]);
    expect(Object.keys((document as { components: [object] }).components[0])).toEqual([
      "name",
      "containerImage",
      "source",
      "success",
      "error",
      "refused",
      "skipped",
      "excluded",
    ]);
  });

  it("has null for no components, and an empty key when keyless", () => {
    expect(JSON.parse(render(reportOf([]), "json"))).toMatchObject({ components: null, key: "" });
  });

  it("lists successes only with the global flag, warnings always", () => {
    const text = render(reportOf([passed, warned]), "json", defaultOptions);
    expect(text).not.toContain("successes");
    expect(text).toContain('"warnings":[{');
  });
});

describe("yaml", () => {
  it("is the same document with sorted keys", () => {
    const text = render(full, "yaml");
    expect(parse(text)).toEqual(JSON.parse(render(full, "json")));
    expect(text.match(/^\S[^:]*/gm)?.filter((key) => key !== "- attestations")).toEqual([
      "components",
      "ec-version",
      "effective-time",
      "key",
      "policy",
      "success",
    ]);
  });

  it("quotes what YAML 1.1 takes for something else, and breaks no long lines", () => {
    const report = reportOf([componentOf({ name: "yes", violations: [{ msg: `${"long ".repeat(60)}\n\tend` }] })], {
      version: "012",
    });
    const text = render(report, "yaml");
    expect(text).toContain('name: "yes"\n');
    expect(text).toContain('ec-version: "012"\n');
    expect(parse(text)).toEqual(JSON.parse(render(report, "json")));
  });
});

describe("summary", () => {
  const report = reportOf([
    componentOf({
      success: false,
      violations: [
        { msg: "second", metadata: { code: "b" } },
        { msg: "first", metadata: { code: "a" } },
        { msg: "again", metadata: { code: "b" } },
        { msg: "codeless" },
      ],
      successes: [{ msg: "Pass", metadata: { code: "c" } }],
    }),
  ]);

  it("has the first message of each code, codes sorted, and counts", () => {
    expect(render(report, "summary")).toBe(
      '{"components":[{"name":"Unnamed","success":false,' +
        '"violations":{"a":["first"],"b":["second","There are 1 more \\"b\\" messages"]},"warnings":{},' +
        '"successes":{"c":["Pass"]},"total_violations":4,"total_warnings":0,"total_successes":1}],"success":false,"key":""}\n',
    );
    expect(JSON.parse(render(report, "summary", defaultOptions))).toMatchObject({
      components: [{ successes: {}, total_successes: 1 }],
    });
  });

  it.each([
    ["passed", reportOf([passed]), true],
    ["violated", reportOf([passed, violated]), false],
    ["undecided", reportOf([undecided]), false],
  ])("says whether all is well (differences, 16): %s", (_, one, success) => {
    expect(JSON.parse(render(one, "summary"))).toMatchObject({ success });
  });
});

describe("summary-markdown", () => {
  it("is ec's table", () => {
    expect(render(reportOf([passed, warned, violated]), "summary-markdown")).toBe(`| Field     | Value |Status|
|-----------|-------|-------|
| Time | 1970-01-01 00:00:00 |  |
| Successes | 1 | :x: |
| Failures | 1 | :x: |
| Warnings | 1 | :x: |
| Result |  | :x: |
`);
  });

  it("has rows for what was skipped, refused and not decided (differences, 8)", () => {
    const component = {
      ...undecided,
      skipped: ["builtin.image.signature_check"],
      refused: [{ kind: "signature", location: "l", reason: "r" }] as const,
    };
    expect(render(reportOf([passed, component]), "summary-markdown")).toContain(
      "| Could not decide | 1 | :x: |\n| Skipped checks | builtin.image.signature&#95;check | :warning: |\n| Refused evidence | 1 | :warning: |\n",
    );
  });
});

describe("junit", () => {
  it("is ec's XML", () => {
    const component = componentOf({
      name: "a<b",
      containerImage: "i",
      success: false,
      violations: [
        { msg: "bad ]]> \u0001", metadata: { code: "x.y", term: ["t", "u"], m: { z: 1, a: true, n: null } } },
      ],
      warnings: [{ msg: "no code" }],
      successes: [{ msg: "Pass", metadata: { code: "p" } }],
      signatures: [{ keyid: "k", sig: "s", metadata: { B: "2", A: "1" } }],
    });
    const name = "x.y: bad ]]&gt; \ufffd [m=map[a:true n:&lt;nil&gt; z:1], term=[t u]]";
    expect(render(reportOf([component], { key: "K\n" }), "junit")).toBe(
      '<testsuites tests="3" failures="1" skipped="1"><testsuite name="a&lt;b (i)" tests="3" failures="1" errors="0" id="0" ' +
        'skipped="1" time="" timestamp="1970-01-01T00:00:00Z"><properties><property name="image" value="i"></property>' +
        '<property name="key" value="K&#xA;"></property><property name="success" value="false"></property>' +
        '<property name="keyId" value="k"></property><property name="signature" value="s"></property>' +
        '<property name="metadata.A" value="1"></property><property name="metadata.B" value="2"></property></properties>' +
        '<testcase name="p: Pass" classname="p: Pass"></testcase>' +
        `<testcase name="${name}" classname="${name}"><failure message="bad ]]&gt; \ufffd"><![CDATA[bad ]]]]><![CDATA[> \ufffd]]></failure></testcase>` +
        '<testcase name="no code" classname="no code"><skipped message="no code"><![CDATA[no code]]></skipped></testcase>' +
        "</testsuite></testsuites>\n",
    );
  });

  it("leaves successes out without the global flag", () => {
    expect(render(reportOf([passed]), "junit", defaultOptions)).toContain('<testsuites><testsuite name="Unnamed');
  });

  it("has an error where nothing was decided", () => {
    const text = render(reportOf([undecided]), "junit");
    expect(text).toContain('<testsuites tests="1" errors="1">');
    expect(text).toContain(
      '<testcase name="could not decide: TIMED_OUT" classname="could not decide: TIMED_OUT"><error message="the registry',
    );
  });

  it("is an empty element without components", () => {
    expect(render(reportOf([]), "junit")).toBe("<testsuites></testsuites>\n");
  });
});

describe("the other formats", () => {
  it("writes appstudio as compact JSON", () => {
    expect(render(reportOf([passed]), "appstudio")).toBe(
      '{"timestamp":"0","namespace":"","successes":1,"failures":0,"warnings":0,"result":"SUCCESS"}\n',
    );
  });

  it("writes one statement a line", () => {
    const report = reportOf([
      componentOf({ statements: [{ a: "<" }, { b: 1 }] }),
      componentOf(),
      componentOf({ statements: [{ c: [] }] }),
    ]);
    expect(render(report, "attestation")).toBe('{"a":"<"}\n{"b":1}\n{"c":[]}\n');
  });

  it("writes one policy input a line, in the components' order, empty where there is none", () => {
    const report = reportOf([
      componentOf({ policyInput: '{"a":1}' }),
      undecided,
      componentOf({ policyInput: '{"b":1}' }),
    ]);
    expect(render(report, "policy-input")).toBe('{"a":1}\n\n{"b":1}\n');
  });
});
