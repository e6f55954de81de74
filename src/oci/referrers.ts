import { LRUCache } from "lru-cache";
import type { ContentStore } from "../cache/index.ts";
import { type Descriptor, type Digest, isDigest, isJsonObject, type Json, toHex } from "../types/index.ts";
import { readBounded } from "./body.ts";
import { OciError } from "./errors.ts";
import { readFault } from "./fault-answer.ts";
import { createFlights } from "./flights.ts";
import { parseNextPage } from "./links.ts";
import { maxManifestBytes, parseDescriptor, parseJsonObject } from "./manifest.ts";
import type { Manifests } from "./manifests.ts";
import { ociIndex, toMediaType } from "./media-types.ts";
import { formatPinned, type PinnedReference, repositoryName } from "./reference.ts";
import type { RequestOptions } from "./registry-client.ts";
import type { RegistrySession } from "./session.ts";
import { toScope } from "./store-access.ts";
import type { TransportResponse } from "./transport.ts";

export interface ReferrerOptions {
  sessionFor(registry: string): RegistrySession;
  manifests: Manifests;
  store: ContentStore | undefined;
  offline: boolean;
  onSkipped(message: string): void;
}

export const maxReferrers = 2000;
export const maxReferrerPages = 100;
const maxRemembered = 2000;

/** Answers that say "no such API": registries differ (GHCR: 303 to a web page, or 406). */
const unsupportedStatuses = [303, 400, 404, 405, 406, 410, 415, 501];

type Page =
  | { kind: "unsupported"; isWhole: boolean }
  | { kind: "page"; entries: readonly Json[]; next: string | undefined };

/** OCI distribution-spec, "Listing Referrers" and "Unavailable Referrers API". */
export function createReferrers(options: ReferrerOptions) {
  const flights = createFlights<readonly Descriptor[]>();
  const lists = new LRUCache<string, readonly Descriptor[]>({ max: maxRemembered });
  const withoutApi = new Set<string>();

  async function askPage(ref: PinnedReference, path: string, { signal }: RequestOptions): Promise<Page> {
    const subject = `${formatPinned(ref)} (referrers)`;
    return options.sessionFor(ref.registry).request(
      {
        method: "GET",
        path,
        repository: ref.repository,
        headers: { accept: ociIndex },
        accepted: unsupportedStatuses,
        signal,
        subject,
      },
      (response) => readPage(response, path, subject),
    );
  }

  async function askApi(ref: PinnedReference, request: RequestOptions): Promise<readonly Json[] | undefined> {
    let path: string | undefined = `/v2/${ref.repository}/referrers/${ref.digest}`;
    const entries: Json[] = [];
    for (let count = 0; path !== undefined; count += 1) {
      if (count === maxReferrerPages) throw tooMany(ref, `${maxReferrerPages} pages`);
      const page: Page = await askPage(ref, path, request);
      if (page.kind === "unsupported") {
        if (page.isWhole) withoutApi.add(repositoryName(ref));
        if (count === 0) return undefined;
        throw new OciError(`${formatPinned(ref)}: the list of referrers broke off after ${count} pages`, {
          code: "invalid-response",
          subject: formatPinned(ref),
        });
      }
      entries.push(...page.entries);
      if (entries.length > maxReferrers) throw tooMany(ref, `${maxReferrers} referrers`);
      path = page.next;
    }
    return entries;
  }

  async function askFallback(ref: PinnedReference, request: RequestOptions): Promise<readonly Json[]> {
    const tag = `sha256-${toHex(ref.digest)}`;
    const manifest = await options.manifests.fetchByTag(ref, tag, request);
    if (manifest === undefined) return [];
    const { manifests } = manifest.body;
    if (manifest.kind !== "index" || !(Array.isArray(manifests) || manifests === null)) {
      throw new OciError(`${formatPinned(ref)}: expected an index of referrers at the tag ${tag}, got an image`, {
        code: "invalid-response",
        subject: formatPinned(ref),
      });
    }
    if (manifests !== null && manifests.length > maxReferrers) throw tooMany(ref, `${maxReferrers} referrers`);
    return manifests ?? [];
  }

  async function load(ref: PinnedReference, scope: string, request: RequestOptions): Promise<readonly Descriptor[]> {
    const noteName = `referrers ${formatPinned(ref)}`;
    if (options.offline) {
      const noted = parseNote(await options.store?.readNote(noteName, scope));
      if (noted) return toDescriptors(noted, ref, options.onSkipped);
    }
    const fromApi = withoutApi.has(repositoryName(ref)) ? undefined : await askApi(ref, request);
    const found = toDescriptors(fromApi ?? (await askFallback(ref, request)), ref, options.onSkipped);
    await options.store?.writeNote(noteName, scope, JSON.stringify(found));
    return found;
  }

  return {
    async fetchReferrers(ref: PinnedReference, { signal }: RequestOptions): Promise<readonly Descriptor[]> {
      const scope = toScope(ref, await options.sessionFor(ref.registry).identity(ref.repository, signal));
      const key = `${scope}${ref.digest}`;
      const known = lists.get(key);
      if (known) return known;
      return flights.run(key, { signal, subject: formatPinned(ref) }, async (shared) => {
        const found = await load(ref, scope, { signal: shared });
        lists.set(key, found);
        return found;
      });
    },
  };
}

async function readPage(response: TransportResponse, path: string, subject: string): Promise<Page> {
  if (response.status !== 200) {
    // An unknown repository says nothing about the registry.
    const { registryCode } = await readFault(response);
    return { kind: "unsupported", isWhole: registryCode !== "NAME_UNKNOWN" };
  }
  const mediaType = toMediaType(response.header("content-type"));
  if (mediaType !== undefined && !/json$/.test(mediaType)) return { kind: "unsupported", isWhole: true };
  const body = parseJsonObject(await readBounded(response, { maxBytes: maxManifestBytes, subject }), subject);
  const manifests = body.manifests ?? [];
  if (body.schemaVersion !== 2 || !Array.isArray(manifests)) {
    throw new OciError(`${subject}: expected an index, got other JSON`, { code: "invalid-response", subject });
  }
  return { kind: "page", entries: manifests, next: parseNextPage(response, path, subject) };
}

/** Each digest once; those of other algorithms than SHA-256 cannot be fetched and are left out with a word. */
function toDescriptors(entries: readonly Json[], ref: PinnedReference, onSkipped: (message: string) => void) {
  const found = new Map<Digest, Descriptor>();
  for (const entry of entries) {
    const digest = isJsonObject(entry) ? entry.digest : undefined;
    if (typeof digest === "string" && !isDigest(digest) && /^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[\w=-]+$/.test(digest)) {
      onSkipped(`${formatPinned(ref)}: a referrer's digest is not SHA-256 and is left out: ${digest.slice(0, 150)}`);
      continue;
    }
    const descriptor = parseDescriptor(entry, `${formatPinned(ref)}, referrer`);
    found.set(descriptor.digest, descriptor);
  }
  return [...found.values()];
}

function parseNote(text: string | undefined): readonly Json[] | undefined {
  try {
    const note: unknown = JSON.parse(text ?? "null");
    return Array.isArray(note) ? note : undefined;
  } catch {
    return undefined; // A note that does not parse is a miss.
  }
}

function tooMany(ref: PinnedReference, bound: string): OciError {
  return new OciError(`${formatPinned(ref)}: more than ${bound} are not read`, {
    code: "too-large",
    subject: formatPinned(ref),
  });
}
