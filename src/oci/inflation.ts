import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { toOneArray } from "./body.ts";
import { OciError } from "./errors.ts";
import { inflateZstd } from "./zstd.ts";

export interface InflationLimits {
  /** Bytes that come out. */
  maxBytes: number;
  /** Bytes out for each byte in, once more than `ratioFromBytes` came out. */
  maxRatio: number;
  ratioFromBytes: number;
}

const defaultLimits: InflationLimits = {
  maxBytes: 128 * 1024 * 1024,
  maxRatio: 256,
  ratioFromBytes: 64 * 1024 * 1024,
};

/**
 * Inflates a blob that was checked already: gzip and zstd are known by their first bytes, anything else comes out as it
 * is. Throws OciError `too-large` past `maxBytes` (default 128 MiB), `invalid-response` for malformed content.
 */
export async function inflateBlob(
  bytes: Uint8Array,
  { maxBytes = defaultLimits.maxBytes, subject = "blob" }: { maxBytes?: number; subject?: string } = {},
): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of inflate(inSlices(bytes), { ...defaultLimits, maxBytes }, subject)) {
    pieces.push(piece);
    length += piece.length;
  }
  return toOneArray(pieces, length);
}

async function* inSlices(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let offset = 0; offset < bytes.length; offset += 65_536) yield bytes.subarray(offset, offset + 65_536);
}

/**
 * Inflates a stream. The source is read to its end, whatever follows the compressed content included, because its end
 * is where its digest is checked.
 */
export async function* inflate(
  source: AsyncIterable<Uint8Array>,
  limits: InflationLimits,
  subject: string,
): AsyncGenerator<Uint8Array> {
  const meter = { in: 0, isOver: false };
  const iterator = countBytes(source, meter);
  const { head, format } = await sniff(iterator);
  let out = 0;
  const whole = concatenate(head, iterator);
  const inflated =
    format === "gzip" ? inflateGzip(whole, subject) : format === "zstd" ? inflateZstd(whole, subject) : whole;
  for await (const piece of inflated) {
    out += piece.length;
    if (out > limits.maxBytes) throw tooMuch(subject, `${limits.maxBytes} bytes`);
    if (out > limits.ratioFromBytes && out > limits.maxRatio * meter.in) {
      throw tooMuch(subject, `${limits.maxRatio} times its stored size`);
    }
    yield piece;
  }
  if (!meter.isOver) throw malformed(subject, "something else follows the compressed content");
}

async function* countBytes(source: AsyncIterable<Uint8Array>, meter: { in: number; isOver: boolean }) {
  for await (const piece of source) {
    meter.in += piece.length;
    yield piece;
  }
  meter.isOver = true;
}

/** The first bytes, at least four where there are as many, and what they say. */
async function sniff(
  iterator: AsyncGenerator<Uint8Array>,
): Promise<{ head: Uint8Array[]; format: "gzip" | "zstd" | "plain" }> {
  const head: Uint8Array[] = [];
  let start = Buffer.alloc(0);
  while (start.length < 4) {
    const { done, value } = await iterator.next();
    if (done) break;
    head.push(value);
    start = Buffer.concat([start, value.subarray(0, 4)]);
  }
  if (start[0] === 0x1f && start[1] === 0x8b) return { head, format: "gzip" };
  const magic = start.length < 4 ? 0 : start.readUInt32LE(0);
  const isZstd = magic === 0xfd2fb528 || (magic & 0xfffffff0) >>> 0 === 0x184d2a50;
  return { head, format: isZstd ? "zstd" : "plain" };
}

async function* concatenate(head: readonly Uint8Array[], rest: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* head;
    yield* rest;
  } finally {
    await rest.return(undefined);
  }
}

async function* inflateGzip(source: AsyncIterable<Uint8Array>, subject: string): AsyncGenerator<Uint8Array> {
  const unzip = createGunzip({ chunkSize: 65_536 });
  const feeding = pipeline(source, unzip);
  feeding.catch(() => {}); // Comes out of the loop below.
  try {
    for await (const piece of unzip) yield piece as Uint8Array;
  } catch (cause) {
    if (cause instanceof OciError) throw cause;
    throw malformed(subject, "the gzip content is damaged", cause);
  } finally {
    unzip.destroy();
    await feeding.catch(() => {});
  }
}

function tooMuch(subject: string, limit: string): OciError {
  return new OciError(`${subject}: inflates to more than ${limit}, which is more than is read`, {
    code: "too-large",
    subject,
  });
}

function malformed(subject: string, reason: string, cause?: unknown): OciError {
  return new OciError(`${subject}: the compressed content is malformed: ${reason}`, {
    code: "invalid-response",
    subject,
    cause,
  });
}
