import { OciError } from "./errors.ts";
import type { TransportResponse } from "./transport.ts";

/** Reads a body of at most `maxBytes`; more is OciError `too-large`, before it is read where its length is told. */
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
  return toOneArray(pieces, length);
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
