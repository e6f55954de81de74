import { type CacheFile, type CacheFiles, diskFiles } from "../../src/cache/index.ts";

export interface FailingDiskOptions {
  /** Bytes that this process may have on it at once; null is no bound. */
  room: number | null;
  /** Called at every step of every operation: before it, and in the middle of a write. */
  onStep(): void;
}

/** The real disk with an end: what does not fit is written in part and fails, as a full disk does it. */
export function createFailingDisk({ room, onStep }: FailingDiskOptions): CacheFiles {
  const sizes = new Map<string, number>();
  let free = room ?? Number.POSITIVE_INFINITY;

  function forget(path: string): void {
    free += sizes.get(path) ?? 0;
    sizes.delete(path);
  }

  async function writeSome(file: CacheFile, pieces: readonly Uint8Array[], position: number): Promise<void> {
    const bytes = Buffer.concat(pieces);
    const half = Math.floor(bytes.length / 2);
    await file.write([bytes.subarray(0, half)], position);
    onStep();
    await file.write([bytes.subarray(half)], position + half);
  }

  return {
    ...diskFiles,
    async makeDirectory(path) {
      onStep();
      await diskFiles.makeDirectory(path);
    },
    async create(path) {
      onStep();
      if (free <= 0) throw full();
      const file = await diskFiles.create(path);
      onStep();
      const paths = { now: path };
      return {
        ...file,
        async write(pieces, position) {
          onStep();
          const end = position + pieces.reduce((sum, piece) => sum + piece.length, 0);
          const grows = Math.max(0, end - (sizes.get(paths.now) ?? 0));
          const fits = Math.min(grows, free);
          free -= fits;
          sizes.set(paths.now, (sizes.get(paths.now) ?? 0) + fits);
          if (fits === grows) return await writeSome(file, pieces, position);
          await writeSome(file, [Buffer.concat(pieces).subarray(0, end - position - grows + fits)], position);
          throw full();
        },
      };
    },
    async link(from, to) {
      onStep();
      await diskFiles.link(from, to);
      onStep();
    },
    async rename(from, to) {
      onStep();
      await diskFiles.rename(from, to);
      forget(to);
      sizes.set(to, sizes.get(from) ?? 0);
      sizes.delete(from);
      onStep();
    },
    async remove(path) {
      onStep();
      await diskFiles.remove(path);
      forget(path);
    },
  };
}

function full(): Error {
  return Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
}
