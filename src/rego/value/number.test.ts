import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  absoluteNumber,
  addNumbers,
  ceilNumber,
  compareNumbers,
  divideNumbers,
  floorNumber,
  formatNumber,
  multiplyNumbers,
  numberFromBigInt,
  numberFromText,
  RegoNumber,
  remainderNumbers,
  roundNumber,
  subtractNumbers,
} from "./index.ts";

const of = numberFromText;

describe("numbers", () => {
  it.each([
    ["1.0", 1],
    ["1e3", 1000],
    ["-0", 0],
    ["-0.0", 0],
    ["1.50", 1.5],
    ["0.1", 0.1],
    ["9007199254740991", 9007199254740991],
    ["0.000001", 0.000001],
  ])("%s is a plain number", (text, expected) => {
    expect(Object.is(of(text), expected)).toBe(true);
  });

  it.each([
    ["9007199254740993", "9007199254740993"],
    ["1e21", "1000000000000000000000"],
    ["123456789012345678.5", "123456789012345678.5"],
    ["0.12345678901234567890", "0.1234567890123456789"],
    ["-1.00000000000000000001e-9", "-1.00000000000000000001e-9"],
  ])("%s is kept exactly", (text, expected) => {
    const number = of(text);
    expect(number).toBeInstanceOf(RegoNumber);
    expect((number as RegoNumber).text).toBe(expected);
    expect(compareNumbers(number, of(expected))).toBe(0);
  });

  it("prints a number as it was written", () => {
    expect(formatNumber(of("2e308"))).toBe("2e308");
    expect(formatNumber(of("9007199254740993.0"))).toBe("9007199254740993.0");
  });

  it.each(["", "x", "1.", ".5", "0x10", "1e", "NaN", "Infinity", "1e99999"])("refuses %j", (text) => {
    expect(() => of(text)).toThrow(expect.objectContaining({ code: "eval_builtin_error" }));
  });

  it("orders as rational numbers are ordered", () => {
    const big = fc.bigInt({ min: -(10n ** 25n), max: 10n ** 25n });
    fc.assert(
      fc.property(big, big, fc.nat(6), (a, b, places) => {
        const toText = (value: bigint) => `${value}e-${places}`;
        expect(Math.sign(compareNumbers(of(toText(a)), of(toText(b))))).toBe(a < b ? -1 : a > b ? 1 : 0);
      }),
    );
  });

  it("keeps every integer of any size", () => {
    fc.assert(
      fc.property(fc.bigInt(), (integer) => {
        expect(formatNumber(numberFromBigInt(integer))).toBe(integer.toString());
        expect(compareNumbers(of(integer.toString()), numberFromBigInt(integer))).toBe(0);
      }),
    );
  });
});

describe("arithmetic with 64 bits of mantissa, as OPA's", () => {
  it.each([
    ["0.1 + 0.2", addNumbers(of("0.1"), of("0.2")), "0.3"],
    ["1 / 3", divideNumbers(1, 3), "0.33333333333333333334"],
    ["2 / 3", divideNumbers(2, 3), "0.6666666666666666667"],
    ["10 / 4", divideNumbers(10, 4), "2.5"],
    ["6 / -3", divideNumbers(6, -3), "-2"],
    ["100 / 7", divideNumbers(100, 7), "14.285714285714285714"],
    ["1.1 - 1", subtractNumbers(of("1.1"), 1), "0.10000000000000000002"],
    ["5 - 7", subtractNumbers(5, 7), "-2"],
    ["big + 1", addNumbers(of("12345678901234567890123"), 1), "12345678901234567890000"],
    ["9007199254740993 * 3", multiplyNumbers(of("9007199254740993"), 3), "27021597764222979"],
    [
      "2^64 * 2^64",
      multiplyNumbers(of("18446744073709551616"), of("18446744073709551616")),
      "340282366920938463460000000000000000000",
    ],
    ["123456789.123 * 1000", multiplyNumbers(of("123456789.123"), 1000), "123456789123"],
    ["0 * -1", multiplyNumbers(0, -1), "0"],
    ["-7 % 3", remainderNumbers(-7, 3), "-1"],
    ["big % 10", remainderNumbers(of("12345678901234567893"), 10), "3"],
    ["abs", absoluteNumber(of("-12345678901234567890123")), "12345678901234567890000"],
    ["floor(big)", floorNumber(of("12345678901234567890123")), "12345678901234567889920"],
    ["floor(1e30)", floorNumber(of("1e30")), "1000000000000000000024696061952"],
    ["floor(-1.5)", floorNumber(-1.5), "-2"],
    ["floor(-0.5)", floorNumber(-0.5), "0"],
    ["ceil(1.2)", ceilNumber(1.2), "2"],
    ["ceil(-1.5)", ceilNumber(-1.5), "-1"],
    ["ceil(-0.5)", ceilNumber(-0.5), "1"],
    ["round(2.5)", roundNumber(2.5), "3"],
    ["round(-2.5)", roundNumber(-2.5), "-3"],
    ["round(-0.4)", roundNumber(-0.4), "0"],
  ])("%s", (_name, result, expected) => {
    expect(formatNumber(result)).toBe(expected);
    expect(formatNumber(of(expected))).toBe(expected);
  });

  it.each([
    ["divide by zero", () => divideNumbers(1, 0)],
    ["modulo by zero", () => remainderNumbers(1, 0)],
    ["modulo on floating-point number", () => remainderNumbers(1.5, 1)],
  ])("refuses: %s", (message, action) => {
    expect(action).toThrow(expect.objectContaining({ code: "eval_builtin_error", message }));
  });
});
