import { describe, expect, it } from "vitest";
import { formatEffectiveTime, parseEffectiveTime } from "./effective-time.ts";
import { PolicyError } from "./errors.ts";
import { parseRfc3339, parseUtcTime } from "./rfc3339.ts";

const now = 1_790_000_000_000_000_123n;

function codeOfError(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return error instanceof PolicyError ? `${error.outcome}:${error.code}` : `other:${String(error)}`;
  }
  return "none";
}

describe("parseEffectiveTime", () => {
  it.each([
    ["now", { kind: "fixed", ns: now }],
    ["NOW", { kind: "fixed", ns: now }],
    ["Attestation", { kind: "attestation" }],
    ["2030-01-02", { kind: "fixed", ns: 1_893_542_400_000_000_000n }],
    ["2030-01-02T00:00:00Z", { kind: "fixed", ns: 1_893_542_400_000_000_000n }],
    ["2030-01-02T02:30:00.5+02:30", { kind: "fixed", ns: 1_893_542_400_500_000_000n }],
  ])("reads %s", (text, expected) => {
    expect(parseEffectiveTime(text, now, { allowPast: false })).toEqual(expected);
  });

  it.each([
    ["", "usage:effective-time-invalid"],
    ["tomorrow", "usage:effective-time-invalid"],
    ["2030-02-30", "usage:effective-time-invalid"],
    ["2030-01-02T24:00:00Z", "usage:effective-time-invalid"],
    ["2030-01-02 00:00:00Z", "usage:effective-time-invalid"],
    ["2030-01-02T00:00:00", "usage:effective-time-invalid"],
    ["2014-05-31", "usage:effective-time-past"],
  ])("refuses %s", (text, code) => {
    expect(codeOfError(() => parseEffectiveTime(text, now, { allowPast: false }))).toBe(code);
  });

  it("accepts the past where that is allowed, and two seconds of it anyway", () => {
    expect(parseEffectiveTime("1970-01-01", now, { allowPast: true })).toEqual({ kind: "fixed", ns: 0n });
    const almostNow = formatEffectiveTime(now - 2_000_000_000n);
    expect(parseEffectiveTime(almostNow, now, { allowPast: false })).toEqual({
      kind: "fixed",
      ns: now - 2_000_000_000n,
    });
    expect(
      codeOfError(() => parseEffectiveTime(formatEffectiveTime(now - 2_000_000_001n), now, { allowPast: false })),
    ).toBe("usage:effective-time-past");
  });
});

describe("formatEffectiveTime", () => {
  it.each([
    [0n, "1970-01-01T00:00:00Z"],
    [1_500_000_000n, "1970-01-01T00:00:01.5Z"],
    [1n, "1970-01-01T00:00:00.000000001Z"],
    [-1n, "1969-12-31T23:59:59.999999999Z"],
  ])("writes %s", (ns, text) => {
    expect(formatEffectiveTime(ns)).toBe(text);
    expect(parseRfc3339(text)).toBe(ns);
  });
});

describe("parseUtcTime", () => {
  it("accepts only Z", () => {
    expect(parseUtcTime("2022-01-01T00:00:00Z")).toBe(1_640_995_200_000_000_000n);
    expect(parseUtcTime("2022-01-01T00:00:00+00:00")).toBeUndefined();
    expect(parseUtcTime("2022-01-01")).toBeUndefined();
  });
});
