import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { RegistryError } from "./errors.ts";

/** One request, as the ends of the registry see it. */
export interface Exchange {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  /** Whether it came by https. */
  isEncrypted: boolean;
  /** The request's body. May be left half-read: the client still gets its answer, and the rest is skipped after it. */
  body: AsyncIterable<Uint8Array>;
}

/** What an end answers. */
export interface Answer {
  status: number;
  headers?: Readonly<Record<string, string>>;
  body?: Uint8Array | AsyncIterable<Uint8Array>;
}

/** Reads a body of at most `maxBytes`; more is refused with 413. */
export async function readBody(exchange: Exchange, maxBytes: number, what: string): Promise<Uint8Array> {
  assertAnnounced(exchange, { what, maxBytes, receivedBytes: 0 });
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of exchange.body) {
    size += piece.length;
    if (size > maxBytes) throw createTooLarge(what, maxBytes);
    pieces.push(piece);
  }
  return Buffer.concat(pieces, size);
}

/** Refuses a body with which `what` becomes longer than `maxBytes`, where its length is said, before any of it is read. */
export function assertAnnounced(
  { headers }: Exchange,
  { what, maxBytes, receivedBytes }: { what: string; maxBytes: number; receivedBytes: number },
): void {
  if (receivedBytes + Number(headers["content-length"] ?? 0) > maxBytes) throw createTooLarge(what, maxBytes);
}

/** More than clients have under way when they read a refusal. */
const maxSkippedBytes = 16 * 1024 * 1024;

/**
 * Skips what is left of a body that was refused, since the connection's next request stands behind it. A client that
 * goes on sending regardless is cut off.
 */
export function skipRest(request: IncomingMessage): void {
  let skipped = 0;
  request.on("data", (piece: Uint8Array) => {
    skipped += piece.length;
    if (skipped > maxSkippedBytes) request.destroy();
  });
}

/** The refusal of a body over its limit (413). */
export function createTooLarge(what: string, maxBytes: number): RegistryError {
  return new RegistryError(`expected ${what} of at most ${maxBytes} bytes, got more; raise the registry's limit`, {
    code: "SIZE_INVALID",
    status: 413,
  });
}

/** The refusal of a method that an end does not have (405). */
export function createMethodRefusal(exchange: Exchange, allowed: readonly string[]): RegistryError {
  return new RegistryError(`expected one of ${allowed.join(", ")} here, got ${exchange.method}`, {
    code: "UNSUPPORTED",
    status: 405,
    headers: { allow: allowed.join(", ") },
  });
}

/** A JSON text in UTF-8. */
export function toJsonBytes(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}
