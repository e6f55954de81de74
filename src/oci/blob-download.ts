import { createHash } from "node:crypto";
import type { Digest } from "../types/index.ts";
import { toContentLength, tooLarge } from "./body.ts";
import { OciError } from "./errors.ts";
import type { RegistryRequest } from "./exchange.ts";
import type { RepositoryLocation } from "./reference.ts";
import type { RegistrySession } from "./session.ts";
import { digestMismatch, wrongSize } from "./store-access.ts";
import type { TransportResponse } from "./transport.ts";

export interface BlobQuestion {
  ref: RepositoryLocation;
  digest: Digest;
  /** Bytes, where a descriptor tells. */
  size: number | undefined;
  maxBytes: number;
  signal: AbortSignal;
  subject: string;
}

/** Breaks of one download that are mended, as long as each try gives at least a byte. */
const maxResumes = 64;

/**
 * Streams a blob; where the connection breaks, goes on from there (RFC 9110, 14), or from the start where the registry
 * knows no ranges. The bytes are not checked here. Never follows a descriptor's `urls`.
 */
export async function* downloadBlob(session: RegistrySession, question: BlobQuestion): AsyncGenerator<Uint8Array> {
  const progress = { offset: 0, hasRanges: true };
  let tries = 0;
  for (let resumes = 0; resumes <= maxResumes; resumes += 1) {
    const offsetBefore = progress.offset;
    const response = await openFrom(session, question, progress);
    try {
      yield* readFrom(response, question, progress);
      return;
    } catch (fault) {
      if (progress.offset > offsetBefore) tries = 0;
      if (!(await session.pauseAfter(fault, tries, toRequest(question, {})))) throw fault;
      tries += 1;
    } finally {
      response.discard();
    }
  }
  throw brokenOff(question, progress.offset);
}

interface Progress {
  offset: number;
  hasRanges: boolean;
}

function toRequest({ ref, digest, signal, subject }: BlobQuestion, headers: Record<string, string>): RegistryRequest {
  return {
    method: "GET",
    path: `/v2/${ref.repository}/blobs/${digest}`,
    repository: ref.repository,
    headers,
    accepted: headers.range === undefined ? [] : [206, 416],
    signal,
    subject,
  };
}

async function openFrom(session: RegistrySession, question: BlobQuestion, progress: Progress) {
  if (progress.offset > 0 && progress.hasRanges) {
    const range = `bytes=${progress.offset}-`;
    const response = await session.open(toRequest(question, { range }));
    if (response.status === 200) return response;
    if (response.status === 206 && startsAt(response, progress.offset)) return response;
    response.discard();
    progress.hasRanges = false;
  }
  return session.open(toRequest(question, {}));
}

function startsAt(response: TransportResponse, offset: number): boolean {
  return response.header("content-range")?.startsWith(`bytes ${offset}-`) ?? false;
}

async function* readFrom(response: TransportResponse, question: BlobQuestion, progress: Progress) {
  const { maxBytes, size, subject } = question;
  let toSkip = response.status === 206 ? 0 : progress.offset;
  const told = toContentLength(response);
  if (told !== undefined && progress.offset - toSkip + told > maxBytes) throw tooLarge(subject, maxBytes);
  for await (const piece of response.body) {
    const skipped = Math.min(toSkip, piece.length);
    toSkip -= skipped;
    const rest = skipped === 0 ? piece : piece.subarray(skipped);
    if (rest.length === 0) continue;
    progress.offset += rest.length;
    if (progress.offset > maxBytes) throw tooLarge(subject, maxBytes);
    if (size !== undefined && progress.offset > size) throw wrongSize(subject, size);
    yield rest;
  }
  const total = size ?? toTotal(response);
  if (total !== undefined && progress.offset < total) throw brokenOff(question, progress.offset);
}

/** Bytes of the whole blob, as a partial answer tells them (RFC 9110, 14.4): it may hold less than was asked for. */
function toTotal(response: TransportResponse): number | undefined {
  const total = response.status === 206 ? /\/(\d{1,15})$/.exec(response.header("content-range") ?? "") : null;
  return total === null ? undefined : Number(total[1]);
}

function brokenOff({ subject, size }: BlobQuestion, offset: number): OciError {
  return new OciError(`${subject}: broke off after ${offset} of ${size ?? "unknown"} bytes`, {
    code: "unavailable",
    subject,
  });
}

/** Passes a stream on and throws OciError `digest-mismatch` at its end where the bytes are not those of the digest. */
export async function* checkDigest(
  source: AsyncIterable<Uint8Array>,
  { digest, subject }: { digest: Digest; subject: string },
): AsyncGenerator<Uint8Array> {
  const hash = createHash("sha256");
  for await (const piece of source) {
    hash.update(piece);
    yield piece;
  }
  if (`sha256:${hash.digest("hex")}` !== digest) throw digestMismatch(subject);
}
