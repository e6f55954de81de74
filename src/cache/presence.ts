import { join } from "node:path";
import type { CacheFiles, FileState } from "./files.ts";
import type { Layout } from "./layout.ts";
import { isGone, type Owner, parseOwner, readOwner, toOwnerName, toUniqueName } from "./owners.ts";

/** Six of them fit into the time after which a process elsewhere is given up; network file systems are a minute late. */
const beatMs = 20_000;

/** This process' signs of life, and what can be known of others'. */
export interface Presence {
  /** Gives a sign of life now and every 20 seconds until `end`. */
  begin(): Promise<void>;
  end(): Promise<void>;
  /** How long ago a file was written to. */
  ageMs(state: FileState): Promise<number>;
  /** Whether the process that made a file is gone. For a name that tells of none, whether it is older than an hour. */
  isAbandoned(name: string, state: FileState): Promise<boolean>;
}

const foreignLifetimeMs = 3_600_000;

/**
 * Ages are differences of two times by the clock of whoever keeps the files: what the clocks of the machines say that
 * share them makes no difference.
 */
export function createPresence(files: CacheFiles, layout: Layout, nowMs: () => number): Presence {
  let path: Promise<string> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let marking: Promise<number> | undefined;

  async function markNow(): Promise<number> {
    path ??= readOwner().then((owner) => join(layout.processes, toUniqueName(owner)));
    // Without a sign of life, the files' own times have to do.
    const time = await files.mark(await path).catch(nowMs);
    marking = undefined;
    return time;
  }

  function mark(): Promise<number> {
    marking ??= markNow();
    return marking;
  }

  async function begin(): Promise<void> {
    if (timer) return;
    timer = setInterval(() => void mark(), beatMs);
    timer.unref();
    await mark();
  }

  /** A time in the future is as old as it is far away: clocks are set back, and a folder may come from anywhere. */
  const toAgeMs = (now: number, { modifiedAtMs }: FileState) => Math.abs(now - modifiedAtMs);
  const ageMs = async (state: FileState) => toAgeMs(await mark(), state);

  /** How long ago the process gave its last sign of life, the writing of this file included. */
  async function readSignAgeMs(owner: Owner, written: FileState): Promise<number> {
    const now = await mark();
    const prefix = `${toOwnerName(owner)}-`;
    let leastMs = toAgeMs(now, written);
    for (const name of await files.list(layout.processes)) {
      const state = name.startsWith(prefix) ? await files.state(join(layout.processes, name)) : undefined;
      if (state) leastMs = Math.min(leastMs, toAgeMs(now, state));
    }
    return leastMs;
  }

  return {
    begin,
    async end() {
      clearInterval(timer);
      timer = undefined;
      await marking;
      const old = await path;
      path = undefined;
      if (old !== undefined) await files.remove(old).catch(() => {}); // Found abandoned by whoever comes next.
    },
    ageMs,
    async isAbandoned(name, state) {
      const owner = parseOwner(name);
      if (!owner) return (await ageMs(state)) > foreignLifetimeMs;
      return isGone(owner, { self: await readOwner(), readAgeMs: () => readSignAgeMs(owner, state) });
    },
  };
}
