import { createHash } from "node:crypto";

/** The bytes of a numbered blob: the same in every process. */
export function toBlob(number: number, bytes: number): Buffer {
  const piece = createHash("sha256").update(`blob ${number}`).digest();
  return Buffer.alloc(bytes, piece);
}
