import { createHash } from "node:crypto";
import { PolicyError } from "./errors.ts";
import type { SourceFile } from "./ports.ts";
import { toSubject } from "./source-faults.ts";

const checksumQuery = /\?checksum=sha256:([0-9a-f]{64})$/;

/** An address and the SHA-256 that what it names must have. */
export interface CheckedAddress {
  address: string;
  checksum?: string;
}

/** Splits `?checksum=sha256:<hex>` off an address: the pinned form of files and downloads. */
export function splitChecksum(address: string): CheckedAddress {
  const checksum = checksumQuery.exec(address)?.[1];
  return checksum === undefined ? { address } : { address: address.replace(checksumQuery, ""), checksum };
}

export function hashBytes(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/**
 * SHA-256 over a tree: over the lines `<SHA-256 of the file>  <path>`, sorted by path, as `sha256sum` prints them.
 */
export function hashTree(files: readonly SourceFile[]): string {
  const lines = files.map(({ path, bytes }) => ({ path, line: `${hashBytes(bytes)}  ${path}\n` }));
  lines.sort((a, b) => (a.path < b.path ? -1 : 1));
  return hashBytes(Buffer.from(lines.map(({ line }) => line).join("")));
}

/** Throws `source-invalid` where what was read is not what the address demands. */
export function assertChecksum({ address, checksum }: CheckedAddress, actual: string): void {
  if (checksum !== undefined && checksum !== actual) {
    throw new PolicyError(
      `${toSubject(address)} was expected to have the SHA-256 ${checksum}, and has ${actual}: it has changed`,
      { code: "source-invalid", subject: toSubject(address) },
    );
  }
}
