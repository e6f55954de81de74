import { describe, expect, it } from "vitest";
import type { Json } from "../types/index.ts";
import { type ComponentStart, loadPreparedPolicy, maxCalls, type PolicyCall, type PolicyOutcome } from "./evaluate.ts";
import type { PreparedPolicy } from "./prepared-policy.ts";
import { check, noSigstoreOptions, prepareFrom, testTimeNs } from "./testing/policies.ts";
import { faultOf, messageOf } from "./testing/ports.ts";

const imageRef = `registry.example/team/app@sha256:${"1".repeat(64)}`;
const policy = ["file::p"];

interface Run {
  outcome: PolicyOutcome;
  calls: PolicyCall[][];
}

function evaluate(
  prepared: PreparedPolicy,
  input: Json,
  answers: Readonly<Record<string, Json>> = {},
  changes: Partial<ComponentStart> = {},
): Run {
  const evaluation = loadPreparedPolicy(prepared).startComponent({
    inputText: JSON.stringify(input),
    effectiveTimeNs: testTimeNs,
    nowNs: testTimeNs,
    component: { name: "app", imageRef },
    ...changes,
  });
  const calls: PolicyCall[][] = [];
  for (let step = evaluation.step(); ; step = evaluation.step()) {
    if (step.kind === "done") {
      return { outcome: step.outcome, calls };
    }
    calls.push([...step.calls]);
    for (const { key, name } of step.calls) {
      evaluation.answer(key, answers[name]);
    }
  }
}

function codesOf(results: PolicyOutcome["violations"]): string[] {
  return results.map(({ metadata }) => metadata?.code ?? "-");
}

const header = "import rego.v1\n";

const tasks = `package tasks
${header}
import data.lib

${check(
  "pinned",
  `	some task in lib.tasks
	not contains(task.bundle, "@sha256:")
	result := lib.result_helper(rego.metadata.chain(), task.name)`,
  "  failure_msg: Task %s is not pinned\n  collections: [minimal]\n  solution: Pin it.",
)}
${check("known", `	some task in lib.tasks\n	not task.name in data.rule_data.known\n	result := lib.result_helper(rego.metadata.chain(), task.name)`, "  failure_msg: Task %s is not known")}
`;

const lib = `package lib
${header}
tasks contains task if {
	some attestation in input.attestations
	some task in attestation.statement.predicate.tasks
}

result_helper(chain, term) := {"code": code, "msg": sprintf(custom.failure_msg, [term]), "term": term} if {
	some annotations in [entry.annotations | some entry in chain]
	custom := annotations.custom
	custom.short_name
	code := sprintf("tasks.%s", [custom.short_name])
}
`;

const provenance = {
  attestations: [
    {
      statement: {
        predicate: {
          tasks: [
            { name: "build", bundle: "r/b:1" },
            { name: "scan", bundle: "r/s@sha256:0" },
          ],
        },
      },
    },
  ],
};

describe("a policy in Conforma's conventions", () => {
  const files = {
    "p/tasks.rego": tasks,
    "p/lib/lib.rego": lib,
    "p/tasks_test.rego": "package tasks_test\nthis is no Rego",
    "d/data.yaml": "rule_data:\n  known: [build, scan]\n",
  };

  it("reports violations with metadata, and successes", async () => {
    const prepared = await prepareFrom(files, [{ policy, data: ["file::d"] }]);
    const { outcome, calls } = evaluate(prepared, provenance);
    expect(calls).toEqual([]);
    expect(outcome.violations).toEqual([
      {
        msg: "Task build is not pinned",
        metadata: {
          code: "tasks.pinned",
          term: "build",
          title: "Title",
          collections: ["minimal"],
          solution: "Pin it.",
        },
      },
    ]);
    expect(codesOf(outcome.successes)).toEqual(["tasks.known"]);
  });

  it("excludes by term, and says what was excluded (difference 14)", async () => {
    const prepared = await prepareFrom(files, [
      { policy, data: ["file::d"], config: { exclude: ["tasks.pinned:build"] } },
    ]);
    const { outcome } = evaluate(prepared, provenance);
    expect(codesOf(outcome.violations)).toEqual([]);
    expect(codesOf(outcome.successes)).toEqual(["tasks.known"]);
    expect(codesOf(outcome.excluded)).toEqual(["tasks.pinned"]);
  });

  it("evaluates one component after another, with nothing left over", async () => {
    const loaded = await prepareFrom(files, [{ policy, data: ["file::d"] }]);
    expect(codesOf(evaluate(loaded, provenance).outcome.violations)).toEqual(["tasks.pinned"]);
    expect(codesOf(evaluate(loaded, { attestations: [] }).outcome.violations)).toEqual([]);
  });

  it("groups are apart: their data, their criteria; results are not made distinct", async () => {
    const prepared = await prepareFrom(files, [
      { policy, data: ["file::d"] },
      { policy, config: { include: ["tasks.pinned"] } },
      { policy, data: ["file::d"] },
    ]);
    expect(prepared.groups[0]?.compiled).toBe(prepared.groups[1]?.compiled);
    const { outcome } = evaluate(prepared, provenance);
    expect(codesOf(outcome.violations)).toEqual(["tasks.pinned", "tasks.pinned", "tasks.pinned"]);
    expect(codesOf(outcome.successes)).toEqual(["tasks.known", "tasks.known"]);
  });
});

describe("what policies are told", () => {
  const echo = (expression: string) =>
    `package main\n${header}deny contains {"msg": "m", "code": "main.echo", "value": value} if {\n\tvalue := ${expression}\n}\n`;

  async function valueIn(expression: string, changes: Partial<ComponentStart> = {}): Promise<unknown> {
    const sources = [{ policy, data: ["file::d"], ruleData: { k: [1] } }];
    const files = { "p/a.rego": echo(expression), "d/d.json": '{"config": {"mine": 1}}' };
    const sigstore = { ...noSigstoreOptions, public_key: "PEM", ignore_rekor: true };
    const { outcome } = evaluate(await prepareFrom(files, sources, { sigstore }), { x: 1 }, {}, changes);
    return outcome.violations[0]?.metadata?.value;
  }

  it.each([
    ["the rule data", "data.rule_data__configuration__", { k: [1] }],
    ["the effective time", "data.config.policy.when_ns", Number(testTimeNs)],
    [
      "sigstore options",
      "data.config.default_sigstore_opts",
      { ...noSigstoreOptions, public_key: "PEM", ignore_rekor: true },
    ],
    ["their own configuration beside it", "data.config.mine", 1],
    ["the input's file, as Conforma names it", "data.conftest.file.name", "input.json"],
    ["the input", "input", { x: 1 }],
    ["package URLs", 'ec.purl.parse("pkg:npm/a@1").name', "a"],
    ["valid package URLs", 'ec.purl.is_valid("pkg:npm/a@1")', true],
    ["the clock", "time.now_ns()", Number(testTimeNs)],
  ])("%s", async (_name, expression, expected) => {
    expect(await valueIn(expression)).toEqual(expected);
  });

  it("difference 9: each component has its own effective time, also in data", async () => {
    const prepared = await prepareFrom(
      {
        "p/a.rego": `package main
${header}
${check("a", `	result := {"code": "main.a", "msg": sprintf("%d", [data.config.policy.when_ns])}`, "  effective_on: 2026-01-01T00:00:00Z")}
${check(
  "b",
  `	input.never
	result := {"code": "main.b", "msg": "m"}`,
)}`,
      },
      [{ policy, volatileConfig: { exclude: [{ value: "main.a", effectiveUntil: "2020-01-01" }] } }],
    );
    const at = (effectiveTimeNs: bigint) => evaluate(prepared, {}, {}, { effectiveTimeNs }).outcome;
    expect(codesOf(at(testTimeNs).violations)).toEqual(["main.a"]);
    const before = at(1_700_000_000_000_000_000n);
    expect(before.warnings[0]?.msg).toContain("1700000000000000000. This will become a failure");
    expect(codesOf(at(1_500_000_000_000_000_000n).excluded)).toEqual(["main.a"]);
    expect(codesOf(at(testTimeNs).violations)).toEqual(["main.a"]);
  });

  it("what they print, with its place", async () => {
    const printed: string[] = [];
    const prepared = await prepareFrom(
      { "p/a.rego": `package main\n${header}deny contains "x" if {\n\tprint("hello", 1)\n}\n` },
      [{ policy }],
    );
    evaluate(prepared, {}, {}, { print: (text) => printed.push(text) });
    expect(printed).toEqual(["a.rego:4: hello 1"]);
  });
});

describe("calls to registries", () => {
  const calling = (name: string) => `package ${name}
${header}
${check("manifest", `	manifest := ec.oci.image_manifest(input.ref)\n	count(manifest.layers) > 1\n	result := {"code": "${name}.manifest", "msg": manifest.mediaType}`)}
${check("missing", `	not ec.oci.descriptor(input.ref)\n	result := {"code": "${name}.missing", "msg": "not there"}`)}
`;
  const manifest = { schemaVersion: 2, mediaType: "mt", config: {}, layers: [1, 2], annotations: {} };

  it("of all groups and rules come together, equal ones once; undefined is an answer", async () => {
    const prepared = await prepareFrom({ "p/a.rego": calling("one"), "q/b.rego": calling("two") }, [
      { policy },
      { policy: ["file::q"] },
    ]);
    const { outcome, calls } = evaluate(prepared, { ref: imageRef }, { "ec.oci.image_manifest": manifest });
    expect(calls.map((pass) => pass.map(({ name, args }) => [name, args]))).toEqual([
      expect.arrayContaining([
        ["ec.oci.image_manifest", [imageRef]],
        ["ec.oci.descriptor", [imageRef]],
      ]),
    ]);
    expect(calls[0]).toHaveLength(2);
    expect(outcome.violations.map(({ msg }) => msg)).toEqual(["mt", "not there", "mt", "not there"]);
  });

  it("more passes than allowed are refused", async () => {
    const chain = `package main
${header}
deny contains "x" if {
	a := ec.oci.blob(input.ref)
	b := ec.oci.blob(a)
	c := ec.oci.blob(b)
	c == "d"
}
`;
    const prepared = await prepareFrom({ "p/a.rego": chain }, [{ policy }]);
    const answers = { "ec.oci.blob": "d" };
    const run = (maxPasses: number) => () => evaluate(prepared, { ref: "r" }, answers, { limits: { maxPasses } });
    expect(run(5)().outcome.violations).toHaveLength(1);
    expect(await faultOf(run(1))).toBe("undecided:limit-exceeded");
  });

  it("more calls at once than allowed are refused", async () => {
    const many = `package main
${header}
deny contains "x" if {
	some i in numbers.range(1, input.count)
	ec.oci.descriptor(sprintf("r:%d", [i]))
}
`;
    const prepared = await prepareFrom({ "p/a.rego": many }, [{ policy }]);
    const run = (count: number) => () => evaluate(prepared, { count }, { "ec.oci.descriptor": {} });
    expect(run(maxCalls)().outcome.violations).toHaveLength(1);
    expect(await faultOf(run(maxCalls + 1))).toBe("undecided:limit-exceeded");
  });

  it("their arguments are checked when the policy is compiled", async () => {
    const wrong = `package main\n${header}deny contains "x" if {\n\tec.oci.image_manifest(input.a, input.b, input.c)\n}\n`;
    const run = () => prepareFrom({ "p/a.rego": wrong }, [{ policy }]);
    expect(await faultOf(run)).toBe("usage:compile-failed");
    expect(await messageOf(run)).toContain("rego_type_error");
  });
});

describe("rules and packages", () => {
  it("difference 15: dotted packages run, and give successes", async () => {
    const file = (name: string) =>
      `package ${name}\n${header}${check("a", `	input.bad\n	result := {"code": "${name}.a", "msg": "m"}`)}`;
    const files = { "p/a.rego": file("release.maven_repos"), "p/b.rego": file("main") };
    const prepared = await prepareFrom(files, [{ policy }]);
    expect(codesOf(evaluate(prepared, { bad: true }).outcome.violations)).toEqual(["main.a", "release.maven_repos.a"]);
    expect(codesOf(evaluate(prepared, {}).outcome.successes)).toEqual(["main.a", "release.maven_repos.a"]);
  });

  it("all of deny, violation and warn count, with suffixes; exceptions excuse by name", async () => {
    const text = `package main
${header}
deny contains "deny"
deny_one contains "deny_one"
violation_two contains "violation_two"
warn contains "warn"
warn_three contains "warn_three"
denied contains "denied"
exception contains ["one", "three"] if input.excused
`;
    const prepared = await prepareFrom({ "p/a.rego": text }, [{ policy }]);
    const messages = (input: Json) => {
      const { violations, warnings } = evaluate(prepared, input).outcome;
      return [violations.map(({ msg }) => msg), warnings.map(({ msg }) => msg)];
    };
    expect(messages({})).toEqual([
      ["deny", "deny_one", "violation_two"],
      ["warn", "warn_three"],
    ]);
    expect(messages({ excused: true })).toEqual([["deny", "violation_two"], ["warn"]]);
  });

  it("packages that are not included are not evaluated", async () => {
    const files = {
      "p/a.rego": `package good\n${header}${check("a", `	input.bad\n	result := {"code": "good.a", "msg": "m"}`)}`,
      "p/b.rego": `package failing\n${header}${check("b", `	result := {"code": "failing.b"}`)}`,
    };
    const run = (include: string[]) => async () =>
      evaluate(await prepareFrom(files, [{ policy, config: { include } }]), {});
    expect(codesOf((await run(["good"])()).outcome.successes)).toEqual(["good.a"]);
    expect(await faultOf(run(["*"]))).toBe("undecided:result-invalid");
    expect(await messageOf(run(["*"]))).toContain("data.failing.deny");
  });

  it("--filter-type ec-policy looks at pipeline_intention", async () => {
    const rule = (name: string, intention: string) =>
      check(name, `	result := {"code": "main.${name}", "msg": "m"}`, intention);
    const files = {
      "p/a.rego": `package main\n${header}${rule("a", "")}${rule("r", "  pipeline_intention: [release]")}`,
    };
    const run = async (ruleData: { pipeline_intention?: string }) =>
      codesOf(
        evaluate(await prepareFrom(files, [{ policy, ruleData }], { filterType: "ec-policy" }), {}).outcome.violations,
      );
    expect(await run({})).toEqual(["main.a"]);
    expect(await run({ pipeline_intention: "release" })).toEqual(["main.r"]);
  });
});

describe("what cannot be decided", () => {
  it.each([
    ["a conflict", `x := 1 if true\nx := 2 if true\ndeny contains "d" if x == 1`, "undecided:evaluation-failed"],
    ["a group without results", `deny contains "d" if input.never`, "undecided:no-results"],
    [
      "too much time",
      `deny contains "d" if {\n\tsome i in numbers.range(1, 3000000)\n\tsome j in numbers.range(1, 1000)\n\ti * j == -1\n}`,
      "undecided:limit-exceeded",
    ],
  ])("%s", async (_name, rules, code) => {
    const prepared = await prepareFrom({ "p/a.rego": `package main\n${header}${rules}\n` }, [{ policy }]);
    expect(await faultOf(() => evaluate(prepared, {}, {}, { limits: { maxMs: 100 } }))).toBe(code);
  });

  it("an input that is no JSON", async () => {
    const prepared = await prepareFrom({ "p/a.rego": `package main\n${header}deny contains "d"\n` }, [{ policy }]);
    expect(await faultOf(() => evaluate(prepared, {}, {}, { inputText: "{" }))).toBe("undecided:evaluation-failed");
  });
});

describe("preparePolicy", () => {
  it("a policy without sources is fine, and says so (difference 10)", async () => {
    const prepared = await prepareFrom({}, []);
    expect(prepared.notes).toEqual(["The policy has no sources: only the built-in checks are made."]);
    expect(evaluate(prepared, {}).outcome).toEqual({
      violations: [],
      warnings: [],
      successes: [],
      excluded: [],
      notes: [],
    });
  });

  it("lists all errors of all files, with file, row and column", async () => {
    const files = {
      "p/a.rego": `package a\n${header}x := y\n`,
      "p/b.rego": `package b\n${header}w := v\n`,
    };
    const run = () => prepareFrom({ ...files, "p/c.rego": `package c\n${header}deny contains "x"\n` }, [{ policy }]);
    expect(await faultOf(run)).toBe("usage:compile-failed");
    const message = await messageOf(run);
    expect(message).toMatch(/a\.rego:3:\d+: rego_unsafe_var_error/);
    expect(message).toMatch(/b\.rego:3:\d+: rego_unsafe_var_error/);
  });

  it("refuses a source with data alone", async () => {
    expect(await faultOf(() => prepareFrom({ "d/d.yaml": "a: 1" }, [{ data: ["file::d"] }]))).toBe("usage:no-rego");
  });

  it("lists at most a hundred errors", async () => {
    const rules = Array.from({ length: 120 }, (_, number) => `r${number} := y${number}`).join("\n");
    const message = await messageOf(() => prepareFrom({ "p/a.rego": `package a\n${rules}\n` }, [{ policy }]));
    expect(message.split("\n").length).toBeLessThan(110);
  });

  it("lists the files that do not parse", async () => {
    const run = () => prepareFrom({ "p/a.rego": "package a\nx := {", "p/b.rego": "pakage b" }, [{ policy }]);
    const message = await messageOf(run);
    expect(message).toMatch(/a\.rego:\d+:\d+: rego_parse_error/);
    expect(message).toMatch(/b\.rego:1:\d+: rego_parse_error/);
  });

  it.each(["http.send({})", "opa.runtime()", 'net.lookup_ip_addr("x")'])("refuses %s", async (call) => {
    const run = () => prepareFrom({ "p/a.rego": `package a\n${header}deny contains "x" if ${call}\n` }, [{ policy }]);
    expect(await faultOf(run)).toBe("usage:compile-failed");
    expect(await messageOf(run)).toContain("http.send, opa.runtime, net.lookup_ip_addr are switched off");
  });

  it.each([
    ["data that says what the run says", { data: ["file::d"] }, "usage:data-conflict"],
    ["rule data beside data of its name", { data: ["file::e"], ruleData: { k: 1 } }, "usage:data-conflict"],
  ])("refuses %s", async (_name, source, code) => {
    const files = {
      "p/a.rego": `package a\n${header}deny contains "x"\n`,
      "d/d.yaml": "config: {policy: {when_ns: 1}}",
      "e/e.yaml": "rule_data__configuration__: {k: 1}",
    };
    expect(await faultOf(() => prepareFrom(files, [{ policy, ...source }]))).toBe(code);
  });
});
