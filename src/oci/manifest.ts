import type { Descriptor, JsonObject } from "../types/index.ts";
import { OciError } from "./errors.ts";

/** OCI image-spec, manifest.md; also Docker's schema 2. */
export interface ImageManifest {
  mediaType: string;
  artifactType?: string;
  config: Descriptor;
  layers: readonly Descriptor[];
  subject?: Descriptor;
  annotations?: Readonly<Record<string, string>>;
}

/** OCI image-spec, image-index.md; also Docker's manifest list. */
export interface ImageIndex {
  mediaType: string;
  artifactType?: string;
  manifests: readonly Descriptor[];
  subject?: Descriptor;
  annotations?: Readonly<Record<string, string>>;
}

export function parseImageManifest(_body: JsonObject, _subject?: string): ImageManifest {
  throw new OciError("being built", { code: "invalid-response" });
}

export function parseIndex(_body: JsonObject, _subject?: string): ImageIndex {
  throw new OciError("being built", { code: "invalid-response" });
}
