import { type Descriptor, type Digest, type Platform, toDigest } from "../types/index.ts";
import { createLayer } from "./layer.ts";
import type { PushTarget } from "./target.ts";
import { ociIndexType, ociManifestType, type PushedManifest, pushBlob, pushManifest } from "./transfer.ts";

export type { PushedManifest } from "./transfer.ts";

export interface PushedImage extends PushedManifest {
  platform: Platform;
  config: Descriptor;
  layers: readonly Descriptor[];
}

export interface PushedIndex extends PushedManifest {
  children: readonly Descriptor[];
}

export interface PushImageOptions {
  repository: string;
  tag?: string;
  /** Path to text, one layer; a list makes one layer of each entry; default one small file. */
  files?: Readonly<Record<string, string>> | readonly Readonly<Record<string, string>>[];
  /** `config.Labels`. */
  labels?: Readonly<Record<string, string>>;
  /** Of the manifest. */
  annotations?: Readonly<Record<string, string>>;
  /** Default linux/amd64. */
  platform?: Platform;
  /** Further members of the image's `config`: `Env`, `Cmd`, ... */
  config?: Readonly<Record<string, unknown>>;
  subject?: { mediaType: string; digest: Digest; size: number };
  artifactType?: string;
}

export interface PushIndexOptions {
  repository: string;
  tag?: string;
  children: readonly PushedImage[];
  /** Platforms that the index names and the registry does not hold: a sparse index. */
  absent?: readonly Platform[];
  annotations?: Readonly<Record<string, string>>;
}

const defaultPlatform: Platform = { os: "linux", architecture: "amd64" };
const created = "2026-01-15T09:41:00Z";

/**
 * Makes an image of texts and pushes it. The same options give the same digest.
 * @throws DemoError `registry_refused`, `registry_unreachable`
 */
export async function pushImage(target: PushTarget, options: PushImageOptions): Promise<PushedImage> {
  const { repository } = options;
  const platform = options.platform ?? defaultPlatform;
  const layers = await Promise.all(toLayerList(options).map(createLayer));
  const config = await pushBlob(target, repository, {
    mediaType: "application/vnd.oci.image.config.v1+json",
    bytes: toConfigBytes(
      options,
      platform,
      layers.map((layer) => toDigest(layer.tar)),
    ),
  });
  const layerDescriptors: Descriptor[] = [];
  for (const layer of layers) {
    const blob = { mediaType: "application/vnd.oci.image.layer.v1.tar+gzip", bytes: layer.gzip };
    layerDescriptors.push(await pushBlob(target, repository, blob));
  }
  const manifest = {
    schemaVersion: 2,
    mediaType: ociManifestType,
    ...(options.artifactType === undefined ? {} : { artifactType: options.artifactType }),
    config,
    layers: layerDescriptors,
    ...(options.subject === undefined ? {} : { subject: options.subject }),
    ...(options.annotations === undefined ? {} : { annotations: options.annotations }),
  };
  const { pushed } = await pushManifest(target, { ...toPlace(options), mediaType: ociManifestType, manifest });
  return { ...pushed, platform, config, layers: layerDescriptors };
}

/**
 * Pushes an index over images that were pushed before. For `absent` platforms it names images that exist nowhere, which
 * a registry only takes where it does not require them.
 * @throws DemoError `registry_refused`, `registry_unreachable`
 */
export async function pushIndex(target: PushTarget, options: PushIndexOptions): Promise<PushedIndex> {
  const children: Descriptor[] = [
    ...options.children.map(({ mediaType, digest, size, platform }) => ({ mediaType, digest, size, platform })),
    ...(options.absent ?? []).map((platform) => ({
      mediaType: ociManifestType,
      digest: toDigest(Buffer.from(`absent: ${JSON.stringify(platform)}`)),
      size: 1234,
      platform,
    })),
  ];
  const manifest = {
    schemaVersion: 2,
    mediaType: ociIndexType,
    manifests: children,
    ...(options.annotations === undefined ? {} : { annotations: options.annotations }),
  };
  const { pushed } = await pushManifest(target, { ...toPlace(options), mediaType: ociIndexType, manifest });
  return { ...pushed, children };
}

function toPlace(options: { repository: string; tag?: string }) {
  return { repository: options.repository, ...(options.tag === undefined ? {} : { tag: options.tag }) };
}

function toLayerList(options: PushImageOptions): readonly Readonly<Record<string, string>>[] {
  const files = options.files ?? { "etc/motd": `${options.repository}\n` };
  return Array.isArray(files) ? files : [files as Readonly<Record<string, string>>];
}

function toConfigBytes(options: PushImageOptions, platform: Platform, diffIds: readonly Digest[]): Uint8Array {
  const config = {
    created,
    ...platform,
    config: {
      ...options.config,
      ...(options.labels === undefined ? {} : { Labels: options.labels }),
    },
    rootfs: { type: "layers", diff_ids: diffIds },
    history: diffIds.map((_, position) => ({ created, created_by: `layer ${position + 1}` })),
  };
  return Buffer.from(JSON.stringify(config));
}
