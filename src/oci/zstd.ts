import { Decompress } from "fzstd";
import { createByteQueue } from "./byte-queue.ts";
import { OciError } from "./errors.ts";

const frameMagic = 0xfd2fb528;
const skippableMagic = 0x184d2a50;
/** RFC 8878, 3.1.1.2.4: no block gives more. */
const maxBlockBytes = 128 * 1024;
/** What zstd itself decodes unless told otherwise (`--ultra -22` uses as much). */
export const maxWindowBytes = 128 * 1024 * 1024;

/**
 * Inflates zstd (RFC 8878), block by block: Node 20 has no zstd of its own, and the decoder used here inflates at once
 * whatever it is given, so it is given one block at a time. Memory is bounded by the window, which is bounded.
 * Throws OciError `invalid-response` or `too-large`. Checksums of frames are not looked at: digests are.
 */
export async function* inflateZstd(source: AsyncIterable<Uint8Array>, subject: string): AsyncGenerator<Uint8Array> {
  const iterator = source[Symbol.asyncIterator]();
  const queue = createByteQueue(iterator, subject);
  const take = async (length: number): Promise<Uint8Array> => {
    const bytes = length === 0 ? new Uint8Array() : await queue.take(length);
    if (bytes === undefined) throw malformed(subject, "it ends in the middle");
    return bytes;
  };
  try {
    for (let magic = await queue.take(4); magic !== undefined; magic = await queue.take(4)) {
      const number = readNumber(magic);
      if ((number & 0xfffffff0) >>> 0 === skippableMagic) {
        if (!(await queue.skip(readNumber(await take(4))))) throw malformed(subject, "it ends in the middle");
      } else if (number === frameMagic) yield* inflateFrame(magic, take, subject);
      else throw malformed(subject, "something else follows a frame");
    }
  } finally {
    await iterator.return?.();
  }
}

type Take = (length: number) => Promise<Uint8Array>;

async function* inflateFrame(magic: Uint8Array, take: Take, subject: string): AsyncGenerator<Uint8Array> {
  const header = await readFrameHeader(take, subject);
  const inflated: Uint8Array[] = [];
  const decoder = new Decompress((piece) => inflated.push(piece));
  decode(() => decoder.push(join([magic, header.bytes])), subject);
  for (let isLast = false; !isLast; ) {
    const start = await take(3);
    const word = readNumber(start);
    isLast = (word & 1) === 1;
    const kind = (word >> 1) & 3;
    const size = word >>> 3;
    if (kind === 3 || size > maxBlockBytes) throw malformed(subject, "a block is malformed");
    const body = await take(kind === 1 ? 1 : size);
    const checksum = await take(isLast && header.hasChecksum ? 4 : 0);
    decode(() => decoder.push(join([start, body, checksum]), isLast), subject);
    yield* inflated.splice(0);
  }
}

/** RFC 8878, 3.1.1.1. */
async function readFrameHeader(take: Take, subject: string): Promise<{ bytes: Uint8Array; hasChecksum: boolean }> {
  const start = await take(1);
  const descriptor = start[0] ?? 0;
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const windowLength = isSingleSegment ? 0 : 1;
  const dictionaryLength = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const sizeLength = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  const rest = await take(windowLength + dictionaryLength + sizeLength);
  if (dictionaryLength > 0 && rest.subarray(windowLength, windowLength + dictionaryLength).some((byte) => byte !== 0)) {
    throw malformed(subject, "it needs a dictionary");
  }
  const contentSize = readLittleEndian(rest.subarray(windowLength + dictionaryLength)) + (sizeLength === 2 ? 256 : 0);
  const windowSize = isSingleSegment ? contentSize : toWindowSize(rest[0] ?? 0);
  if (windowSize > maxWindowBytes) {
    throw new OciError(`${subject}: expected a zstd window of at most ${maxWindowBytes} bytes, got ${windowSize}`, {
      code: "too-large",
      subject,
    });
  }
  return { bytes: join([start, rest]), hasChecksum: (descriptor & 4) !== 0 };
}

function toWindowSize(byte: number): number {
  const base = 2 ** (10 + (byte >> 3));
  return base + (base / 8) * (byte & 7);
}

function decode(push: () => void, subject: string): void {
  try {
    push();
  } catch (cause) {
    throw malformed(subject, "a block is malformed", cause);
  }
}

/** Up to four bytes, least significant first. */
function readNumber(bytes: Uint8Array): number {
  return ((bytes[0] ?? 0) | ((bytes[1] ?? 0) << 8) | ((bytes[2] ?? 0) << 16) | ((bytes[3] ?? 0) << 24)) >>> 0;
}

function readLittleEndian(bytes: Uint8Array): number {
  return bytes.reduceRight((sum, byte) => sum * 256 + byte, 0);
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(parts);
}

function malformed(subject: string, reason: string, cause?: unknown): OciError {
  return new OciError(`${subject}: the zstd content is malformed: ${reason}`, {
    code: "invalid-response",
    subject,
    cause,
  });
}
