import { describe, expect, it } from "vitest";
import { parseChallenges } from "./challenge.ts";
import { createFakeClock, noSignal } from "./fake-registry.fixture.ts";
import { createPoliteness, parseRetryAfter, toBackoffMs } from "./politeness.ts";

const retry = { maxRetries: 3, baseMs: 100, maxWaitMs: 3000, factor: 2, jitter: 0.1 };

describe("toBackoffMs", () => {
  it.each([
    [0, 0.5, 100],
    [1, 0.5, 200],
    [2, 0.5, 400],
    [0, 0, 90],
    [0, 1, 110],
    [9, 0.5, 3000],
    [9, 1, 3000],
    [2000, 0.5, 3000],
  ])("after try %d with chance %d is %d", (attempt, chance, expected) => {
    expect(toBackoffMs(attempt, retry, () => chance)).toBeCloseTo(expected);
  });
});

describe("parseRetryAfter", () => {
  const nowMs = Date.parse("2026-01-01T00:00:00Z");
  it.each([
    ["0", 0],
    ["7", 7000],
    [" 7 ", 7000],
    ["Thu, 01 Jan 2026 00:00:09 GMT", 9000],
    ["Wed, 31 Dec 2025 00:00:00 GMT", 0],
    ["-1", undefined],
    ["1.5", undefined],
    ["soon", undefined],
    ["", undefined],
    [undefined, undefined],
  ])("%s is %s ms", (value, expected) => {
    expect(parseRetryAfter(value, nowMs)).toBe(expected);
  });
});

describe("createPoliteness", () => {
  it("counts overlapping pauses once, and waits for the last end", async () => {
    const clock = createFakeClock();
    const politeness = createPoliteness({ clock, random: () => 0, retry, registry: "r.example" });
    politeness.askedToWait(5000);
    politeness.askedToWait(2000);
    politeness.askedToWait(8000);
    const startedAtMs = clock.nowMs();
    await Promise.all([politeness.wait(noSignal, "x"), politeness.wait(noSignal, "y")]);
    expect(clock.nowMs() - startedAtMs).toBeGreaterThanOrEqual(8000);
    expect(politeness.throttledMs).toBe(8000);
    await politeness.wait(noSignal, "z");
    expect(clock.slept).toEqual([8000]);
  });

  it("ends a wait when the caller gives up", async () => {
    const politeness = createPoliteness({ clock: createFakeClock(), random: () => 0, retry, registry: "r.example" });
    politeness.askedToWait(5000);
    await expect(politeness.wait(AbortSignal.abort(), "x")).rejects.toMatchObject({ code: "aborted" });
  });
});

describe("parseChallenges", () => {
  const cases: [string, string[], [string, Record<string, string>][]][] = [
    ["nothing", [], []],
    ["Basic", ['Basic realm="a b"'], [["basic", { realm: "a b" }]]],
    [
      "Bearer",
      ['Bearer realm="https://x/t",service="s",scope="repository:a/b:pull"'],
      [["bearer", { realm: "https://x/t", service: "s", scope: "repository:a/b:pull" }]],
    ],
    [
      "no quotes and odd case",
      ["BEARER Realm=https://x/t , Service=s"],
      [["bearer", { realm: "https://x/t", service: "s" }]],
    ],
    ["escapes and commas in quotes", ['Bearer realm="a\\"b,c"'], [["bearer", { realm: 'a"b,c' }]]],
    [
      "several in one header",
      ['Bearer realm="a", Basic realm="b"'],
      [
        ["bearer", { realm: "a" }],
        ["basic", { realm: "b" }],
      ],
    ],
    [
      "several headers",
      ['Basic realm="b"', 'Bearer realm="a"'],
      [
        ["basic", { realm: "b" }],
        ["bearer", { realm: "a" }],
      ],
    ],
    ["a name twice", ['Bearer realm="a",realm="b"'], [["bearer", { realm: "a" }]]],
    ["names that JavaScript knows", ['Bearer __proto__="a"'], [["bearer", JSON.parse('{"__proto__":"a"}')]]],
    ["an overlong header", [`Basic realm="${"x".repeat(9000)}"`], []],
    ["rubbish", ['="', "Basic realm"], []],
  ];
  it.each(cases)("reads %s", (_name, headers, expected) => {
    expect(parseChallenges(headers).map(({ scheme, parameters }) => [scheme, parameters])).toEqual(expected);
  });
});
