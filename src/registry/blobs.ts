import type { ContentDigest } from "./content-digest.ts";
import { RegistryError } from "./errors.ts";
import { type Answer, createMethodRefusal, type Exchange } from "./exchange.ts";
import { requireDigest } from "./names.ts";
import { isKnownToClient, mayAnswerRange, toEtag } from "./preconditions.ts";
import type { Settings } from "./settings.ts";
import type { ByteRange } from "./store.ts";

/** `/v2/<name>/blobs/<digest>` (distribution-spec 1.1, end-2 and end-10), with ranges (RFC 9110, 14.2). */
export async function answerBlob(
  settings: Settings,
  exchange: Exchange,
  repository: string,
  digestText: string,
): Promise<Answer> {
  const digest = requireDigest(digestText);
  switch (exchange.method) {
    case "GET":
    case "HEAD":
      return await readBlob(settings, exchange, repository, digest);
    case "DELETE":
      if (!(await settings.store.blobs.remove(repository, digest))) throw createUnknown(repository, digest);
      return { status: 202 };
    default:
      throw createMethodRefusal(exchange, ["GET", "HEAD", "DELETE"]);
  }
}

async function readBlob(
  settings: Settings,
  exchange: Exchange,
  repository: string,
  digest: ContentDigest,
): Promise<Answer> {
  const size = await settings.store.blobs.size(repository, digest);
  if (size === undefined) throw createUnknown(repository, digest);
  if (isKnownToClient(exchange, digest)) return { status: 304, headers: { etag: toEtag(digest) } };
  const isRanged = exchange.method === "GET" && mayAnswerRange(exchange.headers, digest);
  const asked = isRanged ? parseRange(exchange.headers.range, size) : undefined;
  if (asked === "unsatisfiable") {
    throw new RegistryError(`expected a range within ${size} bytes, got ${exchange.headers.range}`, {
      code: "RANGE_INVALID",
      status: 416,
      headers: { "content-range": `bytes */${size}` },
    });
  }
  const range = asked ?? { start: 0, end: size };
  return {
    status: asked === undefined ? 200 : 206,
    headers: {
      "content-type": "application/octet-stream",
      "content-length": String(range.end - range.start),
      "docker-content-digest": digest,
      "accept-ranges": "bytes",
      etag: toEtag(digest),
      ...(asked === undefined ? {} : { "content-range": `bytes ${range.start}-${range.end - 1}/${size}` }),
    },
    body: settings.store.blobs.read(repository, digest, range),
  };
}

/** One range of bytes; undefined, for the whole blob, where the header is missing, has several ranges or another unit. */
export function parseRange(header: string | undefined, size: number): ByteRange | "unsatisfiable" | undefined {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? "");
  if (match === null) return undefined;
  const [, first = "", last = ""] = match;
  if (first === "" && last === "") return undefined;
  if (first === "") {
    const length = Math.min(Number(last), size);
    return length === 0 ? "unsatisfiable" : { start: size - length, end: size };
  }
  const start = Number(first);
  if (start >= size || (last !== "" && Number(last) < start)) return "unsatisfiable";
  return { start, end: last === "" ? size : Math.min(Number(last) + 1, size) };
}

function createUnknown(repository: string, digest: ContentDigest): RegistryError {
  return new RegistryError(`expected a blob that was pushed, ${repository} holds no ${digest}`, {
    code: "BLOB_UNKNOWN",
    status: 404,
    detail: { name: repository, digest },
  });
}
