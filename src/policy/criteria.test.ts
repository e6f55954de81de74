import { describe, expect, it } from "vitest";
import { type CriteriaConfiguration, entriesFor, entriesToMatch, resolveCriteria } from "./criteria.ts";
import { matchersOf, scoreMatches, scoreOf } from "./criteria-score.ts";
import { parseRfc3339 } from "./rfc3339.ts";

const digest = `sha256:${"1".repeat(64)}`;
const imageRef = `registry.example/team/app@${digest}`;
const now = parseRfc3339("2026-06-15T12:00:00Z") ?? 0n;

function includes(configuration: CriteriaConfiguration, componentName = ""): string[] {
  return entriesFor(resolveCriteria(configuration, now).include, { imageRef, componentName });
}

describe("scoreOf", () => {
  it.each([
    ["*", 1],
    ["@collection", 10],
    ["@a.b:c", 10],
    ["pkg", 10],
    ["pkg.", 10],
    ["pkg.*", 10],
    ["pkg.rule", 110],
    ["a.pkg.rule", 120],
    ["a.b.pkg.rule", 130],
    ["pkg:term", 110],
    ["pkg.*:term", 110],
    ["pkg.rule:term", 210],
    ["*:term", 101],
    ["*.rule", 101],
  ])("%s is %d", (entry, score) => {
    expect(scoreOf(entry)).toBe(score);
  });
});

describe("matchersOf", () => {
  it("uses the last two segments, each also with the terms; never *:term", () => {
    expect(matchersOf({ code: "a.b.pkg.rule", terms: ["t", "", "u"], collections: ["c"] })).toEqual([
      "pkg",
      "pkg.*",
      "pkg.rule",
      "pkg:t",
      "pkg.*:t",
      "pkg.rule:t",
      "pkg:u",
      "pkg.*:u",
      "pkg.rule:u",
      "*",
      "@c",
    ]);
  });

  it("a code without a dot has no package", () => {
    expect(matchersOf({ code: "rule", terms: ["t"], collections: [] })).toEqual(["*"]);
  });
});

describe("scoreMatches", () => {
  const matchers = matchersOf({ code: "pkg.rule", terms: [], collections: ["a", "b"] });
  it.each([
    ["two collections outweigh one package", ["@a", "@b"], 20],
    ["an entry listed twice counts twice", ["@a", "@a"], 20],
    ["package and star", ["pkg", "*"], 11],
    ["nothing", ["other", "pkg.other"], 0],
  ])("%s", (_name, entries, score) => {
    expect(scoreMatches(matchers, entries)).toBe(score);
  });
});

describe("resolveCriteria", () => {
  const global = { include: ["g"], exclude: ["h"], collections: ["c"] };
  const inactive = { value: "v", effectiveUntil: "2020-01-01" };

  it.each([
    ["nothing includes everything", {}, ["*"]],
    ["the deprecated settings", { global }, ["g", "@c"]],
    ["a source's own win over the deprecated", { global, config: { exclude: ["x"] } }, ["*"]],
    ["inactive volatile entries do not", { global, volatileConfig: { include: [inactive] } }, ["g", "@c"]],
    [
      "active volatile entries are added",
      { config: { include: ["a"] }, volatileConfig: { include: [{ value: "v" }] } },
      ["a", "v"],
    ],
    [
      "an active volatile exclude alone hides the deprecated",
      { global, volatileConfig: { exclude: [{ value: "v" }] } },
      ["*"],
    ],
  ] as [string, CriteriaConfiguration, string[]][])("%s", (_name, configuration, expected) => {
    expect(includes(configuration)).toEqual(expected);
  });

  it.each([
    [
      "both bounds are inclusive",
      { effectiveOn: "2026-06-15T12:00:00Z", effectiveUntil: "2026-06-15T12:00:00Z" },
      true,
    ],
    ["a date is its midnight", { effectiveUntil: "2026-06-15" }, false],
    ["not yet", { effectiveOn: "2026-06-16" }, false],
    ["an offset", { effectiveOn: "2026-06-15T14:00:00+02:00" }, true],
  ])("times: %s", (_name, bounds, active) => {
    const configuration = { config: { include: ["a"] }, volatileConfig: { include: [{ value: "v", ...bounds }] } };
    expect(includes(configuration)).toEqual(active ? ["a", "v"] : ["a"]);
  });

  it("a time that does not parse is skipped with a note", () => {
    const resolved = resolveCriteria({ volatileConfig: { exclude: [{ value: "v", effectiveOn: "soon" }] } }, now);
    expect(resolved.exclude.everywhere).toEqual([]);
    expect(resolved.notes).toEqual([expect.stringContaining('skipping volatile criteria "v": "soon"')]);
  });

  it.each([
    ["the digest", { imageDigest: digest }, true],
    ["the deprecated digest", { imageRef: digest }, true],
    ["another digest", { imageDigest: `sha256:${"2".repeat(64)}` }, false],
    ["the repository", { imageUrl: "registry.example/team/app" }, true],
    ["a prefix of the repository", { imageUrl: "registry.example/team" }, false],
    ["imageRef wins over imageUrl", { imageRef: "sha256:x", imageUrl: "registry.example/team/app" }, false],
    ["the component", { componentNames: ["c", "d"] }, true],
    ["another component", { componentNames: ["e"] }, false],
    ["an image and a component: the image decides", { imageDigest: digest, componentNames: ["e"] }, true],
  ])("scope: %s", (_name, scope, applies) => {
    const configuration = { config: { include: ["a"] }, volatileConfig: { include: [{ value: "v", ...scope }] } };
    expect(includes(configuration, "c").includes("v")).toBe(applies);
  });

  it("a child of an index has its component's scope too", () => {
    const configuration = {
      config: { include: ["a"] },
      volatileConfig: { include: [{ value: "v", componentNames: ["c"] }] },
    };
    expect(includes(configuration, `c-${digest}-arm64`)).toContain("v");
    expect(includes(configuration, "c-arm64")).not.toContain("v");
  });

  it("matches are asked of entries of all images, not of components", () => {
    const { include } = resolveCriteria(
      {
        config: { include: ["a"] },
        volatileConfig: {
          include: [
            { value: "b", imageDigest: "sha256:x" },
            { value: "c", componentNames: ["y"] },
          ],
        },
      },
      now,
    );
    expect([...entriesToMatch(include)]).toEqual(["a", "b"]);
  });
});
