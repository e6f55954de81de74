import { createHash } from "node:crypto";
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
