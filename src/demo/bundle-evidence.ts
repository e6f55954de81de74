import { createHash, createPublicKey } from "node:crypto";
import { type Descriptor, isJsonObject, toHex } from "../types/index.ts";
import type { KeyPair } from "./keys.ts";
import type { SignedImage, StoredEvidence } from "./signed-image.ts";
import { type Statement, signStatement } from "./statement.ts";
import type { PushTarget } from "./target.ts";
import {
  ociIndexType,
  ociManifestType,
  type PushedManifest,
  pushBlob,
  pushManifest,
  readManifest,
} from "./transfer.ts";

const bundleType = "application/vnd.dev.sigstore.bundle.v0.3+json";
const created = "2026-01-15T09:45:00Z";

/** Stores a signed statement as a Sigstore bundle that refers to the image (distribution-spec 1.1, "Referrers"). */
export async function pushBundle(
  target: PushTarget,
  image: SignedImage,
  statement: Statement,
  key: KeyPair,
): Promise<StoredEvidence> {
  const { repository } = image;
  const layer = await pushBlob(target, repository, { mediaType: bundleType, bytes: toBundle(statement, key) });
  const empty = { mediaType: "application/vnd.oci.empty.v1+json", bytes: Buffer.from("{}") };
  const config = { ...(await pushBlob(target, repository, empty)), artifactType: bundleType };
  const manifest = {
    schemaVersion: 2,
    mediaType: ociManifestType,
    config,
    layers: [layer],
    annotations: {
      "dev.sigstore.bundle.content": "dsse-envelope",
      "dev.sigstore.bundle.predicateType": statement.predicateType,
      "org.opencontainers.image.created": created,
    },
    subject: { mediaType: image.mediaType, size: image.size, digest: image.digest },
    artifactType: bundleType,
  };
  const outcome = await pushManifest(target, { repository, mediaType: ociManifestType, manifest });
  if (!outcome.isSubjectLinked) await addToReferrersTag(target, image, outcome.pushed);
  return { digest: outcome.pushed.digest, reference: outcome.pushed.reference };
}

/** A Sigstore bundle v0.3 without a transparency log entry; the hint is the SHA-256 of the public key's DER. */
function toBundle(statement: Statement, key: KeyPair): Uint8Array {
  const der = createPublicKey(key.publicKeyPem).export({ type: "spki", format: "der" });
  const bundle = {
    mediaType: bundleType,
    verificationMaterial: { publicKey: { hint: createHash("sha256").update(der).digest("base64") } },
    dsseEnvelope: signStatement(statement, key),
  };
  return Buffer.from(JSON.stringify(bundle));
}

/** What a client does where the registry has no referrers API (distribution-spec 1.1, "Referrers Tag Schema"). */
async function addToReferrersTag(target: PushTarget, image: SignedImage, referrer: PushedManifest): Promise<void> {
  const { repository } = image;
  const tag = `sha256-${toHex(image.digest)}`;
  const known = readChildren(await readManifest(target, repository, tag));
  if (known.some(({ digest }) => digest === referrer.digest)) return;
  const { mediaType, size, digest } = referrer;
  const manifests = [...known, { mediaType, size, digest, artifactType: bundleType }];
  const manifest = { schemaVersion: 2, mediaType: ociIndexType, manifests };
  await pushManifest(target, { repository, tag, mediaType: ociIndexType, manifest });
}

function readChildren(index: unknown): readonly Descriptor[] {
  return isJsonObject(index) && Array.isArray(index.manifests) ? index.manifests : [];
}
