import { randomBytes } from "node:crypto";
import { constants, gzipSync, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { inflate, inflateBlob } from "./inflation.ts";
import { inflateZstd, maxWindowBytes } from "./zstd.ts";

const text = Buffer.from("some text, ".repeat(50_000));
const skippable = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let offset = 0; offset < bytes.length; offset += size) yield bytes.subarray(offset, offset + size);
}

async function collect(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of source) pieces.push(piece);
  return Buffer.concat(pieces);
}

describe("inflateBlob", () => {
  const cases: [string, Uint8Array, Buffer][] = [
    ["plain", text, text],
    ["empty", new Uint8Array(), Buffer.alloc(0)],
    ["short", Buffer.from("ab"), Buffer.from("ab")],
    ["gzip", gzipSync(text), text],
    ["gzip in two parts", Buffer.concat([gzipSync(text), gzipSync(text)]), Buffer.concat([text, text])],
    ["zstd", zstdCompressSync(text), text],
    ["zstd of nothing", zstdCompressSync(Buffer.alloc(0)), Buffer.alloc(0)],
    ["zstd with checksum", zstdCompressSync(text, { params: { [constants.ZSTD_c_checksumFlag]: 1 } }), text],
    ["zstd without content size", zstdCompressSync(text, { params: { [constants.ZSTD_c_contentSizeFlag]: 0 } }), text],
    [
      "zstd in two frames and skippable ones",
      Buffer.concat([skippable, zstdCompressSync(text), skippable, zstdCompressSync(text)]),
      Buffer.concat([text, text]),
    ],
    ["zstd of what does not compress", zstdCompressSync(randomBytes(0)), Buffer.alloc(0)],
  ];
  it.each(cases)("inflates %s", async (_name, stored, expected) => {
    expect(Buffer.from(await inflateBlob(stored)).equals(expected)).toBe(true);
  });

  it("inflates whatever was compressed, in whatever pieces", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.uint8Array({ maxLength: 300 }), fc.nat({ max: 2000 })), { maxLength: 10 }),
        fc.integer({ min: -5, max: 22 }),
        fc.integer({ min: 1, max: 5000 }),
        async (parts, level, size) => {
          const bytes = Buffer.concat(
            parts.map(([part, count]) => Buffer.concat(Array<Uint8Array>(count % 50).fill(part))),
          );
          const params = { [constants.ZSTD_c_compressionLevel]: level, [constants.ZSTD_c_checksumFlag]: size % 2 };
          const limits = { maxBytes: 1e9, maxRatio: 1e9, ratioFromBytes: 0 };
          for (const stored of [zstdCompressSync(bytes, { params }), gzipSync(bytes)]) {
            expect((await collect(inflate(inPieces(stored, size), limits, "x"))).equals(bytes)).toBe(true);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  const random = randomBytes(400_000);
  it("inflates zstd with raw blocks and far matches", async () => {
    const bytes = Buffer.concat([random, text, random]);
    expect((await collect(inflateZstd(inPieces(zstdCompressSync(bytes), 777), "x"))).equals(bytes)).toBe(true);
  });

  const damaged: [string, Uint8Array, string][] = [
    ["cut gzip", gzipSync(text).subarray(0, -20), "invalid-response"],
    ["damaged gzip", Buffer.concat([gzipSync(text).subarray(0, 50), randomBytes(500)]), "invalid-response"],
    [
      "gzip with something behind",
      Buffer.concat([gzipSync(text), Buffer.from("garbage garbage"), Buffer.alloc(300_000, 1)]),
      "invalid-response",
    ],
    ["cut zstd", zstdCompressSync(text).subarray(0, -3), "invalid-response"],
    ["zstd cut in its header", zstdCompressSync(text).subarray(0, 5), "invalid-response"],
    ["zstd with something behind", Buffer.concat([zstdCompressSync(text), Buffer.from("garbage")]), "invalid-response"],
    ["zstd with a huge window", Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xf8, 1, 0, 0]), "too-large"],
    [
      "zstd with a huge single segment",
      Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0xe0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0]),
      "too-large",
    ],
    [
      "zstd with a block of 2 MiB",
      Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58, 0xfb, 0xff, 0xff, 0]),
      "invalid-response",
    ],
  ];
  it.each(damaged)("refuses %s", async (_name, stored, code) => {
    await expect(inflateBlob(stored)).rejects.toMatchObject({ name: "OciError", code });
  });

  it("bounds what zstd may ask for", () => expect(maxWindowBytes).toBe(128 * 1024 * 1024));

  it.each([
    ["gzip", gzipSync(Buffer.alloc(3_000_000))],
    ["zstd", zstdCompressSync(Buffer.alloc(3_000_000))],
    ["plain", Buffer.alloc(3_000_000)],
  ])("stops at the limit: %s", async (_name, stored) => {
    await expect(inflateBlob(stored, { maxBytes: 2_999_999 })).rejects.toMatchObject({ code: "too-large" });
    expect(await inflateBlob(stored, { maxBytes: 3_000_000 })).toHaveLength(3_000_000);
  });

  it("stops at a ratio", async () => {
    const stored = gzipSync(Buffer.alloc(3_000_000));
    const limits = { maxBytes: 1e9, maxRatio: 100, ratioFromBytes: 1_000_000 };
    await expect(collect(inflate(inPieces(stored, 1000), limits, "x"))).rejects.toMatchObject({ code: "too-large" });
  });

  it.each([
    ["gzip", gzipSync(text)],
    ["zstd", zstdCompressSync(text)],
    ["plain", text],
  ])("passes the source's errors on: %s", async (_name, stored) => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield stored.subarray(0, 100);
      yield stored.subarray(100);
      throw new Error("wrong digest");
    }
    const limits = { maxBytes: 1e9, maxRatio: 1e9, ratioFromBytes: 0 };
    await expect(collect(inflate(broken(), limits, "x"))).rejects.toThrow();
  });

  it.each([
    ["gzip", gzipSync(randomBytes(1_000_000))],
    ["zstd", zstdCompressSync(randomBytes(1_000_000))],
    ["plain", randomBytes(1_000_000)],
  ])("closes the source when it is left: %s", async (_name, stored) => {
    let isClosed = false;
    async function* watched(): AsyncGenerator<Uint8Array> {
      try {
        yield* inPieces(stored, 10_000);
      } finally {
        isClosed = true;
      }
    }
    const limits = { maxBytes: 1e9, maxRatio: 1e9, ratioFromBytes: 0 };
    for await (const _ of inflate(watched(), limits, "x")) break;
    expect(isClosed).toBe(true);
  });
});
