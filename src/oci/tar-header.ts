import { OciError } from "./errors.ts";

export type TarType = "file" | "directory" | "symbolic-link" | "hard-link" | "sparse" | "other";

export interface TarHeader {
  name: string;
  linkName: string;
  /** Bytes of content that follow. */
  size: number;
  flag: string;
  /** Old GNU sparse format: more header blocks follow. */
  isExtended: boolean;
}

export const blockBytes = 512;

/** Parses a header block (POSIX ustar, GNU). Throws OciError `invalid-response`. */
export function parseTarHeader(block: Uint8Array, subject: string): TarHeader {
  if (!hasRightChecksum(block)) throw malformedTar(subject, "a header's checksum is wrong");
  const flag = String.fromCharCode(block[156] ?? 0);
  const isUstar = readText(block, 257, 263) === "ustar" && block[262] === 0;
  const prefix = isUstar ? readText(block, 345, 500) : "";
  const name = readText(block, 0, 100);
  return {
    name: prefix === "" ? name : `${prefix}/${name}`,
    linkName: readText(block, 157, 257),
    size: hasNoContent(flag) ? 0 : readNumber(block.subarray(124, 136), subject),
    flag,
    isExtended: flag === "S" && block[482] === 1,
  };
}

/** Links, devices, folders and pipes: whatever their size says. */
export function hasNoContent(flag: string): boolean {
  return /^[1-6]$/.test(flag);
}

export function toTarType(flag: string, name: string): TarType {
  switch (flag) {
    case "\0":
      return name.endsWith("/") ? "directory" : "file";
    case "0":
    case "7":
      return "file";
    case "1":
      return "hard-link";
    case "2":
      return "symbolic-link";
    case "5":
      return "directory";
    case "S":
      return "sparse";
    default:
      return "other";
  }
}

export function isZeroBlock(block: Uint8Array): boolean {
  return block.every((byte) => byte === 0);
}

/** The text up to a zero byte. */
export function readText(bytes: Uint8Array, start = 0, end = bytes.length): string {
  const field = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start);
  const zero = field.indexOf(0);
  return field.subarray(0, zero < 0 ? field.length : zero).toString("utf8");
}

function hasRightChecksum(block: Uint8Array): boolean {
  const told = /^[ \0]*([0-7]+)[ \0]*/.exec(Buffer.from(block.subarray(148, 156)).toString("latin1"))?.[1];
  if (told === undefined) return false;
  let unsigned = 0;
  let signed = 0;
  for (const [index, byte] of block.entries()) {
    const value = index >= 148 && index < 156 ? 32 : byte;
    unsigned += value;
    signed += value > 127 ? value - 256 : value;
  }
  const expected = Number.parseInt(told, 8);
  return expected === unsigned || expected === signed;
}

/** Octal digits, or GNU's base 256 for what does not fit. */
function readNumber(field: Uint8Array, subject: string): number {
  const first = field[0] ?? 0;
  if (first & 0x80) {
    const value = field.subarray(1).reduce((sum, byte) => sum * 256 + byte, first & 0x7f);
    if (first & 0x40 || !Number.isSafeInteger(value)) throw malformedTar(subject, "a size is out of range");
    return value;
  }
  const digits = Buffer.from(field)
    .toString("latin1")
    .replace(/^[ \0]+|[ \0]+$/g, "");
  if (!/^[0-7]*$/.test(digits)) throw malformedTar(subject, "a size is no number");
  return digits === "" ? 0 : Number.parseInt(digits, 8);
}

/** Extended headers (POSIX pax): `length key=value\n` each. Throws OciError `invalid-response`. */
export function parsePaxRecords(bytes: Uint8Array, subject: string): ReadonlyMap<string, string> {
  const records = new Map<string, string>();
  const text = Buffer.from(bytes);
  for (let offset = 0; offset < text.length && text[offset] !== 0; ) {
    const space = text.indexOf(0x20, offset);
    const digits = space < 0 ? "" : text.toString("latin1", offset, space);
    const end = offset + Number(digits);
    const equals = text.indexOf(0x3d, space);
    if (!/^[1-9]\d{0,9}$/.test(digits) || end > text.length || text[end - 1] !== 0x0a || equals < 0 || equals >= end) {
      throw malformedTar(subject, "an extended header is damaged");
    }
    records.set(text.toString("utf8", space + 1, equals), text.toString("utf8", equals + 1, end - 1));
    offset = end;
  }
  return records;
}

export function malformedTar(subject: string, reason: string): OciError {
  return new OciError(`${subject}: expected a tar archive: ${reason}`, { code: "invalid-response", subject });
}
