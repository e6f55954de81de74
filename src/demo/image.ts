import type { Descriptor, Digest, Platform } from "../types/index.ts";
import type { PushTarget } from "./target.ts";

/** Something pushed, by digest: an image, an index or an artifact. */
export interface PushedManifest {
  /** Host and port. */
  registry: string;
  repository: string;
  tag?: string;
  digest: Digest;
  mediaType: string;
  /** Bytes of the manifest. */
  size: number;
  /** `registry/repository@sha256:...`. */
  reference: string;
  /** `registry/repository:tag`; the pinned reference where there is no tag. */
  tagReference: string;
}

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
  /** Path to text, one layer; default one small file. A list makes one layer of each entry. */
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

export async function pushImage(_target: PushTarget, _options: PushImageOptions): Promise<PushedImage> {
  throw new Error("not yet");
}

export async function pushIndex(_target: PushTarget, _options: PushIndexOptions): Promise<PushedIndex> {
  throw new Error("not yet");
}
