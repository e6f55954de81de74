import { createHash } from "node:crypto";
import type { PushTarget } from "../../../src/demo/index.ts";
import { type PushedManifest, pushBlob, pushManifest } from "../../../src/demo/transfer.ts";
import { type Descriptor, type Digest, toDigest, toHex } from "../../../src/types/index.ts";

export const mediaTypes = {
  ociImage: "application/vnd.oci.image.manifest.v1+json",
  ociIndex: "application/vnd.oci.image.index.v1+json",
  dockerImage: "application/vnd.docker.distribution.manifest.v2+json",
  dockerList: "application/vnd.docker.distribution.manifest.list.v2+json",
} as const;

const configTypes: Readonly<Record<string, string>> = {
  [mediaTypes.ociImage]: "application/vnd.oci.image.config.v1+json",
  [mediaTypes.dockerImage]: "application/vnd.docker.container.image.v1+json",
};
const layerTypes: Readonly<Record<string, string>> = {
  [mediaTypes.ociImage]: "application/vnd.oci.image.layer.v1.tar",
  [mediaTypes.dockerImage]: "application/vnd.docker.image.rootfs.diff.tar.gzip",
};

export interface ImageToPush {
  repository: string;
  tag?: string;
  /** Makes images differ. */
  name: string;
  mediaType?: typeof mediaTypes.ociImage | typeof mediaTypes.dockerImage;
  /** Default: a few bytes. */
  layer?: Uint8Array;
  subject?: Descriptor;
  artifactType?: string;
  annotations?: Readonly<Record<string, string>>;
}

export interface PushedContent {
  descriptor: Descriptor;
  layer: Descriptor;
  isSubjectLinked: boolean;
}

export async function pushContent(target: PushTarget, image: ImageToPush): Promise<PushedContent> {
  const { repository, name, mediaType = mediaTypes.ociImage } = image;
  const config = await pushBlob(target, repository, {
    mediaType: configTypes[mediaType] ?? "",
    bytes: Buffer.from(JSON.stringify({ os: "linux", architecture: "amd64", config: { Labels: { name } } })),
  });
  const layer = await pushBlob(target, repository, {
    mediaType: layerTypes[mediaType] ?? "",
    bytes: image.layer ?? Buffer.from(`layer of ${name}`),
  });
  const manifest = {
    schemaVersion: 2,
    mediaType,
    ...(image.artifactType === undefined ? {} : { artifactType: image.artifactType }),
    config,
    layers: [layer],
    ...(image.subject === undefined ? {} : { subject: image.subject }),
    ...(image.annotations === undefined ? {} : { annotations: image.annotations }),
  };
  const place = image.tag === undefined ? { repository } : { repository, tag: image.tag };
  const { pushed, isSubjectLinked } = await pushManifest(target, { ...place, mediaType, manifest });
  return { descriptor: toDescriptor(pushed), layer, isSubjectLinked };
}

/** An index of these children, whether the repository holds them or not. */
export async function pushList(
  target: PushTarget,
  list: {
    repository: string;
    tag?: string;
    mediaType?: typeof mediaTypes.ociIndex | typeof mediaTypes.dockerList;
    children: readonly Descriptor[];
  },
): Promise<Descriptor> {
  const { mediaType = mediaTypes.ociIndex, children, ...place } = list;
  const manifest = { schemaVersion: 2, mediaType, manifests: children };
  const { pushed } = await pushManifest(target, { ...place, mediaType, manifest });
  return toDescriptor(pushed);
}

function toDescriptor({ mediaType, digest, size }: PushedManifest): Descriptor {
  return { mediaType, digest, size };
}

/** Referrers of an image; where the registry links none itself, as an index at the fallback tag. */
export async function pushReferrers(
  target: PushTarget,
  options: { repository: string; subject: Descriptor; count: number; paddingBytes?: number },
): Promise<{ referrers: readonly Descriptor[]; hasApi: boolean }> {
  const { repository, subject, count } = options;
  const referrers: Descriptor[] = [];
  let hasApi = true;
  for (let index = 0; index < count; index += 1) {
    const artifactType = `application/vnd.example.evidence.v${index % 2}+json`;
    const { descriptor, isSubjectLinked } = await pushContent(target, {
      repository,
      name: `referrer ${index} of ${subject.digest}`,
      subject,
      artifactType,
      annotations: { "example.number": String(index), "example.padding": ".".repeat(options.paddingBytes ?? 0) },
    });
    referrers.push({ ...descriptor, artifactType });
    hasApi &&= isSubjectLinked;
  }
  if (!hasApi) await pushList(target, { repository, tag: `sha256-${toHex(subject.digest)}`, children: referrers });
  return { referrers, hasApi };
}

/** Bytes that do not compress, the same for the same seed. */
export function createNoise(length: number, seed: string): Uint8Array {
  const block = createHash("shake256", { outputLength: Math.min(length, 1 << 20) })
    .update(seed)
    .digest();
  const noise = Buffer.alloc(length);
  for (let offset = 0; offset < length; offset += block.length) block.copy(noise, offset);
  return noise;
}

/** A digest that nobody holds. */
export function createUnknownDigest(name: string): Digest {
  return toDigest(Buffer.from(`nobody holds this: ${name}`));
}
