import { LRUCache } from "lru-cache";
import { CacheError, type ContentStore } from "../cache/index.ts";
import { throwIfAborted } from "./abort.ts";
import { type BlobQuestion, checkDigest, downloadBlob } from "./blob-download.ts";
import { toOneArray, tooLarge } from "./body.ts";
import type { OciError } from "./errors.ts";
import { createFlights } from "./flights.ts";
import { repositoryName } from "./reference.ts";
import type { RegistryClient } from "./registry-client.ts";
import type { RegistrySession } from "./session.ts";
import { isAllowed, toOciError, toScope, wrongSize } from "./store-access.ts";

/** Larger blobs are not kept in memory. */
const maxRememberedBytes = 256 * 1024;

export interface BlobOptions {
  sessionFor(registry: string): RegistrySession;
  store: ContentStore | undefined;
  maxMemoryBytes: number;
}

/** Blobs by digest, through memory (small ones), disk and network. */
export function createBlobs(options: BlobOptions): Pick<RegistryClient, "fetchBlob" | "openBlob"> {
  const { store } = options;
  const flights = createFlights<Uint8Array>();
  const memory = new LRUCache<string, Uint8Array>({
    maxSize: options.maxMemoryBytes,
    sizeCalculation: (bytes) => bytes.length + 512,
  });

  async function open(question: BlobQuestion): Promise<AsyncIterable<Uint8Array>> {
    const { ref, digest, size, maxBytes, signal, subject } = question;
    throwIfAborted(signal, subject);
    if (size !== undefined && size > maxBytes) throw tooLarge(subject, maxBytes);
    const session = options.sessionFor(ref.registry);
    if (store === undefined) return checkDigest(downloadBlob(session, question), question);
    const scope = toScope(ref, await session.identity(ref.repository, signal));
    const stored = await store.get(digest, scope);
    if (stored) {
      session.countCacheHit();
      return guard(stored, question);
    }
    // Others may read along, who expect something else: the store knows what each of them takes.
    const shared = { ...question, size: undefined, maxBytes: Number.MAX_SAFE_INTEGER };
    const download = (joint: AbortSignal) => downloadBlob(session, { ...shared, signal: joint });
    const confirm = async () => {
      const allowed = await isAllowed({ ref, digest, session, signal, subject });
      if (allowed) session.countCacheHit();
      return allowed;
    };
    return guard(store.tee(digest, scope, download, { signal, confirm, maxBytes: size ?? maxBytes }), question);
  }

  return {
    async openBlob(ref, descriptor, { maxBytes, signal }) {
      return open(toQuestion(ref, descriptor, { maxBytes, signal }));
    },

    async fetchBlob(ref, descriptor, { maxBytes, signal }) {
      const question = toQuestion(ref, descriptor, { maxBytes, signal });
      const session = options.sessionFor(ref.registry);
      const scope = toScope(ref, await session.identity(ref.repository, signal));
      const key = `${scope}${descriptor.digest}`;
      const known = memory.get(key);
      if (known) {
        if (known.length > maxBytes) throw tooLarge(question.subject, maxBytes);
        if (descriptor.size !== undefined && known.length !== descriptor.size)
          throw wrongSize(question.subject, descriptor.size);
        session.countCacheHit();
        return known;
      }
      return flights.run(`${key} ${maxBytes} ${descriptor.size ?? ""}`, question, async (shared) => {
        const bytes = await collect(await open({ ...question, signal: shared }));
        if (bytes.length <= maxRememberedBytes) memory.set(key, bytes);
        return bytes;
      });
    },
  };
}

function toQuestion(
  ref: BlobQuestion["ref"],
  { digest, size }: { digest: BlobQuestion["digest"]; size?: number },
  { maxBytes, signal }: { maxBytes: number; signal: AbortSignal },
): BlobQuestion {
  return { ref, digest, size, maxBytes, signal, subject: `${repositoryName(ref)}@${digest}` };
}

function tooLong({ size, maxBytes, subject }: Pick<BlobQuestion, "size" | "maxBytes" | "subject">): OciError {
  return size === undefined ? tooLarge(subject, maxBytes) : wrongSize(subject, size);
}

/** A shared or stored stream keeps to this reader's limit, size and signal too. */
async function* guard(source: AsyncIterable<Uint8Array>, { size, maxBytes, signal, subject }: BlobQuestion) {
  let length = 0;
  try {
    for await (const piece of source) {
      throwIfAborted(signal, subject);
      length += piece.length;
      if (length > (size ?? maxBytes)) throw tooLong({ size, maxBytes, subject });
      yield piece;
    }
    if (size !== undefined && length < size) throw wrongSize(subject, size);
  } catch (thrown) {
    throwIfAborted(signal, subject);
    if (thrown instanceof CacheError && thrown.code === "too-large") throw tooLong({ size, maxBytes, subject });
    throw toOciError(thrown, subject);
  }
}

async function collect(source: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of source) {
    pieces.push(piece);
    length += piece.length;
  }
  return toOneArray(pieces, length);
}
