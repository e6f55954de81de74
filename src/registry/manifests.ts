import { assertComplete } from "./completeness.ts";
import { type ContentDigest, toAlgorithm, toContentDigest } from "./content-digest.ts";
import { RegistryError } from "./errors.ts";
import { type Answer, createMethodRefusal, type Exchange, readBody } from "./exchange.ts";
import { parseManifest } from "./manifest-parse.ts";
import { assertTag, type ManifestReference, parseManifestReference } from "./names.ts";
import type { Settings } from "./settings.ts";

/** Also keeps the answer's header within what clients read. */
const maxTagsPerPush = 50;

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
  const tags = findTags(wanted, exchange.query);
  const digest = toContentDigest(bytes, wanted.kind === "digest" ? toAlgorithm(wanted.digest) : "sha256");
  if (wanted.kind === "digest" && wanted.digest !== digest) throw createDigestMismatch(wanted.digest, digest);
  const manifest = parseManifest(bytes, exchange.headers["content-type"]);
  await assertComplete(settings, repository, manifest);
  const { manifests } = settings.store;
  // Whoever dies in between leaves a referrer that is listed nowhere, never a manifest that its subject does not know.
  if (manifest.subject !== undefined) await manifests.addReferrer(repository, manifest.subject, digest);
  await manifests.put(repository, digest, { mediaType: manifest.mediaType, bytes });
  for (const tag of tags) await manifests.setTag(repository, tag, digest);
  return {
    status: 201,
    headers: {
      location: `/v2/${repository}/manifests/${digest}`,
      "docker-content-digest": digest,
      ...(wanted.kind === "digest" && tags.length > 0 ? { "oci-tag": tags.join(", ") } : {}),
      ...(manifest.subject !== undefined && settings.referrersApi ? { "oci-subject": manifest.subject } : {}),
    },
  };
}

/** The tags that a push sets: the reference, or, beside a digest, those of the query's `tag` (end-7b). */
function findTags(reference: ManifestReference, query: URLSearchParams): readonly string[] {
  if (reference.kind === "tag") return [reference.tag];
  const tags = [...new Set(query.getAll("tag"))];
  if (tags.length > maxTagsPerPush) {
    throw new RegistryError(`expected at most ${maxTagsPerPush} tags with one manifest, got ${tags.length}`, {
      code: "TAG_INVALID",
      status: 414,
    });
  }
  for (const tag of tags) assertTag(tag);
  return tags;
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
  const subject = stored && parseManifest(stored.bytes, stored.mediaType).subject;
  if (!(await manifests.remove(repository, target.digest))) throw await createUnknown(settings, repository, reference);
  if (subject !== undefined) await manifests.removeReferrer(repository, subject, target.digest);
  return { status: 202 };
}

async function findDigest(
  settings: Settings,
  repository: string,
  reference: string,
): Promise<ContentDigest | undefined> {
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

function createDigestMismatch(wanted: ContentDigest, came: ContentDigest): RegistryError {
  return new RegistryError(`expected bytes with digest ${wanted}, got bytes with digest ${came}`, {
    code: "DIGEST_INVALID",
    status: 400,
    detail: { expected: wanted, actual: came },
  });
}
