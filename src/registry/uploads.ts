import { isContentDigest } from "./content-digest.ts";
import { RegistryError } from "./errors.ts";
import { type Answer, assertAnnounced, createMethodRefusal, createTooLarge, type Exchange } from "./exchange.ts";
import { isRepositoryName, requireAlgorithm, requireDigest } from "./names.ts";
import type { Settings } from "./settings.ts";
import { createStarts } from "./upload-starts.ts";

/** Blob uploads (distribution-spec 1.1, "Pushing blobs", end-4 to end-6, end-11 to end-14). */
export interface Uploads {
  answerStart(exchange: Exchange, repository: string, mayMountFrom: MayMountFrom): Promise<Answer>;
  answerUpload(exchange: Exchange, repository: string, id: string): Promise<Answer>;
}

/** Whether the client may read the repository; asked without one, whether it may read them all. */
export type MayMountFrom = (from: string | undefined) => boolean;

interface Target {
  repository: string;
  id: string;
}

/** Keeps in mind which uploads are being written to: a second writer at the same time gets 409. */
export function createUploadEnds(settings: Settings): Uploads {
  /** Uploads that a request is writing to at this moment. */
  const busy = new Set<string>();
  const start = createStarts(settings);

  /** One at a time changes an upload; what it finds is the state that the one before it left. */
  async function locked(target: Target, work: (size: number) => Promise<Answer>): Promise<Answer> {
    if (busy.has(target.id)) throw createBusy(target);
    busy.add(target.id);
    try {
      return await work(await sizeOf(target));
    } finally {
      busy.delete(target.id);
    }
  }

  async function sizeOf(target: Target): Promise<number> {
    const size = await settings.store.uploads.size(target.repository, target.id);
    if (size === undefined) throw createUnknown(target);
    return size;
  }

  return {
    async answerStart(exchange, repository, mayMountFrom) {
      if (exchange.method !== "POST") throw createMethodRefusal(exchange, ["POST"]);
      const mounted = await tryMount(settings, exchange, repository, mayMountFrom);
      if (mounted !== undefined) return mounted;
      const digest = exchange.query.get("digest");
      if (digest !== null) requireDigest(digest);
      requireAlgorithm(exchange.query.get("digest-algorithm") ?? "sha256");
      const target = { repository, id: await start(repository) };
      if (digest !== null) return await finishAtOnce(settings, exchange, target);
      return { status: 202, headers: toProgressHeaders(target, 0) };
    },
    async answerUpload(exchange, repository, id) {
      const target = { repository, id };
      switch (exchange.method) {
        case "GET":
        case "HEAD":
          return { status: 204, headers: toProgressHeaders(target, await sizeOf(target)) };
        case "PATCH":
          return await locked(target, async (size) => {
            const received = await receive(settings, exchange, target, size);
            return { status: 202, headers: toProgressHeaders(target, received) };
          });
        case "PUT":
          return await locked(target, (size) => finish(settings, exchange, target, size));
        case "DELETE":
          return await locked(target, async () => {
            await settings.store.uploads.cancel(repository, id);
            return { status: 204 };
          });
        default:
          throw createMethodRefusal(exchange, ["GET", "HEAD", "PATCH", "PUT", "DELETE"]);
      }
    },
  };
}

async function tryMount(
  settings: Settings,
  exchange: Exchange,
  repository: string,
  mayMountFrom: MayMountFrom,
): Promise<Answer | undefined> {
  const digest = exchange.query.get("mount") ?? "";
  const from = exchange.query.get("from") ?? undefined;
  // What cannot be mounted becomes an ordinary upload: the specification wants no error here.
  if (!isContentDigest(digest) || !mayMountFrom(from)) return undefined;
  if (from !== undefined && !isRepositoryName(from)) return undefined;
  if (!(await settings.store.blobs.mount(from, repository, digest))) return undefined;
  return toCreated(repository, digest);
}

/** An upload in one request: no client knows its id, so that nobody could go on with what is left of it. */
async function finishAtOnce(settings: Settings, exchange: Exchange, target: Target): Promise<Answer> {
  try {
    return await finish(settings, exchange, target, 0);
  } catch (thrown) {
    await settings.store.uploads.cancel(target.repository, target.id);
    throw thrown;
  }
}

async function finish(settings: Settings, exchange: Exchange, target: Target, size: number): Promise<Answer> {
  const digest = requireDigest(exchange.query.get("digest") ?? "");
  await receive(settings, exchange, target, size);
  if (!(await settings.store.uploads.commit(target.repository, target.id, digest))) {
    throw new RegistryError(`expected bytes with digest ${digest}, the upload had other bytes and was dropped`, {
      code: "DIGEST_INVALID",
      status: 400,
      detail: { digest },
    });
  }
  return toCreated(target.repository, digest);
}

/** Appends the request's body and returns the new size. A body that ends too early leaves the upload as it was. */
async function receive(settings: Settings, exchange: Exchange, target: Target, size: number): Promise<number> {
  const { uploads } = settings.store;
  const end = parseContentRange(exchange.headers["content-range"], target, size);
  assertAnnounced(exchange, { what: "a blob", maxBytes: settings.maxBlobBytes, receivedBytes: size });
  let received = size;
  async function* counted(): AsyncIterable<Uint8Array> {
    for await (const piece of exchange.body) {
      received += piece.length;
      if (received > settings.maxBlobBytes) throw createTooLarge("a blob", settings.maxBlobBytes);
      yield piece;
    }
  }
  try {
    await uploads.append(target.repository, target.id, counted());
    if (end !== undefined && received !== end)
      throw createRangeRefusal(target, size, exchange.headers["content-range"]);
  } catch (thrown) {
    await uploads.truncate(target.repository, target.id, size);
    throw thrown;
  }
  return received;
}

/** The size that the upload must have afterwards; undefined without the header. A chunk out of order gets 416. */
function parseContentRange(header: string | undefined, target: Target, size: number): number | undefined {
  if (header === undefined) return undefined;
  const match = /^(?:bytes )?(\d{1,15})-(\d{1,15})(?:\/(?:\d{1,15}|\*))?$/.exec(header);
  const start = Number(match?.[1]);
  const last = Number(match?.[2]);
  if (match === null || start !== size || last < start) throw createRangeRefusal(target, size, header);
  return last + 1;
}

function toProgressHeaders(target: Target, size: number): Record<string, string> {
  return {
    location: `/v2/${target.repository}/blobs/uploads/${target.id}`,
    range: `0-${Math.max(size - 1, 0)}`,
    "docker-upload-uuid": target.id,
  };
}

function toCreated(repository: string, digest: string): Answer {
  return {
    status: 201,
    headers: { location: `/v2/${repository}/blobs/${digest}`, "docker-content-digest": digest },
  };
}

function createRangeRefusal(target: Target, size: number, came: string | undefined): RegistryError {
  return new RegistryError(
    `expected a chunk that begins at byte ${size} and has the length its Content-Range says, got ${came ?? "no range"}`,
    { code: "BLOB_UPLOAD_INVALID", status: 416, headers: toProgressHeaders(target, size) },
  );
}

function createUnknown(target: Target): RegistryError {
  return new RegistryError("expected an upload under way, this one was never begun, was finished or cancelled", {
    code: "BLOB_UPLOAD_UNKNOWN",
    status: 404,
    detail: { name: target.repository, id: target.id.slice(0, 100) },
  });
}

function createBusy(target: Target): RegistryError {
  return new RegistryError("expected one request at a time for an upload, another one is still writing", {
    code: "BLOB_UPLOAD_INVALID",
    status: 409,
    detail: { name: target.repository, id: target.id },
  });
}
