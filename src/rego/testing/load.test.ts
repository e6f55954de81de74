import { describe, expect, it } from "vitest";
import { toJson } from "../value/index.ts";
import { TestLoadErrors } from "./errors.ts";
import { loadTests, MAX_LEVELS } from "./load.ts";
import { createMemoryFiles } from "./memory-files.ts";
import type { PolicyFiles } from "./ports.ts";

const { signal } = new AbortController();

async function load(texts: Record<string, string>, ...paths: string[]): Promise<{ data: unknown; modules: string[] }> {
  const { documents, modules } = await loadTests(paths, createMemoryFiles(texts), { signal });
  return { data: toJson(documents), modules: modules.map(({ file }) => file) };
}

describe("loadTests", () => {
  const cases: [name: string, texts: Record<string, string>, paths: string[], data: unknown, modules: string[]][] = [
    ["a file at the root is not put below its name", { "d/data.json": '{"a": 1}' }, ["d"], { a: 1 }, []],
    ["directories below the root are keys", { "d/x/y/z.json": '{"a": 1}' }, ["d"], { x: { y: { a: 1 } } }, []],
    ["a list may be below a directory", { "d/x/list.json": "[1]" }, ["d"], { x: [1] }, []],
    [
      "several files of a directory are one document",
      { "d/a.json": '{"a": {"x": 1}}', "d/b.yaml": "a: {z: 2}" },
      ["d"],
      { a: { x: 1, z: 2 } },
      [],
    ],
    [
      "several paths are one document",
      { "d/a.json": '{"a": 1}', "e/b.json": '{"b": 2}' },
      ["d", "e"],
      { a: 1, b: 2 },
      [],
    ],
    ["a prefix puts documents below keys", { "d/a.json": '{"a": 1}' }, ["x.y:d"], { x: { y: { a: 1 } } }, []],
    ["a file's URL", { "d/a.json": '{"a": 1}' }, ["file://d/a.json"], { a: 1 }, []],
    ["hidden files are loaded", { "d/.h/.a.json": '{"a": 1}' }, ["d"], { ".h": { a: 1 } }, []],
    ["other files are left out", { "d/a.txt": "{", "d/README": "x", "d/a.json": '{"a": 1}' }, ["d"], { a: 1 }, []],
    [
      "a named file is whatever it can be read as",
      { f: "package a", g: '{"a": 1}', h: "b: 2" },
      ["f", "g", "h"],
      { a: 1, b: 2 },
      ["f"],
    ],
    [
      "modules are named by their paths, in order",
      { "d/b.rego": "package b", "d/a.rego": "package a" },
      ["d/"],
      {},
      ["d/a.rego", "d/b.rego"],
    ],
    [
      "below the working directory there is no ./",
      { "a.rego": "package a", "d/b.rego": "package b" },
      ["."],
      {},
      ["a.rego", "d/b.rego"],
    ],
    [
      "YAML 1.1 without timestamps",
      { "d/a.yml": "a: yes\nb: 017\nc: 2020-01-01\n3: x\nd: 190:20:30" },
      ["d"],
      { a: true, b: 15, c: "2020-01-01", 3: "x", d: "190:20:30" },
      [],
    ],
  ];
  it.each(cases)("%s", async (_name, texts, paths, data, modules) => {
    expect(await load(texts, ...paths)).toEqual({ data, modules });
  });

  it("keeps the digits of large numbers", async () => {
    const texts = { "a.json": '{"j": 12345678901234567890}', "b.yaml": "y: 12345678901234567890" };
    const { documents } = await loadTests(["."], createMemoryFiles(texts), { signal });
    expect(documents.values().map(String)).toEqual(["12345678901234567890", "12345678901234567890"]);
  });

  const faults: [name: string, texts: Record<string, string>, path: string, problem: string | RegExp][] = [
    ["nothing there", {}, "nowhere", "1 error occurred during loading: nowhere: no such file or directory"],
    ["no object at the root", { "d/a.json": "[1]" }, "d", "d/a.json: document must be of type object"],
    ["documents that contradict", { "d/a.json": '{"a": 1}', "d/b.json": '{"a": 1}' }, "d", "d/b.json: merge error"],
    [
      "documents that contradict, deeper",
      { "d/a.json": '{"a": {"b": 1}}', "d/a/c.json": '{"b": {}}' },
      "d",
      "d/a.json: merge error",
    ],
    ["no JSON", { "d/a.json": "{" }, "d", "d/a.json: "],
    ["no YAML", { "d/a.yaml": "a: [" }, "d", /d\/a\.yaml: yaml: line 1: Flow sequence [^:\n]*\]$/],
    ["no module", { "d/a.rego": "package a\np {" }, "d", "d/a.rego:2: rego_parse_error: "],
    ["a named file that is nothing", { f: "a: [" }, "f", "f: can't recognize file type"],
    ["a network path", {}, "//server/share", "UNC path read is not allowed"],
  ];
  it.each(faults)("refuses %s", async (_name, texts, path, problem) => {
    await expect(load(texts, path)).rejects.toThrow(problem);
  });

  it("tells everything that is wrong at once", async () => {
    const texts = { "d/a.rego": "package", "d/b.rego": "package b", "d/c.json": "{", "d/e.rego": "p := 1" };
    const error: unknown = await load(texts, "d").catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TestLoadErrors);
    expect(error instanceof TestLoadErrors && error.errors).toHaveLength(3);
    expect(String(error)).toContain("3 errors occurred during loading:\n");
  });

  it("refuses directories that go deeper than the bound: a link that leads back", async () => {
    const files: PolicyFiles = {
      kind: async () => "directory",
      list: async () => ["again"],
      read: async () => new Uint8Array(),
    };
    await expect(loadTests(["d"], files, { signal })).rejects.toThrow(`expected at most ${MAX_LEVELS} levels`);
  });

  it("gives the bound for bytes to whoever reads", async () => {
    const files: PolicyFiles = {
      kind: async () => "file",
      list: async () => [],
      read: async (path, { maxBytes }) => {
        throw new Error(`${path}: expected at most ${maxBytes} bytes`);
      },
    };
    await expect(loadTests(["a.json"], files, { signal })).rejects.toThrow("a.json: expected at most 67108864 bytes");
  });

  it("stops when the signal says so", async () => {
    const aborted = AbortSignal.abort(new Error("stopped"));
    await expect(loadTests(["d"], createMemoryFiles({ "d/a.json": "{}" }), { signal: aborted })).rejects.toThrow(
      "stopped",
    );
  });
});
