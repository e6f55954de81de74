import { LRUCache } from "lru-cache";
import type { ContentStore } from "../cache/index.ts";
import type { Descriptor, Digest, Json } from "../types/index.ts";
import { readBounded } from "./body.ts";
import { OciError } from "./errors.ts";
import { readFault } from "./fault-answer.ts";
import { createFlights } from "./flights.ts";
import { parseNextPage } from "./links.ts";
import { maxManifestBytes, parseJsonObject } from "./manifest.ts";
import type { Manifests } from "./manifests.ts";
import { ociIndex, toMediaType } from "./media-types.ts";
import { formatPinned, type PinnedReference, repositoryName } from "./reference.ts";
import { createReferrerNotes } from "./referrer-notes.ts";
import { keepOfType, toReferrers } from "./referrer-types.ts";
import type { ReferrerOptions, RegistryClient, RequestOptions, UnaskedAnswer } from "./registry-client.ts";
import type { RegistrySession } from "./session.ts";
import { toScope } from "./store-access.ts";
import type { TransportResponse } from "./transport.ts";

export interface ReferrersOptions {
  sessionFor(registry: string): RegistrySession;
  manifests: Manifests;
  store: ContentStore | undefined;
  offline: boolean;
  onSkipped(message: string): void;
}

export const maxReferrers = 2000;
export const maxReferrerPages = 100;
/** Of all pages of one list together. */
export const maxReferrerBytes = 16 * 1024 * 1024;
const maxRememberedBytes = 2 * maxReferrerBytes;

/** Answers that say "no such API": registries differ (GHCR: 303 to a web page, or 406). */
const unsupportedStatuses = [303, 400, 404, 405, 406, 410, 415, 501];

type Page =
  | { kind: "unsupported"; isWhole: boolean }
  | { kind: "page"; entries: readonly Json[]; bytes: number; next: string | undefined };

interface List {
  entries: readonly Json[];
  bytes: number;
}

type Referrers = Pick<RegistryClient, "fetchReferrers"> & { unasked(): readonly UnaskedAnswer[] };

/** OCI distribution-spec, "Listing Referrers" and "Unavailable Referrers API". */
export function createReferrers(options: ReferrersOptions): Referrers {
  const { manifests, onSkipped } = options;
  const notes = createReferrerNotes(options.store);
  const flights = createFlights<readonly Descriptor[]>();
  const lists = new LRUCache<string, readonly Descriptor[]>({ maxSize: maxRememberedBytes });
  const unasked = new Map<string, UnaskedAnswer>();
  const withoutApi = new Set<string>();

  async function askPage(ref: PinnedReference, path: string, { signal }: RequestOptions): Promise<Page> {
    const subject = toSubject(ref);
    return options.sessionFor(ref.registry).request(
      {
        method: "GET",
        path,
        repository: ref.repository,
        headers: { accept: ociIndex },
        accepted: unsupportedStatuses,
        hasOptionalPath: true,
        signal,
        subject,
      },
      (response) => readPage(response, path, subject),
    );
  }

  async function askApi(ref: PinnedReference, request: ReferrerOptions): Promise<List | undefined> {
    const { artifactType } = request;
    let path: string | undefined = toPath(ref, artifactType);
    const entries: Json[] = [];
    let bytes = 0;
    for (let count = 0; path !== undefined; count += 1) {
      if (count === maxReferrerPages) throw tooMany(ref, `${maxReferrerPages} pages`);
      const page: Page = await askPage(ref, path, request);
      if (page.kind === "unsupported") {
        // Maybe it is the filter that is not known.
        if (count === 0 && artifactType !== undefined) return askApi(ref, { signal: request.signal });
        if (count === 0) {
          if (page.isWhole) withoutApi.add(repositoryName(ref));
          return undefined;
        }
        throw new OciError(`${formatPinned(ref)}: the list of referrers broke off after ${count} pages`, {
          code: "invalid-response",
          subject: formatPinned(ref),
        });
      }
      entries.push(...page.entries);
      bytes += page.bytes;
      if (entries.length > maxReferrers) throw tooMany(ref, `${maxReferrers} referrers`);
      if (bytes > maxReferrerBytes) throw tooMany(ref, `${maxReferrerBytes} bytes of lists`);
      path = page.next;
    }
    return { entries, bytes };
  }

  async function askFallback(ref: PinnedReference, request: RequestOptions): Promise<List> {
    const tag = toFallbackTag(ref.digest);
    const manifest = await manifests.fetchByTag(ref, tag, request);
    if (manifest === undefined) return { entries: [], bytes: 0 };
    const { manifests: entries } = manifest.body;
    if (manifest.kind !== "index" || !(Array.isArray(entries) || entries === null)) {
      throw new OciError(`${formatPinned(ref)}: expected an index of referrers at the tag ${tag}, got an image`, {
        code: "invalid-response",
        subject: formatPinned(ref),
      });
    }
    if (entries !== null && entries.length > maxReferrers) throw tooMany(ref, `${maxReferrers} referrers`);
    return { entries: entries ?? [], bytes: manifest.bytes.length };
  }

  /** The list, asked for or remembered, with its entries' own types where there is a filter. */
  async function load(ref: PinnedReference, key: string, scope: string, request: ReferrerOptions) {
    const list = await loadList(ref, scope, request);
    const listed = toReferrers(list.entries, formatPinned(ref), onSkipped);
    const { artifactType, signal } = request;
    const found =
      artifactType === undefined ? listed : await keepOfType(listed, ref, { artifactType, manifests, signal });
    lists.set(key, found, { size: list.bytes + 1024 });
    return found;
  }

  async function loadList(ref: PinnedReference, scope: string, request: ReferrerOptions): Promise<List> {
    const path = toPath(ref, request.artifactType);
    if (options.offline) {
      const noted = (await notes.read(path, ref, scope)) ?? (await notes.read(toPath(ref), ref, scope));
      if (noted) {
        unasked.set(toSubject(ref), { reference: toSubject(ref), digest: noted.digest });
        return noted;
      }
    }
    const fromApi = withoutApi.has(repositoryName(ref)) ? undefined : await askApi(ref, request);
    const list = fromApi ?? (await askFallback(ref, request));
    await notes.write(path, ref, { scope, entries: list.entries });
    return list;
  }

  return {
    unasked: () => [...unasked.values()],
    async fetchReferrers(ref, request) {
      const { artifactType, signal } = request;
      const scope = toScope(ref, await options.sessionFor(ref.registry).identity(ref.repository, signal));
      const key = JSON.stringify([scope, ref.digest, artifactType ?? null]);
      const known = lists.get(key);
      if (known) return known;
      const question = { signal, subject: formatPinned(ref) };
      return flights.run(key, question, (shared) => load(ref, key, scope, { ...request, signal: shared }));
    },
  };
}

function toPath(ref: PinnedReference, artifactType?: string): string {
  const query = artifactType === undefined ? "" : `?artifactType=${encodeURIComponent(artifactType)}`;
  return `/v2/${ref.repository}/referrers/${ref.digest}${query}`;
}

function toFallbackTag(digest: Digest): string {
  return digest.replace(":", "-");
}

function toSubject(ref: PinnedReference): string {
  return `${formatPinned(ref)} (referrers)`;
}

async function readPage(response: TransportResponse, path: string, subject: string): Promise<Page> {
  if (response.status !== 200) {
    // An unknown repository says nothing about the registry.
    const { registryCode } = await readFault(response);
    return { kind: "unsupported", isWhole: registryCode !== "NAME_UNKNOWN" };
  }
  const mediaType = toMediaType(response.header("content-type"));
  if (mediaType !== undefined && !/json$/.test(mediaType)) return { kind: "unsupported", isWhole: true };
  const bytes = await readBounded(response, { maxBytes: maxManifestBytes, subject });
  const body = parseJsonObject(bytes, subject);
  const entries = body.manifests ?? [];
  if (body.schemaVersion !== 2 || !Array.isArray(entries)) {
    throw new OciError(`${subject}: expected an index, got other JSON`, { code: "invalid-response", subject });
  }
  return { kind: "page", entries, bytes: bytes.length, next: parseNextPage(response, path, subject) };
}

function tooMany(ref: PinnedReference, bound: string): OciError {
  return new OciError(`${formatPinned(ref)}: more than ${bound} are not read`, {
    code: "too-large",
    subject: formatPinned(ref),
  });
}
