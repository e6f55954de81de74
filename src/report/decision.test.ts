import { describe, expect, it } from "vitest";
import type { ComponentReport } from "../types/index.ts";
import { toAppStudioResult } from "./appstudio.ts";
import { decideExitCode } from "./decision.ts";
import { componentOf, passed, reportOf, undecided, violated, warned } from "./report-sample.ts";

/** Name, components, exit code when strict, exit code when not, appstudio's result. */
type Case = [string, readonly ComponentReport[], 0 | 1 | 3, 0 | 1 | 3, string];

const cases: readonly Case[] = [
  ["a pass", [passed], 0, 0, "SUCCESS"],
  ["a warning", [passed, warned], 0, 0, "WARNING"],
  ["a violation", [passed, violated], 1, 0, "FAILURE"],
  ["an undecided component", [passed, undecided], 3, 3, "ERROR"],
  ["a violation beside an undecided component", [undecided, violated], 1, 3, "FAILURE"],
  ["a violation of an undecided component", [{ ...violated, error: { code: "X", message: "m" } }], 1, 3, "FAILURE"],
  ["no success without a violation", [componentOf({ success: false })], 1, 0, "FAILURE"],
  ["a violation beside a claimed success", [{ ...violated, success: true }], 1, 0, "FAILURE"],
  ["an error beside a claimed success", [{ ...undecided, success: true }], 3, 3, "ERROR"],
  ["no components", [], 0, 0, "SKIPPED"],
  ["nothing checked", [componentOf()], 0, 0, "SKIPPED"],
];

describe("decideExitCode (differences, 1)", () => {
  it.each(cases)("decides %s", (_, components, strict, lax) => {
    const report = reportOf(components);
    expect(decideExitCode(report, { strict: true })).toBe(strict);
    expect(decideExitCode(report, { strict: false })).toBe(lax);
  });

  it("says no to a report that says no, whatever its components say", () => {
    expect(decideExitCode(reportOf([passed], { success: false }), { strict: true })).toBe(1);
  });
});

describe("toAppStudioResult", () => {
  it.each(cases)("names %s", (_, components, _strict, _lax, result) => {
    expect(toAppStudioResult(reportOf(components)).result).toBe(result);
  });

  it("counts over all components, in whole seconds", () => {
    expect(toAppStudioResult(reportOf([passed, warned, violated], { createdAtMs: 1_999 }))).toEqual({
      timestamp: "1",
      namespace: "",
      successes: 1,
      failures: 1,
      warnings: 1,
      result: "FAILURE",
    });
  });

  it("says how many could not be decided", () => {
    expect(toAppStudioResult(reportOf([passed, undecided])).note).toBe("Could not decide: 1 of 2 components");
  });
});
