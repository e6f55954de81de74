import { spend } from "../../value/index.ts";

/** One element of DER (X.690): its tag, its content, and all its bytes. */
export interface Element {
  /** The first byte: class, constructed bit and number. */
  readonly tag: number;
  readonly content: Buffer;
  readonly raw: Buffer;
}

/** The bytes are no DER of the shape that was expected. */
export class DerError extends Error {}

export const tags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  sequence: 0x30,
  set: 0x31,
} as const;

/** Reads elements one after the other. */
export class DerReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  peekTag(): number | undefined {
    return this.#bytes[this.#at];
  }

  /** Throws `DerError` at the end, for lengths beyond the bytes, and for another tag than `tag`. */
  read(tag?: number): Element {
    const start = this.#at;
    spend(10);
    const found = this.#bytes[start];
    if (found === undefined || (found & 0x1f) === 0x1f) throw new DerError("expected an element");
    if (tag !== undefined && found !== tag) throw new DerError(`expected tag ${tag}, got ${found}`);
    const { length, from } = this.#readLength(start + 1);
    if (from + length > this.#bytes.length) throw new DerError("element is longer than its bytes");
    this.#at = from + length;
    const content = this.#bytes.subarray(from, from + length);
    return { tag: found, content, raw: this.#bytes.subarray(start, from + length) };
  }

  /** The next element if it has the tag. */
  readOptional(tag: number): Element | undefined {
    return this.peekTag() === tag ? this.read(tag) : undefined;
  }

  #readLength(at: number): { length: number; from: number } {
    const first = this.#bytes[at];
    if (first === undefined) throw new DerError("expected a length");
    if (first < 0x80) return { length: first, from: at + 1 };
    const size = first & 0x7f;
    if (size === 0 || size > 4 || at + size >= this.#bytes.length) throw new DerError("expected a definite length");
    return { length: this.#bytes.readUIntBE(at + 1, size), from: at + 1 + size };
  }
}

/** All elements of a constructed one. */
export function readAll(content: Buffer): Element[] {
  const reader = new DerReader(content);
  const elements: Element[] = [];
  while (!reader.isAtEnd) elements.push(reader.read());
  return elements;
}

/** A signed integer. */
export function readInteger(content: Buffer): bigint {
  if (content.length === 0) throw new DerError("expected an integer");
  const value = BigInt(`0x${content.toString("hex")}`);
  return (content[0] ?? 0) >= 0x80 ? value - (1n << BigInt(content.length * 8)) : value;
}

/** The arcs of an object identifier. */
export function readOid(content: Buffer): number[] {
  const arcs: number[] = [];
  let value = 0;
  for (const byte of content) {
    value = value * 128 + (byte & 0x7f);
    if (value > Number.MAX_SAFE_INTEGER) throw new DerError("object identifier is too large");
    if (byte >= 0x80) continue;
    if (arcs.length === 0) {
      const first = Math.min(Math.floor(value / 40), 2);
      arcs.push(first, value - first * 40);
    } else arcs.push(value);
    value = 0;
  }
  if (arcs.length === 0 || ((content[content.length - 1] ?? 0x80) & 0x80) !== 0) {
    throw new DerError("expected an object identifier");
  }
  return arcs;
}

/** The bytes of a bit string whose bits fill them. */
export function readBitString(content: Buffer): Buffer {
  if (content.length === 0 || (content[0] ?? 0) > 7) throw new DerError("expected a bit string");
  return content.subarray(1);
}

/** UTCTime or GeneralizedTime as RFC 3339. */
export function readTime({ tag, content }: Element): string {
  const text = content.toString("latin1");
  const match = /^(\d{2,4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z$/.exec(text);
  const isShort = tag === 0x17;
  if (match?.[1] === undefined || match[1].length !== (isShort ? 2 : 4)) throw new DerError("expected a time");
  const year = isShort ? (Number(match[1]) >= 50 ? `19${match[1]}` : `20${match[1]}`) : match[1];
  return `${year}-${match[2]}-${match[3]}T${match[4]}:${match[5]}:${match[6]}Z`;
}

const stringTags: Readonly<Record<number, BufferEncoding>> = {
  12: "utf8",
  18: "latin1",
  19: "latin1",
  20: "latin1",
  22: "latin1",
};

/** Text of any of the string types. */
export function readText({ tag, content }: Element): string {
  if (tag === 0x1e) {
    let text = "";
    for (let at = 0; at + 1 < content.length; at += 2) text += String.fromCharCode(content.readUInt16BE(at));
    return text;
  }
  const encoding = stringTags[tag];
  if (encoding === undefined) throw new DerError("unsupported string type");
  return content.toString(encoding);
}
