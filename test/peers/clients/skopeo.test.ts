// skopeo (containers/image, as Podman, CRI-O and Buildah have it) with the embedded registry.
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import type { PushedImage, PushedIndex } from "../../../src/demo/index.ts";
import { type Bench, openBench, pushPair, readManifest } from "./programs.ts";

const skopeo = inject("skopeo");
const withoutTls = { copy: ["--src-tls-verify=false", "--dest-tls-verify=false"], other: ["--tls-verify=false"] };

describe.skipIf(skopeo === undefined)("skopeo", () => {
  let bench: Bench;
  let host: string;
  let index: PushedIndex;
  let images: readonly [PushedImage, PushedImage];

  beforeAll(async () => {
    bench = await openBench();
    host = bench.registry.host;
    ({ index, images } = await pushPair(host, "team/app"));
  });
  afterAll(() => bench?.close());

  async function run(command: string, ...args: string[]): Promise<string> {
    const env = skopeo?.libraries === undefined ? {} : { LD_LIBRARY_PATH: skopeo.libraries };
    const settings = command === "copy" ? withoutTls.copy : withoutTls.other;
    const all = ["--insecure-policy", "--override-os=linux", "--override-arch=amd64", command, ...settings, ...args];
    return (await bench.run(skopeo?.binary ?? "", all, { env })).stdout;
  }

  it("copies an index with all platforms, or the image of its own", async () => {
    await run("copy", "--all", `docker://${host}/team/app:multi`, `docker://${host}/all/app:v1`);
    expect((await readManifest(host, "all/app", "v1"))?.digest).toBe(index.digest);
    for (const { digest } of images) expect((await readManifest(host, "all/app", digest))?.digest).toBe(digest);
    await run("copy", `docker://${host}/team/app:multi`, `docker://${host}/one/app:v1`);
    expect((await readManifest(host, "one/app", "v1"))?.digest).toBe(images[0].digest);
  });

  it("turns an index into a Docker manifest list, pushed with its images", async () => {
    await run("copy", "--all", "--format=v2s2", `docker://${host}/team/app:multi`, `docker://${host}/docker/app:v1`);
    const list = await readManifest(host, "docker/app", "v1");
    expect(list?.type).toBe("application/vnd.docker.distribution.manifest.list.v2+json");
    const { manifests } = JSON.parse(list?.text ?? "") as { manifests: { digest: string }[] };
    expect(manifests).toHaveLength(2);
    for (const { digest } of manifests) {
      const image = await readManifest(host, "docker/app", digest);
      expect(image?.type).toBe("application/vnd.docker.distribution.manifest.v2+json");
    }
  });

  it("pulls into a folder and pushes from it, bytes unchanged", async () => {
    await run("copy", `docker://${host}/team/app:amd64`, "dir:pulled");
    await run("copy", "dir:pulled", `docker://${host}/pushed/app:v1`);
    expect(await readManifest(host, "pushed/app", "v1")).toEqual(await readManifest(host, "team/app", "amd64"));
    await run("copy", "dir:pulled", "oci:layout:v1");
    await run("copy", "oci:layout:v1", `docker://${host}/pushed/app:v2`);
    expect((await readManifest(host, "pushed/app", "v2"))?.digest).toBe(images[0].digest);
  });

  it("lists tags, inspects, and deletes", async () => {
    expect(JSON.parse(await run("list-tags", `docker://${host}/team/app`))).toMatchObject({
      Tags: ["amd64", "arm64", "multi"],
    });
    const inspected = JSON.parse(await run("inspect", `docker://${host}/team/app:multi`));
    expect(inspected).toMatchObject({ Digest: index.digest, Architecture: "amd64", Os: "linux" });
    await run("copy", `docker://${host}/team/app:amd64`, `docker://${host}/gone/app:v1`);
    await run("delete", `docker://${host}/gone/app:v1`);
    expect(await readManifest(host, "gone/app", "v1")).toBeUndefined();
    await expect(run("inspect", `docker://${host}/gone/app:v1`)).rejects.toThrow(/manifest unknown/);
  });
});
