import { createHash } from "node:crypto";
import { appendFileSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { silentLog, toDigest } from "../types/index.ts";
import { createContentStore } from "./directory-store.ts";
import { type CacheFiles, diskFiles } from "./files.ts";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "flights-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

interface ReaderPlan {
  /** Turns of the event loop before it comes. */
  startsAfter: number;
  /** Turns between two pieces. */
  pause: number;
  /** Pieces after which it leaves; how. */
  leavesAfter: number | null;
  aborts: boolean;
  scope: string;
}

const readerPlan: fc.Arbitrary<ReaderPlan> = fc.record({
  startsAfter: fc.nat({ max: 60 }),
  pause: fc.nat({ max: 3 }),
  leavesAfter: fc.option(fc.nat({ max: 40 }), { freq: 2 }),
  aborts: fc.boolean(),
  scope: fc.constantFrom("a", "a", "a", "b"),
});

const plan = fc.record({
  bytes: fc.nat({ max: 6_000_000 }),
  pieceBytes: fc.integer({ min: 20_000, max: 400_000 }),
  /** Bytes into the stream at which the source breaks. */
  breaksAt: fc.option(fc.nat({ max: 6_000_000 }), { freq: 3 }),
  /** Bytes that the disk takes. */
  room: fc.option(fc.nat({ max: 6_000_000 }), { freq: 2 }),
  maxBytes: fc.constantFrom(1_000_000, 100_000_000),
  readers: fc.array(readerPlan, { minLength: 1, maxLength: 8 }),
});

function createDisk(room: number | null): CacheFiles {
  if (room === null) return diskFiles;
  return {
    ...diskFiles,
    async create(path) {
      const file = await diskFiles.create(path);
      return {
        ...file,
        async write(pieces, position) {
          if (position + pieces.reduce((sum, piece) => sum + piece.length, 0) > room) throw new Error("full");
          await file.write(pieces, position);
        },
      };
    },
  };
}

async function turns(count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) await turn();
}

it("gives every reader the right bytes, the source's error or its own leave, and leaves nothing behind", async () => {
  let round = 0;
  await fc.assert(
    fc.asyncProperty(plan, async ({ bytes, pieceBytes, breaksAt, room, maxBytes, readers }) => {
      round += 1;
      const content = Buffer.alloc(bytes, createHash("sha256").update(String(round)).digest());
      const digest = toDigest(content);
      const directory = join(root, String(round));
      const store = createContentStore({ directory, maxBytes, log: silentLog, files: createDisk(room) });

      async function* source(): AsyncGenerator<Uint8Array> {
        for (let offset = 0; offset < bytes; offset += pieceBytes) {
          await turn();
          if (breaksAt !== null && offset >= breaksAt) throw new Error("broke off");
          yield content.subarray(offset, offset + pieceBytes);
        }
      }

      async function read({ startsAfter, pause, leavesAfter, aborts, scope }: ReaderPlan): Promise<void> {
        await turns(startsAfter);
        const controller = new AbortController();
        let position = 0;
        let pieces = 0;
        try {
          for await (const piece of store.tee(digest, scope, source, { signal: controller.signal })) {
            if (!content.subarray(position, position + piece.length).equals(piece)) throw new Error("wrong bytes");
            position += piece.length;
            pieces += 1;
            await turns(pause);
            if (pieces !== leavesAfter) continue;
            if (!aborts) return;
            controller.abort(new Error("left"));
          }
          if (position !== bytes) throw new Error("too few bytes");
        } catch (thrown) {
          const message = thrown instanceof Error ? thrown.message : "";
          if (message === "left" && controller.signal.aborted) return;
          if (message === "broke off" && breaksAt !== null) return;
          throw thrown;
        }
      }

      await Promise.all(readers.map(read));
      await store.close();
      expect(await readdir(join(directory, "v1", "tmp"))).toEqual([]);
      expect(await store.verify()).toMatchObject({ corrupt: 0 });
      await rm(directory, { recursive: true });
    }),
    { numRuns: 30 },
  );
}, 60_000);

/** A disk that is as fast as memory: a write is over before the next piece can come. Tells what each one had. */
function createInstantDisk(onWrite: (pieces: number) => void): CacheFiles {
  return {
    ...diskFiles,
    async create(path) {
      const file = await diskFiles.create(path);
      return {
        ...file,
        async write(pieces) {
          onWrite(pieces.length);
          appendFileSync(path, Buffer.concat(pieces));
        },
      };
    },
  };
}

async function readAll(files: CacheFiles, content: Buffer, source: () => AsyncGenerator<Uint8Array>): Promise<Buffer> {
  const directory = join(root, createHash("sha256").update(content).digest("hex"));
  const store = createContentStore({ directory, maxBytes: 100_000_000, log: silentLog, files });
  const pieces: Uint8Array[] = [];
  for await (const piece of store.tee(toDigest(content), "a", source)) pieces.push(piece);
  await store.close();
  const stored = await store.readAll(toDigest(content), "a", content.length);
  expect(Buffer.from(stored ?? []).equals(content)).toBe(true);
  return Buffer.concat(pieces);
}

it("writes what comes at once in one go", async () => {
  const content = Buffer.alloc(1_000_000, "at once");
  const writes: number[] = [];
  async function* source(): AsyncGenerator<Uint8Array> {
    for (let offset = 0; offset < content.length; offset += 10_000) yield content.subarray(offset, offset + 10_000);
  }
  const disk = createInstantDisk((pieces) => writes.push(pieces));
  expect((await readAll(disk, content, source)).equals(content)).toBe(true);
  // The claim, and the content: a hundred pieces that no turn of the event loop came between.
  expect(writes).toEqual([1, 100]);
});

it("writes a piece that comes alone before there is another", async () => {
  const content = Buffer.alloc(100_000, "alone");
  let written = () => {};
  async function* source(): AsyncGenerator<Uint8Array> {
    for (let offset = 0; offset < content.length; offset += 10_000) {
      const wait = new Promise<void>((resolve) => {
        written = resolve;
      });
      yield content.subarray(offset, offset + 10_000);
      await wait;
    }
  }
  const writes: number[] = [];
  const disk = createInstantDisk((pieces) => {
    writes.push(pieces);
    written();
  });
  expect((await readAll(disk, content, source)).equals(content)).toBe(true);
  expect(writes).toEqual(Array(11).fill(1));
});
