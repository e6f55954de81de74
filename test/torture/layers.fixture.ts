import { createHash } from "node:crypto";
import { type Digest, toDigest } from "../../src/types/index.ts";

export interface TestLayer {
  digest: Digest;
  bytes: Buffer;
}

/** Nothing, little, and more than a download keeps in memory for its readers. */
const sizes = [0, 1, 70_000, 300_000, 700_000, 1_500_000, 2_500_000, 5_000_000];

/** Eight layers, the same in every process. No two places of one have the same surroundings. */
export function createLayers(): readonly TestLayer[] {
  return sizes.map((size) => {
    const bytes = Buffer.alloc(size, createHash("sha512").update(`layer of ${size}`).digest());
    for (let offset = 0; offset + 4 <= size; offset += 4096) bytes.writeUInt32LE(offset, offset);
    return { digest: toDigest(bytes), bytes };
  });
}
