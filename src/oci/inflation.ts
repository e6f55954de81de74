import { OciError } from "./errors.ts";

/** Gzip and zstd blobs inflated, others as they are. Bounded by `maxBytes` (default 128 MiB). */
export function inflateBlob(_bytes: Uint8Array, _options?: { maxBytes?: number }): Promise<Uint8Array> {
  throw new OciError("being built", { code: "invalid-response" });
}
