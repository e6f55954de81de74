import { join } from "node:path";
import { type Digest, parseDigest, toHex } from "../types/index.ts";
import { readOwner, toUniqueName } from "./owners.ts";
import type { StoreContext } from "./store-context.ts";

/**
 * What is in use: content is from before its file is opened, or its download begins, until its last reader in the process
 * has ended. A file for each says so to the other processes.
 */
export interface Leases {
  /** Content is in use until the release is called. */
  take(digest: Digest): Promise<() => void>;
  /** What living processes use, this one included. Removes the leases of others. */
  list(): Promise<ReadonlySet<Digest>>;
  isInUse(digest: Digest): Promise<boolean>;
}

interface Lease {
  count: number;
  /** Undefined where none could be written: an open file can be read to its end without. */
  path: Promise<string | undefined>;
}

export function createLeases(context: StoreContext): Leases {
  const { files, layout, presence } = context;
  const held = new Map<Digest, Lease>();

  async function write(digest: Digest): Promise<string | undefined> {
    try {
      await presence.begin();
      const path = join(layout.leases, `${toHex(digest)}.${toUniqueName(await readOwner())}`);
      await (await files.create(path)).close();
      return path;
    } catch {
      return undefined; // A folder that is only read from, a full disk.
    }
  }

  async function remove(path: string | undefined): Promise<void> {
    if (path !== undefined) await files.remove(path).catch(() => {}); // Found abandoned when this process has gone.
  }

  function release(digest: Digest, lease: Lease): void {
    lease.count -= 1;
    if (lease.count > 0) return;
    held.delete(digest);
    void context.keepPending(lease.path.then(remove));
  }

  async function listNames(names: readonly string[]): Promise<ReadonlySet<Digest>> {
    const found = new Set(held.keys());
    for (const name of names) {
      const digest = parseDigest(`sha256:${name.slice(0, 64)}`);
      const path = join(layout.leases, name);
      const state = await files.state(path);
      if (!state || (digest && found.has(digest))) continue;
      if (await presence.isAbandoned(name, state)) await files.remove(path);
      else if (digest) found.add(digest);
    }
    return found;
  }

  return {
    async take(digest) {
      const lease = held.get(digest) ?? { count: 0, path: write(digest) };
      held.set(digest, lease);
      lease.count += 1;
      await lease.path;
      let isReleased = false;
      return () => {
        if (!isReleased) release(digest, lease);
        isReleased = true;
      };
    },
    list: async () => listNames(await files.list(layout.leases)),
    async isInUse(digest) {
      const names = await files.list(layout.leases);
      return (await listNames(names.filter((name) => name.startsWith(toHex(digest))))).has(digest);
    },
  };
}
