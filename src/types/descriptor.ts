import type { Digest } from "./digest.ts";

/** OCI image-spec, image-index.md, "platform". */
export interface Platform {
  architecture: string;
  os: string;
  variant?: string;
  "os.version"?: string;
  "os.features"?: readonly string[];
  features?: readonly string[];
}

/** OCI image-spec, descriptor.md. */
export interface Descriptor {
  mediaType: string;
  digest: Digest;
  /** Bytes. */
  size: number;
  annotations?: Readonly<Record<string, string>>;
  artifactType?: string;
  platform?: Platform;
  urls?: readonly string[];
  /** Base64 of the content, where it is embedded. */
  data?: string;
}
