import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";
import { describe, expect, it } from "vitest";
import { hashBytes, hashTree } from "./content-pin.ts";
import { fetchPolicySources } from "./fetch-sources.ts";
import {
  bytesOf,
  fakeDisk,
  fakeGit,
  fakeHttp,
  fakePorts,
  fakeRegistry,
  faultOf,
  messageOf,
  networkDown,
} from "./testing/ports.ts";
import { storeZip } from "./testing/zip.ts";

const rule = "package main\n";
const commit = "0123456789012345678901234567890123456789";

async function tarOf(files: Readonly<Record<string, string>>): Promise<Buffer> {
  const writer = pack();
  for (const [name, text] of Object.entries(files)) {
    writer.entry({ name }, text);
  }
  writer.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of writer) {
    chunks.push(chunk as Uint8Array);
  }
  return Buffer.concat(chunks);
}

function pathsOf(fetched: Awaited<ReturnType<typeof fetchPolicySources>>): string[] {
  return fetched.groups.flatMap(({ policy, data }) =>
    [...policy, ...data].flatMap(({ files }) => files.map((f) => f.path)),
  );
}

describe("fetchPolicySources: files (difference 25)", () => {
  const files = fakeDisk({ "p/a.rego": rule, "p/lib/b.rego": rule, "p/README.md": "x", "d/data.yaml": "a: 1" });

  it("reads folders and pins them to what was read", async () => {
    const fetched = await fetchPolicySources(
      { sources: [{ policy: ["./p"], data: ["file::d"] }] },
      fakePorts({ files }),
    );
    expect(pathsOf(fetched)).toEqual(["a.rego", "lib/b.rego", "data.yaml"]);
    const tree = hashTree(["a.rego", "lib/b.rego"].map((path) => ({ path, bytes: bytesOf(rule) })));
    expect(fetched.spec.sources?.[0]?.policy).toEqual([`file::./p?checksum=sha256:${tree}`]);
    expect(fetched.spec.sources?.[0]?.data?.[0]).toMatch(/^file::d\?checksum=sha256:[0-9a-f]{64}$/);
  });

  it("takes a pinned address, and refuses it when the files have changed", async () => {
    const first = await fetchPolicySources({ sources: [{ policy: ["./p"] }] }, fakePorts({ files }));
    const again = await fetchPolicySources(first.spec, fakePorts({ files }));
    expect(again.spec).toEqual(first.spec);
    const changed = fakePorts({ files: fakeDisk({ "p/a.rego": "package other\n" }) });
    expect(await faultOf(() => fetchPolicySources(first.spec, changed))).toBe("usage:source-invalid");
  });

  it("expands tar, tar.gz and zip, and takes a single file", async () => {
    const tar = await tarOf({ "x/a.rego": rule });
    const disk = fakeDisk({
      "a.tar": tar,
      "b.tgz": gzipSync(tar),
      "c.zip": storeZip({ "z/c.rego": rule }),
      "s.rego": rule,
    });
    const policy = ["file::a.tar", "file::b.tgz", "file::c.zip", "s.rego"];
    const fetched = await fetchPolicySources({ sources: [{ policy }] }, fakePorts({ files: disk }));
    expect(pathsOf(fetched)).toEqual(["x/a.rego", "x/a.rego", "z/c.rego", "s.rego"]);
  });

  it.each([
    ["an archive that leads out", "evil.tar", { "../a.rego": rule }, "usage:archive-invalid"],
    ["a broken archive", "broken.zip", undefined, "usage:archive-invalid"],
    ["a compression that is not read", "x.gz", undefined, "usage:archive-invalid"],
  ])("refuses %s", async (_name, path, contents, code) => {
    const bytes =
      contents === undefined
        ? Uint8Array.from(path.endsWith("zip") ? [0x50, 0x4b, 3, 4, ...new Array(40).fill(0)] : [0x1f, 0x8b, 8])
        : await tarOf(contents as Record<string, string>);
    const ports = fakePorts({ files: fakeDisk({ [path]: bytes }) });
    expect(await faultOf(() => fetchPolicySources({ sources: [{ policy: [`file::${path}`] }] }, ports))).toBe(code);
  });

  it("keeps to its bounds of files and bytes, also in archives", async () => {
    const spec = { sources: [{ policy: ["file::p"] }] };
    const run = (maxFiles: number, maxBytes: number) => () =>
      fetchPolicySources(spec, fakePorts({ files }), { bounds: { maxFiles, maxBytes } });
    expect(await faultOf(run(3, 1000))).toBe("none");
    expect(await faultOf(run(2, 1000))).toBe("usage:source-unreadable");
    expect(await faultOf(run(3, 20))).toBe("usage:source-unreadable");
    const tgz = gzipSync(await tarOf({ "a.rego": "x".repeat(5000) }));
    const archive = fakePorts({ files: fakeDisk({ "a.tgz": tgz }) });
    const bounded = () =>
      fetchPolicySources({ sources: [{ policy: ["file::a.tgz"] }] }, archive, {
        bounds: { maxFiles: 5, maxBytes: 1000 },
      });
    expect(await faultOf(bounded)).toBe("usage:source-limit");
  });
});

describe("fetchPolicySources: git, https", () => {
  it("fetches each distinct address once and keeps the order", async () => {
    const git = fakeGit({ "https://github.com/o/r.git": [{ path: "policy/a.rego", bytes: bytesOf(rule) }] });
    const address = "github.com/o/r//policy?ref=main";
    const spec = {
      sources: [
        { name: "x", policy: [address] },
        { name: "y", policy: [address], data: [address] },
      ],
    };
    const fetched = await fetchPolicySources(spec, fakePorts({ git }));
    expect(git.calls).toEqual(["https://github.com/o/r.git main policy"]);
    const pinned = `git::github.com/o/r//policy?ref=${commit}`;
    expect(fetched.spec.sources).toEqual([
      { name: "x", policy: [pinned] },
      { name: "y", policy: [pinned], data: [pinned] },
    ]);
  });

  it("pins downloads by their bytes", async () => {
    const http = fakeHttp({ "https://example.com/x/data.yml": "a: 1" });
    const fetched = await fetchPolicySources(
      { sources: [{ data: ["https://example.com/x/data.yml"] }] },
      fakePorts({ http }),
    );
    expect(pathsOf(fetched)).toEqual(["data.yml"]);
    expect(fetched.spec.sources?.[0]?.data).toEqual([
      `http::example.com/x/data.yml?checksum=sha256:${hashBytes(bytesOf("a: 1"))}`,
    ]);
  });

  it.each([
    ["http://example.com/x.rego", "usage:source-insecure"],
    ["git::http://example.com/x", "usage:source-insecure"],
    ["http::example.com/x.rego", "usage:source-insecure"],
    ["nonsense", "usage:source-invalid"],
    ["https://example.com/missing.rego", "usage:source-unreadable"],
    ["file::missing", "usage:source-unreadable"],
  ])("refuses %s", async (address, code) => {
    expect(await faultOf(() => fetchPolicySources({ sources: [{ policy: [address] }] }, fakePorts()))).toBe(code);
  });

  it("an address that cannot be reached now is undecided", async () => {
    const http = { get: () => Promise.reject(networkDown()) };
    const run = () =>
      fetchPolicySources(
        { sources: [{ policy: ["https://u:secret@example.com/a.rego?token=x"] }] },
        fakePorts({ http }),
      );
    expect(await faultOf(run)).toBe("undecided:source-unavailable");
    expect(await messageOf(run)).not.toMatch(/secret|token/);
  });

  it("refuses a policy without rules, with a hint for forges", async () => {
    const git = fakeGit({ "https://github.com/o/r.git": [{ path: "a_test.rego", bytes: bytesOf(rule) }] });
    const run = () => fetchPolicySources({ sources: [{ policy: ["https://github.com/o/r"] }] }, fakePorts({ git }));
    expect(await faultOf(run)).toBe("usage:no-rego");
    expect(await messageOf(run)).toContain("Did you mean: github.com/o/r instead?");
  });
});

describe("fetchPolicySources: registries", () => {
  async function artefact() {
    const registry = fakeRegistry();
    const layer = (title: string | undefined, bytes: Uint8Array, unpack = false) => ({
      mediaType: "x",
      ...registry.addBlob(bytes),
      annotations: {
        ...(title === undefined ? {} : { "org.opencontainers.image.title": title }),
        ...(unpack ? { "io.deis.oras.content.unpack": "true" } : {}),
      },
    });
    const packed = gzipSync(await tarOf({ "lib/b.rego": rule }));
    const layers = [layer("policy/a.rego", bytesOf(rule)), layer(undefined, bytesOf("x")), layer("lib", packed, true)];
    const digest = registry.addManifest("quay.io/o/p", "v1", { schemaVersion: 2, mediaType: "m", layers });
    return { registry, digest, layer };
  }

  it.each([
    ["oci::quay.io/o/p:v1", "oci::quay.io/o/p:v1@"],
    ["oci://quay.io/o/p:v1", "oci::quay.io/o/p:v1@"],
    ["oci::https://quay.io/o/p:v1", "oci::quay.io/o/p:v1@"],
    ["quay.io/o/p:v1", "oci::quay.io/o/p:v1@"],
  ])("pulls %s as oras does", async (address, prefix) => {
    const { registry, digest } = await artefact();
    const fetched = await fetchPolicySources({ sources: [{ policy: [address] }] }, fakePorts({ oci: registry }));
    expect(pathsOf(fetched)).toEqual(["policy/a.rego", "lib/b.rego"]);
    expect(fetched.spec.sources?.[0]?.policy).toEqual([`${prefix}${digest}`]);
  });

  it("replaces an old digest in the pinned form and keeps the tag", async () => {
    const { registry, digest } = await artefact();
    const address = `quay.io/o/p:v1@${digest}`;
    const fetched = await fetchPolicySources({ sources: [{ policy: [address] }] }, fakePorts({ oci: registry }));
    expect(fetched.spec.sources?.[0]?.policy).toEqual([`oci::${address}`]);
  });

  it("refuses titles that lead out, and two layers of one name", async () => {
    const { registry, layer } = await artefact();
    registry.addManifest("quay.io/o/p", "out", { mediaType: "m", layers: [layer("../a.rego", bytesOf(rule))] });
    registry.addManifest("quay.io/o/p", "twice", {
      mediaType: "m",
      layers: [layer("a.rego", bytesOf(rule)), layer("a.rego", bytesOf("package b\n"))],
    });
    for (const tag of ["out", "twice"]) {
      const spec = { sources: [{ policy: [`quay.io/o/p:${tag}`] }] };
      expect(await faultOf(() => fetchPolicySources(spec, fakePorts({ oci: registry })))).toBe("usage:source-invalid");
    }
  });

  it("refuses more manifests and more layers than an artefact has", async () => {
    const { registry } = await artefact();
    const manifests = Array.from({ length: 64 }, (_, number) => ({
      digest: registry.addManifest("quay.io/o/p", undefined, { mediaType: "m", number, layers: [] }),
    }));
    registry.addManifest("quay.io/o/p", "manifests", { mediaType: "i", manifests });
    registry.addManifest("quay.io/o/p", "layers", { mediaType: "m", layers: Array.from({ length: 1001 }, () => ({})) });
    for (const tag of ["manifests", "layers"]) {
      const spec = { sources: [{ policy: [`quay.io/o/p:${tag}`] }] };
      expect(await faultOf(() => fetchPolicySources(spec, fakePorts({ oci: registry })))).toBe("usage:source-invalid");
    }
  });

  it("reads all manifests of an index, and keeps to the bytes' bound", async () => {
    const { registry, digest } = await artefact();
    registry.addManifest("quay.io/o/p", "index", { mediaType: "i", manifests: [{ digest }, { digest }] });
    const spec = { sources: [{ policy: ["quay.io/o/p:index"] }] };
    const ports = fakePorts({ oci: registry });
    expect(pathsOf(await fetchPolicySources(spec, ports))).toEqual(["policy/a.rego", "lib/b.rego"]);
    expect(await faultOf(() => fetchPolicySources(spec, ports, { bounds: { maxFiles: 9, maxBytes: 20 } }))).toBe(
      "usage:source-unreadable",
    );
  });
});
