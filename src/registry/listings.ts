import type { ContentDigest } from "./content-digest.ts";
import { RegistryError } from "./errors.ts";
import { type Answer, createMethodRefusal, type Exchange, toJsonBytes } from "./exchange.ts";
import { type ContentDescriptor, parseManifest } from "./manifest-parse.ts";
import { requireDigest } from "./names.ts";
import type { Settings } from "./settings.ts";

const indexType = "application/vnd.oci.image.index.v1+json";

/** `/v2/<name>/tags/list` (distribution-spec 1.1, end-8a and end-8b): sorted by character code, `n` and `last`, `Link` to the next page. */
export async function answerTags(settings: Settings, exchange: Exchange, repository: string): Promise<Answer> {
  assertReading(exchange);
  if (!(await settings.store.manifests.hasRepository(repository))) {
    throw new RegistryError(`expected a repository that was pushed to, ${repository} never was`, {
      code: "NAME_UNKNOWN",
      status: 404,
      detail: { name: repository },
    });
  }
  const pageSize = parsePageSize(exchange.query.get("n"));
  const last = exchange.query.get("last");
  const rest = [...(await settings.store.manifests.tags(repository))]
    .sort()
    .filter((tag) => last === null || tag > last);
  const tags = rest.slice(0, pageSize);
  const next = tags.at(-1);
  const hasMore = next !== undefined && rest.length > tags.length;
  const link = hasMore && toLink(exchange.path, { n: String(pageSize), last: next });
  return toJsonAnswer("application/json", { name: repository, tags }, link ? { link } : {});
}

function parsePageSize(text: string | null): number {
  if (text === null) return Number.POSITIVE_INFINITY;
  // A number beyond all bounds is as good as none.
  if (/^\d{1,100}$/.test(text)) return Number(text);
  throw new RegistryError(`expected a number of tags as n, got ${JSON.stringify(text.slice(0, 100))}`, {
    code: "PAGINATION_NUMBER_INVALID",
    status: 400,
  });
}

/**
 * `/v2/<name>/referrers/<digest>` (distribution-spec 1.1, end-12a and end-12b), in pages that are no larger than a
 * manifest may be: clients read them with the same limit.
 */
export async function answerReferrers(
  settings: Settings,
  exchange: Exchange,
  repository: string,
  digestText: string,
): Promise<Answer> {
  if (!settings.referrersApi) {
    throw new RegistryError("the referrers API is switched off here; use the referrers tag schema", {
      code: "UNSUPPORTED",
      status: 404,
    });
  }
  assertReading(exchange);
  const subject = requireDigest(digestText);
  const wantedType = exchange.query.get("artifactType");
  const last = exchange.query.get("last") ?? "";
  const known = [...(await settings.store.manifests.referrers(repository, subject))].sort();
  const page: ContentDescriptor[] = [];
  let pageBytes = toJsonBytes(toIndex([])).length;
  let hasMore = false;
  for (const digest of known) {
    if (digest <= last) continue;
    const descriptor = await describeReferrer(settings, repository, digest);
    if (descriptor === undefined || (wantedType !== null && descriptor.artifactType !== wantedType)) continue;
    // One more for the comma.
    pageBytes += toJsonBytes(descriptor).length + 1;
    hasMore = page.length >= settings.referrersPageSize || (page.length > 0 && pageBytes > settings.maxManifestBytes);
    if (hasMore) break;
    page.push(descriptor);
  }
  const filter: Record<string, string> = wantedType === null ? {} : { artifactType: wantedType };
  const next = page.at(-1)?.digest;
  const link = hasMore && next !== undefined && toLink(exchange.path, { ...filter, last: next });
  return toJsonAnswer(indexType, toIndex(page), {
    ...(wantedType === null ? {} : { "oci-filters-applied": "artifactType" }),
    ...(link ? { link } : {}),
  });
}

function toIndex(manifests: readonly ContentDescriptor[]) {
  return { schemaVersion: 2, mediaType: indexType, manifests };
}

function assertReading(exchange: Exchange): void {
  if (exchange.method !== "GET" && exchange.method !== "HEAD") throw createMethodRefusal(exchange, ["GET", "HEAD"]);
}

async function describeReferrer(
  settings: Settings,
  repository: string,
  digest: ContentDigest,
): Promise<ContentDescriptor | undefined> {
  const stored = await settings.store.manifests.get(repository, digest);
  if (stored === undefined) return undefined;
  const manifest = parseManifest(stored.bytes, stored.mediaType);
  return {
    mediaType: stored.mediaType,
    digest,
    size: stored.bytes.length,
    ...(manifest.artifactType === undefined ? {} : { artifactType: manifest.artifactType }),
    ...(manifest.annotations === undefined ? {} : { annotations: manifest.annotations }),
  };
}

function toLink(path: string, query: Record<string, string>): string {
  return `<${path}?${new URLSearchParams(query)}>; rel="next"`;
}

function toJsonAnswer(type: string, value: unknown, headers: Readonly<Record<string, string>>): Answer {
  const body = toJsonBytes(value);
  return { status: 200, headers: { "content-type": type, "content-length": String(body.length), ...headers }, body };
}
