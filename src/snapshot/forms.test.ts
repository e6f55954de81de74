import { describe, expect, it } from "vitest";
import type { Snapshot } from "../types/index.ts";
import { SnapshotError, type SnapshotErrorCode } from "./errors.ts";
import { parseSnapshots, type SnapshotPorts, type SnapshotSources } from "./forms.ts";

function createFiles(files: Readonly<Record<string, string>>): SnapshotPorts {
  return {
    async readFile(path, { maxBytes }) {
      const text = files[path];
      if (text === undefined) {
        throw new Error(`ENOENT: no such file, open '${path}'`);
      }
      if (text.length > maxBytes) {
        throw new Error(`${path} has more than ${maxBytes} bytes`);
      }
      return new TextEncoder().encode(text);
    },
  };
}

function parse(sources: SnapshotSources, files: Readonly<Record<string, string>> = {}): Promise<Snapshot> {
  return parseSnapshots(sources, createFiles(files), { allowEmpty: false });
}

async function failureOf(promise: Promise<unknown>): Promise<SnapshotError> {
  const error: unknown = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(SnapshotError);
  return error as SnapshotError;
}

const component = (name: string, containerImage: string) => ({ name, containerImage, source: {} });

describe("forms of a snapshot", () => {
  it.each<[string, SnapshotSources, Readonly<Record<string, string>>]>([
    ["JSON text", { images: '{"components":[{"name":"n","containerImage":"a:1"}]}' }, {}],
    ["YAML text", { images: "components:\n- name: n\n  containerImage: a:1\n" }, {}],
    ["YAML with braces", { images: "{components: [{name: n, containerImage: a:1}]}" }, {}],
    ["YAML text on one line", { images: "components: [{name: n, containerImage: 'a:1'}]" }, {}],
    ["a file", { images: "s.json" }, { "s.json": '{"components":[{"name":"n","containerImage":"a:1"}]}' }],
    [
      "a file with a byte order mark",
      { images: "s.json" },
      { "s.json": '\ufeff{"components":[{"name":"n","containerImage":"a:1"}]}' },
    ],
    ["the deprecated file", { filePath: "s.yaml" }, { "s.yaml": "components: [{name: n, containerImage: a:1}]" }],
    ["the deprecated text", { jsonInput: '{"components":[{"name":"n","containerImage":"a:1"}]}' }, {}],
    ["a resource with a spec", { images: "kind: Snapshot\nspec: {components: [{name: n, containerImage: a:1}]}" }, {}],
    ["fields in any case", { images: '{"SPEC":{"Components":[{"NAME":"n","containerimage":"a:1","other":1}]}}' }, {}],
    ["a null source", { images: '{"components":[{"name":"n","containerImage":"a:1","source":null}]}' }, {}],
  ])("reads %s", async (_, sources, files) => {
    expect((await parse(sources, files)).components).toEqual([component("n", "a:1")]);
  });

  it("names a single image Unnamed, and leaves a missing name empty", async () => {
    const snapshot = await parse({ image: "b:1", images: "components: [{containerImage: a:1}]" });
    expect(snapshot.components).toEqual([component("", "a:1"), component("Unnamed", "b:1")]);
  });

  it("keeps the source's fields, and the text of values that look like numbers", async () => {
    const snapshot = await parse({
      images:
        "application: 007\ncomponents: [{name: 1, containerImage: a, source: {git: {url: u, revision: 0012345e6, Context: c, x: y}}}]",
    });
    expect(snapshot).toEqual({
      application: "007",
      components: [
        { name: "1", containerImage: "a", source: { git: { url: "u", revision: "0012345e6", context: "c" } } },
      ],
    });
  });
});

describe("merging", () => {
  it("follows images, file-path, json-input, image, and takes the first text that says something", async () => {
    const snapshot = await parse(
      {
        image: "d",
        jsonInput: '{"application":"third","displayDescription":"words","components":[{"containerImage":"c"}]}',
        filePath: "f",
        images: '{"components":[{"containerImage":"a"}]}',
      },
      { f: "application: second\ndisplayName: shown\ncomponents: [{containerImage: b}]" },
    );
    expect(snapshot).toMatchObject({ application: "second", displayName: "shown", displayDescription: "words" });
    expect(snapshot.components.map(({ containerImage }) => containerImage)).toEqual(["a", "b", "c", "d"]);
  });

  it("keeps every component, also those with the same image (differences, 4)", async () => {
    const snapshot = await parse({
      image: "a:1",
      images: "components: [{name: x, containerImage: a:1}, {name: y, containerImage: a:1}]",
    });
    expect(snapshot.components.map(({ name }) => name)).toEqual(["x", "y", "Unnamed"]);
  });
});

describe("refusals", () => {
  const manyComponents = JSON.stringify({
    components: Array.from({ length: 20_001 }, () => ({ containerImage: "a" })),
  });
  const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [${"*a,".repeat(9)}]\nc: &c [${"*b,".repeat(9)}]\ncomponents: [${"*c,".repeat(9)}]`;

  it.each<[string, SnapshotSources, Readonly<Record<string, string>>, SnapshotErrorCode, RegExp]>([
    ["nothing", { images: "" }, {}, "SNAPSHOT_NOT_GIVEN", /pass --image=REF/],
    ["an empty snapshot (differences, 3)", { images: "{}" }, {}, "SNAPSHOT_EMPTY", /--allow-empty/],
    ["an empty file", { images: "s" }, { s: "" }, "SNAPSHOT_EMPTY", /--allow-empty/],
    ["a missing deprecated file", { filePath: "no" }, {}, "SNAPSHOT_UNREADABLE", /could not read "no": ENOENT/],
    [
      "what is neither file nor text",
      { images: "./no.json" },
      {},
      "SNAPSHOT_UNPARSABLE",
      /as a file: .*ENOENT.*; as text: .*got a string/,
    ],
    ["a list", { images: "[a]" }, {}, "SNAPSHOT_UNPARSABLE", /got a list: "\[a\]"/],
    [
      "broken JSON",
      { jsonInput: '{"components":[' },
      {},
      "SNAPSHOT_UNPARSABLE",
      /unable to parse the Snapshot specification of --json-input: expected JSON or YAML/,
    ],
    ["broken YAML in a file", { images: "s" }, { s: "a: [\nb" }, "SNAPSHOT_UNPARSABLE", /of --images \("s"\)/],
    [
      "two documents",
      { images: "s" },
      { s: "components: []\n---\ncomponents: []\n" },
      "SNAPSHOT_UNPARSABLE",
      /multiple documents/,
    ],
    [
      "components that are no list",
      { images: "{components: x}" },
      {},
      "SNAPSHOT_UNPARSABLE",
      /got "\\"x\\"" as components/,
    ],
    ["a component that is text", { images: "{components: [x]}" }, {}, "SNAPSHOT_UNPARSABLE", /--images, component 0/],
    [
      "a name that is a list",
      { images: "{components: [{name: [a]}]}" },
      {},
      "SNAPSHOT_UNPARSABLE",
      /as name, which has to be text/,
    ],
    [
      "more components than the bound",
      { jsonInput: manyComponents },
      {},
      "SNAPSHOT_TOO_LARGE",
      /at most 20000 components, got 20001/,
    ],
    [
      "more bytes than the bound",
      { jsonInput: `{"a":"${"x".repeat(32 * 2 ** 20)}"}` },
      {},
      "SNAPSHOT_TOO_LARGE",
      /got more/,
    ],
    ["aliases that multiply", { images: "s" }, { s: bomb }, "SNAPSHOT_UNPARSABLE", /alias/i],
  ])("refuses %s", async (_, sources, files, code, message) => {
    const error = await failureOf(parse(sources, files));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
    expect(error.message.length).toBeLessThan(700);
  });

  it("accepts an empty snapshot where that is wanted", async () => {
    const snapshot = await parseSnapshots({ images: "{}" }, createFiles({}), { allowEmpty: true });
    expect(snapshot).toEqual({ application: "", components: [] });
  });

  it("gives up when aborted", async () => {
    const abort = new AbortController();
    const ports: SnapshotPorts = {
      async readFile() {
        abort.abort(new Error("stop"));
        throw new Error("half read");
      },
    };
    const reading = parseSnapshots({ images: "s" }, ports, { allowEmpty: false, signal: abort.signal });
    await expect(reading).rejects.toThrow("stop");
  });
});
