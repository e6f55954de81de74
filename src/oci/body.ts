import { promisify } from "node:util";
import { gunzip, type ZlibOptions } from "node:zlib";
import { OciError } from "./errors.ts";
import type { TransportResponse } from "./transport.ts";

const inflateGzip = promisify<Uint8Array, ZlibOptions, Buffer>(gunzip);

/**
 * Reads a body of at most `maxBytes`; more is OciError `too-large`, before it is read where its length is told. No coding is
 * asked for: gzip, which some proxies apply all the same, is undone, with the same bound; any other is `invalid-response`.
 */
export async function readBounded(
  response: TransportResponse,
  { maxBytes, subject }: { maxBytes: number; subject: string },
): Promise<Uint8Array> {
  const told = toContentLength(response);
  if (told !== undefined && told > maxBytes) {
    response.discard();
    throw tooLarge(subject, maxBytes);
  }
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of response.body) {
    length += piece.length;
    if (length > maxBytes) throw tooLarge(subject, maxBytes);
    pieces.push(piece);
  }
  return decode(toOneArray(pieces, length), { coding: toContentCoding(response), maxBytes, subject });
}

/** Content that no registry gives: what stands in its place says something else. */
export function isWebPage(response: TransportResponse): boolean {
  return /^\s*(?:text\/html|application\/xhtml\+xml)\b/i.test(response.header("content-type") ?? "");
}

/** What a body is coded with on its way (RFC 9110, 8.4); undefined: as it is. */
export function toContentCoding(response: TransportResponse): string | undefined {
  const coding = response.headers("content-encoding").join(",").trim().toLowerCase();
  return coding === "" || coding === "identity" ? undefined : coding;
}

async function decode(
  bytes: Uint8Array,
  { coding, maxBytes, subject }: { coding: string | undefined; maxBytes: number; subject: string },
): Promise<Uint8Array> {
  // What is not gzip by its first bytes is labelled wrongly: documents never begin like this.
  if (coding === undefined || (/^(?:x-)?gzip$/.test(coding) && !(bytes[0] === 0x1f && bytes[1] === 0x8b))) return bytes;
  if (!/^(?:x-)?gzip$/.test(coding)) throw badCoding(subject, coding);
  try {
    return new Uint8Array(await inflateGzip(bytes, { maxOutputLength: maxBytes }));
  } catch (cause) {
    const isTooLarge = cause instanceof Error && "code" in cause && cause.code === "ERR_BUFFER_TOO_LARGE";
    throw isTooLarge ? tooLarge(subject, maxBytes) : badCoding(subject, coding, cause);
  }
}

function badCoding(subject: string, coding: string, cause?: unknown): OciError {
  const state = cause === undefined ? "is not read" : "is damaged";
  return new OciError(
    `${subject}: expected the content as it is, got it with the coding ${JSON.stringify(coding.slice(0, 50))}, which ${state}; look at the proxies on the way`,
    { code: "invalid-response", subject, cause },
  );
}

/** The pieces in one array of its own, not a view into a shared pool. */
export function toOneArray(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const piece of pieces) {
    whole.set(piece, offset);
    offset += piece.length;
  }
  return whole;
}

export function toContentLength(response: TransportResponse): number | undefined {
  const text = response.header("content-length");
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

export function tooLarge(subject: string, maxBytes: number): OciError {
  return new OciError(`${subject}: expected at most ${maxBytes} bytes, the registry sends more`, {
    code: "too-large",
    subject,
  });
}
