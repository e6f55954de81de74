import { describe, expect, it } from "vitest";
import { toJson, toJsonText } from "../rego/index.ts";
import { readDataDocuments } from "./data-documents.ts";
import type { FetchedSource } from "./fetch-source.ts";
import { bytesOf, faultOf, messageOf } from "./testing/ports.ts";

function source(url: string, files: Readonly<Record<string, string>>): FetchedSource {
  const list = Object.entries(files).map(([path, text]) => ({ path, bytes: bytesOf(text) }));
  return { url, pinnedUrl: `file::${url}`, files: list };
}

describe("readDataDocuments", () => {
  it.each([
    ["folders above do not become keys", { "a/b/x.yaml": "k: 1" }, { k: 1 }],
    [
      "a folder in another data folder is seen twice",
      { "x.yaml": "k: 1", "sub/y.yaml": "l: 2" },
      { k: 1, l: 2, sub: { l: 2 } },
    ],
    ["two folders beside each other", { "a/x.yaml": "k: 1", "b/y.json": '{"l": 2}' }, { k: 1, l: 2 }],
    [
      "objects are merged",
      { "x.yaml": "r: {a: 1, s: {b: 1}}", "y.yml": "r: {c: 2, s: {d: 3}}" },
      { r: { a: 1, c: 2, s: { b: 1, d: 3 } } },
    ],
    ["YAML 1.1", { "x.yaml": "on: 010\nl: [yes, n]" }, { true: 8, l: [true, false] }],
    ["rules and other files are ignored", { "x.rego": "package x", "x.YAML": "a: 1", "x.txt": "a" }, {}],
  ])("%s", (_name, files, expected) => {
    expect(toJson(readDataDocuments([source("d", files as Record<string, string>)]))).toEqual(expected);
  });

  it("keeps numbers of JSON exactly", () => {
    const data = readDataDocuments([source("d", { "x.json": '{"n": 12345678901234567890, "f": 1.5}' })]);
    expect(toJsonText(data)).toBe('{"f":1.5,"n":12345678901234567890}');
  });

  it("reads an address that is listed twice once", () => {
    const one = source("d", { "x.yaml": "k: 1" });
    expect(toJson(readDataDocuments([one, one]))).toEqual({ k: 1 });
  });

  it.each([
    ["equal values", "k: 1", "k: 1", "usage:data-conflict"],
    ["an object and a value", "k: {a: 1}", "k: 2", "usage:data-conflict"],
    ["a value deep inside", "k: {a: {b: 1}}", "k: {a: {b: 2}}", "usage:data-conflict"],
    ["a list at the top", "k: 1", "[1]", "usage:data-invalid"],
    ["nothing", "k: 1", "", "usage:data-invalid"],
    ["what does not parse", "k: 1", "a: [", "usage:data-invalid"],
  ])("refuses %s", async (_name, first, second, code) => {
    const run = () => readDataDocuments([source("d", { "x.yaml": first }), source("e", { "y.yaml": second })]);
    expect(await faultOf(run)).toBe(code);
    expect(await messageOf(run)).toContain("file::e: y.yaml");
  });

  it("names the path of a conflict", async () => {
    const run = () =>
      readDataDocuments([source("d", { "x.yaml": "k: {a: 1}" }), source("e", { "y.yaml": "k: {a: 2}" })]);
    expect(await messageOf(run)).toMatch(/^merge error: k\.a of file::e: y\.yaml/);
  });

  it("refuses folders nested too deeply", async () => {
    const deep = `${"a/".repeat(65)}x.yaml`;
    expect(await faultOf(() => readDataDocuments([source("d", { "x.yaml": "k: 1", [deep]: "l: 1" })]))).toBe(
      "usage:data-invalid",
    );
  });
});
