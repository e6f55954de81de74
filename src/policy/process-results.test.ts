import { describe, expect, it } from "vitest";
import type { Json, JsonObject } from "../types/index.ts";
import { collectExceptions, collectResults } from "./collect-results.ts";
import { resolveCriteria } from "./criteria.ts";
import { type GroupOutcome, processResults } from "./process-results.ts";
import { stripMetadata } from "./result-metadata.ts";
import { sortResults } from "./result-order.ts";
import { parseRfc3339 } from "./rfc3339.ts";
import type { RuleInfo } from "./rule-info.ts";
import { selectPackages } from "./selection.ts";
import type { Criteria, VolatileCriteria } from "./spec.ts";
import { faultOf, messageOf } from "./testing/ports.ts";

const now = parseRfc3339("2026-06-15T12:00:00Z") ?? 0n;
const target = { imageRef: `r.example/a@sha256:${"1".repeat(64)}`, componentName: "c" };

function info(code: string, changes: Partial<RuleInfo> = {}): RuleInfo {
  const parts = code.split(".");
  return {
    code,
    package: parts.slice(0, -1).join("."),
    shortName: parts.at(-1) ?? "",
    title: `Title of ${code}`,
    description: "",
    solution: "",
    effectiveOn: "",
    collections: [],
    dependsOn: [],
    pipelineIntention: [],
    ...changes,
  };
}

interface Case {
  infos?: readonly RuleInfo[];
  criteria?: Criteria;
  volatileConfig?: VolatileCriteria;
  deny?: readonly Json[];
  warn?: readonly Json[];
  intentions?: readonly string[];
  packages?: readonly string[];
}

/** Everything happens in the package `pkg`, unless packages are named. */
function run({
  infos = [info("pkg.a")],
  criteria = {},
  volatileConfig,
  deny = [],
  warn = [],
  intentions,
  packages = ["pkg"],
}: Case): GroupOutcome {
  const resolved = resolveCriteria(
    { config: criteria, ...(volatileConfig === undefined ? {} : { volatileConfig }) },
    now,
  );
  const notes = new Set<string>();
  const index = packages.map((name) => ({
    path: name.split("."),
    name,
    checks: ["deny", "warn"],
    hasException: false,
    rules: infos.filter((rule) => rule.package === name),
  }));
  const filter = intentions === undefined ? undefined : { intentions };
  const selection = selectPackages(index, resolved, target, filter);
  const results = [
    ...collectResults("data.pkg.warn", "warn", warn, notes),
    ...collectResults("data.pkg.deny", "deny", deny, notes),
  ];
  return processResults(
    packages.map((name) => ({ package: name, results: name === packages[0] ? results : [] })),
    { infos, criteria: resolved, target, timeNs: now, groupName: "g", ...(filter === undefined ? {} : { selection }) },
  );
}

function result(code: string, extra: JsonObject = {}): JsonObject {
  return { msg: `msg of ${code}`, code, ...extra };
}

/** Codes, `-` for results without one. */
function codes(outcome: GroupOutcome) {
  const list = (results: GroupOutcome["violations"]) => results.map(({ metadata }) => metadata?.code ?? "-");
  return {
    violations: list(outcome.violations),
    warnings: list(outcome.warnings),
    successes: list(outcome.successes),
    excluded: list(outcome.excluded),
  };
}

const none = { violations: [], warnings: [], successes: [], excluded: [] };

describe("collectResults", () => {
  it("takes texts and objects, drops msg and _loc, passes over empty messages", () => {
    const notes = new Set<string>();
    const value = ["text", { msg: "m", code: "x", _loc: { file: "f" } }, "", { msg: "" }, 3, null];
    expect(collectResults("data.p.deny", "deny", value, notes)).toEqual([
      { kind: "failure", msg: "text", metadata: {} },
      { kind: "failure", msg: "m", metadata: { code: "x" } },
    ]);
    expect([...notes]).toHaveLength(1);
  });

  it.each([[true], [{ a: 1 }], ["text"]] as Json[][])("%j is no collection: no results, and a note", (value) => {
    const notes = new Set<string>();
    expect(collectResults("data.p.deny", "deny", value, notes)).toEqual([]);
    expect([...notes].join()).toMatch(/^data\.p\.deny gave neither a set nor a list/);
  });

  it("what is undefined has no results, and needs no note", () => {
    const notes = new Set<string>();
    expect(collectResults("data.p.deny", "deny", undefined, notes)).toEqual([]);
    expect(notes.size).toBe(0);
  });

  it.each([[{ code: "p.x" }], [{ msg: 1, code: "p.x" }], [{ msg: null }]])(
    "difference 17: %j cannot be decided",
    async (element) => {
      const run17 = () => collectResults("data.p.deny", "deny", [element], new Set());
      expect(await faultOf(run17)).toBe("undecided:result-invalid");
      expect(await messageOf(run17)).toContain("data.p.deny");
    },
  );

  it("exceptions name rules in lists in a set", () => {
    expect(
      collectExceptions([
        ["a", "b"],
        ["", 3],
      ]),
    ).toEqual(new Set(["a", "b", ""]));
    expect(collectExceptions(undefined).size).toBe(0);
    expect(collectExceptions("a").size).toBe(0);
  });
});

describe("annotations", () => {
  const rule = info("pkg.a", { description: "Annotated.", solution: "Do it", collections: ["c"], dependsOn: ["x.y"] });

  it("win over what a rule says; severity does not come from them", () => {
    const { violations } = run({
      infos: [rule],
      deny: [result("pkg.a", { title: "own", extra: 1, collections: [1] })],
    });
    expect(violations).toEqual([
      {
        msg: "msg of pkg.a",
        metadata: {
          code: "pkg.a",
          title: "Title of pkg.a",
          description:
            'Annotated. To exclude this rule add "pkg.a" to the `exclude` section of the policy configuration.',
          solution: "Do it",
          collections: ["c"],
          depends_on: ["x.y"],
          extra: 1,
        },
      },
    ]);
  });

  it.each([
    ["one term", "t", '"pkg.a:t"'],
    ["terms", ["t", "u"], 'one or more of "pkg.a:t", "pkg.a:u"'],
    ["no term", "", '"pkg.a"'],
  ])("the hint for excluding: %s", (_name, term, expected) => {
    const { violations, warnings } = run({
      infos: [rule],
      deny: [result("pkg.a", { term })],
      warn: [result("pkg.b", { description: "W." })],
    });
    expect(violations[0]?.metadata?.description).toContain(`To exclude this rule add ${expected} to`);
    expect(warnings[0]?.metadata?.description).toBe("W.");
  });

  it("collections become texts, other things are dropped", () => {
    const { violations } = run({
      deny: [result("pkg.b", { collections: [1, "a"] }), result("pkg.c", { collections: "a" })],
    });
    expect(violations.map(({ metadata }) => metadata?.collections)).toEqual([["1", "a"], undefined]);
  });
});

describe("dates and severities", () => {
  it.each([
    ["failure in effect", { effective_on: "2026-06-15T11:59:59Z" }, "violation", true],
    ["failure at its very time", { effective_on: "2026-06-15T12:00:00Z" }, "warning", true],
    ["failure to come", { effective_on: "2026-07-01T00:00:00.5Z" }, "warning", true],
    ["long in effect: the date is dropped", { effective_on: "2026-03-17T11:59:59Z" }, "violation", false],
    ["ninety days: the date stays", { effective_on: "2026-03-17T12:00:00Z" }, "violation", true],
    ["an offset counts as in effect", { effective_on: "2030-01-01T00:00:00+00:00" }, "violation", true],
    ["a date counts as in effect", { effective_on: "2030-01-01" }, "violation", true],
    ["severity warning", { severity: "warning" }, "warning", false],
    ["severity in capitals is ignored", { severity: "WARNING" }, "violation", false],
    ["severity of another kind is ignored", { severity: 1 }, "violation", false],
  ] as [string, JsonObject, string, boolean][])("deny: %s", (_name, extra, kind, hasDate) => {
    const outcome = run({ deny: [result("pkg.a", extra)] });
    const [found] = kind === "violation" ? outcome.violations : outcome.warnings;
    expect(found?.metadata?.code).toBe("pkg.a");
    expect(found?.metadata?.effective_on !== undefined).toBe(hasDate);
  });

  it.each([
    [
      "severity failure, whatever the date",
      { severity: "failure", effective_on: "2030-01-01T00:00:00Z" },
      "violations",
    ],
    ["severity warning", { severity: "warning" }, "warnings"],
    ["nothing", {}, "warnings"],
  ] as [string, JsonObject, "violations" | "warnings"][])("warn: %s", (_name, extra, kind) => {
    expect(codes(run({ warn: [result("pkg.a", extra)] }))[kind]).toEqual(["pkg.a"]);
  });

  it("says from when on a warning is a failure", () => {
    const { warnings } = run({ deny: [{ ...result("pkg.a", { effective_on: "2030-01-01T00:00:00Z" }), msg: "Bad." }] });
    expect(warnings[0]?.msg).toBe("Bad. This will become a failure starting on 2030-01-01T00:00:00Z");
  });

  it("notes what does not parse", () => {
    expect(run({ deny: [result("pkg.a", { effective_on: "x", severity: "y" })] }).notes).toHaveLength(2);
  });

  it("difference 12: the same code in warn and deny keeps both kinds", () => {
    expect(codes(run({ warn: [result("pkg.a")], deny: [result("pkg.a")] }))).toEqual({
      ...none,
      violations: ["pkg.a"],
      warnings: ["pkg.a"],
    });
  });
});

describe("include and exclude", () => {
  it.each([
    ["excluded by code", { exclude: ["pkg.a"] }, { excluded: ["pkg.a"], successes: ["pkg.b"] }],
    [
      "a tie is excluded",
      { include: ["pkg", "pkg.b"], exclude: ["pkg"] },
      { excluded: ["pkg.a"], successes: ["pkg.b"] },
    ],
    ["include outweighs exclude", { include: ["pkg.a"], exclude: ["pkg"] }, { violations: ["pkg.a"] }],
    ["two collections outweigh a package", { include: ["@x", "@y"], exclude: ["pkg"] }, { violations: ["pkg.a"] }],
    ["not included is not excluded", { include: ["pkg.b"] }, { successes: ["pkg.b"] }],
  ] as [string, Criteria, object][])("%s", (_name, criteria, expected) => {
    const infos = [info("pkg.a", { collections: ["x", "y"] }), info("pkg.b")];
    expect(codes(run({ infos, criteria, deny: [result("pkg.a")] }))).toEqual({ ...none, ...expected });
  });

  it("results without a code are always kept", () => {
    expect(codes(run({ criteria: { exclude: ["*", "pkg"] }, deny: ["text"] })).violations).toEqual(["-"]);
  });

  it("difference 14: failures excluded by term are listed as excluded, and are no success", () => {
    const outcome = run({ criteria: { exclude: ["pkg.a:t"] }, deny: [result("pkg.a", { term: "t" })] });
    expect(codes(outcome)).toEqual({ ...none, excluded: ["pkg.a"] });
  });

  it("a term that is not excluded still fails", () => {
    const deny = [result("pkg.a", { term: "t" }), result("pkg.a", { term: ["u"] })];
    expect(codes(run({ criteria: { exclude: ["pkg.a:t"] }, deny }))).toMatchObject({
      violations: ["pkg.a"],
      excluded: ["pkg.a"],
    });
  });

  it.each([
    ["an include that nothing matches", ["pkg", "other"], ["Include criterion 'other' doesn't match any policy rule"]],
    ["successes count as matches", ["pkg.a"], []],
    ["collections", ["pkg", "@nothing"], ["Include criterion '@nothing' doesn't match any policy rule"]],
  ])("missing includes: %s", (_name, include, messages) => {
    expect(run({ criteria: { include } }).warnings).toEqual(messages.map((msg) => ({ msg })));
  });

  it.each([
    ["a rule that something kept matches", "pkg.a", []],
    ["a rule that nothing matches", "pkg.z", ["Include criterion 'pkg.z' doesn't match any policy rule"]],
  ])("includes of other images: %s", (_name, value, messages) => {
    const volatileConfig = { include: [{ value: "*" }, { value, imageUrl: "another.example/image" }] };
    expect(run({ volatileConfig, deny: [result("pkg.a")] }).warnings.map(({ msg }) => msg)).toEqual(messages);
  });

  it("a result without a code matches the star", () => {
    expect(run({ infos: [], deny: ["text"] }).warnings).toEqual([]);
  });

  it("matching only what is then excluded counts as a match", () => {
    const outcome = run({
      criteria: { include: ["pkg.a", "*"], exclude: ["pkg.a", "pkg"] },
      deny: [result("pkg.a"), "text"],
    });
    expect(outcome.warnings).toEqual([]);
    expect(codes(outcome).excluded).toEqual(["pkg.a"]);
  });

  it.each([
    ["nothing is included", { include: ["other"] }],
    ["everything is excluded", { exclude: ["pkg"] }],
  ])("a group of which nothing is left cannot be decided: %s", async (_name, criteria) => {
    expect(await faultOf(() => run({ criteria, deny: [result("pkg.a")] }))).toBe("undecided:no-results");
  });
});

describe("successes", () => {
  it("have title, description, collections, dependencies and date, and no solution", () => {
    const rule = info("pkg.a", {
      description: "D",
      solution: "S",
      effectiveOn: "2020-01-01T00:00:00Z",
      collections: ["c"],
      dependsOn: ["x.y"],
    });
    expect(run({ infos: [rule] }).successes).toEqual([
      {
        msg: "Pass",
        metadata: {
          code: "pkg.a",
          title: "Title of pkg.a",
          description: "D",
          effective_on: "2020-01-01T00:00:00Z",
          collections: ["c"],
          depends_on: ["x.y"],
        },
      },
    ]);
  });

  it("rules of packages that were not evaluated are none", () => {
    expect(codes(run({ infos: [info("pkg.a"), info("other.b")] })).successes).toEqual(["pkg.a"]);
  });
});

describe("dependencies (difference 13)", () => {
  const chain = [info("pkg.a"), info("pkg.b", { dependsOn: ["pkg.a"] }), info("pkg.c", { dependsOn: ["pkg.b"] })];

  it("what depends on something reported is dropped, each link of a chain", () => {
    const deny = [result("pkg.a"), result("pkg.b"), result("pkg.c")];
    expect(codes(run({ infos: chain, deny }))).toEqual({ ...none, violations: ["pkg.a"] });
  });

  it("successes too, and a failure to come counts", () => {
    const outcome = run({ infos: chain, deny: [result("pkg.a", { effective_on: "2030-01-01T00:00:00Z" })] });
    expect(codes(outcome)).toEqual({ ...none, warnings: ["pkg.a"], successes: ["pkg.c"] });
  });

  it("with several dependencies one is enough, and nothing is there twice", () => {
    const infos = [info("pkg.a"), info("pkg.b"), info("pkg.c", { dependsOn: ["pkg.a", "pkg.b"] })];
    expect(codes(run({ infos, deny: [result("pkg.a"), result("pkg.c")] }))).toEqual({
      ...none,
      violations: ["pkg.a"],
      successes: ["pkg.b"],
    });
    expect(codes(run({ infos, deny: [result("pkg.c")] })).violations).toEqual(["pkg.c"]);
  });

  it("an excluded result is not reported", () => {
    const outcome = run({ infos: chain, criteria: { exclude: ["pkg.a"] }, deny: [result("pkg.a"), result("pkg.b")] });
    expect(codes(outcome).violations).toEqual(["pkg.b"]);
  });

  it("a dependency that only the result names does not count", () => {
    const deny = [result("pkg.a"), result("pkg.z", { depends_on: ["pkg.a"] })];
    expect(codes(run({ infos: chain.slice(0, 1), deny })).violations).toEqual(["pkg.a", "pkg.z"]);
  });
});

describe("--filter-type ec-policy", () => {
  const infos = [info("pkg.a"), info("pkg.r", { pipelineIntention: ["release", "x"] })];
  const deny = [result("pkg.a"), result("pkg.r"), result("pkg.unknown")];

  it("without an intention only rules without one are kept", () => {
    expect(codes(run({ infos, deny, intentions: [] })).violations).toEqual(["pkg.a"]);
  });

  it("with one only matching rules are kept", () => {
    expect(codes(run({ infos, deny, intentions: ["release"] })).violations).toEqual(["pkg.r"]);
  });

  it("missing includes are those that no selected rule matches", () => {
    const outcome = run({ infos, deny, intentions: [], criteria: { include: ["pkg", "other"] } });
    expect(outcome.warnings.map(({ msg }) => msg)).toEqual(["Include criterion 'other' doesn't match any policy rule"]);
  });
});

describe("selectPackages", () => {
  const packages = ["one", "two", "release.three"].map((name) => ({
    path: name.split("."),
    name,
    checks: ["deny"],
    hasException: false,
    rules: [{ code: `${name}.r`, collections: [`c-${name}`], pipelineIntention: [] }],
  }));
  it.each([
    ["everything", {}, ["one", "two", "release.three"]],
    ["a package", { include: ["two"] }, ["two"]],
    ["a collection", { include: ["@c-one"] }, ["one"]],
    ["a rule", { include: ["one.r"] }, ["one"]],
    ["difference 15: a dotted package, by its last segment", { include: ["three"] }, ["release.three"]],
    ["all but the excluded", { exclude: ["one"] }, ["two", "release.three"]],
    ["all, where none qualifies", { include: ["nothing"] }, ["one", "two", "release.three"]],
  ] as [string, Criteria, string[]][])("%s", (_name, config, expected) => {
    const selection = selectPackages(packages, resolveCriteria({ config }, now), target, undefined);
    expect(selection.packages.map(({ name }) => name)).toEqual(expected);
  });

  it("an include of components alone pulls nothing in, and keeps nothing out", () => {
    const volatileConfig = { include: [{ value: "two", componentNames: ["c"] }] };
    const selection = (config: Criteria) =>
      selectPackages(packages, resolveCriteria({ config, volatileConfig }, now), target, undefined).packages.map(
        (p) => p.name,
      );
    expect(selection({ include: ["one"] })).toEqual(["one"]);
    expect(selection({})).toEqual(["one", "two", "release.three"]);
  });
});

describe("order and metadata", () => {
  it("results are sorted by code, first term, message; those without a code first", () => {
    const list = [
      { msg: "b", metadata: { code: "z" } },
      { msg: "b", metadata: { code: "a", term: ["t", "s"] } },
      { msg: "c", metadata: { code: "a", term: "s" } },
      { msg: "a", metadata: { code: "a", term: "s" } },
      { msg: "x" },
    ];
    expect(sortResults(list)).toEqual([list[4], list[3], list[2], list[1], list[0]]);
  });

  it("texts are compared by their code points", () => {
    const list = [{ msg: "\u{1f600}" }, { msg: "\uffee" }];
    expect(sortResults(list)).toEqual([list[1], list[0]]);
  });

  it("without info only code, term and date are left", () => {
    const metadata = { code: "a", term: "t", effective_on: "d", title: "x", extra: 1 };
    expect(
      stripMetadata(
        [
          { msg: "m", metadata },
          { msg: "n", metadata: { title: "x" } },
        ],
        { info: false },
      ),
    ).toEqual([{ msg: "m", metadata: { code: "a", term: "t", effective_on: "d" } }, { msg: "n" }]);
    expect(stripMetadata([{ msg: "m", metadata }], { info: true })).toEqual([{ msg: "m", metadata }]);
  });
});
