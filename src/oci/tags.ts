import { LRUCache } from "lru-cache";
import type { ContentStore } from "../cache/index.ts";
import { type Descriptor, isDigest, isJsonObject, type Json, toErrorMessage } from "../types/index.ts";
import { toContentCoding, toContentLength } from "./body.ts";
import { OciError } from "./errors.ts";
import { createFlights } from "./flights.ts";
import { parseDescriptor } from "./manifest.ts";
import type { Manifests } from "./manifests.ts";
import { acceptManifests, toManifestKind, toMediaType } from "./media-types.ts";
import { notFound } from "./not-found.ts";
import { formatReference, type Reference, toPinned } from "./reference.ts";
import type { MovedTag, PullPolicy, RegistryClient, RequestOptions, UnaskedAnswer } from "./registry-client.ts";
import type { RegistrySession } from "./session.ts";
import { toScope } from "./store-access.ts";

export interface TagOptions {
  sessionFor(registry: string): RegistrySession;
  manifests: Manifests;
  store: ContentStore | undefined;
  pull: PullPolicy;
  offline: boolean;
}

type Tags = Pick<RegistryClient, "resolve" | "findTag" | "unaskedAnswers" | "findMovedTags">;

interface TagAnswer {
  /** Undefined: there is no such tag. */
  descriptor: Descriptor | undefined;
}

const maxTags = 50_000;

/** Tags to digests: each asked once in a run. */
export function createTags(options: TagOptions): Tags {
  const { manifests, store, pull, offline } = options;
  const flights = createFlights<TagAnswer>();
  const answers = new LRUCache<string, TagAnswer>({ max: maxTags });
  const resolved = new Map<string, { ref: Reference; descriptor: Descriptor }>();
  const unasked = new Map<string, UnaskedAnswer>();

  async function ask(ref: Reference, tag: string, { signal }: RequestOptions): Promise<TagAnswer> {
    const subject = formatReference(ref);
    const headers = { accept: acceptManifests };
    const answer = await options.sessionFor(ref.registry).request(
      {
        method: "HEAD",
        path: `/v2/${ref.repository}/manifests/${tag}`,
        repository: ref.repository,
        headers,
        // Some know no HEAD here.
        accepted: [400, 404, 405, 406, 501],
        signal,
        subject,
      },
      async (response) => {
        if (response.status === 404) return { descriptor: undefined };
        return response.status === 200 ? toAnswer(response) : undefined;
      },
    );
    if (answer) return answer;
    return { descriptor: (await manifests.fetchByTag(ref, tag, { signal }))?.descriptor };
  }

  /** What an earlier run was told. Absence is only believed when nobody can be asked. */
  async function recall(ref: Reference, tag: string, scope: string): Promise<TagAnswer | undefined> {
    if (!store || !(offline || pull === "if-missing")) return undefined;
    const answer = parseNote(await store.readNote(toNoteName(ref, tag), scope));
    if (!answer || (answer.descriptor === undefined && !offline)) return undefined;
    const reference = formatReference(ref);
    unasked.set(reference, { reference, digest: answer.descriptor?.digest ?? "absent" });
    return answer;
  }

  async function answerFor(ref: Reference, request: RequestOptions, accepts: (answer: TagAnswer) => boolean) {
    const { tag } = ref;
    const subject = formatReference(ref);
    if (tag === undefined) {
      throw new OciError(`${subject}: expected a reference with a tag`, { code: "invalid-reference", subject });
    }
    const { signal } = request;
    const scope = toScope(ref, await options.sessionFor(ref.registry).identity(ref.repository, signal));
    const key = `${scope}${tag}`;
    const known = answers.get(key);
    if (known && accepts(known)) return known;
    return flights.run(key, { signal, subject }, async (shared) => {
      const recalled = await recall(ref, tag, scope);
      const answer = recalled ?? (await ask(ref, tag, { signal: shared }));
      answers.set(key, answer);
      if (!recalled)
        await store?.writeNote(toNoteName(ref, tag), scope, JSON.stringify({ descriptor: answer.descriptor ?? null }));
      return answer;
    });
  }

  return {
    async resolve(ref, request) {
      if (ref.digest !== undefined) return (await manifests.fetch(toPinned(ref, ref.digest), request)).descriptor;
      const { descriptor } = await answerFor(ref, request, (answer) => answer.descriptor !== undefined);
      const subject = formatReference(ref);
      if (descriptor === undefined) throw notFound(subject, ref.registry);
      if (resolved.size < maxTags && !unasked.has(subject)) resolved.set(subject, { ref, descriptor });
      return descriptor;
    },
    async findTag(ref, request) {
      return (await answerFor(ref, request, () => true)).descriptor;
    },
    unaskedAnswers: () => [...unasked.values()],
    async findMovedTags(request) {
      if (offline) return [];
      const moved = await Promise.all(
        [...resolved].map(async ([reference, { ref, descriptor }]): Promise<MovedTag | undefined> => {
          const before = descriptor.digest;
          try {
            const after = (await ask(ref, ref.tag ?? "", request)).descriptor?.digest;
            if (after === before) return undefined;
            return { reference, before, ...(after === undefined ? {} : { after }) };
          } catch (error) {
            request.signal.throwIfAborted();
            return { reference, before, fault: toErrorMessage(error) };
          }
        }),
      );
      return moved.filter((tag) => tag !== undefined);
    },
  };
}

/** Undefined where the headers do not tell everything. */
function toAnswer(response: Parameters<typeof toContentLength>[0]): TagAnswer | undefined {
  const digest = response.header("docker-content-digest");
  const mediaType = toMediaType(response.header("content-type"));
  const size = toContentLength(response);
  // No manifest is empty; and a length of something that is coded is another's.
  if (digest === undefined || !isDigest(digest) || !size || toContentCoding(response)) return undefined;
  if (mediaType === undefined || toManifestKind(mediaType) === undefined) return undefined;
  return { descriptor: { mediaType, digest, size } };
}

function toNoteName(ref: Reference, tag: string): string {
  return `tag ${ref.registry}/${ref.repository}:${tag}`;
}

function parseNote(text: string | undefined): TagAnswer | undefined {
  if (text === undefined) return undefined;
  try {
    const note: unknown = JSON.parse(text);
    if (!isJsonObject(note)) return undefined;
    const descriptor = note.descriptor as Json | undefined;
    return { descriptor: descriptor === null ? undefined : parseDescriptor(descriptor, "cached tag") };
  } catch {
    return undefined; // A note that does not parse is a miss.
  }
}
