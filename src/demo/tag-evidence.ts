import { type Descriptor, isJsonObject, toHex } from "../types/index.ts";
import { DemoError } from "./errors.ts";
import type { SignedImage, StoredEvidence } from "./signed-image.ts";
import type { PushTarget } from "./target.ts";
import { type Blob, ociManifestType, pushBlob, pushManifest, readManifest } from "./transfer.ts";

/**
 * Adds a layer to the image at the tag `sha256-<hex>.sig` or `.att`. Its configuration counts the layers as `diff_ids`
 * and says nothing else. Two writers at once can lose one's layer, as with cosign itself.
 */
export async function appendEvidence(
  target: PushTarget,
  image: SignedImage,
  suffix: "sig" | "att",
  layer: Blob,
): Promise<StoredEvidence> {
  const { repository } = image;
  const tag = `sha256-${toHex(image.digest)}.${suffix}`;
  const layers = [
    ...readLayers(await readManifest(target, repository, tag), tag),
    await pushBlob(target, repository, layer),
  ];
  const config = await pushBlob(target, repository, {
    mediaType: "application/vnd.oci.image.config.v1+json",
    bytes: Buffer.from(
      JSON.stringify({
        architecture: "",
        os: "",
        rootfs: { type: "layers", diff_ids: layers.map(({ digest }) => digest) },
        config: {},
      }),
    ),
  });
  const manifest = { schemaVersion: 2, mediaType: ociManifestType, config, layers };
  const { pushed } = await pushManifest(target, { repository, tag, mediaType: ociManifestType, manifest });
  return { digest: pushed.digest, reference: pushed.tagReference };
}

function readLayers(manifest: unknown, tag: string): readonly Descriptor[] {
  if (manifest === undefined) return [];
  if (isJsonObject(manifest) && Array.isArray(manifest.layers)) return manifest.layers;
  throw new DemoError(`expected an image at the tag ${tag}, got something else; push to an empty repository`, {
    code: "registry_refused",
    subject: tag,
  });
}
