import type { Component, Digest, Platform } from "../types/index.ts";
import { attestImage, type EvidenceFormat, type SignedImage, signImage } from "./evidence.ts";
import { type PushedImage, type PushedManifest, pushImage, pushIndex } from "./image.ts";
import { createKeyPair, type KeyPair } from "./keys.ts";
import { createProvenance, type ProvenanceOptions } from "./provenance.ts";
import { createHex } from "./provenance-script.ts";
import type { PushTarget } from "./target.ts";

/** What a correct run must say about one component. */
export interface DemoExpectation {
  /** The component's name, after expansion of the index. */
  name: string;
  digest: Digest;
  success: boolean;
  /** Codes of the violations, sorted; builtin checks included. */
  violations: readonly string[];
  /** Codes of the warnings, sorted. */
  warnings: readonly string[];
  /** One line for people: what this image shows. */
  shows: string;
}

/** What the images are made with. */
export interface World {
  target: PushTarget;
  prefix: string;
  format: EvidenceFormat;
  key: KeyPair;
}

/** An image of the demo with its evidence, and what must be said of it. */
export interface Scene {
  component: Component;
  expectations: readonly DemoExpectation[];
}

/** Pushes the demo's images, each to a repository of its own, with their signatures and attestations. */
export async function createScenes(world: World): Promise<readonly Scene[]> {
  return await Promise.all([
    createPassing(world),
    createForeign(world),
    createViolating(world),
    createMultiPlatform(world),
  ]);
}

async function createPassing(world: World): Promise<Scene> {
  const image = await pushDemoImage(world, "storefront");
  await addEvidence(world, image, world.key);
  return toScene(world, image, [{ name: "storefront", shows: "signed with the key, built as the policy demands" }]);
}

async function createForeign(world: World): Promise<Scene> {
  const image = await pushDemoImage(world, "payments");
  await addEvidence(world, image, createKeyPair());
  const violations = ["builtin.attestation.signature_check", "builtin.image.signature_check"];
  return toScene(world, image, [{ name: "payments", violations, shows: "signed, but with somebody else's key" }]);
}

async function createViolating(world: World): Promise<Scene> {
  const image = await pushDemoImage(world, "reports", { "org.opencontainers.image.description": "" });
  await addEvidence(world, image, world.key, {
    builderId: "https://laptop.example.com/builder",
    omitTasks: ["scan-malware"],
    testOutcomes: { "scan-vulnerabilities": "FAILURE" },
  });
  const shows = "signed with the key, but built by an untrusted builder without a malware scan, and with a failed test";
  const violations = ["builder.trusted", "tasks.required", "test_results.passed"];
  return toScene(world, image, [{ name: "reports", violations, warnings: ["labels.recommended"], shows }]);
}

async function createMultiPlatform(world: World): Promise<Scene> {
  const children: PushedImage[] = [];
  for (const architecture of ["amd64", "arm64"]) {
    const platform: Platform = { os: "linux", architecture };
    children.push(await pushDemoImage(world, "gateway", {}, platform));
  }
  const repository = `${world.prefix}/gateway`;
  const index = await pushIndex(world.target, { repository, tag: "v1", children });
  await addEvidence(world, index, world.key, { alsoSubjects: children.map(({ digest }) => digest) });
  const expected: Expected[] = [{ name: "gateway", shows: "an index, signed and attested itself" }];
  for (const child of children) {
    const { architecture } = child.platform;
    const isWarned = architecture === "arm64";
    await addEvidence(world, child, world.key, isWarned ? { testOutcomes: { "check-packages": "WARNING" } } : {});
    expected.push({
      name: `gateway-${child.digest}-${architecture}`,
      digest: child.digest,
      warnings: isWarned ? ["test_results.no_warnings"] : [],
      shows: `the index' image for linux/${architecture}${isWarned ? ", with a test that warned" : ""}`,
    });
  }
  return toScene(world, index, expected);
}

async function pushDemoImage(
  world: World,
  name: string,
  labels: Readonly<Record<string, string>> = {},
  platform?: Platform,
): Promise<PushedImage> {
  const { url, revision } = toGit(name);
  return await pushImage(world.target, {
    repository: `${world.prefix}/${name}`,
    // The index has the tag.
    ...(platform === undefined ? { tag: "v1" } : { platform }),
    files: { [`srv/${name}/index.html`]: `<h1>${name}</h1>\n`, "etc/os-release": "ID=demo\nNAME=Demo\n" },
    labels: {
      "org.opencontainers.image.source": url,
      "org.opencontainers.image.revision": revision,
      "org.opencontainers.image.description": `The shop's ${name}`,
      ...labels,
    },
    config: { User: "1001", WorkingDir: `/srv/${name}`, Cmd: ["/bin/serve"] },
  });
}

async function addEvidence(
  world: World,
  image: SignedImage,
  key: KeyPair,
  provenance: Partial<ProvenanceOptions> = {},
): Promise<void> {
  const { target, format } = world;
  await signImage(target, image, key, { format });
  const statement = createProvenance({
    image: `${image.registry}/${image.repository}`,
    digest: image.digest,
    git: toGit(image.repository.split("/").at(-1) ?? ""),
    ...provenance,
  });
  await attestImage(target, image, statement, key, { format });
}

/** An expectation, where whatever is left out is as with an image that passes. */
type Expected = Pick<DemoExpectation, "name" | "shows"> & Partial<DemoExpectation>;

function toScene(world: World, image: PushedManifest, expected: readonly Expected[]): Scene {
  const name = image.repository.slice(world.prefix.length + 1);
  return {
    component: { name, containerImage: image.tagReference, source: { git: toGit(name) } },
    expectations: expected.map((one) => ({
      digest: image.digest,
      success: (one.violations ?? []).length === 0,
      violations: [],
      warnings: [],
      ...one,
    })),
  };
}

function toGit(name: string): { url: string; revision: string } {
  return { url: `https://git.example.com/acme/${name}`, revision: createHex(`commit of ${name}`, 40) };
}
