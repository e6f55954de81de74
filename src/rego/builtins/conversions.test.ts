import { describe, expect, it } from "vitest";
import { formatValue } from "../value/index.ts";
import { type BuiltinContext, builtins } from "./index.ts";

const context: BuiltinContext = { nowNs: 0n, cache: new Map(), seed: new Uint8Array(8) };

function toNumber(text: string): string {
  return formatValue(builtins.get("to_number")?.evaluate([text], context) ?? null);
}

// As OPA 1.15.2 computes with what it makes of these texts.
describe("to_number", () => {
  it.each<[string, string]>([
    ["01", "1"],
    ["+01", "1"],
    ["-007", "-7"],
    ["5.", "5"],
    [".5", "0.5"],
    ["5.e3", "5000"],
    ["1_000", "1000"],
    ["1_0.2_5e0_1", "102.5"],
    ["9999999999999999999999", "9999999999999999999999"],
    ["0x1p4", "16"],
    ["-0X.8P1", "-1"],
    ["0x_1_fp-1", "15.5"],
    ["0x0p9999999", "0"],
  ])("%s", (text, shown) => {
    expect(toNumber(text)).toBe(shown);
  });

  it.each([
    "",
    ".",
    "1__0",
    "_1",
    "1_",
    "1_.5",
    "1._5",
    "1e_5",
    "1_e5",
    "0x10",
    "0xp1",
    "0x1__0p1",
    "0x1p_1",
    "0b1p1",
    " 1",
    "1e",
    "0_x1p1",
    "a_b",
  ])("refuses %j", (text) => {
    expect(() => toNumber(text)).toThrow(
      expect.objectContaining({
        code: "eval_builtin_error",
        message: `to_number: strconv.ParseFloat: parsing ${JSON.stringify(text)}: invalid syntax`,
      }),
    );
  });

  it.each(["1e400", "-0x1p1024", "1_0e400"])("refuses %s, which no double holds", (text) => {
    expect(() => toNumber(text)).toThrow(
      expect.objectContaining({
        code: "eval_builtin_error",
        message: `to_number: strconv.ParseFloat: parsing "${text}": value out of range`,
      }),
    );
  });
});
