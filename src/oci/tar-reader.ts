import { type ByteQueue, createByteQueue } from "./byte-queue.ts";
import { OciError } from "./errors.ts";
import {
  blockBytes,
  hasNoContent,
  isZeroBlock,
  malformedTar,
  parsePaxRecords,
  parseTarHeader,
  readText,
  type TarHeader,
  type TarType,
  toTarType,
} from "./tar-header.ts";

export interface TarEntry {
  /** As written in the archive. */
  name: string;
  type: TarType;
  linkName: string;
  size: number;
  /** The content, once, before the next entry is asked for. Throws OciError `too-large`. */
  read(maxBytes: number): Promise<Uint8Array>;
}

/** Names and extended headers of more bytes are refused. */
const maxSpecialBytes = 1024 * 1024;

/**
 * Reads a tar archive (ustar, pax, GNU) entry by entry; content that is not asked for is passed over. Nothing is ever
 * extracted and no link followed. The stream is read to its end, also behind the archive's. Memory is bounded by one
 * piece of the stream and one header. Throws OciError `invalid-response`, and `too-large` past `maxEntries`.
 */
export async function* readTar(
  source: AsyncIterable<Uint8Array>,
  { maxEntries, subject }: { maxEntries: number; subject: string },
): AsyncGenerator<TarEntry> {
  const iterator = source[Symbol.asyncIterator]();
  const queue = createByteQueue(iterator, subject);
  try {
    for (let count = 0; ; count += 1) {
      const header = await readHeader(queue, subject);
      if (!header) break;
      if (count === maxEntries) {
        throw new OciError(`${subject}: more than ${maxEntries} entries are not read`, { code: "too-large", subject });
      }
      const content = createContent(queue, header.size, subject);
      const type = header.isSparse ? "sparse" : toTarType(header.flag, header.name);
      yield { name: header.name, type, linkName: header.linkName, size: header.size, read: content.read };
      await content.finish();
    }
    await queue.drain();
  } finally {
    await iterator.return?.();
  }
}

function createContent(queue: ByteQueue, size: number, subject: string) {
  let isRead = false;
  return {
    async read(maxBytes: number): Promise<Uint8Array> {
      if (size > maxBytes) {
        throw new OciError(`${subject}: expected a file of at most ${maxBytes} bytes, got one of ${size}`, {
          code: "too-large",
          subject,
        });
      }
      isRead = true;
      return size === 0 ? new Uint8Array() : takeAll(queue, size, subject);
    },
    async finish(): Promise<void> {
      const padding = (blockBytes - (size % blockBytes)) % blockBytes;
      await skipAll(queue, (isRead ? 0 : size) + padding, subject);
    },
  };
}

async function takeAll(queue: ByteQueue, length: number, subject: string): Promise<Uint8Array> {
  const bytes = await queue.take(length);
  if (bytes === undefined) throw malformedTar(subject, "it ends in the middle");
  return bytes;
}

async function skipAll(queue: ByteQueue, length: number, subject: string): Promise<void> {
  if (!(await queue.skip(length))) throw malformedTar(subject, "it ends in the middle");
}

type FullHeader = TarHeader & { isSparse: boolean };

/** The next entry's header with what its extended headers say; undefined at the end. */
async function readHeader(queue: ByteQueue, subject: string): Promise<FullHeader | undefined> {
  let pax: ReadonlyMap<string, string> = new Map();
  let longName: string | undefined;
  let longLink: string | undefined;
  for (let special = 0; special < 8; special += 1) {
    const header = await readPlainHeader(queue, subject);
    if (!header) return undefined;
    if (header.flag === "x") pax = parsePaxRecords(await readSpecial(queue, header, subject), subject);
    else if (header.flag === "L") longName = readText(await readSpecial(queue, header, subject));
    else if (header.flag === "K") longLink = readText(await readSpecial(queue, header, subject));
    else if (header.flag === "g") await readSpecial(queue, header, subject);
    else {
      await skipSparseHeaders(queue, header, subject);
      return applyExtensions(header, { pax, longName, longLink }, subject);
    }
  }
  throw malformedTar(subject, "too many extended headers in a row");
}

async function readPlainHeader(queue: ByteQueue, subject: string): Promise<TarHeader | undefined> {
  const block = await queue.take(blockBytes);
  if (block === undefined) return undefined;
  if (!isZeroBlock(block)) return parseTarHeader(block, subject);
  const next = await queue.take(blockBytes);
  if (next !== undefined && !isZeroBlock(next)) throw malformedTar(subject, "something follows a block of zeros");
  return undefined;
}

async function readSpecial(queue: ByteQueue, { size }: TarHeader, subject: string): Promise<Uint8Array> {
  if (size > maxSpecialBytes)
    throw malformedTar(subject, `a name or extended header has more than ${maxSpecialBytes} bytes`);
  const bytes = size === 0 ? new Uint8Array() : await takeAll(queue, size, subject);
  await skipAll(queue, (blockBytes - (size % blockBytes)) % blockBytes, subject);
  return bytes;
}

async function skipSparseHeaders(queue: ByteQueue, { isExtended }: TarHeader, subject: string): Promise<void> {
  for (let count = 0; isExtended; count += 1) {
    if (count === 10_000) throw malformedTar(subject, "a sparse file has too many parts");
    const block = await takeAll(queue, blockBytes, subject);
    if (block[504] !== 1) return;
  }
}

interface Extensions {
  pax: ReadonlyMap<string, string>;
  longName: string | undefined;
  longLink: string | undefined;
}

function applyExtensions(header: TarHeader, { pax, longName, longLink }: Extensions, subject: string): FullHeader {
  const sizeText = pax.get("size");
  if (sizeText && !/^\d{1,15}$/.test(sizeText)) throw malformedTar(subject, "a size is no number");
  const isSparse = [...pax.keys()].some((key) => key.startsWith("GNU.sparse."));
  return {
    ...header,
    name: longName || pax.get("GNU.sparse.name") || pax.get("path") || header.name,
    linkName: longLink || pax.get("linkpath") || header.linkName,
    size: sizeText && !hasNoContent(header.flag) ? Number(sizeText) : header.size,
    isSparse,
  };
}
