// A mirror of one platform, from end to end: `sealcheck registry`, filled by regctl, read by crane and skopeo, validated
// by `sealcheck validate image`.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import {
  attestImage,
  createHttpTarget,
  createKeyPair,
  createProvenance,
  type PushedImage,
  type PushedIndex,
  signImage,
} from "../../../src/demo/index.ts";
import { type RunningProgram, startProgram } from "../../registry/running.ts";
import { runSealcheck } from "../../sealcheck.ts";
import { type Bench, openBench, pushPair, readManifest } from "./programs.ts";

const peers = inject("peers");
const skopeo = inject("skopeo");
const indexType = "application/vnd.oci.image.index.v1+json";

describe.skipIf(peers === undefined)("a mirror of one platform", () => {
  /** Where everything is. */
  let source: Bench;
  let mirror: RunningProgram;
  let host: string;
  let index: PushedIndex;
  let images: readonly [PushedImage, PushedImage];

  beforeAll(async () => {
    source = await openBench();
    ({ index, images } = await pushPair(source.registry.host, "team/app"));
    mirror = await startProgram("--platforms=linux/amd64");
    host = new URL(mirror.url).host;
    await regctl(
      "image",
      "copy",
      "--platforms=linux/amd64",
      `${source.registry.host}/team/app:multi`,
      `${host}/team/app:v1`,
    );
    const key = createKeyPair();
    writeFileSync(join(source.folder, "key.pub"), key.publicKeyPem);
    const target = createHttpTarget({ registry: host });
    for (const { digest, mediaType, size } of [index, images[0]]) {
      const image = { registry: host, repository: "team/app", digest, mediaType, size };
      await signImage(target, image, key);
      const provenance = createProvenance({ image: `${host}/team/app`, digest });
      await attestImage(target, image, provenance, key);
    }
  });
  afterAll(async () => {
    await mirror?.stop("SIGTERM");
    await source?.close();
  });

  function regctlArguments(args: readonly string[]): string[] {
    const hosts = [source.registry.host, host].flatMap((name) => ["--host", `reg=${name},tls=disabled`]);
    return [...hosts, ...args];
  }
  const regctl = (...args: string[]) => source.run(peers?.regctl ?? "", regctlArguments(args));
  const crane = (...args: string[]) => source.run(peers?.crane ?? "", args);
  const craneFails = (...args: string[]) => source.runToFailure(peers?.crane ?? "", args);

  it("holds the index under its digest, with that platform alone", async () => {
    const mirrored = await readManifest(host, "team/app", "v1");
    expect(mirrored).toEqual(await readManifest(source.registry.host, "team/app", "multi"));
    expect((await readManifest(host, "team/app", images[0].digest))?.digest).toBe(images[0].digest);
    expect(await readManifest(host, "team/app", images[1].digest)).toBeUndefined();
  });

  it("takes no index without that platform, and says which image is missing", async () => {
    const text = (await readManifest(host, "team/app", "v1"))?.text ?? "";
    const args = regctlArguments(["manifest", "put", `--content-type=${indexType}`, `${host}/other/app:v1`]);
    const said = await source.runToFailure(peers?.regctl ?? "", args, { input: Buffer.from(text) });
    expect(said).toContain(`expected the index' image for linux/amd64, ${images[0].digest}, in the repository`);
    expect(said).not.toContain(images[1].digest);
  });

  it("gives crane the platform that is there, and tells it of the other one", async () => {
    await crane("pull", "--platform=linux/amd64", `${host}/team/app:v1`, "pulled.tar");
    expect((await crane("digest", "--platform=linux/amd64", `${host}/team/app:v1`)).stdout).toBe(
      `${images[0].digest}\n`,
    );
    for (const args of [
      ["pull", "--platform=linux/arm64", `${host}/team/app:v1`, "absent.tar"],
      ["validate", "--remote", `${host}/team/app:v1`],
      ["copy", `${host}/team/app:v1`, `${source.registry.host}/back/app:v1`],
    ]) {
      expect(await craneFails(...args), args[0]).toContain(
        `MANIFEST_UNKNOWN: expected a manifest that was pushed, team/app holds no ${images[1].digest}`,
      );
    }
  });

  it.skipIf(skopeo === undefined)("gives skopeo the platform that is there", async () => {
    const env = skopeo?.libraries === undefined ? {} : { LD_LIBRARY_PATH: skopeo.libraries };
    const inspect = (architecture: string) => {
      const flags = ["--override-os=linux", `--override-arch=${architecture}`, "inspect", "--tls-verify=false"];
      return source.run(skopeo?.binary ?? "", [...flags, `docker://${host}/team/app:v1`], { env });
    };
    expect(JSON.parse((await inspect("amd64")).stdout)).toMatchObject({ Digest: index.digest, Architecture: "amd64" });
    await expect(inspect("arm64")).rejects.toThrow(/manifest unknown/);
  });

  async function validate(platforms: string) {
    const { exitCode, stdout, stderr } = await runSealcheck([
      "validate",
      "image",
      `--image=${host}/team/app:v1`,
      `--public-key=${source.folder}/key.pub`,
      '--policy={"sources":[]}',
      "--ignore-rekor",
      `--platforms=${platforms}`,
      "--output=json",
    ]);
    if (stdout === "") throw new Error(stderr);
    const { components } = JSON.parse(stdout) as {
      components: {
        containerImage: string;
        violations?: { msg: string; metadata: { code: string; term?: string } }[];
      }[];
    };
    const violations = components.flatMap((component) => component.violations ?? []);
    return {
      exitCode,
      stderr,
      violations,
      images: components.map(({ containerImage }) => containerImage.split("@")[1]),
    };
  }

  it.each(["linux/amd64", "none"])("passes with --platforms=%s", async (platforms) => {
    const { exitCode, violations, images: validated } = await validate(platforms);
    expect(violations).toEqual([]);
    expect(validated).toEqual([index.digest, images[0].digest]);
    expect(exitCode).toBe(0);
  });

  it.each(["all", "linux/amd64,linux/arm64/v8"])("fails with --platforms=%s", async (platforms) => {
    const { exitCode, violations } = await validate(platforms);
    expect(violations.map(({ metadata }) => [metadata.code, metadata.term])).toEqual([
      ["builtin.image.platforms_check", "linux/arm64"],
    ]);
    for (const part of ["linux/arm64", images[1].digest, `${host}/team/app@${index.digest}`, "--platforms"]) {
      expect(violations[0]?.msg).toContain(part);
    }
    expect(exitCode).toBe(1);
  });
});
