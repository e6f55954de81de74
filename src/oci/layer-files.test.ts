import { gzipSync, zstdCompressSync } from "node:zlib";
import { type Header, pack } from "tar-stream";
import { describe, expect, it } from "vitest";
import { type Descriptor, type Digest, type JsonObject, toDigest } from "../types/index.ts";
import { OciError } from "./errors.ts";
import { emptyConfig, noSignal, ociImage } from "./fake-registry.fixture.ts";
import { type FileLimits, toFileLimits } from "./file-limits.ts";
import { readBlobFiles, readImageFiles } from "./layer-files.ts";
import { toPinned } from "./reference.ts";
import type { FetchedManifest } from "./registry-client.ts";

const location = { registry: "registry.example", repository: "team/app" };
type Entry = [name: string, content?: string | Partial<Header>];

async function tar(entries: readonly Entry[]): Promise<Buffer> {
  const archive = pack();
  for (const [name, content = ""] of entries) {
    if (typeof content === "string") archive.entry({ name, type: name.endsWith("/") ? "directory" : "file" }, content);
    else archive.entry({ name, ...content });
  }
  archive.finalize();
  const pieces: Buffer[] = [];
  for await (const piece of archive) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

/** What the files are read from: blobs and manifests by digest. */
function createSource() {
  const blobs = new Map<string, Buffer>();
  const manifests = new Map<string, JsonObject>();
  const open = { count: 0 };

  function addManifest(body: JsonObject): Digest {
    const digest = toDigest(Buffer.from(JSON.stringify(body)));
    manifests.set(digest, body);
    return digest;
  }

  return {
    open,
    addManifest,
    addBlob(bytes: Buffer): Descriptor {
      const digest = toDigest(bytes);
      blobs.set(digest, bytes);
      return { mediaType: "application/vnd.oci.image.layer.v1.tar", digest, size: bytes.length };
    },
    client: {
      fileLimits: toFileLimits(2 ** 40),
      async fetchManifest(ref: { digest: Digest }): Promise<FetchedManifest> {
        const body = manifests.get(ref.digest) ?? {};
        const kind = body.manifests ? "index" : "image";
        return { body, kind, bytes: new Uint8Array(), descriptor: { mediaType: "", digest: ref.digest, size: 0 } };
      },
      async openBlob(
        _ref: unknown,
        { digest }: { digest: Digest },
        { maxBytes }: { maxBytes: number },
      ): Promise<AsyncIterable<Uint8Array>> {
        const bytes = blobs.get(digest);
        if (!bytes) throw new OciError("missing", { code: "not-found" });
        if (bytes.length > maxBytes) throw new OciError("large", { code: "too-large" });
        return (async function* () {
          open.count += 1;
          try {
            for (let offset = 0; offset < bytes.length; offset += 1000) yield bytes.subarray(offset, offset + 1000);
          } finally {
            open.count -= 1;
          }
        })();
      },
    },
  };
}

async function readImage(
  layers: readonly (readonly Entry[])[],
  directories: readonly string[],
  limits: Partial<FileLimits> = {},
) {
  const source = createSource();
  const descriptors = [];
  for (const entries of layers) descriptors.push(source.addBlob(gzipSync(await tar(entries))));
  const digest = source.addManifest({ ...ociImage, layers: descriptors as unknown as JsonObject[] });
  const client = { ...source.client, fileLimits: { ...source.client.fileLimits, ...limits } };
  const files = await readImageFiles(client, toPinned(location, digest), directories, {
    signal: noSignal,
  }).finally(() => expect(source.open.count).toBe(0));
  return files;
}

describe("readImageFiles", () => {
  const cases: [string, Entry[][], string[], JsonObject][] = [
    [
      "direct children that are YAML or JSON",
      [
        [
          ["manifests/"],
          ["manifests/a.yaml", "a: 1"],
          ["manifests/b.JSON", '{"b": [2]}'],
          ["manifests/c.yml", "- 3"],
          ["manifests/d.txt", "x"],
          ["manifests/deep/e.yaml", "e: 5"],
          ["other/f.yaml", "f: 6"],
        ],
      ],
      ["manifests/"],
      { "manifests/a.yaml": { a: 1 }, "manifests/b.JSON": { b: [2] }, "manifests/c.yml": [3] },
    ],
    ["names that begin with ./", [[["./manifests/a.yaml", "1"]]], ["manifests"], { "manifests/a.yaml": 1 }],
    ["directories without regard to case", [[["Manifests/a.yaml", "1"]]], ["manifests"], { "Manifests/a.yaml": 1 }],
    [
      "the root",
      [
        [
          ["a.yaml", "1"],
          ["b/c.yaml", "2"],
        ],
      ],
      ["."],
      { "a.yaml": 1 },
    ],
    ["absolute names as they are", [[["/m/a.yaml", "1"]]], ["m", "/m"], { "/m/a.yaml": 1 }],
    [
      "several directories",
      [
        [
          ["a/x.yaml", "1"],
          ["b/x.yaml", "2"],
          ["c/x.yaml", "3"],
        ],
      ],
      ["a", "b"],
      { "a/x.yaml": 1, "b/x.yaml": 2 },
    ],
    ["no directory", [[["a/x.yaml", "1"]]], [], {}],
    [
      "the topmost layer",
      [
        [
          ["m/a.yaml", "old"],
          ["m/b.yaml", "kept"],
        ],
        [["m/a.yaml", "new"]],
      ],
      ["m"],
      { "m/a.yaml": "new", "m/b.yaml": "kept" },
    ],
    [
      "nothing that is whited out",
      [
        [
          ["m/a.yaml", "1"],
          ["m/b.yaml", "2"],
        ],
        [["m/.wh.a.yaml"]],
      ],
      ["m"],
      { "m/b.yaml": 2 },
    ],
    ["nothing of a folder that is whited out", [[["x/m/a.yaml", "1"]], [[".wh.x"]]], ["x/m"], {}],
    [
      "nothing under an opaque folder",
      [[["x/m/a.yaml", "1"]], [["x/"], ["x/.wh..wh..opq"], ["x/m/b.yaml", "2"]]],
      ["x/m"],
      { "x/m/b.yaml": 2 },
    ],
    [
      "what lies in the layer of the whiteout itself",
      [[["m/a.yaml", "1"]], [["m/.wh.a.yaml"], ["m/a.yaml", "2"], ["m/.wh..wh..opq"]]],
      ["m"],
      { "m/a.yaml": 2 },
    ],
    ["nothing under a folder that became a file", [[["x/m/a.yaml", "1"]], [["x", "a file"]]], ["x/m"], {}],
    [
      "nothing under a folder that became a link",
      [[["m/a.yaml", "1"]], [["m", { type: "symlink", linkname: "etc" }]], [["etc/b.yaml", "2"]]].slice(
        0,
        2,
      ) as Entry[][],
      ["m"],
      {},
    ],
    [
      "folders that are written again",
      [[["m/a.yaml", "1"]], [["m/"], ["m/b.yaml", "2"]]],
      ["m"],
      { "m/a.yaml": 1, "m/b.yaml": 2 },
    ],
    ["a file that came back", [[["m/a.yaml", "1"]], [["m/.wh.a.yaml"]], [["m/a.yaml", "3"]]], ["m"], { "m/a.yaml": 3 }],
    [
      "nothing below a whiteout in the middle",
      [[["m/a.yaml", "1"]], [["m/.wh.a.yaml"]], [["m/b.yaml", "3"]]],
      ["m"],
      { "m/b.yaml": 3 },
    ],
    [
      "the last of equal names in a layer",
      [
        [
          ["m/a.yaml", "1"],
          ["m/a.yaml", "2"],
        ],
      ],
      ["m"],
      { "m/a.yaml": 2 },
    ],
    [
      "nothing that does not parse",
      [
        [
          ["m/a.yaml", "a: [1"],
          ["m/b.json", "{"],
          ["m/c.yaml", "c: 3"],
        ],
      ],
      ["m"],
      { "m/c.yaml": { c: 3 } },
    ],
    ["empty files as null", [[["m/a.yaml"]]], ["m"], { "m/a.yaml": null }],
    [
      "links as null, never what they lead to",
      [
        [
          ["etc/secret.yaml", "secret: 1"],
          ["m/a.yaml", { type: "symlink", linkname: "../etc/secret.yaml" }],
          ["m/b.yaml", { type: "link", linkname: "etc/secret.yaml" }],
          ["m/c.yaml", { type: "symlink", linkname: "/etc/secret.yaml" }],
        ],
      ],
      ["m"],
      { "m/a.yaml": null, "m/b.yaml": null, "m/c.yaml": null },
    ],
    ["no links that lead out", [[["m/a.yaml", { type: "symlink", linkname: "../../etc/passwd" }]]], ["m"], {}],
    ["the first document", [[["m/a.yaml", "a: 1\n---\nb: 2\n"]]], ["m"], { "m/a.yaml": { a: 1 } }],
    [
      "YAML as Kubernetes reads it",
      [[["m/a.yaml", "a: yes\nb: 2020-01-01\nc: 010\nd: 1:30\n1: x\n"]]],
      ["m"],
      { "m/a.yaml": { a: true, b: "2020-01-01", c: 8, d: "1:30", 1: "x" } },
    ],
    [
      "names that JavaScript finds special",
      [[["m/__proto__.yaml", "__proto__: 1"]]],
      ["m"],
      { "m/__proto__.yaml": JSON.parse('{"__proto__": 1}') },
    ],
  ];
  it.each(cases)("reads %s", async (_name, layers, directories, expected) => {
    expect(await readImage(layers, directories)).toEqual(expected);
  });

  it("reads long names, as pax and in other languages", async () => {
    const name = `m/${"long-".repeat(60)}ü.yaml`;
    expect(await readImage([[[name, "1"]]], ["m"])).toEqual({ [name]: 1 });
  });

  it("takes linux/amd64 out of an index", async () => {
    const source = createSource();
    const layer = source.addBlob(await tar([["m/a.yaml", "1"]]));
    const image = source.addManifest({ ...ociImage, layers: [layer as unknown as JsonObject] });
    const child = (architecture: string, digest: string) => ({
      mediaType: "x",
      digest,
      size: 1,
      platform: { os: "linux", architecture },
    });
    const index = source.addManifest({
      schemaVersion: 2,
      manifests: [child("arm64", emptyConfig.digest), child("amd64", image)],
    });
    const ask = (digest: Digest) =>
      readImageFiles(source.client, toPinned(location, digest), ["m"], { signal: noSignal });
    expect(await ask(index)).toEqual({ "m/a.yaml": 1 });
    await expect(ask(source.addManifest({ schemaVersion: 2, manifests: [] }))).rejects.toMatchObject({
      code: "not-found",
    });
  });

  /** Indexes within indexes; with `link`, the innermost lists that digest in place of an image. */
  async function nest(depth: number, link?: Digest) {
    const source = createSource();
    const layer = source.addBlob(await tar([["m/a.yaml", "1"]]));
    let digest = link ?? source.addManifest({ ...ociImage, layers: [layer as unknown as JsonObject] });
    const platform = { os: "linux", architecture: "amd64" };
    for (let level = 0; level < depth; level += 1) {
      const body = { schemaVersion: 2, manifests: [{ mediaType: "x", digest, size: 1, platform }] };
      digest = source.addManifest(body);
    }
    return { source, digest };
  }

  it.each([1, 2, 3])("walks %d indexes down", async (depth) => {
    const { source, digest } = await nest(depth);
    const asked = readImageFiles(source.client, toPinned(location, digest), ["m"], { signal: noSignal });
    expect(await asked).toEqual({ "m/a.yaml": 1 });
  });

  it.each([4, 9])("does not walk %d indexes down", async (depth) => {
    const { source, digest } = await nest(depth);
    const asked = readImageFiles(source.client, toPinned(location, digest), ["m"], { signal: noSignal });
    await expect(asked).rejects.toMatchObject({ code: "not-found" });
  });

  it("does not walk in circles", async () => {
    const { source, digest } = await nest(2, emptyConfig.digest);
    let asked = 0;
    const fetchManifest = (ref: { digest: Digest }) => {
      asked += 1;
      return source.client.fetchManifest(ref.digest === emptyConfig.digest ? { digest } : ref);
    };
    const client = { ...source.client, fetchManifest };
    const reading = readImageFiles(client, toPinned(location, digest), ["m"], { signal: noSignal });
    await expect(reading).rejects.toMatchObject({ code: "not-found" });
    expect(asked).toBe(4);
  });

  it.each([
    ["urls", { mediaType: "application/vnd.oci.image.layer.v1.tar", urls: ["https://elsewhere.example/layer"] }],
    ["an OCI type", { mediaType: "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip" }],
    ["Docker's type", { mediaType: "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip" }],
  ])("says that a foreign layer is not there, known by %s", async (_name, descriptor) => {
    const source = createSource();
    const layer = { ...descriptor, digest: emptyConfig.digest, size: 5 };
    const digest = source.addManifest({ ...ociImage, layers: [layer] });
    const asked = readImageFiles(source.client, toPinned(location, digest), ["m"], { signal: noSignal });
    await expect(asked).rejects.toMatchObject({ code: "not-found", message: expect.stringContaining("is not asked") });
  });

  const entries = (count: number): Entry[] =>
    Array.from({ length: count }, (_, index) => [`m/${index}.yaml`, `${index}`]);
  const tooLarge: [string, Entry[], Partial<FileLimits>][] = [
    ["entries", entries(11), { maxEntries: 10 }],
    ["files", entries(11), { maxFiles: 10 }],
    ["bytes in a file", [["m/a.yaml", "x".repeat(101)]], { maxFileBytes: 100 }],
    [
      "bytes in all files",
      [
        ["m/a.yaml", "x".repeat(60)],
        ["m/b.yaml", "x".repeat(60)],
      ],
      { maxTotalBytes: 100 },
    ],
    ["bytes in a layer", [["x", "x".repeat(10_000)]], { maxInflatedBytes: 5000 }],
    ["bytes in a stored layer", [["x", "x".repeat(10_000)]], { maxStoredBytes: 100 }],
    ["characters in names", entries(11), { maxNameCharacters: 80 }],
    [
      "characters in names of whiteouts",
      [
        ["m/.wh.a.yaml", ""],
        ["m/.wh.b.yaml", ""],
      ],
      { maxNameCharacters: 10 },
    ],
    ["bytes of YAML", [["m/a.yaml", "a: ".padEnd(101, "x")]], { maxYamlBytes: 100 }],
  ];
  it.each(tooLarge)("stops at too many %s", async (_name, layer, limits) => {
    await expect(readImage([layer], ["m"], limits)).rejects.toMatchObject({ name: "OciError", code: "too-large" });
  });

  it("stops at a ratio", async () => {
    const zeros: Entry[] = [["zeros", "\0".repeat(66 * 1024 * 1024)]];
    const asked = readImage([zeros], ["m"]);
    await expect(asked).rejects.toMatchObject({ code: "too-large", message: expect.stringContaining("256 times") });
    expect(await readImage([zeros], ["m"], { maxRatio: 2000 })).toEqual({});
  });

  it("does not hold what it passes over", async () => {
    const source = createSource();
    const piece = Buffer.alloc(1024 * 1024, "0123456789abcdef");
    const header = await packHeader("big", 300 * piece.length);
    const rest = await tar([["m/a.yaml", "1"]]);
    const client = {
      ...source.client,
      openBlob: async () =>
        (async function* () {
          yield header;
          for (let count = 0; count < 300; count += 1) yield piece;
          yield rest;
        })(),
    };
    const layer = { mediaType: "x", digest: emptyConfig.digest, size: 1 };
    const digest = source.addManifest({ ...ociImage, layers: [layer] });
    const before = process.memoryUsage().arrayBuffers;
    const files = await readImageFiles(client, toPinned(location, digest), ["m"], { signal: noSignal });
    expect(files).toEqual({ "m/a.yaml": 1 });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 * 1024 * 1024);
  });

  async function packHeader(name: string, size: number): Promise<Buffer> {
    const archive = pack();
    archive.entry({ name, size }, () => {});
    for await (const block of archive) {
      archive.destroy();
      return block as Buffer;
    }
    return Buffer.alloc(0);
  }
});

describe("readBlobFiles", () => {
  const layer: Entry[] = [
    ["./a.yaml", "1"],
    ["b/c", '{"c": 2}'],
    ["b/d.txt", "[1"],
    ["e.yaml", "3"],
    ["e.yaml", "4"],
  ];

  it.each([
    ["plain", (bytes: Buffer) => bytes],
    ["gzip", (bytes: Buffer) => gzipSync(bytes)],
    ["zstd", (bytes: Buffer) => zstdCompressSync(bytes)],
  ])("reads exact names of a %s blob", async (_name, compress) => {
    const source = createSource();
    const { digest } = source.addBlob(compress(await tar(layer)));
    const ask = (paths: string[]) =>
      readBlobFiles(source.client, toPinned(location, digest), paths, { signal: noSignal });
    expect(await ask(["./a.yaml", "b/c", "b/d.txt", "e.yaml", "missing"])).toEqual({
      "./a.yaml": 1,
      "b/c": { c: 2 },
      "e.yaml": 4,
    });
    expect(await ask(["a.yaml"])).toEqual({});
    expect(await ask([])).toEqual({});
    expect(source.open.count).toBe(0);
  });

  it("refuses what is no archive", async () => {
    const source = createSource();
    const { digest } = source.addBlob(Buffer.from("no archive at all".repeat(100)));
    const asked = readBlobFiles(source.client, toPinned(location, digest), ["a"], { signal: noSignal });
    await expect(asked).rejects.toMatchObject({ code: "invalid-response" });
  });
});
