import { isUtf8 } from "node:buffer";

/**
 * OPA's texts are bytes, and need not be UTF-8: `base64.decode`, `hex.decode` and others give texts that hash and encode to
 * what they were made of. Here a byte that is no part of a character stands in a text as U+DC00 and the byte: half of a
 * surrogate pair, which no other text has. Written as JSON it is U+FFFD, as in OPA.
 */
const byteBase = 0xdc00;
const loneByte = /(?<![\ud800-\udbff])[\udc80-\udcff]/;
const eachLoneByte = /(?<![\ud800-\udbff])[\udc80-\udcff]+/g;

/** The characters of bytes, and the bytes that are no characters. */
export function fromBytes(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (isUtf8(buffer)) return buffer.toString("utf8");
  const parts: string[] = [];
  let from = 0;
  for (let at = 0; at < buffer.length; ) {
    const size = sizeOfCharacter(buffer, at);
    if (size > 0) {
      at += size;
      continue;
    }
    parts.push(buffer.toString("utf8", from, at), String.fromCharCode(byteBase + (buffer[at] ?? 0)));
    at += 1;
    from = at;
  }
  parts.push(buffer.toString("utf8", from));
  return parts.join("");
}

/** How many bytes a character takes that begins here; 0 where none does (RFC 3629, section 4). */
function sizeOfCharacter(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return 1;
  const size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || at + size > bytes.length) return 0;
  const second = bytes[at + 1] ?? 0;
  const least = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const most = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (second < least || second > most) return 0;
  for (let index = 2; index < size; index += 1) if (((bytes[at + index] ?? 0) & 0xc0) !== 0x80) return 0;
  return size;
}

/** The bytes of a text. */
export function toBytes(text: string): Buffer {
  if (!loneByte.test(text)) return Buffer.from(text, "utf8");
  const parts: Buffer[] = [];
  let from = 0;
  for (const match of text.matchAll(eachLoneByte)) {
    parts.push(Buffer.from(text.slice(from, match.index), "utf8"));
    parts.push(Buffer.from(Array.from(match[0], (unit) => unit.charCodeAt(0) - byteBase)));
    from = match.index + match[0].length;
  }
  parts.push(Buffer.from(text.slice(from), "utf8"));
  return Buffer.concat(parts);
}

/** A text of characters alone, as Go makes of one where it looks at characters: U+FFFD for each byte that is none. */
export function toCharacters(text: string): string {
  return loneByte.test(text) ? text.replace(eachLoneByte, (bytes) => "\ufffd".repeat(bytes.length)) : text;
}
