import { assertComplete } from "./completeness.ts";
import { type ContentDigest, toAlgorithm, toContentDigest } from "./content-digest.ts";
import { RegistryError } from "./errors.ts";
import { type Answer, createMethodRefusal, type Exchange, readBody } from "./exchange.ts";
import type { KeyedLock } from "./keyed-lock.ts";
import { type ParsedManifest, parseManifest } from "./manifest-parse.ts";
import { assertTag, type ManifestReference, parseManifestReference } from "./names.ts";
import { isKnownToClient, toEtag } from "./preconditions.ts";
import type { Settings } from "./settings.ts";

/** Also keeps the answer's header within what clients read. */
const maxTagsPerPush = 50;

/** Whose manifest, by tag or digest, and what keeps changes of one repository apart. */
export interface ManifestTarget {
  repository: string;
  reference: string;
  /** A change is several steps in the store: what happened in between would be lost, or leave a tag without its manifest. */
  locked: KeyedLock;
}

/** `/v2/<name>/manifests/<reference>` (distribution-spec 1.1, end-3, end-7, end-9). */
export async function answerManifest(settings: Settings, exchange: Exchange, target: ManifestTarget): Promise<Answer> {
  const { repository, reference, locked } = target;
  switch (exchange.method) {
    case "GET":
    case "HEAD":
      return await readManifest(settings, exchange, repository, reference);
    case "PUT":
      return await putManifest(settings, exchange, target);
    case "DELETE":
      return await locked(repository, () => removeManifest(settings, exchange, repository, reference));
    default:
      throw createMethodRefusal(exchange, ["GET", "HEAD", "PUT", "DELETE"]);
  }
}

async function readManifest(
  settings: Settings,
  exchange: Exchange,
  repository: string,
  reference: string,
): Promise<Answer> {
  const digest = await findDigest(settings, repository, parseManifestReference(reference));
  const manifest = digest && (await settings.store.manifests.get(repository, digest));
  if (digest === undefined || manifest === undefined) throw await createUnknown(settings, repository, reference);
  if (isKnownToClient(exchange, digest)) return { status: 304, headers: { etag: toEtag(digest) } };
  return {
    status: 200,
    headers: {
      "content-type": manifest.mediaType,
      "content-length": String(manifest.bytes.length),
      "docker-content-digest": digest,
      etag: toEtag(digest),
    },
    body: manifest.bytes,
  };
}

async function putManifest(
  settings: Settings,
  exchange: Exchange,
  { repository, reference, locked }: ManifestTarget,
): Promise<Answer> {
  const wanted = parseManifestReference(reference);
  const bytes = await readBody(exchange, settings.maxManifestBytes, "a manifest");
  const tags = findTags(wanted, exchange.query);
  const digest = toContentDigest(bytes, wanted.kind === "digest" ? toAlgorithm(wanted.digest) : "sha256");
  if (wanted.kind === "digest" && wanted.digest !== digest) throw createDigestMismatch(wanted.digest, digest);
  const manifest = parseManifest(bytes, exchange.headers["content-type"]);
  await locked(repository, async () => {
    await assertExpected(settings, exchange, repository, wanted);
    await assertComplete(settings, repository, manifest);
    await storeManifest(settings, repository, { digest, bytes, manifest, tags });
  });
  return {
    status: 201,
    headers: {
      location: `/v2/${repository}/manifests/${digest}`,
      "docker-content-digest": digest,
      etag: toEtag(digest),
      ...(wanted.kind === "digest" && tags.length > 0 ? { "oci-tag": tags.join(", ") } : {}),
      ...(manifest.subject !== undefined && settings.referrersApi ? { "oci-subject": manifest.subject } : {}),
    },
  };
}

interface PushedManifest {
  digest: ContentDigest;
  bytes: Uint8Array;
  manifest: ParsedManifest;
  tags: readonly string[];
}

async function storeManifest(settings: Settings, repository: string, pushed: PushedManifest): Promise<void> {
  const { manifests } = settings.store;
  const { digest, bytes, manifest, tags } = pushed;
  // Whoever dies in between leaves a referrer that is listed nowhere, never a manifest that its subject does not know.
  if (manifest.subject !== undefined) await manifests.addReferrer(repository, manifest.subject, digest);
  await manifests.put(repository, digest, { mediaType: manifest.mediaType, bytes });
  for (const tag of tags) await manifests.setTag(repository, tag, digest);
}

/** Refuses a change whose `If-Match` or `If-None-Match` does not hold. */
async function assertExpected(
  settings: Settings,
  exchange: Exchange,
  repository: string,
  reference: ManifestReference,
): Promise<void> {
  const { "if-match": ifMatch, "if-none-match": ifNoneMatch } = exchange.headers;
  if (ifMatch === undefined && ifNoneMatch === undefined) return;
  const digest = await findDigest(settings, repository, reference);
  const isThere = digest !== undefined && (await settings.store.manifests.get(repository, digest)) !== undefined;
  isKnownToClient(exchange, isThere ? digest : undefined);
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

async function removeManifest(
  settings: Settings,
  exchange: Exchange,
  repository: string,
  reference: string,
): Promise<Answer> {
  const target = parseManifestReference(reference);
  await assertExpected(settings, exchange, repository, target);
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
  reference: ManifestReference,
): Promise<ContentDigest | undefined> {
  if (reference.kind === "digest") return reference.digest;
  return await settings.store.manifests.resolveTag(repository, reference.tag);
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
