import { describe, expect, it } from "vitest";
import type { RequiredPlatforms } from "../inputs/index.ts";
import { type Component, type Descriptor, type Digest, type Snapshot, toDigest } from "../types/index.ts";
import { SnapshotError } from "./errors.ts";
import type { ExpandedComponent } from "./expanded-snapshot.ts";
import { expandIndexes } from "./expansion.ts";
import type { IndexReader } from "./index-reader.ts";

const imageType = "application/vnd.oci.image.manifest.v1+json";
const indexType = "application/vnd.oci.image.index.v1+json";

function digestOf(name: string): Digest {
  return toDigest(Buffer.from(name));
}

const attestation = { "vnd.docker.reference.type": "attestation-manifest" };

function child(name: string, platform?: string, mediaType = imageType): Descriptor {
  const [os = "", architecture = "", variant] = platform?.split("/") ?? [];
  return {
    mediaType,
    digest: digestOf(name),
    size: 1,
    ...(platform === undefined
      ? {}
      : { platform: { os, architecture, ...(variant === undefined ? {} : { variant }) } }),
  };
}

interface Content {
  /** Indexes by name; every other name is an image. */
  indexes?: Readonly<Record<string, readonly Descriptor[]>>;
  gone?: readonly string[];
  /** Tags of indexes that the registry calls images. */
  lies?: readonly string[];
  faults?: Readonly<Record<string, Error>>;
}

/** A registry in which `name:tag` resolves to the digest of `name`; all in the repository `r.example/x`. */
function createReader({ indexes = {}, gone = [], lies = [], faults = {} }: Content): IndexReader & { asked: string[] } {
  const asked: string[] = [];
  const byDigest = new Map(Object.entries(indexes).map(([name, children]) => [digestOf(name), { name, children }]));
  const check = (question: string) => {
    asked.push(question);
    const fault = faults[question];
    if (fault !== undefined) {
      throw fault;
    }
  };
  return {
    asked,
    async resolve(image) {
      check(`resolve ${image}`);
      const pinned = image.split("@")[1] as Digest | undefined;
      const digest = pinned ?? digestOf(image.split(":")[0] ?? "");
      const isIndex = byDigest.has(digest) && !lies.includes(image);
      const mediaType = isIndex ? indexType : imageType;
      return { reference: `r.example/x@${digest}`, repository: "r.example/x", digest, mediaType, isIndex };
    },
    async readIndex(reference) {
      const index = byDigest.get(reference.split("@")[1] as Digest);
      check(`index ${index?.name}`);
      return index?.children ?? [];
    },
    async exists(_, digest) {
      const missing = gone.find((name) => digestOf(name) === digest);
      check(missing === undefined ? "exists" : `exists ${missing}`);
      return missing === undefined;
    },
  };
}

function snapshotOf(...images: readonly string[]): Snapshot {
  const components: Component[] = images.map((containerImage, position) => ({
    name: `c${position}`,
    containerImage,
    source: { git: { url: "u" } },
  }));
  return { application: "app", components };
}

async function expand(
  snapshot: Snapshot,
  content: Content,
  platforms: RequiredPlatforms = "all",
): Promise<readonly ExpandedComponent[]> {
  const signal = new AbortController().signal;
  return (await expandIndexes(snapshot, createReader(content), { platforms, signal, concurrency: 2 })).components;
}

describe("expandIndexes", () => {
  it("names children by digest and architecture, pins them, and puts them after their parent", async () => {
    const children = [child("amd", "linux/amd64"), child("none"), child("arm", "linux/arm64/v8")];
    const components = await expand(snapshotOf("many:1", "one:1"), { indexes: { many: children } });
    expect(components.map(({ name, containerImage }) => [name, containerImage])).toEqual([
      ["c0", "many:1"],
      [`c0-${digestOf("amd")}-amd64`, `r.example/x@${digestOf("amd")}`],
      [`c0-${digestOf("none")}-noarch-1`, `r.example/x@${digestOf("none")}`],
      [`c0-${digestOf("arm")}-arm64`, `r.example/x@${digestOf("arm")}`],
      ["c1", "one:1"],
    ]);
    expect(components[1]).toMatchObject({
      source: { git: { url: "u" } },
      parent: `r.example/x@${digestOf("many")}`,
      resolved: { digest: digestOf("amd"), isIndex: false },
    });
  });

  it("does not take attestation manifests for images, and counts positions over all children", async () => {
    const children = [{ ...child("attestation", "unknown/unknown"), annotations: attestation }, child("none")];
    const components = await expand(snapshotOf("many"), { indexes: { many: children }, gone: ["attestation"] });
    expect(components.map(({ name }) => name)).toEqual(["c0", `c0-${digestOf("none")}-noarch-1`]);
    expect(components[0]?.missing).toEqual([]);
  });

  it("takes an image for one whose platform is unknown, and one that is only called an attestation", async () => {
    const children = [
      child("a", "unknown/unknown"),
      { ...child("b", "linux/amd64"), annotations: attestation },
      { ...child("c", "unknown/unknown"), annotations: { "vnd.docker.reference.type": "other" } },
    ];
    const components = await expand(snapshotOf("many"), { indexes: { many: children }, gone: ["c"] });
    expect(components.map(({ name }) => name)).toEqual([
      "c0",
      `c0-${digestOf("a")}-unknown`,
      `c0-${digestOf("b")}-amd64`,
    ]);
    expect(components[0]?.missing.map(({ digest }) => digest)).toEqual([digestOf("c")]);
  });

  it.each<[string, Content]>([
    ["a registry calls an image", { lies: ["many:1"], indexes: { many: [child("leaf", "linux/amd64")] } }],
    [
      "another index calls an image",
      { indexes: { many: [child("inner", "linux/amd64", imageType)], inner: [child("leaf", "linux/amd64")] } },
    ],
  ])("walks an index that %s", async (_name, content) => {
    const components = await expand(snapshotOf("many:1"), content);
    expect(components.at(-1)?.resolved?.digest).toBe(digestOf("leaf"));
  });

  it("does not walk an image that an index calls an index", async () => {
    const components = await expand(snapshotOf("many"), {
      indexes: { many: [child("leaf", "linux/amd64", indexType)] },
    });
    expect(components[1]).toMatchObject({ resolved: { digest: digestOf("leaf"), isIndex: false } });
    expect(components[1]?.error).toBeUndefined();
  });

  it("walks nested indexes", async () => {
    const components = await expand(snapshotOf("outer"), {
      indexes: { outer: [child("inner", undefined, indexType)], inner: [child("leaf", "linux/amd64")] },
    });
    const inner = `c0-${digestOf("inner")}-noarch-0`;
    expect(components.map(({ name }) => name)).toEqual(["c0", inner, `${inner}-${digestOf("leaf")}-amd64`]);
  });

  it("asks once for an image that several components name", async () => {
    const reader = createReader({});
    const { signal } = new AbortController();
    const options = { platforms: "all", signal, concurrency: 5 } as const;
    const { components } = await expandIndexes(snapshotOf("a:1", "a:1", "a:1"), reader, options);
    expect(components.map(({ name }) => name)).toEqual(["c0", "c1", "c2"]);
    expect(reader.asked).toEqual(["resolve a:1", `resolve r.example/x@${digestOf("a")}`]);
  });

  it("keeps the snapshot's other fields and its order, however long answers take", async () => {
    const reader = createReader({});
    const order: string[] = [];
    const open: Record<string, () => void> = {};
    const gates: Record<string, Promise<void>> = Object.fromEntries(
      ["a", "b", "c"].map((image) => [image, new Promise<void>((resolve) => (open[image] = resolve))]),
    );
    const slow: IndexReader = {
      ...reader,
      async resolve(image, signal) {
        await gates[image];
        if (image in gates) order.push(image);
        return reader.resolve(image, signal);
      },
    };
    const { signal } = new AbortController();
    const expanding = expandIndexes(snapshotOf("a", "b", "c"), slow, { platforms: "all", signal, concurrency: 3 });
    for (const image of ["c", "b", "a"]) {
      open[image]?.();
      await Promise.resolve();
    }
    const expanded = await expanding;
    expect(order).toEqual(["c", "b", "a"]);
    expect(expanded.application).toBe("app");
    expect(expanded.components.map(({ containerImage }) => containerImage)).toEqual(["a", "b", "c"]);
  });
});

describe("sparse indexes", () => {
  const many = [
    child("amd", "linux/amd64"),
    child("arm", "linux/arm64/v8"),
    child("s390x", "linux/s390x"),
    child("none"),
  ];
  const gone = ["arm", "s390x", "none"];

  it.each<[string, RequiredPlatforms, readonly string[], readonly string[]]>([
    ["all", "all", ["linux/arm64/v8", "linux/s390x", "unknown"], []],
    ["none", "none", [], ["linux/arm64/v8", "linux/s390x", "unknown"]],
    ["a list", ["linux/amd64", "linux/s390x"], ["linux/s390x"], ["linux/arm64/v8", "unknown"]],
    ["a platform without its variant", ["linux/arm64"], ["linux/arm64/v8"], ["linux/s390x", "unknown"]],
    ["another variant", ["linux/arm64/v7", "linux/s390"], [], ["linux/arm64/v8", "linux/s390x", "unknown"]],
    ["a platform that the index does not have", ["windows/amd64"], [], ["linux/arm64/v8", "linux/s390x", "unknown"]],
  ])("may lack what %s does not require", async (_, platforms, missing, absent) => {
    const [index, ...children] = await expand(snapshotOf("many"), { indexes: { many }, gone }, platforms);
    expect(index?.missing.map(({ platform }) => platform)).toEqual(missing);
    expect(index?.absent.map(({ platform }) => platform)).toEqual(absent);
    expect(children.map(({ name }) => name)).toEqual([`c0-${digestOf("amd")}-amd64`]);
  });

  it.each<[string, readonly string[], readonly string[]]>([
    ["linux/arm64/v8", ["linux/arm64"], ["linux/arm", "linux/amd64", "linux/riscv64"]],
    ["linux/arm64", ["linux/arm64"], ["linux/arm", "linux/amd64", "linux/riscv64"]],
    ["linux/arm64/v9", [], ["linux/arm64", "linux/arm", "linux/amd64", "linux/riscv64"]],
    ["linux/arm/v7", ["linux/arm"], ["linux/arm64", "linux/amd64", "linux/riscv64"]],
    ["linux/arm/v6", [], ["linux/arm64", "linux/arm", "linux/amd64", "linux/riscv64"]],
    ["linux/amd64/v1", ["linux/amd64"], ["linux/arm64", "linux/arm", "linux/riscv64"]],
    ["linux/riscv64/x", [], ["linux/arm64", "linux/arm", "linux/amd64", "linux/riscv64"]],
  ])("that name no variant have the usual one: %s", async (wanted, missing, absent) => {
    const names = ["linux/arm64", "linux/arm", "linux/amd64", "linux/riscv64"];
    const children = names.map((name) => child(name, name));
    const [index] = await expand(snapshotOf("many"), { indexes: { many: children }, gone: names }, [wanted]);
    expect(index?.missing.map(({ platform }) => platform)).toEqual(missing);
    expect(index?.absent.map(({ platform }) => platform)).toEqual(absent);
  });

  it.each<[string, RequiredPlatforms, readonly string[], readonly string[]]>([
    ["all that are required", ["linux/amd64", "linux/arm64"], ["many"], []],
    [
      "not all that are required",
      ["linux/amd46", "linux/s390x", "linux/arm64/v7"],
      ["many"],
      ["linux/amd46", "linux/arm64/v7"],
    ],
    ["each one of them", ["linux/s390x", "windows/amd64"], ["many", "windows"], []],
    ["nothing, for there is none", ["linux/amd64"], ["one"], []],
    ["all, in one that lies in another", ["linux/s390x"], ["outer"], []],
    ["what nobody required", "all", ["many"], []],
  ])("list %s", async (_, platforms, images, unlisted) => {
    const content = { indexes: { many, windows: [child("win", "windows/amd64")], outer: [child("many")] } };
    const options = { platforms, signal: new AbortController().signal, concurrency: 2 };
    const expanded = await expandIndexes(snapshotOf(...images), createReader(content), options);
    expect(expanded.unlistedPlatforms).toEqual(unlisted);
  });

  it("make a violation of the index that names platform, digest and index", async () => {
    const [index] = await expand(snapshotOf("many"), { indexes: { many }, gone: ["s390x"] });
    const pinned = `r.example/x@${digestOf("many")}`;
    expect(index?.missing).toEqual([{ platform: "linux/s390x", digest: digestOf("s390x"), index: pinned }]);
    expect(index?.violations).toHaveLength(1);
    expect(index?.violations[0]?.metadata).toMatchObject({
      code: "builtin.image.platforms_check",
      term: "linux/s390x",
    });
    expect(index?.violations[0]?.msg).toBe(
      `The image for the platform linux/s390x, ${digestOf("s390x")}, is not in the registry, but the image index ${pinned} lists it; --platforms says which platforms must be there`,
    );
    expect(index?.error).toBeUndefined();
  });
});

describe("what cannot be decided", () => {
  const fault = new Error("no answer");

  it("is a component whose image cannot be resolved", async () => {
    const components = await expand(snapshotOf("a", "b"), { faults: { "resolve a": fault } });
    expect(components[0]).toMatchObject({ name: "c0", error: fault });
    expect(components[0]?.resolved).toBeUndefined();
    expect(components[1]?.error).toBeUndefined();
  });

  it("is an index that cannot be read (differences, 5)", async () => {
    const components = await expand(snapshotOf("many"), {
      indexes: { many: [child("amd", "linux/amd64")] },
      faults: { "index many": fault },
    });
    expect(components).toHaveLength(1);
    expect(components[0]).toMatchObject({ error: fault, resolved: { digest: digestOf("many") } });
  });

  it("is a child of which nobody knows whether it is there; its siblings go on", async () => {
    const components = await expand(snapshotOf("many"), {
      indexes: { many: [child("amd", "linux/amd64"), child("arm", "linux/arm64")] },
      gone: ["amd"],
      faults: { "exists amd": fault },
    });
    expect(components.map(({ error }) => error)).toEqual([undefined, fault, undefined]);
    expect(components[0]?.missing).toEqual([]);
  });

  it("is an index with more children than the bound", async () => {
    const children = Array.from({ length: 1001 }, (_, position) => child(String(position)));
    const [index, ...rest] = await expand(snapshotOf("many"), { indexes: { many: children } });
    expect(index?.error).toBeInstanceOf(SnapshotError);
    expect(index?.error).toMatchObject({ code: "INDEX_TOO_LARGE" });
    expect(rest).toEqual([]);
  });

  it("is an index nested deeper than the bound", async () => {
    const indexes = Object.fromEntries(
      [0, 1, 2, 3, 4].map((level) => [`i${level}`, [child(`i${level + 1}`, undefined, indexType)]]),
    );
    const components = await expand(snapshotOf("i0"), { indexes });
    expect(components).toHaveLength(5);
    expect(components.map(({ error }) => (error instanceof SnapshotError ? error.code : error))).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
      "INDEX_TOO_DEEP",
    ]);
  });

  it("rejects when aborted", async () => {
    const abort = new AbortController();
    abort.abort(new Error("stop"));
    const options = { platforms: "all", signal: abort.signal, concurrency: 1 } as const;
    await expect(expandIndexes(snapshotOf("a"), createReader({}), options)).rejects.toThrow("stop");
  });
});
