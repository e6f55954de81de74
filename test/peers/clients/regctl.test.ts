// regclient's regctl with the embedded registry: chunks, SHA-512, referrers.
import { createHash } from "node:crypto";
import { afterEach, beforeEach, describe, expect, inject, it } from "vitest";
import type { Intercept } from "../../../src/registry/index.ts";
import { createNoise } from "../registries/content.ts";
import { type Bench, openBench, pushPair, readManifest } from "./programs.ts";

const peers = inject("peers");
const mebibyte = 1024 * 1024;

describe.skipIf(peers === undefined)("regctl", () => {
  let bench: Bench;
  let host: string;
  let intercept: Intercept | undefined;

  beforeEach(async () => {
    intercept = undefined;
    bench = await openBench({ intercept: (request) => intercept?.(request) });
    ({ host } = bench.registry);
  });
  afterEach(() => bench?.close());

  /** `settings` are further ones of the host, such as `blobChunk=1000`. */
  async function regctl(
    args: readonly string[],
    { input, settings = "" }: { input?: Uint8Array; settings?: string } = {},
  ) {
    const hostSettings = `reg=${host},tls=disabled${settings}`;
    const { stdout } = await bench.run(peers?.regctl ?? "", ["--host", hostSettings, ...args], input && { input });
    return stdout;
  }

  const blob = createNoise(3 * mebibyte, "chunks");
  const blobDigest = `sha256:${createHash("sha256").update(blob).digest("hex")}`;
  const inChunks = { input: blob, settings: `,blobChunk=${mebibyte},blobMax=1000` };

  async function readBlob(repository: string): Promise<Buffer> {
    const response = await fetch(`http://${host}/v2/${repository}/blobs/${blobDigest}`);
    expect(response.status).toBe(200);
    return Buffer.from(await response.arrayBuffer());
  }

  it("uploads a blob in chunks", async () => {
    expect(await regctl(["blob", "put", `${host}/app`], inChunks)).toBe(`${blobDigest}\n`);
    expect((await readBlob("app")).equals(blob)).toBe(true);
    expect(bench.takeRequests().filter((request) => request.startsWith("PATCH"))).toEqual(
      Array(3).fill("PATCH blobs/uploads/ID 202"),
    );
  });

  it.each([
    ["answered 503", { status: 503 }, 503],
    ["cut off", "disconnect" as const, 0],
  ])("goes on with an upload of which a chunk was %s", async (_, answer, status) => {
    let chunks = 0;
    intercept = ({ method }) => {
      if (method !== "PATCH") return undefined;
      chunks += 1;
      return chunks === 2 ? answer : undefined;
    };
    expect(await regctl(["blob", "put", `${host}/app`], inChunks)).toBe(`${blobDigest}\n`);
    expect((await readBlob("app")).equals(blob)).toBe(true);
    const requests = bench.takeRequests();
    expect(requests.filter((request) => request === "PATCH blobs/uploads/ID 202")).toHaveLength(3);
    expect(requests).toContain(`PATCH blobs/uploads/ID ${status}`);
    expect(requests.filter((request) => request.startsWith("POST"))).toEqual(["POST blobs/uploads/ 202"]);
  });

  it("reads, copies and deletes a blob", async () => {
    await regctl(["blob", "put", `${host}/app`], { input: blob });
    expect(await regctl(["blob", "head", `${host}/app`, blobDigest])).toContain(`Content-Length: ${blob.length}`);
    bench.takeRequests();
    await regctl(["blob", "copy", `${host}/app`, `${host}/other`, blobDigest]);
    expect(bench.takeRequests()).toContain("POST blobs/uploads/?mount 201");
    await regctl(["blob", "delete", `${host}/app`, blobDigest]);
    expect((await readBlob("other")).equals(blob)).toBe(true);
    await expect(regctl(["blob", "head", `${host}/app`, blobDigest])).rejects.toThrow(/not found \[http 404\]/);
  });

  it("turns an image into one of SHA-512 digests, and copies that", async () => {
    await pushPair(host, "team/app");
    await regctl(["image", "mod", `${host}/team/app:multi`, "--create", "sha512", "--digest-algo", "sha512"]);
    const converted = await readManifest(host, "team/app", "sha512");
    const { digest } = converted ?? {};
    const hex = createHash("sha512")
      .update(converted?.text ?? "")
      .digest("hex");
    // A tag's digest is of the algorithm with which the manifest was pushed.
    expect(digest).toBe(`sha512:${hex}`);
    await regctl(["image", "copy", `${host}/team/app:sha512`, `${host}/copied/app:v1`]);
    expect(await readManifest(host, "copied/app", "v1")).toEqual(converted);
  });

  it("attaches artifacts, lists and filters them, copies them along and deletes them", async () => {
    const { index } = await pushPair(host, "team/app");
    const image = `${host}/team/app:multi`;
    const put = (type: string) => {
      const args = ["artifact", "put", "--subject", image, "--artifact-type", type, "--annotation", `kind=${type}`];
      return regctl(args, { input: Buffer.from(type) });
    };
    for (const type of ["application/x.sbom", "application/x.scan"]) await put(type);
    const list = async (reference: string, ...filter: string[]) => {
      const text = await regctl(["artifact", "list", reference, "--format", "{{json .}}", ...filter]);
      const { descriptors } = JSON.parse(text) as {
        descriptors: { artifactType: string; annotations: object }[] | null;
      };
      return (descriptors ?? []).map(({ artifactType, annotations }) => [artifactType, annotations]).sort();
    };
    const both = ["application/x.sbom", "application/x.scan"].map((type) => [type, { kind: type }]);
    expect(await list(image)).toEqual(both);
    expect(await list(image, "--filter-artifact-type", "application/x.scan")).toEqual(both.slice(1));
    // No fallback tag: the registry said that it links referrers itself.
    expect(await regctl(["tag", "ls", `${host}/team/app`])).toBe("amd64\narm64\nmulti\n");

    await regctl(["image", "copy", "--referrers", image, `${host}/copied/app:v1`]);
    expect((await readManifest(host, "copied/app", "v1"))?.digest).toBe(index.digest);
    expect(await list(`${host}/copied/app:v1`)).toEqual(both);

    await regctl(["manifest", "delete", "--referrers", `${host}/team/app@${index.digest}`]);
    expect(await regctl(["tag", "ls", `${host}/team/app`])).toBe("amd64\narm64\n");
    expect(await list(`${host}/copied/app:v1`)).toEqual(both);
  });

  it("exports an image to a file, imports it, and deletes its tag alone", async () => {
    const { index } = await pushPair(host, "team/app");
    await regctl(["image", "export", `${host}/team/app:multi`, "exported.tar"]);
    await regctl(["image", "import", `${host}/imported/app:v1`, "exported.tar"]);
    expect((await readManifest(host, "imported/app", "v1"))?.digest).toBe(index.digest);
    await regctl(["tag", "delete", `${host}/imported/app:v1`]);
    expect(await readManifest(host, "imported/app", "v1")).toBeUndefined();
    expect((await readManifest(host, "imported/app", index.digest))?.digest).toBe(index.digest);
  });
});
