import { describe, expect, it } from "vitest";
import { parseBoolean, parseCount, parseCsv, parseDecimal, parseDurationMs, parseSize } from "./values.ts";

describe("parseBoolean", () => {
  it.each(["1", "t", "T", "true", "TRUE", "True"])("takes %s for true", (text) => {
    expect(parseBoolean(text)).toBe(true);
  });
  it.each(["0", "f", "F", "false", "FALSE", "False"])("takes %s for false", (text) => {
    expect(parseBoolean(text)).toBe(false);
  });
  it.each(["", "yes", "tRUE", "toString", "01"])("does not understand %j", (text) => {
    expect(parseBoolean(text)).toBeUndefined();
  });
});

describe("parseDurationMs", () => {
  it.each([
    ["0", 0],
    ["500ms", 500],
    ["1s", 1000],
    ["1m30s", 90_000],
    ["1.5h", 5_400_000],
    [".5s", 500],
    ["168h", 604_800_000],
    ["1500us", 2],
    ["+2s", 2000],
  ])("reads %s as %d ms", (text, ms) => {
    expect(parseDurationMs(text)).toBe(ms);
  });
  it.each([
    ["a day", "1d"],
    ["no unit", "5"],
    ["a sign", "-1s"],
    ["nothing", ""],
    ["blanks", "1 s"],
    ["longer than timers can hold", "597h"],
    ["only a point", ".s"],
  ])("does not understand %s", (_, text) => {
    expect(parseDurationMs(text)).toBeUndefined();
  });
});

describe("parseSize", () => {
  it.each([
    ["1048576", 1_048_576],
    ["2GiB", 2 * 2 ** 30],
    ["1.5Gi", 1.5 * 2 ** 30],
    ["500MB", 500_000_000],
    ["128 MiB", 128 * 2 ** 20],
    ["0", 0],
  ])("reads %s as %d bytes", (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });
  it.each(["", "-1", "2 gigs", "1e9", "999999999999999TiB"])("does not understand %j", (text) => {
    expect(parseSize(text)).toBeUndefined();
  });
});

describe("numbers", () => {
  it.each([
    ["0", 0],
    ["+3", 3],
    ["12", 12],
  ])("counts %s", (text, count) => {
    expect(parseCount(text)).toBe(count);
  });
  it.each(["-1", "1.0", "", "0x10", "9999999999"])("does not count %j", (text) => {
    expect(parseCount(text)).toBeUndefined();
  });
  it.each([
    ["2.0", 2],
    [".1", 0.1],
  ])("reads the decimal %s", (text, value) => {
    expect(parseDecimal(text)).toBe(value);
  });
  it.each(["-0.1", "1e3", "."])("does not read the decimal %j", (text) => {
    expect(parseDecimal(text)).toBeUndefined();
  });
});

describe("parseCsv", () => {
  it.each([
    ["nothing", "", []],
    ["one", "a", ["a"]],
    ["several", "a,b,,c", ["a", "b", "", "c"]],
    ["quoted commas", 'a,"b,c"', ["a", "b,c"]],
    ["quoted quotes", '"key={""a"":1}"', ['key={"a":1}']],
    ["line ends", "a\nb,c", ["a\nb", "c"]],
    ["empty quotes", '"",x', ["", "x"]],
  ])("reads %s", (_, text, fields) => {
    expect(parseCsv(text)).toEqual(fields);
  });
  it.each(['a"b', '"a', '"a"b', 'x,"a'])("does not understand %s", (text) => {
    expect(parseCsv(text)).toBeUndefined();
  });
});
