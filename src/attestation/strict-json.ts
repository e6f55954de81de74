import { AttestationError, type AttestationErrorCode } from "./errors.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Parses JSON whose bytes are limited before they are parsed. Throws `AttestationError`. */
export function parseJsonBytes(
  bytes: Uint8Array,
  options: { maxBytes: number; what: string; code: AttestationErrorCode },
): unknown {
  const { maxBytes, what, code } = options;
  if (bytes.length > maxBytes) {
    throw new AttestationError(`${what}: ${bytes.length} bytes exceed the limit of ${maxBytes}`, { code: "too_large" });
  }
  try {
    return JSON.parse(utf8.decode(bytes)) as unknown;
  } catch (cause) {
    throw new AttestationError(`${what}: JSON was expected`, { code, cause });
  }
}

/** Bytes that begin, separate or name values in JSON. */
const isMark = new Uint8Array(256);
for (const mark of "[{,:") isMark[mark.charCodeAt(0)] = 1;

/**
 * Whether a JSON text holds more than so many values, told without parsing it; marks inside texts count, too. Small
 * values cost many times their bytes once parsed, and a text of nothing else could take the whole memory: documents that
 * hold a few long texts are asked this first.
 */
export function hasManyValues(bytes: Uint8Array, maxValues: number): boolean {
  let count = 0;
  for (let index = 0; index < bytes.length && count <= maxValues; index++) {
    count += isMark[bytes[index] ?? 0] ?? 0;
  }
  return count > maxValues;
}

const standard = /^[A-Za-z0-9+/]*={0,2}$/;
const urlSafe = /^[A-Za-z0-9_-]*={0,2}$/;

/** Strict base64 (RFC 4648, sections 4 and 5, padding optional); undefined where the text is none. */
export function decodeBase64(text: string): Uint8Array | undefined {
  const encoding = standard.test(text) ? "base64" : urlSafe.test(text) ? "base64url" : undefined;
  if (encoding === undefined) return undefined;
  const unpadded = text.replace(/=+$/, "");
  if (unpadded.length % 4 === 1 || (unpadded.length !== text.length && text.length % 4 !== 0)) return undefined;
  return Buffer.from(unpadded, encoding);
}
