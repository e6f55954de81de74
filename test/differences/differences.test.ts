import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  attestImage,
  createKeyPair,
  createProvenance,
  type PushedImage,
  pushImage,
  pushIndex,
  type Statement,
  signImage,
} from "../../src/demo/index.ts";
import type { ComponentReport } from "../../src/types/index.ts";
import { createWorld, type World } from "./validation.ts";

let world: World;
let count = 0;

beforeAll(async () => {
  world = await createWorld();
});

afterAll(() => world.close());

const stranger = createKeyPair();
const ociIndexType = "application/vnd.oci.image.index.v1+json";

/** An image in a repository of its own. */
async function makeImage(): Promise<PushedImage> {
  count += 1;
  return await pushImage(world.target, { repository: `differences/i${count}`, tag: "v1" });
}

function toStatement(image: PushedImage): Statement {
  return createProvenance({ image: `${image.registry}/${image.repository}`, digest: image.digest });
}

async function makeGoodImage(): Promise<PushedImage> {
  const image = await makeImage();
  await signImage(world.target, image, world.key);
  await attestImage(world.target, image, toStatement(image), world.key);
  return image;
}

function codesOf(component: ComponentReport | undefined): readonly unknown[] {
  return component?.violations.map(({ metadata }) => metadata?.code) ?? [];
}

function toSnapshot(...images: readonly string[]): string {
  const components = images.map((containerImage, position) => ({ name: `c${position}`, containerImage }));
  return `--images=${JSON.stringify({ components })}`;
}

describe("differences from ec, from end to end", () => {
  it("1 and 2: what cannot be decided stays alone and is 3; a violation anywhere makes it 1", async () => {
    const good = await makeGoodImage();
    const broken = await makeGoodImage();
    const unsigned = await makeImage();
    world.meddle(({ path }) => (path.includes(`${broken.repository}/manifests/`) ? { status: 503 } : undefined));
    const undecided = await world.validate(toSnapshot(good.tagReference, broken.tagReference));
    const refused = await world.validate(toSnapshot(broken.tagReference, unsigned.tagReference));
    world.meddle(undefined);
    expect(undecided.report.components.map(({ success, error }) => [success, error !== undefined])).toEqual([
      [true, false],
      [false, true],
    ]);
    expect([undecided.exitCode, undecided.report.success]).toEqual([3, false]);
    expect([refused.exitCode, refused.report.success]).toEqual([1, false]);
  });

  it("4: components with the same image are all reported, and validated once", async () => {
    const image = await makeGoodImage();
    const { report, asked } = await world.validate(toSnapshot(image.tagReference, image.reference, image.tagReference));
    expect(report.components.map(({ name, success }) => [name, success])).toEqual([
      ["c0", true],
      ["c1", true],
      ["c2", true],
    ]);
    expect(asked.filter((question) => question.endsWith(".sig"))).toHaveLength(1);
  });

  it("5: an index that cannot be expanded is not decided, whatever verifies of itself", async () => {
    const index = await pushIndex(world.target, {
      repository: "differences/unreadable",
      tag: "v1",
      children: [await pushImage(world.target, { repository: "differences/unreadable" })],
    });
    await signImage(world.target, index, world.key);
    await attestImage(world.target, index, createProvenance({ image: "x", digest: index.digest }), world.key);
    world.meddle(({ method, path }) =>
      method === "GET" && path.endsWith(`/manifests/${index.digest}`) ? { status: 500 } : undefined,
    );
    const { report, exitCode } = await world.validate(`--image=${index.tagReference}`);
    world.meddle(undefined);
    expect(report.components.map(({ error }) => error !== undefined)).toEqual([true]);
    expect(exitCode).toBe(3);
  });

  it("5: a registry that calls an index an image does not keep its children from being validated", async () => {
    const child = await pushImage(world.target, { repository: "differences/lied-about" });
    const index = await pushIndex(world.target, {
      repository: "differences/lied-about",
      tag: "v1",
      children: [child],
    });
    await signImage(world.target, index, world.key);
    await attestImage(world.target, index, createProvenance({ image: "x", digest: index.digest }), world.key);
    world.meddle(({ method, path }) =>
      method === "HEAD" && path.endsWith("/manifests/v1")
        ? {
            status: 200,
            headers: {
              "content-type": "application/vnd.oci.image.manifest.v1+json",
              "content-length": String(index.size),
              "docker-content-digest": index.digest,
            },
          }
        : undefined,
    );
    const { report } = await world.validate(`--image=${index.tagReference}`);
    world.meddle(undefined);
    expect(index.mediaType).toBe(ociIndexType);
    expect(report.components.map(({ containerImage, success }) => [containerImage, success])).toEqual([
      [index.reference, true],
      [child.reference, false],
    ]);
  });

  it.each(["tag", "bundle"] as const)(
    "6 and 28: a stranger's evidence hides no good one and blocks nothing, whose is stored as %s",
    async (format) => {
      const image = await makeImage();
      await attestImage(world.target, image, toStatement(image), stranger, { format: "bundle" });
      await signImage(world.target, image, stranger, { format: "bundle" });
      await signImage(world.target, image, stranger);
      await signImage(world.target, image, world.key, { format });
      await attestImage(world.target, image, toStatement(image), world.key, { format });
      const { report, exitCode } = await world.validate(`--image=${image.tagReference}`);
      expect(exitCode).toBe(0);
      expect(report.components[0]?.refused.map(({ kind, reason }) => [kind, reason])).toEqual(
        expect.arrayContaining([
          ["signature", "it is not signed by the given key"],
          ["attestation", "it is not signed by the given key"],
        ]),
      );
      expect(report.components[0]?.refused).toHaveLength(3);
    },
  );

  it("6: signature and attestation may lie in different storages", async () => {
    const image = await makeImage();
    await signImage(world.target, image, world.key, { format: "bundle" });
    await attestImage(world.target, image, toStatement(image), world.key);
    expect((await world.validate(`--image=${image.tagReference}`)).exitCode).toBe(0);
  });

  it("7: an attestation is no signature, but where that is asked for", async () => {
    const image = await makeImage();
    await attestImage(world.target, image, toStatement(image), world.key, { format: "bundle" });
    const strict = await world.validate(`--image=${image.tagReference}`);
    expect(codesOf(strict.report.components[0])).toEqual(["builtin.image.signature_check"]);
    const lenient = await world.validate(`--image=${image.tagReference}`, "--attestation-as-signature");
    expect(lenient.exitCode).toBe(0);
  });

  it("8: skipped checks are in the report, and nothing else passes for them", async () => {
    const image = await makeImage();
    await attestImage(world.target, image, toStatement(image), stranger);
    const both = ["--skip-image-sig-check", "--skip-att-sig-check"];
    const { report } = await world.validate(`--image=${image.tagReference}`, ...both);
    expect(report.components[0]?.skipped).toEqual([
      "builtin.image.signature_check",
      "builtin.attestation.signature_check",
    ]);
    expect(report.components[0]?.successes.map(({ metadata }) => metadata?.code)).toEqual([
      "builtin.attestation.syntax_check",
    ]);
  });

  it("11: a cache holds evidence, not verdicts: another key counts at once, and a failure is asked again", async () => {
    const good = await makeGoodImage();
    const late = await makeImage();
    const images = toSnapshot(good.tagReference, late.tagReference);
    const cache = `--cache-dir=${world.cacheDirectory}`;
    const successesOf = async (...args: readonly string[]) =>
      (await world.validate(images, cache, ...args)).report.components.map(({ success }) => success);
    expect(await successesOf()).toEqual([true, false]);
    await signImage(world.target, late, world.key);
    await attestImage(world.target, late, toStatement(late), world.key);
    expect(await successesOf()).toEqual([true, true]);
    expect(await successesOf(`--public-key=${stranger.publicKeyPem}`)).toEqual([false, false]);
  });

  it("19: a key without the log needs no trusted root", async () => {
    const image = await makeGoodImage();
    const { exitCode, trustAsked } = await world.validate(`--image=${image.tagReference}`);
    expect([exitCode, trustAsked]).toEqual([0, 0]);
  });

  it("20: a component whose registry does not answer costs its own time only", async () => {
    const good = await makeGoodImage();
    const stuck = await makeGoodImage();
    world.meddle(async ({ path }) => {
      if (path.endsWith(".sig") && path.includes(`${stuck.repository}/`)) await new Promise(() => undefined);
      return undefined;
    });
    const snapshot = toSnapshot(stuck.tagReference, good.tagReference);
    const { report, exitCode } = await world.validate(snapshot, "--component-timeout=1500ms");
    world.meddle(undefined);
    expect(report.components.map(({ error, success }) => [error?.code, success])).toEqual([
      ["component-timeout", false],
      [undefined, true],
    ]);
    expect(exitCode).toBe(3);
  });

  it("28: provenance that is not of its schema does no harm beside good provenance, in either storage", async () => {
    const image = await makeGoodImage();
    const { subject } = toStatement(image);
    const malformed = { _type: "https://in-toto.io/Statement/v1", predicateType: "https://slsa.dev/provenance/v1" };
    for (const format of ["tag", "bundle"] as const) {
      await attestImage(world.target, image, { ...malformed, subject, predicate: {} }, world.key, { format });
    }
    const { report, exitCode } = await world.validate(`--image=${image.tagReference}`);
    expect(exitCode).toBe(0);
    expect(report.components[0]?.attestations).toHaveLength(1);
    expect(report.components[0]?.refused.map(({ reason }) => reason)).toEqual([
      expect.stringMatching(/^it is not of the form of/),
      expect.stringMatching(/^it is not of the form of/),
    ]);
  });
});
