import type { Descriptor } from "../types/index.ts";
import type { PushTarget } from "./target.ts";
import { ociManifestType, type PushedManifest, pushBlob, pushManifest } from "./transfer.ts";

export interface PushPolicyOptions {
  repository: string;
  tag: string;
  /** Path to text: `.rego` files become policy layers, the others data layers. */
  files: Readonly<Record<string, string>>;
}

/**
 * Pushes policy files as an OCI artifact, one layer a file with its path as title: the form that conftest pushes and
 * `oci::` sources are read in.
 */
export async function pushPolicy(target: PushTarget, options: PushPolicyOptions): Promise<PushedManifest> {
  const { repository, tag } = options;
  const layers: Descriptor[] = [];
  for (const [path, text] of Object.entries(options.files).sort(([left], [right]) => (left < right ? -1 : 1))) {
    const kind = path.endsWith(".rego") ? "policy.layer.v1+rego" : "data.layer.v1+json";
    const mediaType = `application/vnd.cncf.openpolicyagent.${kind}`;
    const annotations = { "org.opencontainers.image.title": path };
    layers.push(await pushBlob(target, repository, { mediaType, bytes: Buffer.from(text), annotations }));
  }
  const config = await pushBlob(target, repository, {
    mediaType: "application/vnd.cncf.openpolicyagent.config.v1+json",
    bytes: Buffer.from("{}"),
  });
  const manifest = { schemaVersion: 2, mediaType: ociManifestType, config, layers };
  const { pushed } = await pushManifest(target, { repository, tag, mediaType: ociManifestType, manifest });
  return pushed;
}
