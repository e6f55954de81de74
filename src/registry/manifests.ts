import { type Digest, toDigest } from "../types/index.ts";
import { assertComplete } from "./completeness.ts";
import { RegistryError } from "./errors.ts";
import { type Answer, createMethodRefusal, type Exchange, readBody } from "./exchange.ts";
import { parseManifest } from "./manifest-parse.ts";
import { parseManifestReference } from "./names.ts";
import type { Settings } from "./settings.ts";

/** `/v2/<name>/manifests/<reference>` (distribution-spec 1.1, end-3, end-7, end-9). */
export async function answerManifest(
  settings: Settings,
  exchange: Exchange,
  repository: string,
  reference: string,
): Promise<Answer> {
  switch (exchange.method) {
    case "GET":
    case "HEAD":
      return await readManifest(settings, repository, reference);
    case "PUT":
      return await putManifest(settings, exchange, repository, reference);
    case "DELETE":
      return await removeManifest(settings, repository, reference);
    default:
      throw createMethodRefusal(exchange, ["GET", "HEAD", "PUT", "DELETE"]);
  }
}

async function readManifest(settings: Settings, repository: string, reference: string): Promise<Answer> {
  const digest = await findDigest(settings, repository, reference);
  const manifest = digest && (await settings.store.manifests.get(repository, digest));
  if (digest === undefined || manifest === undefined) throw await createUnknown(settings, repository, reference);
  return {
    status: 200,
    headers: {
      "content-type": manifest.mediaType,
      "content-length": String(manifest.bytes.length),
      "docker-content-digest": digest,
      etag: `"${digest}"`,
    },
    body: manifest.bytes,
  };
}

async function putManifest(
  settings: Settings,
  exchange: Exchange,
  repository: string,
  reference: string,
): Promise<Answer> {
  const wanted = parseManifestReference(reference);
  const bytes = await readBody(exchange.body, settings.maxManifestBytes, "a manifest");
  const digest = toDigest(bytes);
  if (wanted.kind === "digest" && wanted.digest !== digest) throw createDigestMismatch(wanted.digest, digest);
  const manifest = parseManifest(bytes, exchange.headers["content-type"]);
  await assertComplete(settings, repository, manifest);
  const { manifests } = settings.store;
  await manifests.put(repository, digest, { mediaType: manifest.mediaType, bytes });
  if (manifest.subject !== undefined) await manifests.addReferrer(repository, manifest.subject, digest);
  if (wanted.kind === "tag") await manifests.setTag(repository, wanted.tag, digest);
  return {
    status: 201,
    headers: {
      location: `/v2/${repository}/manifests/${digest}`,
      "docker-content-digest": digest,
      ...(manifest.subject !== undefined && settings.referrersApi ? { "oci-subject": manifest.subject } : {}),
    },
  };
}

async function removeManifest(settings: Settings, repository: string, reference: string): Promise<Answer> {
  const target = parseManifestReference(reference);
  const { manifests } = settings.store;
  if (target.kind === "tag") {
    if (!(await manifests.removeTag(repository, target.tag)))
      throw await createUnknown(settings, repository, reference);
    return { status: 202 };
  }
  const stored = await manifests.get(repository, target.digest);
  if (stored === undefined) throw await createUnknown(settings, repository, reference);
  const { subject } = parseManifest(stored.bytes, stored.mediaType);
  if (subject !== undefined) await manifests.removeReferrer(repository, subject, target.digest);
  await manifests.remove(repository, target.digest);
  return { status: 202 };
}

async function findDigest(settings: Settings, repository: string, reference: string): Promise<Digest | undefined> {
  const parsed = parseManifestReference(reference);
  return parsed.kind === "digest" ? parsed.digest : await settings.store.manifests.resolveTag(repository, parsed.tag);
}

async function createUnknown(settings: Settings, repository: string, reference: string): Promise<RegistryError> {
  if (!(await settings.store.manifests.hasRepository(repository))) {
    return new RegistryError(`expected a repository that was pushed to, ${repository} never was`, {
      code: "NAME_UNKNOWN",
      status: 404,
      detail: { name: repository },
    });
  }
  return new RegistryError(`expected a manifest that was pushed, ${repository} holds no ${reference}`, {
    code: "MANIFEST_UNKNOWN",
    status: 404,
    detail: { name: repository, reference },
  });
}

function createDigestMismatch(wanted: Digest, came: Digest): RegistryError {
  return new RegistryError(`expected bytes with digest ${wanted}, got bytes with digest ${came}`, {
    code: "DIGEST_INVALID",
    status: 400,
    detail: { expected: wanted, actual: came },
  });
}
