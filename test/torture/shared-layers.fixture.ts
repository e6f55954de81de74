import { createHash } from "node:crypto";
import { mkdtemp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  attestImage,
  createHttpTarget,
  createKeyPair,
  createProvenance,
  pushImage,
  signImage,
} from "../../src/demo/index.ts";
import { runProgram } from "../../src/entry/ports/programs.ts";
import { startThread } from "../../src/entry/ports/threads.ts";
import { wireRun } from "../../src/entry/wiring.ts";
import { parseCommandLine, type ValidateImageConfiguration } from "../../src/inputs/index.ts";
import type { RunningRegistry } from "../../src/registry/index.ts";
import { type Progress, validateImages } from "../../src/run/index.ts";
import { type Digest, type JsonObject, type Report, silentLog } from "../../src/types/index.ts";

/** Asks for the same things in many ways: one look-up each, if they are shared. */
const policy = `package torture

import rego.v1

repository := split(input.image.ref, "@")[0]

references := {component.containerImage | some component in input.snapshot.components}

manifests := ec.oci.image_manifests(references)

layers := [layer.digest | some layer in manifests[input.image.ref].layers]

# METADATA
# title: Files of the image
# custom:
#   short_name: files
warn contains {"code": "torture.files", "msg": json.marshal(object.keys(files)), "term": files["etc/app.json"].name} if {
  files := ec.oci.image_files(input.image.ref, ["etc"])
}

# METADATA
# title: Files of each layer
# custom:
#   short_name: layers
warn contains {"code": "torture.layers", "msg": json.marshal([path, found]), "term": digest} if {
  some digest in layers
  some path in ["etc/base.json", "etc/app.json", "etc/team.yaml"]
  found := ec.oci.blob_files(sprintf("%s@%s", [repository, digest]), [path])
}

# METADATA
# title: Each layer's text
# custom:
#   short_name: text
warn contains {"code": "torture.text", "msg": crypto.sha256(text), "term": digest} if {
  some digest in layers
  text := ec.oci.blob(sprintf("%s@%s", [repository, digest]))
}

# METADATA
# title: All images of the snapshot
# custom:
#   short_name: manifests
warn contains {"code": "torture.manifests", "msg": sprintf("%d manifests", [count(manifests)])} if true
`;

/** Warnings that the policy gives for an image of three layers. */
export const warningsEach = 1 + 9 + 3 + 1;

export interface Snapshot {
  components: readonly { name: string; containerImage: string }[];
  layers: ReadonlySet<Digest>;
  /** Arguments of `validate image`, without the cache's. */
  args: readonly string[];
}

export interface SnapshotOptions {
  count: number;
  /** Where the policy is written. */
  folder: string;
  /** Bytes that each attestation has besides. */
  attestationBytes?: number;
}

/** Text that does not compress to nothing, the same for the same name. */
export function createFiller(name: string, bytes: number): string {
  const lines: string[] = [];
  for (let length = 0, line = name; length < bytes; length += line.length) {
    line = createHash("sha512").update(line).digest("hex");
    lines.push(line);
  }
  return lines.join("").slice(0, bytes);
}

/**
 * A signed snapshot in which two components name each image, all images share a layer, the images of each of five
 * repositories share another, small one, and each has one of its own.
 */
export async function pushSnapshot(registry: RunningRegistry, options: SnapshotOptions): Promise<Snapshot> {
  const target = createHttpTarget({ registry: registry.host });
  const key = createKeyPair();
  const base = { "etc/base.json": `{"base":true}`, "usr/lib/base": createFiller("base", 400_000) };
  const components: { name: string; containerImage: string }[] = [];
  const layers = new Set<Digest>();
  for (let number = 0; number < options.count / 2; number += 1) {
    const repository = `team-${number % 5}/app`;
    const image = await pushImage(target, {
      repository,
      files: [
        base,
        { "etc/team.yaml": `team: ${number % 5}\n` },
        {
          "etc/app.json": JSON.stringify({ name: `app-${number}` }),
          "usr/bin/app": createFiller(`${number}`, 100_000),
        },
      ],
    });
    for (const { digest } of image.layers) layers.add(digest);
    await signImage(target, image, key);
    const statement = createProvenance({ image: `${registry.host}/${repository}`, digest: image.digest });
    const note = createFiller(`note ${number}`, options.attestationBytes ?? 0);
    const predicate = { ...(statement.predicate as JsonObject), note };
    await attestImage(target, image, { ...statement, predicate }, key);
    const containerImage = `${registry.host}/${repository}@${image.digest}`;
    components.push({ name: `first-${number}`, containerImage }, { name: `second-${number}`, containerImage });
  }
  const folder = await mkdtemp(join(options.folder, "policy-"));
  await writeFile(join(folder, "torture.rego"), policy);
  // The second ones come when the first are done, or at the same time.
  components.sort((one, other) => (createFiller(one.name, 8) < createFiller(other.name, 8) ? -1 : 1));
  const args = [
    "validate",
    "image",
    toImagesFlag(components),
    `--policy=${JSON.stringify({ sources: [{ policy: [folder] }] })}`,
    `--public-key=${key.publicKeyPem}`,
    "--ignore-rekor",
    "--effective-time=2026-02-01T00:00:00Z",
    "--allow-past-effective-time",
    "--workers=1",
  ];
  return { components, layers, args };
}

function toImagesFlag(components: Snapshot["components"]): string {
  return `--images=${JSON.stringify({ components })}`;
}

/** The same snapshot with its first components alone. */
export function toFirst(snapshot: Snapshot, count: number): Snapshot {
  const components = snapshot.components.slice(0, count);
  const others = snapshot.args.filter((arg) => arg !== toImagesFlag(snapshot.components));
  return { ...snapshot, components, args: [...others, toImagesFlag(components)] };
}

function toConfiguration(snapshot: Snapshot, cacheDirectory: string): ValidateImageConfiguration {
  const command = parseCommandLine([...snapshot.args, `--cache-dir=${cacheDirectory}`], {});
  if (command.kind !== "validate-image") throw new Error(command.kind);
  return command.configuration;
}

/** Validates a snapshot as the program does, over this cache folder (`none`: no cache). */
export async function validate(
  snapshot: Snapshot,
  cacheDirectory: string,
  onProgress: (progress: Progress) => void = () => {},
): Promise<Report> {
  const configuration = toConfiguration(snapshot, cacheDirectory);
  const run = await wireRun(configuration, { env: {}, log: silentLog, runProgram });
  try {
    const ports = { ...run.ports, startThread, onProgress };
    return await validateImages(configuration, ports, new AbortController().signal);
  } finally {
    await run.close();
  }
}
